#include "agent/run/reconfigure.h"

#include <errno.h>
#include <string.h>

#include "agent/life/alerts.h"
#include "agent/life/shares.h"
#include "agent/life/watch.h"
#include "agent/process/subject.h"

/* Who was told that a target flaps is told that this is over, if it is not to be looked at as before. */
static void calm_changed(struct agent *a, const struct config *now)
{
	for (unsigned i = 0; i < a->config->targets_count; i++) {
		const struct target_config *old = &a->config->targets[i];
		bool same = false;

		for (unsigned j = 0; j < now->targets_count; j++)
			same |= strcmp(now->targets[j].name, old->name) == 0 && now->targets[j].restarts == old->restarts;
		if (!same)
			alerts_calm(&a->life, i);
	}
}

/* Counts go on where a name stayed. */
static void take_states(const struct agent *a, const struct config *c, struct target_state *targets)
{
	for (unsigned i = 0; i < c->targets_count; i++)
		for (unsigned j = 0; j < a->config->targets_count; j++)
			if (strcmp(c->targets[i].name, a->config->targets[j].name) == 0)
				target_state_take(&targets[i], &a->life.targets[j]);
}

/*
 * By what it was when it began to be watched: /proc has nothing of one that
 * ended just now and whose end is still to be read, nor the arguments of one
 * that wrote a title over them.
 */
static int match_details(const struct agent *a, const struct process *p)
{
	const struct facts none = {0};
	struct subject s;

	subject_init(&s, p->pid, p->watch->details ? &p->watch->details->facts : &none, SUBJECT_ALL);
	return target_match(a->config, a->life.targets, &s);
}

/* Where the new configuration has the target as it was, or -1: what it watches goes on being watched. */
static int target_as_before(const struct config *now, const struct target_config *old)
{
	for (unsigned i = 0; i < now->targets_count; i++) {
		const struct target_config *t = &now->targets[i];

		if (strcmp(t->name, old->name) == 0 && config_same_text(t->comm, old->comm) && config_same_text(t->exe, old->exe) &&
		    config_same_text(t->args, old->args) && config_same_text(t->user, old->user) && config_same_text(t->cgroup, old->cgroup) &&
		    config_same_text(t->pidfile, old->pidfile) && t->any_namespace == old->any_namespace)
			return (int)i;
	}
	return -1;
}

/* The targets of watched processes become those of the new configuration, or their number where it has none like it. */
static void number_again(struct agent *a, const struct config *now)
{
	struct process *p;

	TAILQ_FOREACH(p, &a->table.watches, order) {
		int target = target_as_before(now, &a->config->targets[p->watch->target]);

		p->watch->target = target >= 0 ? (unsigned)target : now->targets_count;
	}
}

static void match_again(struct agent *a)
{
	struct process *p, *next;
	struct subject s;

	for (p = TAILQ_FIRST(&a->table.watches); p; p = next) {
		int target = match_details(a, p);

		next = TAILQ_NEXT(p, order);
		if (target < 0 && subject_open_process(&s, &a->table, p) == 0) {
			target = target_match(a->config, a->life.targets, &s);
			subject_close(&s);
		}
		if (target >= 0)
			shares_move(&a->life, p, (unsigned)target);
		else if (p->watch->target == a->config->targets_count)
			watch_end(&a->life, p);
	}
	scan_all(&a->scan, true);
}

int reconfigure(struct agent *a, struct config *c, const struct output_config **failed)
{
	struct target_state *targets = target_states_new(c);
	struct output next;
	*failed = NULL;
	int error = targets ? output_prepare(&a->output, c, &next, failed) : -ENOMEM;

	if (error) {
		target_states_free(targets, c->targets_count);
		return error;
	}
	if (a->coverage.missed)
		scan_all(&a->scan, false);
	agent_flush(a); /* what happened under the old configuration is told by it */
	calm_changed(a, c);
	take_states(a, c, targets);
	struct config *old = a->config;
	bool kept = config_keep_fixed(c, old);
	number_again(a, c);
	target_states_free(a->life.targets, old->targets_count);
	output_switch(&a->output, &next);
	a->config = c;
	a->life.config = c;
	a->life.targets = targets;
	config_free(old);
	shares_count_again(&a->life);
	match_again(a);
	return kept;
}

#include "agent/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if HAVE_AUDIT
#include "backends/audit.h"
#endif

static void close_sinks(struct agent *a, struct sink *sinks, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		sink_close(&sinks[i], &a->clock);
	free(sinks);
}

/* Opens those that are not taken over from the running ones. */
static int open_sinks(struct agent *a, struct config *c, struct sink **out, const char **failed)
{
	struct sink *sinks = calloc(c->outputs_count ? c->outputs_count : 1, sizeof(*sinks));
	unsigned i;
	int error = sinks ? 0 : -ENOMEM;

	for (i = 0; !error && i < c->outputs_count; i++) {
		error = sink_open(&sinks[i], &c->outputs[i], c->host);
		if (error) {
			*failed = c->outputs[i].name;
			break;
		}
	}
	if (error) {
		close_sinks(a, sinks, sinks ? i : 0);
		return error;
	}
	*out = sinks;
	return 0;
}

static void free_targets(struct target_state *states, unsigned count)
{
	for (unsigned i = 0; states && i < count; i++)
		target_forget(&states[i]);
	free(states);
}

static struct target_state *new_targets(const struct config *c)
{
	struct target_state *states = calloc(c->targets_count ? c->targets_count : 1, sizeof(*states));

	for (unsigned i = 0; states && i < c->targets_count; i++)
		if (!target_prepare(&states[i], &c->targets[i])) {
			free_targets(states, c->targets_count);
			return NULL;
		}
	return states;
}

int agent_init(struct agent *a, struct config *c, const char **failed)
{
	*failed = NULL;
	memset(a, 0, sizeof(*a));
	clock_refresh(&a->clock);
	a->started_at = a->clock.now;
	a->config = c;
	a->pidfds.fd = -1;
	a->one_cpu = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	a->strings = calloc(1, sizeof(*a->strings));
	a->targets = new_targets(c);
	int error = a->strings && a->targets ? process_table_init(&a->table, c->max_processes) : -ENOMEM;
	if (!error)
		error = deadlines_init(&a->deadlines, c->max_processes);
	if (!error)
		error = open_sinks(a, c, &a->sinks, failed);
	if (error)
		return error;
	pidfd_set_init(&a->pidfds);
	return 0;
}

void agent_fini(struct agent *a)
{
	struct process *p;

	while (a->table.pool && (p = TAILQ_FIRST(&a->table.watches)))
		watch_end(a, p);
	if (a->sinks)
		close_sinks(a, a->sinks, a->config->outputs_count);
	if (a->table.pool)
		process_table_fini(&a->table);
	deadlines_fini(&a->deadlines);
	pidfd_set_fini(&a->pidfds);
	free_targets(a->targets, a->config->targets_count);
	free(a->strings);
	listed_free(&a->listed);
	config_free(a->config);
	memset(a, 0, sizeof(*a));
}

void agent_settle(struct agent *a)
{
	struct process *p, *next;

	exec_run_due(a, UINT64_MAX);
	for (p = TAILQ_FIRST(&a->table.watches); p; p = next) {
		next = TAILQ_NEXT(p, order);
		exec_flush(a, p);
		signal_flush(a, p, UINT64_MAX);
		if (p->watch->death.witnesses)
			death_resolve(a, p);
		else
			watch_schedule(a, p);
	}
	agent_tell_gaps(a, true);
	agent_tell_unseen(a, true);
	report_rates(a);
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		sink_flush(&a->sinks[i], &a->clock);
}

/* Counts go on where a name stayed. */
static void take_over(struct agent *a, const struct config *c, struct sink *sinks, struct target_state *targets)
{
	for (unsigned i = 0; i < c->outputs_count; i++)
		for (unsigned j = 0; j < a->config->outputs_count; j++)
			if (strcmp(c->outputs[i].name, a->config->outputs[j].name) == 0)
				sinks[i].seq = a->sinks[j].seq;
	for (unsigned i = 0; i < c->targets_count; i++)
		for (unsigned j = 0; j < a->config->targets_count; j++)
			if (strcmp(c->targets[i].name, a->config->targets[j].name) == 0)
				targets[i].starts = a->targets[j].starts;
}

/*
 * By what it was when it began to be watched: /proc has nothing of one that
 * ended just now and whose end is still to be read, nor the arguments of one
 * that wrote a title over them.
 */
static int match_details(const struct agent *a, const struct process *p)
{
	struct subject s = {.pid = p->pid, .dirfd = -1, .tried = SUBJECT_ALL};

	if (p->watch->details)
		s.facts = p->watch->details->facts;
	return target_match(a->config, a->targets, &s);
}

static bool same_string(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

/* Where the new configuration has the target as it was, or -1: what it watches goes on being watched. */
static int target_as_before(const struct config *now, const struct target_config *old)
{
	for (unsigned i = 0; i < now->targets_count; i++) {
		const struct target_config *t = &now->targets[i];

		if (strcmp(t->name, old->name) == 0 && same_string(t->comm, old->comm) && same_string(t->exe, old->exe) &&
		    same_string(t->args, old->args) && same_string(t->user, old->user) && same_string(t->cgroup, old->cgroup) &&
		    same_string(t->pidfile, old->pidfile))
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
		if (target < 0 && subject_open(&s, p->pid, a->strings) == 0) {
			if (procfs_same_start(s.stat.started, p->born))
				target = target_match(a->config, a->targets, &s);
			subject_close(&s);
		}
		if (target >= 0)
			p->watch->target = (unsigned)target;
		else if (p->watch->target == a->config->targets_count)
			watch_end(a, p);
	}
	agent_scan(a, true);
}

/* The table has its size, and what audit was like before us is noted in that directory. */
static bool keep_fixed(struct config *now, struct config *old)
{
	bool same = now->max_processes == old->max_processes && same_string(now->state_dir, old->state_dir);
	char *state_dir = now->state_dir;

	now->max_processes = old->max_processes;
	now->state_dir = old->state_dir;
	old->state_dir = state_dir;
	return !same;
}

int agent_reload(struct agent *a, struct config *c, const char **failed)
{
	struct target_state *targets = new_targets(c);
	struct sink *sinks = NULL;
	*failed = NULL;
	int error = targets ? open_sinks(a, c, &sinks, failed) : -ENOMEM;

	if (error) {
		free_targets(targets, c->targets_count);
		return error;
	}
	if (a->rescan) {
		if (a->catch_up)
			a->catch_up(a); /* what was queued before the loss */
		agent_scan(a, false);
	}
	agent_settle(a); /* what happened under the old configuration is told by it */
	take_over(a, c, sinks, targets);
	bool kept = keep_fixed(c, a->config);
	number_again(a, c);
	close_sinks(a, a->sinks, a->config->outputs_count);
	free_targets(a->targets, a->config->targets_count);
	config_free(a->config);
	a->config = c;
	a->sinks = sinks;
	a->targets = targets;
	match_again(a);
	return kept;
}

const char *agent_blind(const struct agent *a)
{
	if (a->sees & SEES_SIGNAL)
		return "";
	if (a->replaying)
		return "the log has no signal up to here, so who sends signals may not have been recorded";
	return HAVE_AUDIT ? "no audit backend is open, so who sends signals is not seen" :
	                    "this binary is built without audit, so who sends signals is not seen";
}

bool agent_audited_since(const struct agent *a, uint64_t *since)
{
#if HAVE_AUDIT
	const struct audit_view *view = a->audit ? audit_view(a->audit) : NULL;

	*since = view ? view->enabled_since : 0;
	return view && !view->task_never;
#else
	(void)a;
	*since = 0;
	return false;
#endif
}

bool agent_unaudited(const struct agent *a, uint64_t *count)
{
	*count = 0;
#if HAVE_AUDIT
	const struct audit_view *view = a->audit ? audit_view(a->audit) : NULL;
	const struct process *p;

	if (!view)
		return false;
	if (view->cmdline_audit1 && !view->task_never)
		return true;
	TAILQ_FOREACH(p, &a->table.live, order)
		*count += !p->kernel_thread && (view->task_never || p->born < view->enabled_since);
	TAILQ_FOREACH(p, &a->table.watches, order)
		*count += !p->ended && (view->task_never || p->born < view->enabled_since);
	return true;
#else
	(void)a;
	return false;
#endif
}

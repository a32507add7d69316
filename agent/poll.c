/* poll.c - /proc diffing: what polling finds without reading the stat of every process each time */
#include "agent/agent.h"

/*
 * A young process is looked at again at each poll, since it may execute its
 * program only now; older ones in turns, so many a poll, since any pid may
 * execute something else at any time.
 */
#define YOUNG (5 * NSEC_PER_SEC)
#define TURN 64
#define UNSEEN_EVERY (60 * NSEC_PER_SEC)

struct poll {
	struct agent *agent;
	uint64_t      met; /* processes not known before */
};

static void listed(void *ctx, pid_t pid)
{
	struct poll *poll = ctx;
	struct agent *a = poll->agent;
	struct process *p = process_live(&a->table, pid);

	if (p)
		p->scan = a->scan;
	else
		poll->met++;
	if (!p || p->born + YOUNG > a->clock.now)
		scan_process(a, pid, false);
}

void agent_tell_unseen(struct agent *a, bool now)
{
	if (!a->unseen || (!now && a->unseen_told_at && a->unseen_told_at + UNSEEN_EVERY > a->clock.now))
		return;
	report_lost(a, SOURCE_PROC, a->unseen, "forked but not met in /proc: threads, or processes that ended between two looks");
	a->unseen = 0;
	a->unseen_told_at = a->clock.now;
}

static void list_all(struct agent *a, uint64_t forks)
{
	struct poll poll = {.agent = a};
	uint64_t begun = a->clock.now;

	a->scan++;
	if (procfs_each_pid(listed, &poll) != 0)
		return;
	scan_sweep(a, begun);
	if (forks > poll.met)
		a->unseen += forks - poll.met;
}

/* It was read in the midst of its exec, it seems. */
static bool half_read(const struct agent *a, const struct process *p)
{
	const struct details *d = p->watch->details;

	return d && !(d->facts.has & FACT_ARGS) && p->born + YOUNG > a->clock.now;
}

/* Those without a pidfd have no other witness. */
static void check_watched(struct agent *a)
{
	struct process *p, *next;

	for (p = TAILQ_FIRST(&a->table.watches); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if ((p->watch->pidfd < 0 || half_read(a, p)) && !p->ended)
			scan_process(a, p->pid, false);
	}
}

static void check_in_turn(struct agent *a)
{
	for (int i = 0; i < TURN; i++) {
		struct process *p = TAILQ_FIRST(&a->table.live);

		if (!p || p->checked + a->config->poll_interval > a->clock.now)
			return;
		p->checked = a->clock.now;
		process_touch(&a->table, p);
		if (!p->kernel_thread)
			scan_process(a, p->pid, false);
	}
}

void agent_poll(struct agent *a, const struct event *e)
{
	/* A pid that was used again at once leaves the last pid as it was. */
	if ((e->has & HAS_COUNT) || a->died)
		list_all(a, (e->has & HAS_COUNT) && a->polled ? e->count : 0);
	a->died = false;
	a->polled = true;
	check_watched(a);
	check_in_turn(a);
	agent_tell_unseen(a, false);
}

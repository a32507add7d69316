/* poll.c - /proc diffing: what polling finds without reading the stat of every process each time */
#include <string.h>

#include "agent/agent.h"

/*
 * A young process is looked at again at each poll, since it may execute its
 * program only now; older ones in turns, so many a poll, since any pid may
 * execute something else at any time.
 */
#define YOUNG (5 * NSEC_PER_SEC)
#define TURN 32
#define UNSEEN_EVERY (60 * NSEC_PER_SEC)

struct poll {
	struct agent *agent;
	uint64_t      met; /* processes not known before */
	int           turns; /* of those that were, but have no entry */
	bool          again; /* one was met that may still be between its fork and its exec */
};

/* Those that have no entry have their turns too: by pid, so many a listing. */
static bool its_turn(struct poll *poll, pid_t pid)
{
	if (poll->turns >= TURN || pid <= poll->agent->scan.seen_pids.turn)
		return false;
	poll->turns++;
	poll->agent->scan.seen_pids.turn = pid;
	return true;
}

static void listed(void *ctx, pid_t pid)
{
	struct poll *poll = ctx;
	struct agent *a = poll->agent;
	struct process *p = process_live(&a->table, pid);

	bool before = seen_pids_before(&a->scan.seen_pids, pid);

	seen_pids_mark(&a->scan.seen_pids, pid);
	poll->met += !before;
	if (p)
		p->scan = a->table.scan;
	else if (before && !its_turn(poll, pid))
		return; /* it was looked at, and gave way to others in the table */
	if (!p || p->born + YOUNG > a->clock.now)
		scan_process(a, pid, false);
	p = process_live(&a->table, pid);
	poll->again |= p && !p->watch && !p->kernel_thread && p->born + NSEC_PER_SEC > a->clock.now;
}

void agent_tell_unseen(struct agent *a, bool now)
{
	if (!a->scan.unseen || (!now && a->scan.unseen_told_at && a->scan.unseen_told_at + UNSEEN_EVERY > a->clock.now))
		return;
	report_lost(a, SOURCE_PROC, a->scan.unseen, "forked but not met in /proc: threads, or processes that ended between two looks");
	a->scan.unseen = 0;
	a->scan.unseen_told_at = a->clock.now;
}

/* Forks were counted before the listing: what it met of later ones is not in this count, but in the next. */
static void count_unseen(struct agent *a, uint64_t forks, uint64_t met)
{
	uint64_t all = met + a->scan.met_early;

	if (forks > all)
		a->scan.unseen += forks - all;
	a->scan.met_early = met > forks ? met - forks : 0;
}

/* True if it is to be done again at the next poll, whatever forks then. */
static bool list_all(struct agent *a, const struct event *e)
{
	struct poll poll = {.agent = a};
	uint64_t begun = a->clock.now;

	a->table.scan++;
	int error = procfs_each_pid(listed, &poll);
	seen_pids_end(&a->scan.seen_pids);
	if (poll.turns < TURN)
		a->scan.seen_pids.turn = 0; /* all had one: from the first again */
	if (error)
		return true;
	scan_sweep(a, begun);
	if (!a->scan.polled)
		a->scan.met_early = 0;
	else if (e->has & HAS_COUNT)
		count_unseen(a, e->count, poll.met);
	else
		a->scan.met_early += poll.met;
	return poll.again;
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

/* One read tells that nothing is new, which it nearly always is. */
static bool is_as_before(const struct process *p)
{
	struct procfs_stat stat;

	return procfs_read_stat_of(p->pid, &stat) == 0 && procfs_same_start(stat.started, p->born) && p->image &&
	       stat.image == p->image && strcmp(stat.comm, p->comm) == 0 && !p->unread;
}

static void check_in_turn(struct agent *a)
{
	for (int i = 0; i < TURN; i++) {
		struct process *p = TAILQ_FIRST(&a->table.live);

		if (!p || p->checked + a->config->poll_interval > a->clock.now)
			return;
		p->checked = a->clock.now;
		process_touch(&a->table, p);
		if (!p->kernel_thread && !is_as_before(p))
			scan_process(a, p->pid, false);
	}
}

void agent_poll(struct agent *a, const struct event *e)
{
	death_pidfds(a); /* of these the end is just now; of what a listing misses, at some time since the last */
	/* A pid that was used again at once leaves the last pid as it was. */
	bool again = false;
	if ((e->has & HAS_COUNT) || a->scan.again || a->scan.ends != a->ends)
		again = list_all(a, e);
	a->scan.again = again;
	a->scan.ends = a->ends;
	a->scan.polled = true;
	check_watched(a);
	check_in_turn(a);
	agent_tell_unseen(a, false);
}

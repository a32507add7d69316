/* poll.c - /proc diffing: what polling finds without reading the stat of every process each time */
#include <string.h>

#include "agent/life/watched.h"
#include "agent/scan/scan.h"

/*
 * A young process is looked at again at each poll, since it may execute its
 * program only now; older ones in turns, so many a poll, since any pid may
 * execute something else at any time.
 */
#define YOUNG (5 * NSEC_PER_SEC)
#define TURN 32
#define UNSEEN_EVERY (60 * NSEC_PER_SEC)

struct poll {
	struct scan *scan;
	uint64_t      met; /* processes not known before */
	int           turns; /* of those that were, but have no entry */
	bool          again; /* one was met that may still be between its fork and its exec */
};

/* Processes without an entry are looked at in turns, in the order of their pids, TURN of them a listing. */
static bool its_turn(struct poll *poll, pid_t pid)
{
	if (poll->turns >= TURN || pid <= poll->scan->seen_pids.turn)
		return false;
	poll->turns++;
	poll->scan->seen_pids.turn = pid;
	return true;
}

static void listed(void *ctx, pid_t pid)
{
	struct poll *poll = ctx;
	struct scan *sc = poll->scan;
	struct process *p = process_live(sc->life->table, pid);

	bool before = seen_pids_before(&sc->seen_pids, pid);

	seen_pids_mark(&sc->seen_pids, pid);
	poll->met += !before;
	if (p)
		p->scan = sc->life->table->scan;
	else if (before && !its_turn(poll, pid))
		return; /* it was looked at, and gave way to others in the table */
	if (!p || p->born + YOUNG > sc->life->clock->now)
		scan_process(sc, pid, false);
	p = process_live(sc->life->table, pid);
	poll->again |= p && !p->watch && !p->kernel_thread && p->born + NSEC_PER_SEC > sc->life->clock->now;
}

void scan_tell_unseen(struct scan *sc, bool now)
{
	if (!sc->unseen || (!now && sc->unseen_told_at && sc->unseen_told_at + UNSEEN_EVERY > sc->life->clock->now))
		return;
	output_lost(sc->life->output, SOURCE_PROC, sc->unseen, "new processes or threads had ended before /proc was polled again");
	sc->unseen = 0;
	sc->unseen_told_at = sc->life->clock->now;
}

/* Forks were counted before the listing: what it met of later ones is not in this count, but in the next. */
static void count_unseen(struct scan *sc, uint64_t forks, uint64_t met)
{
	uint64_t all = met + sc->met_early;

	if (forks > all)
		sc->unseen += forks - all;
	sc->met_early = met > forks ? met - forks : 0;
}

/* True if it is to be done again at the next poll, whatever forks then. */
static bool list_all(struct scan *sc, const struct event *e)
{
	struct poll poll = {.scan = sc};
	uint64_t begun = sc->life->clock->now;

	sc->life->table->scan++;
	int error = procfs_each_pid(listed, &poll);
	seen_pids_end(&sc->seen_pids);
	if (poll.turns < TURN)
		sc->seen_pids.turn = 0; /* all had one: from the first again */
	if (error)
		return true;
	scan_sweep(sc, begun);
	if (!sc->polled)
		sc->met_early = 0;
	else if (e->has & HAS_COUNT)
		count_unseen(sc, e->count, poll.met);
	else
		sc->met_early += poll.met;
	return poll.again;
}

/* p seems to have been read in the midst of its exec: its arguments are missing. */
static bool half_read(const struct scan *sc, const struct process *p)
{
	const struct details *d = p->watch->details;

	return d && !(d->facts.has & FACT_ARGS) && p->born + YOUNG > sc->life->clock->now;
}

/* Watched processes without a pidfd have no other witness of their end. */
static void check_watched(struct scan *sc)
{
	struct process *p, *next;

	for (p = TAILQ_FIRST(&sc->life->table->watches); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if ((p->watch->pidfd < 0 || half_read(sc, p)) && !p->ended)
			scan_process(sc, p->pid, false);
	}
}

/* One read tells that nothing is new, which it nearly always is. */
static bool is_as_before(const struct process *p)
{
	struct procfs_stat stat;

	return procfs_read_stat_of(p->pid, &stat) == 0 && procfs_same_start(stat.started, p->born) && p->image &&
	       stat.image == p->image && strcmp(stat.comm, p->comm) == 0 && !p->unread;
}

static void check_in_turn(struct scan *sc)
{
	for (int i = 0; i < TURN; i++) {
		struct process *p = TAILQ_FIRST(&sc->life->table->live);

		if (!p || p->checked + sc->life->config->poll_interval > sc->life->clock->now)
			return;
		p->checked = sc->life->clock->now;
		process_touch(sc->life->table, p);
		if (!p->kernel_thread && !is_as_before(p))
			scan_process(sc, p->pid, false);
	}
}

void scan_poll(struct scan *sc, const struct event *e)
{
	life_pidfds(sc->life); /* of these the end is just now; of what a listing misses, at some time since the last */
	/* A pid that was used again at once leaves the last pid as it was. */
	bool again = false;
	if ((e->has & HAS_COUNT) || sc->again || sc->ends != sc->life->ends)
		again = list_all(sc, e);
	sc->again = again;
	sc->ends = sc->life->ends;
	sc->polled = true;
	check_watched(sc);
	check_in_turn(sc);
	scan_tell_unseen(sc, false);
}

/* watch.c - a process begins and ends being watched, and is held by a pidfd meanwhile */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

/* So long a watched process lives before it is held by a pidfd where cn_proc tells of its end too. */
#define HOLD_AFTER (100 * NSEC_PER_MSEC)

void watch_enter(struct process *p, enum stage stage)
{
	if (!p->watch && stage != STAGE_TOLD && stage != STAGE_UNWATCHED)
		return; /* there was no memory to watch it */
	/* Nothing comes after an end but its record: an exec record that is completed meanwhile changes no stage. */
	if (p->stage == STAGE_ENDING && stage != STAGE_TOLD && stage != STAGE_UNWATCHED)
		return;
	p->stage = stage;
}

void watch_schedule(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	uint64_t due = signals_due(w);

	if (w->hold_due && (!due || w->hold_due < due))
		due = w->hold_due;
	if (w->start.pending && (!due || w->start.due < due))
		due = w->start.due;
	if (w->death_due && (!due || w->death_due < due))
		due = w->death_due;
	deadlines_set(&a->deadlines, p, due);
}

void watch_begin(struct agent *a, struct process *p, unsigned target, struct details *details)
{
	struct watch *w = p->watch ? p->watch : process_watch(&a->table, p);

	if (!w) {
		details_unref(details);
		report_lost(a, 0, 1, "out of memory: a process cannot be watched");
		return;
	}
	if (p->stage == STAGE_UNWATCHED)
		watch_enter(p, STAGE_RUNNING);
	w->target = target;
	a->changes++;
	details_unref(w->details);
	w->details = details;
	if (w->pidfd >= 0 || w->hold_due || p->ended || a->coverage.recorded)
		return;
	/* Most short-lived ones need no pidfd while netlink tells of their end. */
	if (coverage_tells_ends(&a->coverage) && p->born + HOLD_AFTER > a->clock.now) {
		w->hold_due = p->born + HOLD_AFTER;
		watch_schedule(a, p);
	} else {
		watch_hold(a, p);
	}
}

/* Its end may be known to the kernel but not yet to us, and the pid another's by now. */
static bool holds_pid(const struct process *p)
{
	struct procfs_stat stat;
	int dirfd = procfs_open(p->pid);
	bool same = dirfd >= 0 && procfs_read_stat(dirfd, &stat) == 0 &&
	            (p->born_unknown || procfs_same_start(stat.started, p->born));

	if (dirfd >= 0)
		close(dirfd);
	return same;
}

void watch_hold(struct agent *a, struct process *p)
{
	p->watch->hold_due = 0;
	if (p->watch->pidfd >= 0 || p->ended || a->coverage.recorded)
		return;
	p->watch->pidfd = pidfd_set_add(&a->pidfds, p->pid, p);
	if (p->watch->pidfd < 0 || holds_pid(p))
		return;
	pidfd_set_remove(&a->pidfds, p->watch->pidfd);
	p->watch->pidfd = -ESRCH;
}

void watch_copy(struct agent *a, const struct event *e, struct process *p, const struct process *parent)
{
	struct watch *of = parent->watch;

	if (a->config->targets[of->target].pidfile)
		return;
	watch_begin(a, p, of->target, details_ref(of->details));
	if (!p->watch)
		return;
	watch_enter(p, STAGE_COPY);
	p->watch->status_readable = of->status_readable;
	struct event record = {.kind = EVENT_FORK, .sources = e->sources, .at = e->at};
	report(a, p, &record);
}

/* A child forked in that time that has executed nothing and is not watched; NULL if none. */
static struct process *unwatched_copy(const struct agent *a, const struct process *parent, uint64_t since, uint64_t until)
{
	const struct process_list *lists[] = {&a->table.live, &a->table.ghosts};
	struct process *p;

	for (int i = 0; i < 2; i++)
		TAILQ_FOREACH(p, lists[i], order)
			if (p->ppid == parent->pid && p->parent_born == parent->born && p->born >= since && p->born < until &&
			    !p->executed && p->stage == STAGE_UNWATCHED)
				return p;
	return NULL;
}

void watch_copies(struct agent *a, struct process *parent, uint64_t since)
{
	/* What it forked after its next exec is a copy of a program that audit is yet to name. */
	uint64_t next = parent->pending_execs ? pending_execs_earliest(&a->pending_execs, parent->pid, parent->born) : 0;
	struct process *p;

	while (parent->forked && (p = unwatched_copy(a, parent, since, next ? next : UINT64_MAX))) {
		struct event e = {.sources = p->born_by, .at = p->born};

		if (!p->renamed) /* the name it had from its parent was that of the program before */
			memcpy(p->comm, parent->comm, sizeof(p->comm));
		watch_copy(a, &e, p, parent);
		if (!p->watch)
			return;
		watch_copies(a, p, since);
		death_adopt(a, p);
	}
	parent->forked = next;
}

void watch_end(struct agent *a, struct process *p)
{
	a->changes++;
	if (p->stage != STAGE_TOLD)
		watch_enter(p, STAGE_UNWATCHED);
	deadlines_set(&a->deadlines, p, 0);
	pidfd_set_remove(&a->pidfds, p->watch->pidfd);
	process_unwatch(&a->table, p);
}

/* settle.c - after each event of a watched process: what is due now, and what still waits for whom */
#include <signal.h>
#include <sys/wait.h>

#include "agent/life/death.h"
#include "agent/life/exec.h"
#include "agent/life/exec_record.h"
#include "agent/life/exit_record.h"
#include "agent/life/life.h"
#include "agent/life/used.h"
#include "agent/life/watch.h"
#include "agent/verdict/evidence.h"

/* So long an end waits for audit where its records are seen to come late. */
#define LAG_WAIT (5 * NSEC_PER_SEC)

/* What came before it was known that a target wants this process. */
static void take_early(struct life *l, struct process *p)
{
	struct event e;

	if (p->watch->early_taken)
		return;
	p->watch->early_taken = true;
	while (early_used_take(&l->early_used, p->pid, p->born, &e))
		life_used(l, p, &e);
	while (early_signals_take(&l->early_signals, p->pid, p->born, &e))
		life_signal(l, p, &e, false);
}

/* A witness of each end is yet to come, with its final status. */
static bool status_will_be_better(const struct life *l, const struct death *d)
{
	return coverage_tells_ends(l->coverage) && !d->status_final;
}

/* Who can still tell something about this end that changes the record? */
static bool someone_may_tell(const struct life *l, const struct watch *w)
{
	const struct death *d = &w->death;

	if (!d->has_status)
		return coverage_tells_status(l->coverage) || w->pidfd >= 0;
	if (status_will_be_better(l, d) || coverage_tells_signals(l->coverage))
		return true;
	if (!coverage_tells_causes(l->coverage) || !WIFSIGNALED(d->wait_status))
		return false;
	return WTERMSIG(d->wait_status) == SIGKILL || is_fault_signal(WTERMSIG(d->wait_status));
}

/* So long an end waits for signals that are there to be read: in a flood each reading brings more ends. */
#define UNREAD_WAIT (100 * NSEC_PER_MSEC)

/* The signals up to its end have not been read yet. */
static bool signals_are_unread(const struct life *l, const struct watch *w)
{
	return coverage_tells_every_signal(l->coverage) && !coverage_told_every_signal(l->coverage, UINT64_MAX, death_bound(w));
}

/* The kernel log says where the memory was used up, before the OOM killer sends its signal. */
static bool place_is_unread(const struct life *l, const struct watch *w)
{
	const struct death *d = &w->death;

	return d->oom && !d->oom_cgroup && coverage_tells_causes(l->coverage) && !coverage_told_causes(l->coverage, death_bound(w));
}

/* Something of its end is there to be read. */
static bool is_unread(const struct life *l, const struct process *p)
{
	return signals_are_unread(l, p->watch) || used_is_unread(l, p) || place_is_unread(l, p->watch);
}

/* A source that tells late has yet to say more of who sent the signal by which p ended. */
static bool sender_will_be_better(const struct life *l, const struct process *p)
{
	const struct death *d = &p->watch->death;
	const struct signals *seen = &p->watch->signals;
	int signo = WIFSIGNALED(d->wait_status) ? WTERMSIG(d->wait_status) : 0;

	if (!coverage_tells_senders_late(l->coverage))
		return false;
	for (unsigned i = 0; i < seen->count; i++) {
		const struct seen_signal *s = &seen->list[i];
		bool asked = signo ? s->signo == signo : is_stop_signal(s->signo);

		if (asked && s->exact && s->origin == ORIGIN_CALL && !s->joined && evidence_qualifies(s, s->signo, d->at, l->config->stop_window))
			return true;
	}
	return false;
}

/*
 * When the exit record is written at the latest, 0 = now.  It waits `grace`
 * from the first witness on; once there is evidence, only for a straggler.
 */
static uint64_t verdict_due(const struct life *l, const struct process *p)
{
	const struct watch *w = p->watch;
	uint64_t latest = w->death_seen + l->config->grace, settled = l->clock->now + exit_straggler(l);

	if (p->pending_execs) /* what it executed last is not known yet */
		return w->death_seen + PENDING_EXEC_WAIT;
	if (!someone_may_tell(l, w))
		return 0;
	bool known = w->death.has_status && !status_will_be_better(l, &w->death);
	if (known && exit_every_signal_told(l, p))
		return sender_will_be_better(l, p) ? latest : 0;
	if (known && signals_are_unread(l, w))
		return l->clock->now; /* they are there to be read */
	bool enough = evidence_is_enough(&w->death, &w->signals, l->coverage->sees, l->config->stop_window) && !status_will_be_better(l, &w->death);
	return enough && settled < latest ? settled : latest;
}

/* The same, but what it used, and where the memory was used up, is read before, if it can be. */
static uint64_t exit_due(const struct life *l, const struct process *p)
{
	uint64_t due = verdict_due(l, p);

	return !due && (used_is_unread(l, p) || place_is_unread(l, p->watch)) ? l->clock->now : due;
}

static void schedule(struct life *l, struct process *p)
{
	const struct watch *w = p->watch;
	uint64_t due = signals_due(&w->signals);

	if (w->hold_due && (!due || w->hold_due < due))
		due = w->hold_due;
	if (w->start.pending && (!due || w->start.due < due))
		due = w->start.due;
	if (w->death_due && (!due || w->death_due < due))
		due = w->death_due;
	deadlines_set(&l->deadlines, p, due);
}

void life_settle(struct life *l, struct process *p)
{
	struct watch *w = p->watch;

	if (!w)
		return;
	take_early(l, p);
	if (p->stage != STAGE_ENDING && p->ended)
		death_adopt(l, p);
	if (p->stage == STAGE_ENDING) {
		w->unread = is_unread(l, p);
		w->death_due = exit_due(l, p);
		if (!w->death_due) {
			exit_record(l, p);
			return;
		}
		if (l->ends_until < death_bound(w))
			l->ends_until = death_bound(w);
	}
	schedule(l, p);
}

/* The record has waited long enough, unless records of that time are seen to be queued. */
static void exit_is_due(struct life *l, struct process *p)
{
	struct watch *w = p->watch;
	bool room = l->table->watched < l->table->max / 2; /* those that wait give way to none */

	if (w->unread && !is_unread(l, p)) { /* they were read just now, and say who must be waited for */
		life_settle(l, p);
		return;
	}
	if (w->unread && w->death_seen + UNREAD_WAIT > l->clock->now) { /* its end came in with the last that was read */
		w->death_due = l->clock->now + NSEC_PER_MSEC;
		schedule(l, p);
		return;
	}

	if (!room || !exit_audit_lagging(l, &w->death) || w->death_seen + LAG_WAIT <= l->clock->now) {
		exit_record(l, p);
		return;
	}
	w->death_due = l->clock->now + exit_straggler(l);
	schedule(l, p);
}

static void run_due(struct life *l, struct process *p)
{
	struct watch *w = p->watch;
	uint64_t now = l->clock->now;

	if (w->hold_due && w->hold_due <= now) {
		watch_hold(l, p);
		life_settle(l, p);
		if (p->watch != w)
			return;
	}
	if (w->start.pending && w->start.due <= now)
		exec_flush(l, p);
	life_tell_signals(l, p, now);
	if (w->death_due && w->death_due <= now)
		exit_is_due(l, p);
	else
		schedule(l, p);
}

uint64_t life_next_due(struct life *l)
{
	const struct process *p = deadlines_first(&l->deadlines);
	const struct pending_exec *one = pending_execs_first(&l->pending_execs);
	uint64_t due = p ? p->watch->due : 0;

	return one && (!due || one->due < due) ? one->due : due;
}

void life_run_due(struct life *l)
{
	struct process *p;

	while ((p = exec_run_due(l, l->clock->now)))
		life_settle(l, p);
	while ((p = deadlines_first(&l->deadlines)) && p->watch->due <= l->clock->now)
		run_due(l, p);
}

/* Writes what waits of p.  True if that was its end, and so the end of the watch. */
static bool tell_all(struct life *l, struct process *p)
{
	exec_flush(l, p);
	life_tell_signals(l, p, UINT64_MAX);
	if (p->stage != STAGE_ENDING)
		return false;
	exit_record(l, p);
	return true;
}

void life_flush(struct life *l)
{
	struct process *p, *next;

	while ((p = exec_run_due(l, UINT64_MAX)))
		life_settle(l, p);
	for (p = TAILQ_FIRST(&l->table->watches); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if (!tell_all(l, p))
			schedule(l, p);
	}
	life_tell_gaps(l, true);
}

void life_close(struct life *l, struct process *p)
{
	if (!tell_all(l, p))
		watch_end(l, p);
}

void life_pidfds(struct life *l)
{
	void *woken[64];
	int n = pidfd_set_next(l->pidfds, woken, 64);

	for (int i = 0; i < n; i++) {
		death_pidfd_woke(l, woken[i]);
		life_settle(l, woken[i]);
	}
}

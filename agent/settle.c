/* settle.c - after each event of a watched process: what is due now, and what still waits for whom */
#include <signal.h>
#include <sys/wait.h>

#include "agent/agent.h"
#include "agent/evidence.h"

/* So long an end waits for audit where its records are seen to come late. */
#define LAG_WAIT (5 * NSEC_PER_SEC)

/* A second sender whose record is a little late is waited for so long. */
static uint64_t straggler(const struct agent *a)
{
	return a->config->grace / 4;
}

/* A witness of each end is yet to come, with its final status. */
static bool status_will_be_better(const struct agent *a, const struct death *d)
{
	return coverage_tells_ends(&a->coverage) && !d->status_final;
}

/* Who can still tell something about this end that changes the record? */
static bool someone_may_tell(const struct agent *a, const struct watch *w)
{
	const struct death *d = &w->death;

	if (!d->has_status)
		return coverage_tells_status(&a->coverage) || w->pidfd >= 0;
	if (status_will_be_better(a, d) || coverage_tells_signals(&a->coverage))
		return true;
	if (!coverage_tells_causes(&a->coverage) || !WIFSIGNALED(d->wait_status))
		return false;
	return WTERMSIG(d->wait_status) == SIGKILL || is_fault_signal(WTERMSIG(d->wait_status));
}

bool life_audit_caught_up(const struct agent *a, const struct death *d)
{
	/* Records come in the order in which the system calls returned, more or less. */
	return evidence_of_exit(d) || coverage_told_later(&a->coverage, d->at + straggler(a));
}

bool life_audit_lagging(const struct agent *a, const struct death *d)
{
	return !life_audit_caught_up(a, d) && coverage_lags(&a->coverage, a->clock.now, a->config->grace, straggler(a));
}

/*
 * When the exit record is written at the latest, 0 = now.  It waits `grace`
 * from the first witness on; once there is evidence, only for a straggler.
 */
static uint64_t exit_due(const struct agent *a, const struct process *p)
{
	const struct watch *w = p->watch;
	uint64_t latest = w->death_seen + a->config->grace, settled = a->clock.now + straggler(a);

	if (p->pending_execs) /* what it executed last is not known yet */
		return w->death_seen + PENDING_EXEC_WAIT;
	if (!someone_may_tell(a, w))
		return 0;
	bool enough = evidence_is_enough(w, a->coverage.sees, a->config->stop_window) && !status_will_be_better(a, &w->death);
	return enough && settled < latest ? settled : latest;
}

static void schedule(struct agent *a, struct process *p)
{
	const struct watch *w = p->watch;
	uint64_t due = signals_due(w);

	if (w->hold_due && (!due || w->hold_due < due))
		due = w->hold_due;
	if (w->start.pending && (!due || w->start.due < due))
		due = w->start.due;
	if (w->death_due && (!due || w->death_due < due))
		due = w->death_due;
	deadlines_set(&a->deadlines, p, due);
}

void life_settle(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;

	if (!w)
		return;
	if (p->stage != STAGE_ENDING && p->ended)
		death_adopt(a, p);
	if (p->stage == STAGE_ENDING) {
		w->death_due = exit_due(a, p);
		if (!w->death_due) {
			exit_record(a, p);
			return;
		}
	}
	schedule(a, p);
}

/* The record has waited long enough, unless records of that time are seen to be queued. */
static void exit_is_due(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	bool room = a->table.watched < a->table.max / 2; /* those that wait give way to none */

	if (!room || !life_audit_lagging(a, &w->death) || w->death_seen + LAG_WAIT <= a->clock.now) {
		exit_record(a, p);
		return;
	}
	w->death_due = a->clock.now + straggler(a);
	schedule(a, p);
}

static void run_due(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	uint64_t now = a->clock.now;

	if (w->hold_due && w->hold_due <= now) {
		watch_hold(a, p);
		life_settle(a, p);
		if (p->watch != w)
			return;
	}
	if (w->start.pending && w->start.due <= now)
		exec_flush(a, p);
	signal_flush(a, p, now);
	if (w->death_due && w->death_due <= now)
		exit_is_due(a, p);
	else
		schedule(a, p);
}

uint64_t life_next_due(struct agent *a)
{
	const struct process *p = deadlines_first(&a->deadlines);
	const struct pending_exec *one = pending_execs_first(&a->pending_execs);
	uint64_t due = p ? p->watch->due : 0;

	return one && (!due || one->due < due) ? one->due : due;
}

void life_run_due(struct agent *a)
{
	struct process *p;

	exec_run_due(a, a->clock.now);
	while ((p = deadlines_first(&a->deadlines)) && p->watch->due <= a->clock.now)
		run_due(a, p);
}

void life_flush(struct agent *a)
{
	struct process *p, *next;

	exec_run_due(a, UINT64_MAX);
	for (p = TAILQ_FIRST(&a->table.watches); p; p = next) {
		next = TAILQ_NEXT(p, order);
		exec_flush(a, p);
		signal_flush(a, p, UINT64_MAX);
		if (p->stage == STAGE_ENDING)
			exit_record(a, p);
		else
			schedule(a, p);
	}
}

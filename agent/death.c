/* death.c - one exit record, whoever saw the end */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/evidence.h"
#include "agent/verdict.h"

/* So long an end waits for audit where its records are seen to be late. */
#define LAG_WAIT (5 * NSEC_PER_SEC)

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

/* A second sender whose record is a little late is waited for so long. */
static uint64_t straggler(const struct agent *a)
{
	return a->config->grace / 4;
}

/*
 * The record waits `grace` from the first witness on; once there is evidence,
 * only for a straggler; and longer than that while audit is behind.
 */
void death_evidence(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	uint64_t latest = w->death_seen + a->config->grace;

	if (p->pending_execs) { /* what it executed last is not known yet: exec.c comes back when it is */
		w->death_due = w->death_seen + PENDING_EXEC_WAIT;
		watch_schedule(a, p);
		return;
	}
	if (!someone_may_tell(a, w)) {
		death_resolve(a, p);
		return;
	}
	w->death_due = latest;
	if (evidence_is_enough(w, a->coverage.sees, a->config->stop_window) &&
	    !status_will_be_better(a, &w->death)) {
		uint64_t settled = a->clock.now + straggler(a);

		if (settled < latest)
			w->death_due = settled;
	}
	watch_schedule(a, p);
}

static void witness(struct agent *a, struct process *p, unsigned source, uint64_t at, enum stamp stamp)
{
	struct death *d = &p->watch->death;

	if (p->stage != STAGE_ENDING)
		p->watch->death_seen = a->clock.now;
	if (!d->witnesses || stamp == STAMP_EXACT)
		d->at = at;
	d->exact |= stamp == STAMP_EXACT;
	d->witnesses |= source;
	d->noticed_by |= stamp == STAMP_NOTICED ? source : 0;
	watch_enter(p, STAGE_ENDING);
	a->died = true;
	process_end(&a->table, p, at, source, stamp == STAMP_EXACT);
}

static void status(struct death *d, int wait_status, unsigned source, bool final)
{
	if (d->has_status && d->status_final)
		return;
	d->has_status = true;
	d->status_final = final;
	d->wait_status = wait_status;
	d->status_from = source;
}

/* Nobody else tells of this end. */
static bool has_no_other_witness(const struct agent *a, const struct watch *w)
{
	return !coverage_tells_ends(&a->coverage) && w->pidfd < 0;
}

static void on_exiting(struct agent *a, struct process *p, const struct event *e)
{
	struct death *d = &p->watch->death;

	/* exit_group is the end, with this code; a thread's exit is not, so others must have seen that. */
	bool ends = (e->has & HAS_VIA) && strcmp(e->via, "exit_group") == 0;

	d->calls_exit = true;
	d->call_told_by |= e->sources;
	d->exits_whole |= ends;
	if (ends || !d->exits_whole)
		d->exit_code = e->exit_code;
	d->exiting_at = e->at;
	d->exiting_serial = (e->has & HAS_SERIAL) ? e->serial : 0;
	if (ends && has_no_other_witness(a, p->watch))
		witness(a, p, e->sources, e->at, e->stamp);
}

void death_event(struct agent *a, struct process *p, const struct event *e)
{
	struct death *d = &p->watch->death;

	switch (e->kind) {
	case EVENT_EXIT:
	case EVENT_ENDED:
		if (e->stamp == STAMP_EXACT)
			d->vanished = false;
		witness(a, p, e->sources, e->at, e->stamp);
		if (e->has & HAS_STATUS)
			status(d, e->wait_status, e->sources, e->final);
		break;
	case EVENT_EXITING:
		on_exiting(a, p, e);
		break;
	case EVENT_ABEND:
		d->seccomp |= (e->has & HAS_VIA) && strcmp(e->via, "seccomp") == 0;
		if (e->has & HAS_TID)
			break; /* of one thread */
		d->dumping = true;
		d->abend_told_by |= e->sources;
		d->abend_signo = e->signo;
		d->abend_at = e->at;
		if (has_no_other_witness(a, p->watch))
			witness(a, p, e->sources, e->at, e->stamp);
		break;
	case EVENT_OOM:
		d->oom = true;
		d->log_told_by |= e->sources;
		break;
	case EVENT_FAULT:
		d->fault = true;
		d->log_told_by |= e->sources;
		break;
	default:
		break;
	}
	if (p->stage == STAGE_ENDING)
		death_evidence(a, p);
}

void death_adopt(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;

	if (p->ended && p->stage != STAGE_ENDING) { /* known, but not what it was */
		watch_enter(p, STAGE_ENDING);
		w->death.witnesses = p->ended_by;
		w->death.noticed_by = p->end_exact ? 0 : p->ended_by;
		w->death.exact = p->end_exact;
		w->death.vanished = !p->end_exact;
		w->death.at = p->ended;
		w->death_seen = a->clock.now;
		if (p->status_known)
			status(&w->death, p->wait_status, p->ended_by, true);
	}
	if (p->stage == STAGE_ENDING) {
		death_evidence(a, p);
	} else if (w->pidfd == -ESRCH && (p->born_unknown || !coverage_tells_ends(&a->coverage))) {
		/* its birth was not told, nor, it may be, its end */
		clock_advance(&a->clock);
		death_vanished(a, p, SOURCE_PROC, w->start.at, a->clock.now);
	}
}

bool death_vanished(struct agent *a, struct process *p, unsigned source, uint64_t not_before, uint64_t at)
{
	struct watch *w = p->watch;
	int wait_status;

	if (!w) {
		process_end(&a->table, p, at, source, false);
		return true;
	}
	if (p->stage == STAGE_ENDING)
		return true;
	if (w->pidfd >= 0 && !pidfd_ended(w->pidfd))
		return false;
	w->death.vanished = true;
	w->death.not_before = not_before;
	witness(a, p, source, at, STAMP_NOTICED);
	if (w->pidfd >= 0 && pidfd_status(&a->pidfds, w->pidfd, &wait_status) == 0)
		status(&w->death, wait_status, SOURCE_PROC, false);
	death_evidence(a, p);
	return true;
}

bool death_zombie_tells(const struct process *p, const struct procfs_stat *stat)
{
	const struct watch *w = p->watch;
	bool threads = w->threads.multithreaded || (w->death.calls_exit && !w->death.exits_whole);

	if (!stat->has_exit_code || !(stat->exit_code || w->status_readable))
		return false;
	/* A signal that ends the leader ends the others too; its own exit does not. */
	return !threads || WIFSIGNALED(stat->exit_code) || procfs_status_is_whole();
}

/* A zombie's status, as far as /proc shows it to us. */
static bool zombie_status(struct process *p, int *wait_status)
{
	struct procfs_stat stat;
	int dirfd = procfs_open(p->pid);
	bool known = false;

	if (dirfd < 0)
		return false;
	if (procfs_read_stat(dirfd, &stat) == 0 && stat.state == 'Z' && procfs_same_start(stat.started, p->born) &&
	    death_zombie_tells(p, &stat)) {
		*wait_status = stat.exit_code;
		known = true;
	}
	close(dirfd);
	return known;
}

static void pidfd_woke(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	struct event e = {.kind = EVENT_ENDED, .sources = SOURCE_PROC};

	if (w->death.has_status || !pidfd_ended(w->pidfd))
		return;
	clock_advance(&a->clock);
	e.at = a->clock.now;
	/* Reaped between the two looks: then the pidfd knows it at the second try. */
	if (pidfd_status(&a->pidfds, w->pidfd, &e.wait_status) == 0 || zombie_status(p, &e.wait_status) ||
	    pidfd_status(&a->pidfds, w->pidfd, &e.wait_status) == 0)
		e.has |= HAS_STATUS;
	w->death.vanished |= p->stage != STAGE_ENDING && a->rescan; /* at some time since events were lost */
	death_event(a, p, &e);
}

void death_pidfds(struct agent *a)
{
	void *woken[64];
	int n = pidfd_set_next(&a->pidfds, woken, 64);

	for (int i = 0; i < n; i++)
		pidfd_woke(a, woken[i]);
}

static void fill_times(struct process *p, struct event *e)
{
	const struct death *d = &p->watch->death;

	if (!d->vanished && !p->born_unknown && d->at >= p->born) {
		e->uptime = (double)(d->at - p->born) / 1e9;
		e->has |= HAS_UPTIME;
	}
}

/*
 * Records come in the order in which the system calls returned, more or less:
 * one from some time after the end says that those before it are told.
 */
static bool audit_caught_up(const struct agent *a, const struct death *d)
{
	return evidence_of_exit(d) || coverage_told_later(&a->coverage, d->at + straggler(a));
}

/* The kernel's queue is long: what came last came later than a straggler, and more of that age may come. */
static bool audit_lagging(const struct agent *a, const struct death *d)
{
	return !audit_caught_up(a, d) && coverage_lags(&a->coverage, a->clock.now, a->config->grace, straggler(a));
}

void death_run_due(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;

	bool room = a->table.watched < a->table.max / 2; /* those that wait give way to none */
	if (!room || !audit_lagging(a, &w->death) || w->death_seen + LAG_WAIT <= a->clock.now) {
		death_resolve(a, p);
		return;
	}
	w->death_due = a->clock.now + straggler(a);
	watch_schedule(a, p);
}

/* A parent-death signal may have come to it (PR_SET_PDEATHSIG, prctl(2)). */
static bool is_orphan_of_late(const struct agent *a, const struct process *p)
{
	const struct process *parent = process_born(&a->table, p->ppid, p->parent_born);
	bool handed_on = p->watch->last_ppid && p->watch->last_ppid != p->ppid; /* the parent's end is stamped a little late */

	return parent && parent->ended && (handed_on || parent->ended <= p->watch->death.at) &&
	       parent->ended + a->config->stop_window >= p->watch->death.at;
}

void death_resolve(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	struct death *d = &w->death;
	struct event e = {.kind = EVENT_EXIT, .sources = d->witnesses, .at = d->at};
	struct verdict_input in = {
		.watch = w,
		.born = p->born,
		.stop_window = a->config->stop_window,
		.sees = a->coverage.sees,
		.signals_since = a->coverage.signals_since,
		.one_cpu = a->coverage.one_cpu,
		.orphaned = is_orphan_of_late(a, p),
		.signals_hidden_by = coverage_signals_hidden_by(&a->coverage),
		.faults_logged = a->coverage.faults_logged,
		.no_signal_source = coverage_no_signal_source(&a->coverage),
		.audit_caught_up = audit_caught_up(a, d),
		.audit_lagging = audit_lagging(a, d),
	};
	char reason[512];

	exec_flush(a, p);
	signal_flush(a, p, UINT64_MAX);
	if (!(d->has_status && WIFSIGNALED(d->wait_status)))
		e.sources |= d->call_told_by;
	e.sources |= d->abend_told_by | d->log_told_by;
	/* A pidfd is held in any case: who only noticed the end is a witness where he was needed. */
	if ((d->witnesses & ~d->noticed_by) && !(d->status_from & d->noticed_by))
		e.sources &= ~d->noticed_by;
	in.unaudited_known = coverage_unaudited(&a->coverage, &a->table, &in.unaudited);
	verdict_decide(&in, &e, reason, sizeof(reason));
	fill_times(p, &e);
	report(a, p, &e);
	watch_enter(p, STAGE_TOLD);
	if (a->targets[w->target].pidfile_pid == p->pid)
		a->targets[w->target].pidfile_pid = 0; /* who has that pid next is another, until the file is written anew */
	watch_end(a, p);
}

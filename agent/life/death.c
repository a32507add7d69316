#include "agent/life/death.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/life/watch.h"
#include "agent/process/subject.h"

static void witness(struct life *l, struct process *p, unsigned source, uint64_t at, enum stamp stamp)
{
	struct watch *w = p->watch;
	struct death *d = &w->death;

	if (p->stage != STAGE_ENDING)
		w->death_seen = l->clock->now;
	if (p->stage != STAGE_ENDING || stamp == STAMP_EXACT)
		d->at = at;
	d->exact |= stamp == STAMP_EXACT;
	d->witnesses |= source;
	d->noticed_by |= stamp == STAMP_NOTICED ? source : 0;
	watch_enter(p, STAGE_ENDING);
	l->ends++;
	process_end(l->table, p, at, source, stamp == STAMP_EXACT);
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

void death_status(struct death *d, int wait_status, unsigned source)
{
	status(d, wait_status, source, true);
}

/* Nobody else tells of this end. */
static bool has_no_other_witness(const struct life *l, const struct watch *w)
{
	return !coverage_tells_ends(l->coverage) && w->pidfd < 0;
}

static void on_exiting(struct life *l, struct process *p, const struct event *e)
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
	if (ends && has_no_other_witness(l, p->watch))
		witness(l, p, e->sources, e->at, e->stamp);
}

static void keep_comm(char to[COMM_SIZE], const struct event *e)
{
	snprintf(to, COMM_SIZE, "%s", (e->process.has & FACT_COMM) ? e->process.comm : "");
}

static void on_abend(struct life *l, struct process *p, const struct event *e)
{
	struct death *d = &p->watch->death;

	d->seccomp |= (e->has & HAS_VIA) && strcmp(e->via, "seccomp") == 0;
	if (e->has & HAS_TID)
		return; /* it was the end of one thread */
	d->dumping = true;
	d->abend_told_by |= e->sources;
	d->abend_signo = e->signo;
	d->abend_at = e->at;
	keep_comm(d->abend_comm, e);
	if (has_no_other_witness(l, p->watch))
		witness(l, p, e->sources, e->at, e->stamp);
}

static void on_end(struct life *l, struct process *p, const struct event *e)
{
	struct death *d = &p->watch->death;

	if (e->stamp == STAMP_EXACT)
		d->vanished = false;
	witness(l, p, e->sources, e->at, e->stamp);
	if (e->has & HAS_STATUS)
		status(d, e->wait_status, e->sources, e->final);
}

static void on_oom(struct death *d, const struct event *e)
{
	if (e->has & HAS_PATH) { /* where, which is no proof that it was killed */
		free(d->oom_cgroup);
		d->oom_cgroup = strdup(e->path);
		return;
	}
	d->oom_at = d->oom ? d->oom_at : e->at;
	d->oom = true;
	d->oom_exact |= e->stamp == STAMP_EXACT;
	d->log_told_by |= e->sources;
}

void life_death(struct life *l, struct process *p, const struct event *e)
{
	struct death *d = &p->watch->death;

	switch (e->kind) {
	case EVENT_EXIT:
	case EVENT_ENDED:
		on_end(l, p, e);
		break;
	case EVENT_EXITING:
		on_exiting(l, p, e);
		break;
	case EVENT_ABEND:
		on_abend(l, p, e);
		break;
	case EVENT_OOM:
		on_oom(d, e);
		break;
	case EVENT_FAULT:
		d->fault = true;
		d->fault_at = e->at;
		keep_comm(d->fault_comm, e);
		d->log_told_by |= e->sources;
		break;
	default:
		break;
	}
}

void death_adopt(struct life *l, struct process *p)
{
	struct watch *w = p->watch;
	struct death *d = &w->death;

	watch_enter(p, STAGE_ENDING);
	w->death_seen = l->clock->now;
	d->witnesses = p->ended_by;
	d->noticed_by = p->end_exact ? 0 : p->ended_by;
	d->exact = p->end_exact;
	d->vanished = !p->end_exact;
	d->at = p->ended;
	if (p->status_known)
		status(d, p->wait_status, p->ended_by, true);
}

bool life_gone(struct life *l, struct process *p, unsigned source, uint64_t at)
{
	struct watch *w = p->watch;
	int wait_status;

	if (!w) {
		process_end(l->table, p, at, source, false);
		return true;
	}
	if (p->stage == STAGE_ENDING)
		return true;
	if (w->pidfd >= 0 && !pidfd_ended(w->pidfd))
		return false;
	w->death.vanished = true;
	witness(l, p, source, at, STAMP_NOTICED);
	if (w->pidfd >= 0 && pidfd_status(l->pidfds, w->pidfd, &wait_status) == 0)
		status(&w->death, wait_status, source, false);
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
static bool zombie_status(const struct life *l, const struct process *p, int *wait_status)
{
	struct subject s;

	if (subject_open_process(&s, l->table, p) != 0)
		return false;
	bool known = s.stat.state == 'Z' && death_zombie_tells(p, &s.stat);
	*wait_status = s.stat.exit_code;
	subject_close(&s);
	return known;
}

void death_pidfd_woke(struct life *l, struct process *p)
{
	struct watch *w = p->watch;
	struct event e = {.kind = EVENT_ENDED, .sources = SOURCE_PROC};

	if (w->death.has_status || !pidfd_ended(w->pidfd))
		return;
	clock_advance(l->clock);
	e.at = l->clock->now;
	/* Reaped between the two looks: then the pidfd knows its status at the second try. */
	if (pidfd_status(l->pidfds, w->pidfd, &e.wait_status) == 0 || zombie_status(l, p, &e.wait_status) ||
	    pidfd_status(l->pidfds, w->pidfd, &e.wait_status) == 0)
		e.has |= HAS_STATUS;
	w->death.vanished |= p->stage != STAGE_ENDING && l->coverage->missed; /* it ended at some time since events were lost */
	life_death(l, p, &e);
}

uint64_t death_bound(const struct watch *w)
{
	return w->death.exact ? w->death.at : w->death_seen; /* a coarser clock may be early */
}

/* thread.c - threads of a process begin and end; the process ends with its last thread */
#include <signal.h>
#include <sys/wait.h>

#include "agent/life/life.h"
#include "agent/life/watch.h"

void life_thread_started(struct life *l, struct process *p, const struct event *e)
{
	struct event record = {.kind = EVENT_THREAD_START, .has = HAS_TID, .sources = e->sources, .at = e->at, .tid = e->tid};
	struct watch *w = p->watch;

	p->threads++;
	if (!w)
		return;
	if (!w->threads.multithreaded) {
		w->threads.multithreaded = true;
		watch_add_tid(w, p->pid);
	}
	watch_add_tid(w, e->tid);
	life_record(l, p, &record);
}

/* Events about threads were lost: is the process really over?  Else its threads are learnt anew. */
static bool really_ended(struct life *l, struct process *p)
{
	struct watch *w = p->watch;

	if (w->pidfd >= 0 && pidfd_ended(w->pidfd))
		return true;
	watch_read_tids(l, p);
	return w->pidfd < 0 && w->threads.multithreaded && w->threads.tids.alive == 0;
}

static bool was_last_unwatched(struct process *p, const struct event *e)
{
	p->threads -= p->threads > 0;
	p->leader_ended |= e->tid == p->pid;
	p->thread_ended |= p->threads > 0;
	/* The end of a thread by an exec can be told after the exec; and the count of a process taken in from /proc may be wrong. */
	return p->leader_ended && (p->threads == 0 || p->born_in_tick);
}

static bool was_last(struct life *l, struct process *p, const struct event *e)
{
	struct watch *w = p->watch;

	if (!w)
		return was_last_unwatched(p, e);
	if (!w->threads.multithreaded)
		return e->tid == p->pid;
	watch_remove_tid(w, e->tid);
	w->threads.any_ended |= w->threads.tids.alive > 0;
	if (w->threads.tids.alive == 0 && !w->threads.unsure)
		return true;
	if (w->threads.unsure && (e->tid == p->pid || w->threads.tids.alive == 0))
		return really_ended(l, p);
	return false;
}

/*
 * A signal ends all threads, and so does exit_group; but a thread that was
 * ending by itself already has a status of its own, 0 as libraries end threads,
 * and may be the last.  The dump of a core shows in the status of one thread
 * only.
 */
static void know_status(struct process *p, const struct event *e)
{
	int status = e->wait_status;
	bool of_all = WIFSIGNALED(status) && WTERMSIG(status) != SIGSYS; /* seccomp ends one thread too */
	bool is_leader = e->tid == p->pid;

	if (of_all && (is_leader || (p->watch && watch_has_tid(p->watch, e->tid)))) {
		p->wait_status = status | (WIFSIGNALED(p->wait_status) ? p->wait_status & 0x80 : 0);
	} else if (is_leader && !WIFSIGNALED(status) && !WIFSIGNALED(p->wait_status)) {
		p->wait_status = status;
		p->leader_ended_at = e->at;
	}
}

/* The wait status of the whole process, whose last thread ended with *e. */
static int status_of_all(const struct process *p, const struct event *e)
{
	int status = e->wait_status;

	if (WIFSIGNALED(status))
		return status | (WIFSIGNALED(p->wait_status) ? p->wait_status & 0x80 : 0);
	if (!WIFSIGNALED(p->wait_status) && p->leader_ended_at + NSEC_PER_SEC < e->at)
		return status; /* the leader's code was its own */
	return status && !WIFSIGNALED(p->wait_status) ? status : p->wait_status;
}

bool life_thread_ended(struct life *l, struct process *p, const struct event *e)
{
	struct event record = {.kind = EVENT_THREAD_END, .has = HAS_TID, .sources = e->sources, .at = e->at, .tid = e->tid};

	know_status(p, e);
	if (p->watch && p->watch->threads.multithreaded && e->tid != p->pid)
		life_record(l, p, &record);
	if (!was_last(l, p, e))
		return false;
	p->wait_status = status_of_all(p, e);
	p->status_known = true;
	if (p->watch && (e->process.has & FACT_PPID))
		p->watch->last_ppid = e->process.ppid;
	return true;
}

static void forget_ids(struct process *p)
{
	p->has_uid = p->has_gid = p->has_euid = p->has_egid = false;
}

void life_missed(struct life *l)
{
	struct process *p;

	l->coverage->missed = true; /* until /proc is read, once what is still queued has been */
	TAILQ_FOREACH(p, &l->table->watches, order) {
		p->watch->threads.unsure = p->watch->threads.multithreaded = true;
		p->wait_status = p->status_known ? p->wait_status : 0; /* threads may have ended by an exec that was missed */
		p->watch->sid = 0; /* a change of these may be among what was missed */
		forget_ids(p);
	}
	TAILQ_FOREACH(p, &l->table->live, order)
		forget_ids(p);
}

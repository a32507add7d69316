/* intake.c - every event of every backend comes in here and finds its process */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/agent.h"
#include "agent/replay.h"

static void on_thread_start(struct agent *a, const struct event *e, struct process *p)
{
	if (!p)
		return;
	p->threads++;
	if (!p->watch)
		return;
	if (!p->watch->threads.multithreaded) {
		p->watch->threads.multithreaded = true;
		watch_add_tid(p->watch, p->pid);
	}
	watch_add_tid(p->watch, e->tid);
	struct event record = {.kind = EVENT_THREAD_START, .has = HAS_TID, .sources = e->sources, .at = e->at, .tid = e->tid};
	report(a, p, &record);
}

/* It was met by audit's record of its exec, whose stamp is coarse, before its fork was read. */
static bool is_fork_of(const struct process *p, const struct event *e)
{
	return p->born_unknown && !p->ended && e->at <= p->born + COARSE_CLOCK;
}

static void born(struct process *p, const struct process *parent, const struct event *e)
{
	p->born = e->at;
	p->born_by = e->sources;
	p->born_unknown = false;
	p->ppid = e->process.ppid;
	p->parent_born = parent ? parent->born : 0;
}

static void on_fork(struct agent *a, const struct event *e)
{
	pid_t pid = e->process.pid;
	struct process *p = process_live(&a->table, pid), *parent = holder_exact(a, e->process.ppid, e->at);

	if (e->tid != pid) {
		on_thread_start(a, e, p);
		return;
	}
	if (p && p->born_in_tick && procfs_same_start(p->born, e->at))
		return; /* the scan was faster than its fork event */
	if (p && is_fork_of(p, e)) {
		born(p, parent, e);
		return;
	}
	if (p && !death_vanished(a, p, e->sources, 0, e->at))
		return;
	if (!parent)
		parent = agent_take_in(a, e->process.ppid);
	p = process_add(&a->table, pid, e->at);
	if (!p)
		return;
	p->born_by = e->sources;
	p->ppid = e->process.ppid;
	if (!parent)
		return;
	process_touch(&a->table, parent);
	bool copies = parent->watch && !parent->pending_execs; /* else audit's record will say what it is a copy of */
	parent->forked |= !copies;
	p->parent_born = parent->born;
	p->kernel_thread = parent->kernel_thread;
	p->image = parent->image;
	p->uid = parent->uid;
	p->gid = parent->gid;
	p->has_uid = parent->has_uid;
	p->has_gid = parent->has_gid;
	memcpy(p->comm, parent->comm, sizeof(p->comm));
	if (copies)
		watch_copy(a, e, p, parent);
}

/* Events about threads were lost: is the process really over?  Else learns its threads anew. */
static bool really_ended(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;

	if (w->pidfd >= 0 && pidfd_ended(w->pidfd))
		return true;
	agent_read_tids(a, p);
	return w->pidfd < 0 && w->threads.multithreaded && w->threads.count == 0;
}

/* The end of a process is the end of its last thread, whichever that is. */
static bool was_last_thread(struct agent *a, struct process *p, const struct event *e)
{
	struct watch *w = p->watch;

	if (!w) {
		p->threads -= p->threads > 0;
		p->leader_ended |= e->tid == p->pid;
		/* A thread that an exec ended can be told after the exec; and the count of one taken in from /proc may be wrong. */
		return p->leader_ended && (p->threads == 0 || p->born_in_tick);
	}
	if (!w->threads.multithreaded)
		return e->tid == p->pid;
	watch_remove_tid(w, e->tid);
	if (w->threads.count == 0 && !w->threads.unsure)
		return true;
	if (w->threads.unsure && (e->tid == p->pid || w->threads.count == 0))
		return really_ended(a, p);
	return false;
}

/*
 * Whose exit it is: the live holder's, or one's whose end another witness told
 * first.  A pid can be given out again before its old holder's exit is told
 * (exit_notify() comes first), so a pidfd that says the new one lives is believed.
 */
static struct process *exiting(const struct agent *a, const struct event *e)
{
	struct process *p = NULL;

	while ((p = process_next_holder(&a->table, e->process.pid, p))) {
		const struct watch *w = p->watch;

		if (p->born > e->at)
			continue;
		if (!p->ended && !(w && w->pidfd >= 0 && !w->threads.multithreaded && e->tid == p->pid && !pidfd_ended(w->pidfd)))
			return p;
		if (p->ended && (w ? !w->death.exact || w->death.vanished : !p->status_known && p->stage != STAGE_TOLD))
			return p;
	}
	return NULL;
}

/*
 * A signal ends all threads, and so does exit_group; but one that was ending
 * by itself already has a status of its own, 0 as libraries end threads, and
 * may be the last.  The dump of a core shows in the status of one thread only.
 */
static void know_status(struct process *p, const struct event *e)
{
	int status = e->wait_status;
	bool of_all = WIFSIGNALED(status) && WTERMSIG(status) != SIGSYS; /* seccomp ends one thread too */

	if (of_all && (e->tid == p->pid || (p->watch && watch_has_tid(p->watch, e->tid))))
		p->wait_status = status | (WIFSIGNALED(p->wait_status) ? p->wait_status & 0x80 : 0);
	else if (e->tid == p->pid && !WIFSIGNALED(status) && !WIFSIGNALED(p->wait_status))
		p->wait_status = status, p->leader_ended_at = e->at;
}

/* That of the whole process, where the last of its threads ended with *e. */
static int status_of_all(const struct process *p, const struct event *e)
{
	int status = e->wait_status;

	if (WIFSIGNALED(status))
		return status | (WIFSIGNALED(p->wait_status) ? p->wait_status & 0x80 : 0);
	if (!WIFSIGNALED(p->wait_status) && p->leader_ended_at + NSEC_PER_SEC < e->at)
		return status; /* the leader's code was its own */
	return status && !WIFSIGNALED(p->wait_status) ? status : p->wait_status;
}

static void on_exit(struct agent *a, const struct event *e)
{
	struct process *p = exiting(a, e);
	struct event end = *e;

	if (!p)
		return;
	know_status(p, e);
	if (p->watch && p->watch->threads.multithreaded && e->tid != p->pid) {
		struct event record = {.kind = EVENT_THREAD_END, .has = HAS_TID, .sources = e->sources, .at = e->at, .tid = e->tid};
		report(a, p, &record);
	}
	if (!was_last_thread(a, p, e))
		return;
	p->wait_status = end.wait_status = status_of_all(p, e);
	p->status_known = true;
	if (p->watch && (e->process.has & FACT_PPID))
		p->watch->last_ppid = e->process.ppid;
	if (p->watch)
		death_event(a, p, &end);
	else
		process_end(&a->table, p, e->at, e->sources, e->stamp == STAMP_EXACT);
}

static void on_rename(struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(a, e->process.pid, e->at);

	if (!p || e->tid != p->pid || !(e->process.has & FACT_COMM))
		return; /* only the leader's comm is the process's */
	process_know(p, &e->process);
	p->renamed = true;
	if (!p->watch && !p->ended)
		agent_rematch(a, p);
}

static void on_ids(struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(a, e->process.pid, e->at);

	if (!p || (e->tid && e->tid != p->pid))
		return;
	process_know(p, &e->process);
	if (!p->watch && !p->ended)
		agent_rematch(a, p);
}

/*
 * What another witness than cn_proc tells of an end.  The kernel log has
 * thread ids and a clock of its own, so the present holder is meant, or one
 * whose record still waits.
 */
static void on_evidence(struct agent *a, const struct event *e)
{
	struct process *p, *found = NULL;
	bool several = false;

	if (e->kind != EVENT_OOM && e->kind != EVENT_FAULT) {
		found = holder_at(a, e, &several);
	} else {
		for (p = NULL; (p = process_next_holder(&a->table, e->process.pid, p));)
			if (p->watch && (!(e->process.has & FACT_COMM) || strncmp(p->comm, e->process.comm, COMM_SIZE - 1) == 0)) {
				several |= found != NULL; /* the line has no time to tell them apart by */
				found = p;
			}
		if (!found && e->kind == EVENT_FAULT)
			TAILQ_FOREACH(p, &a->table.watches, order)
				if (!found && watch_had_tid(p->watch, e->tid))
					found = p;
	}
	if (!found || several)
		return;
	if (found->watch)
		death_event(a, found, e);
	else if (e->kind == EVENT_EXITING && !coverage_tells_ends(&a->coverage) && strcmp(e->via, "exit_group") == 0)
		process_end(&a->table, found, e->at, e->sources, false);
}

void agent_missed_events(struct agent *a)
{
	struct process *p;

	a->rescan = true; /* once what is still queued has been read */
	TAILQ_FOREACH(p, &a->table.watches, order) {
		p->watch->threads.unsure = p->watch->threads.multithreaded = true;
		p->wait_status = p->status_known ? p->wait_status : 0; /* threads may have ended by an exec that was missed */
		p->has_uid = p->has_gid = false; /* a change of them may be among what was missed */
	}
	TAILQ_FOREACH(p, &a->table.live, order)
		p->has_uid = p->has_gid = false;
}

static void on_lost(struct agent *a, const struct event *e)
{
	report_lost(a, e->backend, (e->has & HAS_COUNT) ? e->count : 0, (e->has & HAS_REASON) ? e->reason : NULL);
	if (coverage_lost(&a->coverage, e))
		agent_missed_events(a);
}

void agent_event(void *agent, const struct event *e)
{
	struct agent *a = agent;

	if (a->coverage.recorded)
		replayed_before(a, e);
	coverage_heard(&a->coverage, e, a->clock.now);
	switch (e->kind) {
	case EVENT_FORK:
		on_fork(a, e);
		break;
	case EVENT_EXEC:
	case EVENT_EXEC_FAILED:
		exec_event(a, e);
		break;
	case EVENT_EXIT:
		on_exit(a, e);
		break;
	case EVENT_SIGNAL:
		signal_event(a, e);
		break;
	case EVENT_RENAME:
		on_rename(a, e);
		break;
	case EVENT_UID:
	case EVENT_GID:
		on_ids(a, e);
		break;
	case EVENT_EXITING:
	case EVENT_ABEND:
	case EVENT_OOM:
	case EVENT_FAULT:
	case EVENT_ENDED:
		on_evidence(a, e);
		break;
	case EVENT_LOST:
		on_lost(a, e);
		break;
	case EVENT_AGENT:
		report_agent(a, e->state, (e->has & HAS_REASON) ? e->reason : NULL);
		break;
	case EVENT_LOOK:
		agent_poll(a, e);
		break;
	case EVENT_THREAD_START: /* cn_proc tells threads by forks and exits with a tid */
	case EVENT_THREAD_END:
	case EVENT_KINDS:
		break;
	}
	if (a->coverage.recorded)
		replayed_after(a, e);
}

uint64_t agent_next_due(struct agent *a)
{
	const struct process *p = deadlines_first(&a->deadlines);
	const struct pending_exec *one = pending_execs_first(&a->pending_execs);
	uint64_t due = p ? p->watch->due : 0;

	if (a->rates_due && (!due || a->rates_due < due))
		due = a->rates_due;
	return one && (!due || one->due < due) ? one->due : due;
}

void agent_run_due(struct agent *a)
{
	struct process *p;

	exec_run_due(a, a->clock.now);
	if (a->rates_due && a->rates_due <= a->clock.now)
		report_rates(a);
	while ((p = deadlines_first(&a->deadlines)) && p->watch->due <= a->clock.now) {
		struct watch *w = p->watch;

		if (w->hold_due && w->hold_due <= a->clock.now) {
			watch_hold(a, p);
			death_adopt(a, p);
			if (p->watch != w)
				continue;
		}
		if (w->start.pending && w->start.due <= a->clock.now)
			exec_flush(a, p);
		signal_flush(a, p, a->clock.now);
		if (w->death_due && w->death_due <= a->clock.now)
			death_run_due(a, p); /* which may end the watch */
		else
			watch_schedule(a, p);
	}
}

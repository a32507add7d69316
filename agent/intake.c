/* intake.c - every event of every source comes in here and finds its process, once */
#include <string.h>

#include "agent/agent.h"
#include "agent/exec_holder.h"
#include "agent/life/watched.h"
#include "agent/process/holder.h"
#include "agent/process/subject.h"
#include "agent/receiver.h"
#include "agent/used_holder.h"

/* The source of its exec record was read before that of its fork, and its stamp is coarse. */
static bool is_fork_of(const struct process *p, const struct event *e)
{
	return p->born_unknown && !p->ended && e->at <= p->born + COARSE_CLOCK;
}

/* A child is at first what its parent is. */
static void inherit(struct process *p, const struct process *parent)
{
	p->parent_born = parent->born;
	p->kernel_thread = parent->kernel_thread;
	p->image = parent->image;
	p->uid = parent->uid;
	p->gid = parent->gid;
	p->euid = parent->euid;
	p->egid = parent->egid;
	p->has_uid = parent->has_uid;
	p->has_gid = parent->has_gid;
	p->has_euid = parent->has_euid;
	p->has_egid = parent->has_egid;
	memcpy(p->comm, parent->comm, sizeof(p->comm));
	p->tracer = parent->tracer; /* which it may be as well: PTRACE_O_TRACEFORK */
	p->traced_until = parent->traced_until;
}

/* A child of p, which becomes a watched copy, or may yet be found to be one. */
static void new_child(struct agent *a, struct process *p, struct process *parent, const struct event *e)
{
	/* While the record of the parent's last exec is to come, nobody knows what the child is a copy of. */
	bool known = parent->watch && !parent->pending_execs;

	inherit(p, parent);
	if (!known) {
		parent->forked = true;
		return;
	}
	life_forked(&a->life, p, parent, e);
	life_settle(&a->life, p);
}

/* False if the pid's holder lives, whatever the event says. */
static bool end_holder(struct agent *a, struct process *p, const struct event *e)
{
	if (!life_gone(&a->life, p, e->sources, e->at))
		return false;
	life_settle(&a->life, p);
	return true;
}

/* The process that a look at /proc tells of: it is identified by its pid and its start. */
static struct process *looked_at(const struct agent *a, const struct event *e)
{
	return process_born(&a->table, e->process.pid, e->process.started);
}

/* A look at /proc found a process of whose fork nobody has told. */
static void on_found_new(struct agent *a, const struct event *e)
{
	struct process *p = looked_at(a, e);

	life_found_new(&a->life, p, e);
	life_settle(&a->life, p);
}

static void on_fork(struct agent *a, const struct event *e)
{
	pid_t pid = e->process.pid;
	struct process *p = process_live(&a->table, pid), *parent;

	if (e->tid != pid) {
		if (p)
			life_thread_started(&a->life, p, e);
		return;
	}
	if (p && p->born_in_tick && procfs_same_start(p->born, e->at))
		return; /* the scan was faster than its fork event */
	if (p && is_fork_of(p, e)) {
		parent = holder_exact(&a->table, e->process.ppid, e->at);
		p->born = e->at;
		p->born_by = (uint8_t)e->sources;
		p->born_unknown = false;
		p->ppid = e->process.ppid;
		p->parent_born = parent ? parent->born : 0;
		return;
	}
	if (p && !end_holder(a, p, e))
		return;
	parent = holder_exact(&a->table, e->process.ppid, e->at);
	if (!parent)
		parent = subject_take_in(&a->table, e->process.ppid);
	uint64_t parent_born = parent ? parent->born : 0;
	if (parent)
		process_touch(&a->table, parent); /* others give way to its child */
	p = process_add(&a->table, pid, e->at);
	if (!p)
		return;
	p->born_by = (uint8_t)e->sources;
	p->ppid = e->process.ppid;
	parent = parent ? process_born(&a->table, e->process.ppid, parent_born) : NULL; /* one that has ended may have given way all the same */
	if (parent)
		new_child(a, p, parent, e);
}

static void on_exec(struct agent *a, const struct event *e)
{
	struct process *p = exec_holder(a, e);

	if (!p)
		return;
	life_exec(&a->life, p, e);
	life_settle(&a->life, p);
}

/* Most that fail to execute something end at once. */
static void on_exec_failed(struct agent *a, const struct event *e)
{
	bool several;

	life_exec_failed(&a->life, holder_of(&a->table, e, &several), e);
}

/* p is held by a pidfd, which says that p lives. */
static bool is_held_alive(const struct process *p)
{
	const struct watch *w = p->watch;

	return w && w->pidfd >= 0 && !w->threads.multithreaded && !pidfd_ended(w->pidfd);
}

/*
 * Whose exit it is: the live holder's, or one's whose end another witness
 * noticed first.  A pid can be given out again before its old holder's exit is
 * told (exit_notify() comes first), so a pidfd that says the new one lives is
 * believed.
 */
static struct process *exiting(const struct agent *a, const struct event *e)
{
	struct process *p = NULL;

	while ((p = process_next_holder(&a->table, e->process.pid, p))) {
		bool untold = p->ended && !p->end_exact && p->stage != STAGE_TOLD;
		bool lives_on = !p->ended && e->tid == p->pid && is_held_alive(p);

		if (p->born <= e->at && (untold || (!p->ended && !lives_on)))
			return p;
	}
	return NULL;
}

static void on_exit(struct agent *a, const struct event *e)
{
	struct process *p = exiting(a, e);
	struct event end = *e;

	if (!p || !life_thread_ended(&a->life, p, e))
		return;
	end.wait_status = p->wait_status;
	if (!p->watch) {
		process_end(&a->table, p, e->at, e->sources, e->stamp == STAMP_EXACT);
		return;
	}
	life_death(&a->life, p, &end);
	life_settle(&a->life, p);
}

static void on_delivered(struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(&a->table, e->process.pid, e->at);

	if (p && p->watch)
		life_delivered(&a->life, p, e);
}

static void on_cleared(struct agent *a, const struct event *e)
{
	bool several;
	struct process *p = holder_of(&a->table, e, &several);

	if (p && p->watch && !several)
		life_cleared(&a->life, p, e);
}

static void on_traced(struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(&a->table, e->process.pid, e->at);

	if (p && (e->sender.has & FACT_PID)) {
		p->tracer = e->sender.pid;
		p->traced_until = UINT64_MAX;
	} else if (p && p->traced_until) {
		p->traced_until = e->at;
	}
}

static void on_new_session(struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(&a->table, e->process.pid, e->at);

	if (p && p->watch)
		p->watch->sid = p->pid;
}

/* A new comm or new ids: of an unwatched process they may be a target's. */
static void on_change(struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(&a->table, e->process.pid, e->at);

	if (!p || (e->tid && e->tid != p->pid))
		return; /* only the leader's comm is the process's */
	process_know(p, &e->process);
	p->ids_told = e->kind == EVENT_RENAME ? p->ids_told : e->at;
	p->renamed |= e->kind == EVENT_RENAME;
	if (p->watch || p->ended)
		return;
	life_changed(&a->life, p, e->subject);
	life_settle(&a->life, p);
}

static void on_exact_signal(struct agent *a, const struct event *e)
{
	struct process *p = receiver_exact(a, e);

	if (p && p->watch) {
		life_signal(&a->life, p, e, false);
		life_settle(&a->life, p);
	} else if (p) {
		life_signal_early(&a->life, p, e);
	}
}

static void on_signal(struct agent *a, const struct event *e)
{
	bool several;

	if (e->stamp == STAMP_EXACT) {
		on_exact_signal(a, e);
		return;
	}
	struct process *p = holder_of(&a->table, e, &several);

	if (p && p->watch) {
		life_signal(&a->life, p, e, false);
		life_settle(&a->life, p);
	}
	if (!several)
		return;
	/* The signal is evidence for none of these processes, but each verdict must know of the signal. */
	for (p = NULL; (p = process_next_holder(&a->table, e->process.pid, p));)
		if (p->watch && holder_qualifies(p, e)) {
			life_signal(&a->life, p, e, true);
			life_settle(&a->life, p);
		}
}

/* A source tells more of an end, or of its cause. */
static void on_evidence(struct agent *a, const struct event *e)
{
	bool several, by_tid = e->kind == EVENT_OOM || e->kind == EVENT_FAULT;
	struct process *p = !by_tid ? holder_of(&a->table, e, &several) : e->stamp == STAMP_EXACT ? receiver_exact(a, e) : receiver_in_log(a, e);

	if (p && p->watch) {
		life_death(&a->life, p, e);
		life_settle(&a->life, p);
	} else if (p && e->kind == EVENT_EXITING && !coverage_tells_ends(&a->coverage) && strcmp(e->via, "exit_group") == 0) {
		process_end(&a->table, p, e->at, e->sources, false);
	}
}

static void on_used(struct agent *a, const struct event *e)
{
	struct process *p = used_holder(a, e);

	if (!p)
		return;
	if (p->watch)
		life_used(&a->life, p, e);
	else
		life_used_early(&a->life, p, e);
	life_settle(&a->life, p);
}

static void on_found(struct agent *a, const struct event *e)
{
	struct process *p = looked_at(a, e);

	life_found(&a->life, p, e);
	life_settle(&a->life, p);
}

static void on_gone(struct agent *a, const struct event *e)
{
	end_holder(a, looked_at(a, e), e);
}

static void on_lost(struct agent *a, const struct event *e)
{
	output_lost(&a->output, e->backend, (e->has & HAS_COUNT) ? e->count : 0, (e->has & HAS_REASON) ? e->reason : NULL);
	if (coverage_lost(&a->coverage, e))
		life_missed(&a->life);
}

void agent_event(void *agent, const struct event *e)
{
	struct agent *a = agent;

	coverage_heard(&a->coverage, e, a->clock.now);
	switch (e->kind) {
	case EVENT_FORK:
		if (e->subject)
			on_found_new(a, e);
		else
			on_fork(a, e);
		break;
	case EVENT_EXEC:
		on_exec(a, e);
		break;
	case EVENT_EXEC_FAILED:
		on_exec_failed(a, e);
		break;
	case EVENT_EXIT:
		on_exit(a, e);
		break;
	case EVENT_SIGNAL:
		on_signal(a, e);
		break;
	case EVENT_RENAME:
	case EVENT_UID:
	case EVENT_GID:
		on_change(a, e);
		break;
	case EVENT_DELIVERED:
		on_delivered(a, e);
		break;
	case EVENT_CLEARED:
		on_cleared(a, e);
		break;
	case EVENT_TRACED:
		on_traced(a, e);
		break;
	case EVENT_SID:
		on_new_session(a, e);
		break;
	case EVENT_EXITING:
	case EVENT_ABEND:
	case EVENT_OOM:
	case EVENT_FAULT:
	case EVENT_ENDED:
		on_evidence(a, e);
		break;
	case EVENT_USED:
		on_used(a, e);
		break;
	case EVENT_FOUND:
		on_found(a, e);
		break;
	case EVENT_GONE:
		on_gone(a, e);
		break;
	case EVENT_FLAPPING:
	case EVENT_CALM:
	case EVENT_ABSENT:
	case EVENT_PRESENT: /* records alone */
		break;
	case EVENT_LOST:
		on_lost(a, e);
		break;
	case EVENT_AGENT:
		agent_report(a, e->state, (e->has & HAS_REASON) ? e->reason : NULL);
		break;
	case EVENT_LOOK:
		scan_poll(&a->scan, e);
		break;
	case EVENT_THREAD_START: /* threads are told by forks and exits with a tid */
	case EVENT_THREAD_END:
	case EVENT_KINDS:
		break;
	}
}

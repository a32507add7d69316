/* signal.c - signals to watched processes: who sent them, and when they are told */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/base/facts.h"
#include "agent/life/life.h"
#include "agent/life/requester.h"
#include "agent/life/watched.h"
#include "agent/process/holder.h"
#include "agent/process/subject.h"

static bool is_wanted(const struct life *l, const struct watch *w, enum event_kind kind, int signo)
{
	const struct target_config *t = &l->config->targets[w->target];

	return (t->events & (1u << kind)) && signo >= 1 && signo <= 64 && (t->signals >> (signo - 1) & 1);
}

/* A signal to what this process was before it executed the target's program is evidence, since it may have been blocked, but no record of the target. */
static bool is_of_another_program(const struct watch *w, const struct event *e)
{
	return w->start.is_start && e->stamp == STAMP_EXACT && e->at + SAME_EXEC < w->start.since;
}

static void write_signal(struct life *l, struct process *p, struct seen_signal *s)
{
	struct event record = {
		.kind = EVENT_SIGNAL,
		.has = HAS_SIGNO | (s->result != RESULT_UNKNOWN ? HAS_RESULT : 0) | HAS_REPEAT | (s->via[0] ? HAS_VIA : 0) | (s->error ? HAS_ERRNO : 0) |
		       (s->has_si_code ? HAS_SI_CODE : 0),
		.sources = s->sources,
		.at = s->at,
		.signo = s->signo,
		.via = s->via,
		.result = s->result,
		.error = s->error,
		.si_code = s->si_code,
		.repeat = s->repeat,
	};

	s->due = 0;
	if (s->sender && signal_has_sender(s))
		record.sender = s->sender->facts;
	requester_name(l, p, s, &record);
	life_record(l, p, &record);
}

void life_tell_signals(struct life *l, struct process *p, uint64_t until)
{
	struct watch *w = p->watch;

	for (unsigned i = 0; i < w->signals.count; i++)
		if (w->signals.list[i].due && w->signals.list[i].due <= until)
			write_signal(l, p, &w->signals.list[i]);
}

#define SENDER_FACTS (FACT_EXE | FACT_FOREIGN | FACT_ARGS | FACT_CGROUP)

/* What is known of it without a look at /proc. */
static void known_facts(const struct life *l, const struct process *p, struct facts *sender)
{
	const struct facts *own = p->watch && p->watch->details ? &p->watch->details->facts : NULL;
	struct facts known = {.has = 0};

	if (own) {
		known = *own;
		known.has &= SENDER_FACTS;
	} else if ((known.args = recent_args_get(&l->recent_args, p->pid, p->born, &known.args_len))) {
		known.has = FACT_ARGS;
	}
	facts_fill(sender, &known);
}

/* What /proc says now, if it has not executed something else since; the strings stand in *s. */
static void facts_of_now(const struct life *l, const struct process *p, struct subject *s, struct facts *sender)
{
	if (p->ended || subject_open_process(s, l->table, p) != 0)
		return;
	if (!(sender->has & FACT_COMM) || strncmp(s->facts.comm, sender->comm, COMM_SIZE - 1) == 0)
		subject_need(s, SENDER_FACTS & ~sender->has);
	subject_close(s);
	s->facts.has &= SENDER_FACTS;
	facts_fill(sender, &s->facts);
}

/*
 * /proc is not read for an attempt that failed: anybody may fail as often as he likes, and reading the arguments of
 * a process that holds the lock of its own memory waits.
 */

/* The process that the event names as the sender, as it was then; NULL if it is not known. */
static const struct process *sender_of(const struct life *l, const struct event *e)
{
	struct event as_sent = {.kind = EVENT_SIGNAL, .at = e->at, .stamp = e->stamp, .process = e->sender};
	const struct facts *sender = &e->sender;
	bool several;

	if (!(sender->has & FACT_PID))
		return NULL;
	if (e->result != RESULT_FAILED && !process_next_holder(l->table, sender->pid, NULL))
		subject_take_in(l->table, sender->pid);
	const struct process *p = holder_of(l->table, &as_sent, &several); /* its pid may be another's by now */
	return p && (sender->has & FACT_COMM) && strncmp(p->comm, sender->comm, COMM_SIZE - 1) != 0 ? NULL : p;
}

/* An exact source knows the sender's pid alone: its name and ids are those of its process at that time. */
static void name_sender(struct facts *sender, const struct process *p)
{
	struct facts known = {.has = (p->comm[0] ? FACT_COMM : 0) | (p->ppid ? FACT_PPID : 0), .comm = p->comm, .ppid = p->ppid};

	process_ids(p, &known);
	facts_fill(sender, &known);
}

/* A new sender: what the record of its signal does not tell of it: ancestry, program, arguments, unit. */
static void know_sender(struct life *l, const struct process *p, const struct event *e, struct seen_signal *seen)
{
	struct facts sender = e->sender;
	struct ancestry ancestry;
	struct subject s;

	process_fill_ancestry(l->table, p, &ancestry, &sender);
	known_facts(l, p, &sender);
	if ((SENDER_FACTS & ~sender.has) && e->result != RESULT_FAILED)
		facts_of_now(l, p, &s, &sender);
	sender_learn(seen->sender, &sender);
}

/* Of a late and coarse record: an exact source has told of the same signal, or would have told if there had been one. */
static bool is_told_already(const struct life *l, struct process *p, const struct event *e)
{
	if (e->stamp != STAMP_COARSE || e->result == RESULT_FAILED)
		return false;
	return signals_join(&p->watch->signals, e) || coverage_told_every_signal(l->coverage, e->at, e->at);
}

void life_signal(struct life *l, struct process *p, const struct event *told, bool ambiguous)
{
	struct seen_signal old, *s;
	struct event e = *told;
	bool evicted;

	if (is_told_already(l, p, told))
		return;
	const struct process *sender = sender_of(l, told);
	if (sender && e.stamp == STAMP_EXACT)
		name_sender(&e.sender, sender);
	if (sender && !sender->born_unknown) {
		e.sender.started = sender->born;
		e.sender.has |= FACT_STARTED;
	}
	if (sender && sender->kernel_thread && e.origin == ORIGIN_CALL)
		e.origin = ORIGIN_KERNEL;
	s = signals_add(&p->watch->signals, &e, l->config->coalesce, &old, &evicted);
	if (evicted) {
		if (old.due)
			write_signal(l, p, &old);
		sender_unref(old.sender);
	}
	if (!s)
		return;
	s->self = (e.sender.has & FACT_PID) && e.sender.pid == p->pid;
	s->ambiguous = ambiguous;
	if (s->sender && sender && !s->sender->known && e.result != RESULT_FAILED) /* who only tries costs no look at /proc, and little memory */
		know_sender(l, sender, &e, s);
	if (is_wanted(l, p->watch, EVENT_SIGNAL, s->signo) && !ambiguous && !is_of_another_program(p->watch, &e))
		s->due = (l->table->recorded ? e.at : l->clock->now) + l->config->coalesce;
}

void life_delivered(struct life *l, struct process *p, const struct event *e)
{
	struct event record = *e;
	struct watch *w = p->watch;

	if (e->signo == SIGKILL) { /* which one it was, its status tells; its other threads follow the first */
		if (e->at > w->fatal_at + NSEC_PER_SEC) {
			w->fatal_at = e->at;
			w->fatal_tid = e->tid;
		}
		return;
	}
	if (is_wanted(l, w, EVENT_DELIVERED, e->signo) && p->stage != STAGE_TOLD)
		life_record(l, p, &record);
}

void life_cleared(struct life *l, struct process *p, const struct event *e)
{
	struct event record = *e;

	if (is_wanted(l, p->watch, EVENT_CLEARED, e->signo) && p->stage != STAGE_TOLD)
		life_record(l, p, &record);
}

/* signal(7), "Core": one that a process is ended by is taken as itself. */
static bool dumps_core(int signo)
{
	return is_fault_signal(signo) || signo == SIGQUIT || signo == SIGABRT || signo == SIGXCPU || signo == SIGXFSZ;
}

void life_tell_fatal(struct life *l, struct process *p)
{
	const struct watch *w = p->watch;
	struct event record = {
		.kind = EVENT_DELIVERED, .sources = SOURCE_TRACEPOINT, .at = w->fatal_at, .has = HAS_TID | HAS_SIGNO | HAS_HANDLED, .tid = w->fatal_tid,
		.signo = w->death.has_status && WIFSIGNALED(w->death.wait_status) ? WTERMSIG(w->death.wait_status) : 0,
	};

	if (w->fatal_at && record.signo && !dumps_core(record.signo) && is_wanted(l, w, EVENT_DELIVERED, record.signo))
		life_record(l, p, &record);
}

void life_signal_early(struct life *l, struct process *p, const struct event *e)
{
	early_signals_put(&l->early_signals, p->pid, p->born, e);
}

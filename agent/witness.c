/* witness.c - signals: whom they were for, who sent them, and when they are told */
#include <string.h>

#include "agent/agent.h"

struct process *holder_at(struct agent *a, const struct event *e, bool *several)
{
	struct process *found = NULL, *same_comm = NULL, *only = process_next_holder(&a->table, e->process.pid, NULL);
	unsigned count = 0, same = 0;

	/* Audit's clock lags by more than a tick where a virtual processor was held up; nobody else can be meant. */
	*several = false;
	if (only && only->born > e->at && only->born <= e->at + PENDING_EXEC_WAIT && !a->coverage.recorded &&
	    !process_next_holder(&a->table, e->process.pid, only))
		return only;

	for (struct process *p = NULL; (p = process_next_holder(&a->table, e->process.pid, p));) {
		if (p->born > e->at + COARSE_CLOCK || (p->ended && p->ended < e->at))
			continue;
		found = p;
		count++;
		/* An exec has the new comm, so that says nothing on whose it was. */
		if (e->kind != EVENT_EXEC && (e->process.has & FACT_COMM) &&
		    strncmp(p->comm, e->process.comm, COMM_SIZE - 1) == 0) {
			same_comm = p;
			same++;
		}
	}
	*several = count > 1 && same != 1;
	return count > 1 ? same == 1 ? same_comm : NULL : found;
}

struct process *holder_exact(const struct agent *a, pid_t pid, uint64_t at)
{
	struct process *p = NULL;

	while ((p = process_next_holder(&a->table, pid, p)))
		if (p->born <= at &&
		    (!p->ended || at <= p->ended || (p->watch && !p->end_exact)))
			return p;
	return process_live(&a->table, pid);
}

struct process *holder_awaiting(const struct agent *a, const struct event *e)
{
	struct process *p = NULL, *found = NULL;
	bool before = false; /* another one had the pid at that time */

	while ((p = process_next_holder(&a->table, e->process.pid, p))) {
		if (p->ended && p->ended < e->at)
			continue;
		if (p->pending_execs && p->born <= e->at + PENDING_EXEC_WAIT && (!found || p->born < found->born))
			found = p;
		before |= p->born <= e->at;
	}
	return found && found->born > e->at + COARSE_CLOCK && before ? NULL : found;
}

static bool is_watched_signal(const struct agent *a, const struct watch *w, int signo)
{
	const struct target_config *t = &a->config->targets[w->target];

	return (t->events & (1u << EVENT_SIGNAL)) && signo >= 1 && signo <= 64 && (t->signals >> (signo - 1) & 1);
}

static void write_signal(struct agent *a, struct process *p, struct seen_signal *s)
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
	if (s->sender)
		record.sender = s->sender->facts;
	report(a, p, &record);
}

void signal_flush(struct agent *a, struct process *p, uint64_t until)
{
	struct watch *w = p->watch;

	for (unsigned i = 0; i < w->signals_count; i++)
		if (w->signals[i].due && w->signals[i].due <= until)
			write_signal(a, p, &w->signals[i]);
}

/* What the record does not tell about its sender: ancestry and arguments. */
static void know_sender(struct agent *a, const struct event *e, struct facts *sender, char *ancestry, size_t size)
{
	struct event as_sent = {.kind = EVENT_SIGNAL, .at = e->at, .process = e->sender};
	bool several;

	if (!process_next_holder(&a->table, sender->pid, NULL) && !a->coverage.recorded)
		agent_take_in(a, sender->pid);
	struct process *p = holder_at(a, &as_sent, &several); /* its pid may be another's by now */
	if (!p || ((sender->has & FACT_COMM) && strncmp(p->comm, sender->comm, COMM_SIZE - 1) != 0))
		return;
	sender->ancestry = ancestry;
	sender->ancestry_len = process_ancestry(&a->table, p, ancestry, size);
	if (sender->ancestry_len)
		sender->has |= FACT_ANCESTRY;
	if (sender->has & FACT_ARGS)
		return;
	size_t len = 0;
	const char *args = p->watch && p->watch->details && (p->watch->details->facts.has & FACT_ARGS) ?
		p->watch->details->facts.args : recent_args_get(&a->recent_args, p->pid, p->born, &len);
	if (args) {
		sender->args = args;
		sender->args_len = len ? len : p->watch->details->facts.args_len;
		sender->has |= FACT_ARGS;
		return;
	}
	struct subject s;
	if (a->coverage.recorded || p->ended || subject_open(&s, p->pid, a->strings) != 0)
		return;
	bool same_comm = !(sender->has & FACT_COMM) || strncmp(s.facts.comm, sender->comm, COMM_SIZE - 1) == 0; /* it may have executed something since */
	if (same_comm && procfs_same_start(s.stat.started, p->born)) {
		subject_need(&s, FACT_ARGS);
		if (s.facts.has & FACT_ARGS) {
			sender->args = s.facts.args;
			sender->args_len = s.facts.args_len;
			sender->has |= FACT_ARGS;
		}
	}
	subject_close(&s);
}

static void take_in(struct agent *a, struct process *p, const struct event *e, bool several)
{
	struct watch *w = p->watch;
	struct seen_signal old, *s;
	bool evicted;

	s = signals_add(w, e, a->config->coalesce, &old, &evicted);
	if (evicted) {
		if (old.due)
			write_signal(a, p, &old);
		details_unref(old.sender);
	}
	if (!s)
		return;
	s->self = e->sender.pid == p->pid;
	s->ambiguous = several;
	if (s->sender) { /* a new sender: now its ancestry is worth the look */
		char ancestry[ANCESTRY_DEPTH * COMM_SIZE];
		struct facts sender = e->sender;

		know_sender(a, e, &sender, ancestry, sizeof(ancestry));
		struct details *better = details_new(&sender);
		if (better) {
			details_unref(s->sender);
			s->sender = better;
		}
	}
	if (is_watched_signal(a, w, s->signo) && !several) {
		s->due = a->clock.now + a->config->coalesce;
		if (a->coverage.recorded)
			s->due = e->at + a->config->coalesce;
	}
}

static void for_process(struct agent *a, struct process *p, const struct event *e, bool several)
{
	if (!p->watch)
		return;
	take_in(a, p, e, several);
	if (p->stage == STAGE_ENDING)
		death_evidence(a, p);
	else
		watch_schedule(a, p);
}

void signal_event(struct agent *a, const struct event *e)
{
	bool several;
	struct process *p = holder_at(a, e, &several);

	if (p) {
		for_process(a, p, e, false);
	} else if (several) { /* evidence for neither, but both verdicts must know of it */
		for (p = NULL; (p = process_next_holder(&a->table, e->process.pid, p));)
			if (p->born <= e->at + COARSE_CLOCK && !(p->ended && p->ended < e->at))
				for_process(a, p, e, true);
	}
}

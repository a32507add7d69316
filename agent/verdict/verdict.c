#include "agent/verdict/verdict.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/base/facts.h"
#include "agent/verdict/kernel_made.h"
#include "agent/verdict/reason.h"
#include "agent/verdict/signals.h"
#include "agent/verdict/suspects.h"
#include "agent/verdict/trust.h"

static void decide(struct event *e, enum cause cause, enum confidence confidence)
{
	e->cause = cause;
	e->has |= HAS_CAUSE;
	if (cause != CAUSE_UNKNOWN) {
		e->confidence = confidence;
		e->has |= HAS_CONFIDENCE;
	}
}

static void name_sender(const struct verdict_input *in, struct event *e, const struct seen_signal *s)
{
	if (in->named)
		*in->named = s;
	e->sources |= s->sources;
	if (s->sender && signal_has_sender(s))
		e->sender = s->sender->facts;
	if (s->via[0]) {
		e->via = s->via;
		e->has |= HAS_VIA;
	}
}

/* "pid 12", or what is said when audit's record of the sender could not be kept. */
static const char *who_sent(const struct seen_signal *s, char buf[24])
{
	if (!s->sender)
		return "a process";
	snprintf(buf, 24, "pid %d", (int)s->sender->facts.pid);
	return buf;
}

/* The same with its name. */
static const char *who_by_name(const struct seen_signal *s, char buf[48])
{
	if (!s->sender)
		return "a process";
	snprintf(buf, 48, "pid %d (%s)", (int)s->sender->facts.pid, (s->sender->facts.has & FACT_COMM) ? s->sender->facts.comm : "?");
	return buf;
}

/* long_ago: where every signal is known, the last that was sent too long before; else NULL. */
static void unknown_signal(const struct verdict_input *in, struct event *e, const struct seen_signal *long_ago, char *buf, size_t size)
{
	char name[16], who[24];
	bool ambiguous = false;
	const struct seen_signal *tried = NULL;

	for (unsigned i = 0; i < in->signals->count; i++) {
		const struct seen_signal *s = &in->signals->list[i];

		ambiguous |= s->ambiguous && s->signo == e->signo;
		if (s->result == RESULT_UNKNOWN && s->signo == e->signo)
			tried = s;
	}
	decide(e, CAUSE_UNKNOWN, 0);
	if (!(in->sees & SEES_SIGNAL)) {
		reason_add_unseen(in, buf, size);
		return;
	}
	if (long_ago) {
		reason_add(buf, size, "nobody sent %s shortly before its end; which of those sent long before, the last by %s, it had blocked until then is not known",
		    signal_name(e->signo, name, sizeof(name)), who_sent(long_ago, who));
		return;
	}
	reason_add(buf, size, "nobody was seen sending %s", signal_name(e->signo, name, sizeof(name)));
	if (ambiguous)
		reason_add(buf, size, " that was surely meant for this process: its pid was used by two processes at that time");
	if (tried)
		reason_add(buf, size, ", except that %s sent it to a whole group, and whether it was allowed to signal this process is not known",
		    who_sent(tried, who));
	reason_add(buf, size, "; %s", kernel_sends(e->signo));
	reason_add_unseen(in, buf, size);
}

static void killed(const struct verdict_input *in, struct event *e, const struct suspects *found, char *buf, size_t size)
{
	const struct death *d = in->death;
	const struct seen_signal *by = found->by;
	unsigned others = found->others;
	bool at_once = evidence_is_prompt(by, d);
	const struct seen_signal *tried = trust_all_seen(in) ? NULL : evidence_of_a_try(in->signals, e->signo, evidence_fate_sealed(d));
	char who[48];
	bool for_parent = by->exact && !trust_all_seen(in) && in->orphaned; /* the parent's end may be among what was lost */
	bool certain = !others && !tried && !for_parent && at_once && !found->raised && !evidence_is_evicted(in->death, in->signals, in->stop_window) && by->sender;

	decide(e, CAUSE_KILLED, certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	name_sender(in, e, by);
	if (others) {
		reason_add(buf, size, "the first of %u senders; also", others + 1);
		for (unsigned i = 0; i < in->signals->count; i++) {
			const struct seen_signal *s = &in->signals->list[i];

			if (s != by && !suspect_is_own(s) && s->sender && suspect_qualifies(in, s, e->signo))
				reason_add(buf, size, " %s", who_by_name(s, who));
		}
	} else if (!at_once && d->vanished) {
		reason_add(buf, size, "the time of its end is not known exactly, so the signal may have done nothing");
	} else if (!at_once) {
		reason_add(buf, size, "it lived on for more than a second after the signal: %s", e->signo == SIGKILL ?
		    "it may have been held in a system call, or it was the init of a pid namespace, to which the signal did nothing" :
		    "it may have handled or blocked it");
	}
	if (found->raised)
		reason_add(buf, size, "%sit sent itself the signal again after that, as one does that has handled it", buf[0] ? "; " : "");
	if (for_parent)
		reason_add(buf, size, "%sits parent had just ended, and since events were lost the signal may be the one that the kernel sends for that (PR_SET_PDEATHSIG)",
		    buf[0] ? "; " : "");
	if (tried)
		reason_add(buf, size, "%s%s sent it to a whole group too, and whether it was allowed to signal this process is not known",
		    buf[0] ? "; " : "", who_sent(tried, who));
	if (evidence_is_evicted(in->death, in->signals, in->stop_window))
		reason_add(buf, size, "%smore senders signalled it than the agent remembers", buf[0] ? "; " : "");
}

static void by_fault(const struct verdict_input *in, struct event *e, enum proof proof, const struct suspects *found, char *buf, size_t size)
{
	char who[48], name[16];

	decide(e, CAUSE_FAULT, proof == PROOF_CERTAIN ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	if (e->signo == SIGSYS && in->death->seccomp) {
		reason_add(buf, size, "a seccomp filter ended it for a forbidden system call");
	} else if (trust_was_sent(in, found)) {
		reason_add(buf, size, "the kernel logged a fault of it, but %s sent it %s too", who_by_name(found->by, who), signal_name(e->signo, name, sizeof(name)));
	} else if (!in->death->fault) {
		reason_add(buf, size, "the kernel reported its abnormal end and no sender was seen");
		reason_add_unseen(in, buf, size);
	}
}

static void by_oom(const struct verdict_input *in, struct event *e, enum proof proof, const struct suspects *found, char *buf, size_t size)
{
	const struct seen_signal *by = found->by;
	bool made = by && !signal_has_sender(by); /* the OOM killer's own signal */
	char who[48];

	decide(e, CAUSE_OOM, proof == PROOF_CERTAIN ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	kernel_made_oom_reason(made ? by : NULL, in->death->oom_cgroup, buf, size);
	if (made)
		e->sources |= by->sources;
	else if (trust_was_sent(in, found))
		reason_add(buf, size, "%s%s sent it SIGKILL too", buf[0] ? "; " : "the kernel logged that it was chosen for want of memory, but ", who_by_name(by, who));
	else if (proof != PROOF_CERTAIN)
		reason_add(buf, size, "%sit lived on for long after the kernel had logged that it was chosen", buf[0] ? "; " : "");
}

/* A handler that re-raises looks the same when its sender, or the kernel, is invisible. */
static void raised_itself(const struct verdict_input *in, struct event *e, const struct suspects *found, char *buf, size_t size)
{
	bool certain = trust_self(in, e->signo, found) == PROOF_CERTAIN;

	decide(e, CAUSE_SELF, certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	name_sender(in, e, found->self);
	if (certain)
		return;
	reason_add(buf, size, "it may have raised the signal again in a handler, after %s", is_fault_signal(e->signo) ?
	    "a fault of its own" : "a sender that was not seen, or the kernel, had sent it");
	reason_add_unseen(in, buf, size);
}

/* The kernel made the signal by which the process ended. */
static void by_kernel(const struct verdict_input *in, struct event *e, const struct suspects *found, char *buf, size_t size)
{
	const struct seen_signal *by = found->by;
	bool fault = by->origin == ORIGIN_FAULT || by->origin == ORIGIN_SECCOMP;
	bool raised = found->raised && !fault; /* its fault is its own, whatever its handler does */
	bool certain = !found->others && !raised && evidence_is_prompt(by, in->death) && !kernel_made_is_inferred(by->origin);

	decide(e, fault ? CAUSE_FAULT : CAUSE_KERNEL, certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	name_sender(in, e, by);
	kernel_made_reason(by, buf, size);
	if (found->others)
		reason_add(buf, size, "; the first of %u who sent it", found->others + 1);
	if (raised)
		reason_add(buf, size, "; it sent itself the signal again after that");
}

/* No signal of that number was made by anybody: then it was none that is seen. */
static bool by_no_signal(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	bool seccomp = e->signo == SIGSYS; /* before 5.16 a seccomp filter ends a process without a signal */

	if (!trust_all_seen(in) || trust_was_traced(in, e->signo) || e->signo == SIGKILL || (is_fault_signal(e->signo) && !seccomp) ||
	    (!kernel_made_is_timers(e->signo) && !in->whole_life))
		return false;
	for (unsigned i = 0; i < in->signals->count; i++)
		if (in->signals->list[i].exact && in->signals->list[i].signo == e->signo && in->signals->list[i].result == RESULT_SENT)
			return false;
	decide(e, seccomp ? CAUSE_FAULT : CAUSE_KERNEL, CONFIDENCE_LIKELY);
	reason_add(buf, size, seccomp ? "nobody sent it: a seccomp filter ended the process for a forbidden system call" :
	    "no process sent it, and of the kernel's own signals only that of a timer can go unseen");
	return true;
}

static void by_signal(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	struct suspects found = suspects_of(in, e->signo);
	const struct seen_signal *by = found.by, *self = found.self;
	enum proof oom = trust_oom(in, e->signo, &found), fault = trust_fault(in, e->signo, &found);
	char who[24];

	if (oom) {
		by_oom(in, e, oom, &found, buf, size);
	} else if (by && !signal_has_sender(by)) {
		by_kernel(in, e, &found, buf, size);
	} else if (fault) {
		by_fault(in, e, fault, &found, buf, size);
	} else if (by && self && !trust_all_seen(in) && evidence_of_a_zombie(in->death, self, by)) {
		decide(e, CAUSE_SELF, CONFIDENCE_LIKELY);
		name_sender(in, e, self);
		reason_add(buf, size, "%s sent it the same signal later; when it ended is not known exactly, so the later signal may have ended it",
		    who_sent(by, who));
	} else if (by) {
		killed(in, e, &found, buf, size);
	} else if (self) {
		raised_itself(in, e, &found, buf, size);
	} else if (!by_no_signal(in, e, buf, size)) {
		unknown_signal(in, e, found.long_ago, buf, size);
	}
}

/* It ended by itself, and nobody was seen asking it to. */
static void may_have_been_asked(const struct verdict_input *in, char *buf, size_t size)
{
	const char *kernel = kernel_may_have_asked(in);
	char why[256] = "";

	reason_add_unseen(in, why, sizeof(why));
	if (!why[0] && kernel && in->audit_caught_up && in->unaudited_known)
		reason_add(buf, size, "%s", kernel);
	else
		reason_add(buf, size, "a signal that asked it to end may have gone unseen: %s", why[0] ? why :
		    !in->audit_caught_up ? "audit has delivered no record of its exit, nor a later one" :
		    !in->unaudited_known ? "which processes audit can see is not known" :
		    "audit has no record of one by a file descriptor (O_ASYNC), a tracer or an x32 system call");
}

/* Ended by itself: was it asked to?  The last stop signal before is what it answered. */
static void by_itself(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	const struct death *d = in->death;
	const struct seen_signal *asked = NULL, *late = NULL, *tried = NULL;
	char who[24], name[16];

	for (unsigned i = 0; i < in->signals->count; i++) {
		const struct seen_signal *s = &in->signals->list[i];

		if (is_stop_signal(s->signo) && s->result == RESULT_UNKNOWN && !trust_all_seen(in))
			tried = s;
		if (!is_stop_signal(s->signo) || suspect_is_own(s) || (trust_all_seen(in) && !s->exact) ||
		    !evidence_qualifies(s, s->signo, s->exact ? evidence_last_moment(d) : d->at, in->stop_window))
			continue;
		if (!s->exact && evidence_came_late(d, s, in->one_cpu)) /* an exact stamp cannot be compared with audit's of the exit */
			late = s;
		else
			asked = s;
	}
	if (asked) {
		decide(e, CAUSE_STOPPED, CONFIDENCE_LIKELY);
		e->after_signo = asked->signo;
		e->has |= HAS_AFTER_SIGNO;
		name_sender(in, e, asked);
		if (!signal_has_sender(asked))
			kernel_made_reason(asked, buf, size);
		return;
	}
	if (late && evidence_is_of_that_moment(d, late)) {
		decide(e, CAUSE_EXIT, CONFIDENCE_LIKELY);
		reason_add(buf, size, "%s sent it %s at the moment of its exit, and audit's clock does not tell which came first",
		    who_sent(late, who), signal_name(late->signo, name, sizeof(name)));
		return;
	}
	if (tried) {
		decide(e, CAUSE_EXIT, CONFIDENCE_LIKELY);
		reason_add(buf, size, "%s sent %s to a whole group, and whether it was allowed to signal this process is not known",
		    who_sent(tried, who), signal_name(tried->signo, name, sizeof(name)));
		return;
	}
	decide(e, CAUSE_EXIT, trust_all_seen(in) && in->tracers_told ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
	if (!trust_all_seen(in))
		may_have_been_asked(in, buf, size);
	else if (!in->tracers_told)
		reason_add(buf, size, "a tracer may have given it a signal, and cn_proc, which tells of tracers, is not open");
}

static void vanished(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	const struct seen_signal *last = NULL;
	char name[16];

	decide(e, CAUSE_UNKNOWN, 0);
	if (in->death->oom) {
		decide(e, CAUSE_OOM, CONFIDENCE_LIKELY);
		return;
	}
	reason_add(buf, size, "it is gone and its exit status was not seen");
	for (unsigned i = 0; i < in->signals->count; i++)
		if (in->signals->list[i].result == RESULT_SENT)
			last = &in->signals->list[i];
	if (!last)
		return;
	reason_add(buf, size, "; the last signal seen was %s", signal_name(last->signo, name, sizeof(name)));
	if (last->sender)
		reason_add(buf, size, " from pid %d", (int)last->sender->facts.pid);
}

/* A log: SIGKILL was sent, and of such an end audit has no record. */
static void presumed(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	e->signo = SIGKILL;
	e->has |= HAS_SIGNO;
	by_signal(in, e, buf, size);
	e->confidence = CONFIDENCE_LIKELY;
	reason_add(buf, size, "%sSIGKILL was sent to it, and an audit log has no record of such an end", buf[0] ? "; " : "");
}

/* Who traces it can give it a signal that nobody sees, or have it do anything. */
static void by_a_tracer(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	if (e->has & HAS_CONFIDENCE)
		e->confidence = CONFIDENCE_LIKELY;
	reason_add(buf, size, "%spid %d traced it, and can have given it a signal that leaves no record, or had it do this", buf[0] ? "; " : "", (int)in->tracer);
}

void verdict_decide(const struct verdict_input *in, struct event *e, char *buf, size_t size)
{
	const struct death *d = in->death;

	buf[0] = '\0';
	if (d->has_status && WIFSIGNALED(d->wait_status)) {
		event_put_status(e, d->wait_status);
		by_signal(in, e, buf, size);
	} else if (d->has_status || d->exits_whole) {
		event_put_status(e, d->has_status ? d->wait_status : d->exit_code << 8);
		by_itself(in, e, buf, size);
	} else if (d->dumping) {
		e->signo = d->abend_signo; /* whether a core was written is not known */
		e->has |= HAS_SIGNO;
		by_signal(in, e, buf, size);
	} else if (d->presumed) {
		presumed(in, e, buf, size);
	} else {
		vanished(in, e, buf, size);
	}
	if (trust_was_traced(in, (e->has & HAS_SIGNO) ? e->signo : 0))
		by_a_tracer(in, e, buf, size);
	if (buf[0]) {
		e->reason = buf;
		e->has |= HAS_REASON;
	}
}

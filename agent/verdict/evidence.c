#include "agent/verdict/evidence.h"

#include <signal.h>
#include <sys/wait.h>

#include "agent/base/clock.h"

/* A signal other than KILL that ends a process does so at once; later it was handled, or blocked for a while. */
#define PROMPT NSEC_PER_SEC

/* Audit stamps in whole milliseconds; what that becomes in our clock jitters by much less. */
#define SAME_STAMP NSEC_PER_MSEC

bool evidence_of_exit(const struct death *d)
{
	return d->exits_whole || (d->calls_exit && d->exiting_at + COARSE_CLOCK >= d->at);
}

bool evidence_is_evicted(const struct death *d, const struct signals *seen, uint64_t window)
{
	return seen->evicted_at && seen->evicted_at + window >= d->at;
}

bool is_stop_signal(int signo)
{
	return signo == SIGTERM || signo == SIGINT || signo == SIGQUIT || signo == SIGHUP;
}

static bool dumped(const struct death *d)
{
	return d->dumping && d->has_status && WIFSIGNALED(d->wait_status) && WTERMSIG(d->wait_status) == d->abend_signo;
}

uint64_t evidence_fate_sealed(const struct death *d)
{
	uint64_t abend = d->abend_at + SAME_STAMP;

	return dumped(d) && d->abend_at && abend < d->at ? abend : d->at;
}

uint64_t evidence_last_moment(const struct death *d)
{
	return d->exact ? d->at : d->at + COARSE_CLOCK;
}

bool evidence_qualifies(const struct seen_signal *s, int signo, uint64_t at, uint64_t window)
{
	if (s->signo != signo || s->result != RESULT_SENT || s->ambiguous || s->at > at)
		return false;
	uint64_t last = s->last_at < at ? s->last_at : at;
	return signo == SIGKILL || at - last <= window;
}

bool evidence_is_prompt(const struct seen_signal *s, const struct death *d)
{
	return (s->signo == SIGKILL && !d->exact) || s->last_at + PROMPT >= evidence_fate_sealed(d);
}

const struct seen_signal *evidence_of_a_try(const struct signals *seen, int signo, uint64_t end)
{
	for (unsigned i = 0; i < seen->count; i++) {
		const struct seen_signal *s = &seen->list[i];

		if (s->signo == signo && s->result == RESULT_UNKNOWN && s->sender && s->at <= end && s->last_at + PROMPT >= end)
			return s;
	}
	return NULL;
}

bool evidence_of_a_zombie(const struct death *d, const struct seen_signal *self, const struct seen_signal *by)
{
	return self->at + COARSE_CLOCK < by->at && evidence_is_prompt(self, d) && !dumped(d) && !d->exact;
}

/*
 * Audit's stamps are of a coarse clock; a serial is given out when a system
 * call ends, or exits.  On one processor the sender's can come last although
 * it was the cause.
 */
bool evidence_came_late(const struct death *d, const struct seen_signal *s, bool one_cpu)
{
	bool stamped = one_cpu ? s->at >= d->exiting_at + SAME_STAMP : s->at + SAME_STAMP > d->exiting_at;

	return d->exits_whole && stamped && s->serial > d->exiting_serial && d->exiting_serial;
}

bool evidence_is_of_that_moment(const struct death *d, const struct seen_signal *s)
{
	return s->at < d->exiting_at + SAME_STAMP;
}

bool evidence_is_enough(const struct death *d, const struct signals *seen, unsigned sees, uint64_t window)
{
	if (!d->has_status)
		return false;
	if (!WIFSIGNALED(d->wait_status))
		return evidence_of_exit(d) || !(sees & SEES_SIGNAL);
	int signo = WTERMSIG(d->wait_status);
	if ((signo == SIGKILL && d->oom) || (is_fault_signal(signo) && d->fault && d->dumping))
		return true;
	for (unsigned i = 0; i < seen->count; i++)
		if (!seen->list[i].self && evidence_qualifies(&seen->list[i], signo, evidence_fate_sealed(d), window))
			return true;
	return false;
}

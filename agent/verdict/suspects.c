#include "agent/verdict/suspects.h"

#include "agent/base/clock.h"
#include "agent/verdict/kernel_made.h"
#include "agent/verdict/signals.h"

bool suspect_is_own(const struct seen_signal *s)
{
	return s->self && signal_has_sender(s);
}

bool suspect_qualifies(const struct verdict_input *in, const struct seen_signal *s, int signo)
{
	if (in->every_signal && !s->exact)
		return false;
	/* Audit's word of when the core was dumped is too coarse to be compared with an exact stamp. */
	return evidence_qualifies(s, signo, s->exact ? evidence_last_moment(in->death) : evidence_fate_sealed(in->death), in->stop_window);
}

/*
 * A signal can be blocked for long, and of several of the same number the first
 * waits.  A process that handled one cannot have died of that one, so only where
 * no other was sent, nor can have gone unseen, it is the one.
 */
static bool must_have_been_blocked(const struct verdict_input *in, const struct suspects *found, int signo)
{
	return found->long_ago_count == 1 && in->whole_life && !kernel_made_is_timers(signo) && !in->signals->evicted_at;
}

/* A coarse stamp may be that much early. */
static bool is_after(const struct seen_signal *own, const struct seen_signal *by)
{
	return own->last_at + (own->exact && by->exact ? 0 : COARSE_CLOCK) >= by->at;
}

/* Whatever made it send itself the same signal, that one ended it, or can have. */
static bool was_raised_after(const struct verdict_input *in, const struct seen_signal *by, int signo)
{
	for (unsigned i = 0; by && i < in->signals->count; i++) {
		const struct seen_signal *s = &in->signals->list[i];

		if (s != by && suspect_is_own(s) && suspect_qualifies(in, s, signo) && is_after(s, by))
			return true;
	}
	return false;
}

struct suspects suspects_of(const struct verdict_input *in, int signo)
{
	struct suspects found = {0};
	uint64_t sealed = evidence_fate_sealed(in->death);

	for (unsigned i = 0; i < in->signals->count; i++) {
		const struct seen_signal *s = &in->signals->list[i];
		bool sent = s->result == RESULT_SENT || (s->result == RESULT_UNKNOWN && !in->every_signal);

		if (!suspect_qualifies(in, s, signo)) {
			bool before = s->signo == signo && !suspect_is_own(s) && s->at <= sealed && sent;

			found.maybe |= before;
			if (!s->exact || !in->every_signal || s->signo != signo || !sent)
				continue;
			found.long_ago = before ? s : found.long_ago;
			found.long_ago_count++; /* its own too */
		} else if (suspect_is_own(s)) {
			found.self = found.self ? found.self : s;
		} else if (!found.by) {
			found.by = s;
		} else {
			found.others++;
		}
	}
	if (!found.by && !found.self && must_have_been_blocked(in, &found, signo))
		found.by = found.long_ago;
	found.raised = was_raised_after(in, found.by, signo);
	return found;
}

#include "agent/verdict/trust.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/base/clock.h"
#include "agent/verdict/kernel_made.h"

/* The kernel log is written before the end that it explains, and read soon. */
#define AT_ONCE NSEC_PER_SEC

bool trust_all_seen(const struct verdict_input *in)
{
	return in->every_signal;
}

bool trust_was_traced(const struct verdict_input *in, int signo)
{
	return in->tracer && signo != SIGKILL;
}

bool trust_was_sent(const struct verdict_input *in, const struct suspects *found)
{
	return found->by && signal_has_sender(found->by) && evidence_is_prompt(found->by, in->death);
}

/* Who dumps a core for long, and audit does not tell since when, may have begun at any time. */
static bool is_near(const struct verdict_input *in, uint64_t line_at)
{
	const struct death *d = in->death;
	bool dumps = !d->dumping && d->has_status && WCOREDUMP(d->wait_status);

	return dumps || line_at + (d->exact ? AT_ONCE : in->stop_window) >= evidence_fate_sealed(d);
}

/* The kernel log and audit tell of one thread, as far as both name it. */
static bool is_same_thread(const struct death *d)
{
	return !d->fault_comm[0] || !d->abend_comm[0] || strcmp(d->fault_comm, d->abend_comm) == 0;
}

/* Of these the kernel logs a line. */
static bool is_logged(int signo)
{
	return signo == SIGSEGV || signo == SIGFPE || signo == SIGILL || signo == SIGTRAP;
}

/* Audit reports an abnormal end by a signal that somebody sent, too. */
static enum proof of_report(const struct verdict_input *in, int signo)
{
	if (signo == SIGSYS && in->death->seccomp)
		return PROOF_CERTAIN;
	bool line_is_missing = is_logged(signo) && (in->faults_logged || (in->unaudited_known && in->unaudited));
	return line_is_missing ? PROOF_NONE : PROOF_LIKELY;
}

enum proof trust_fault(const struct verdict_input *in, int signo, const struct suspects *found)
{
	const struct death *d = in->death;
	bool reported = d->dumping && d->abend_signo == signo, sent = found->by || found->self;

	if (!is_fault_signal(signo) || (trust_all_seen(in) && sent))
		return PROOF_NONE;
	if (d->fault && is_near(in, d->fault_at))
		return reported && is_same_thread(d) && !trust_was_sent(in, found) && !found->self ? PROOF_CERTAIN : PROOF_LIKELY;
	return reported && !sent ? of_report(in, signo) : PROOF_NONE;
}

enum proof trust_oom(const struct verdict_input *in, int signo, const struct suspects *found)
{
	const struct death *d = in->death;
	const struct seen_signal *by = found->by;

	if (signo != SIGKILL || !d->oom || (trust_all_seen(in) && by && signal_has_sender(by)))
		return PROOF_NONE;
	if (d->oom_exact)
		return PROOF_CERTAIN;
	if (trust_all_seen(in) && by && by->origin != ORIGIN_KERNEL_KILL) /* the kernel's, and for another reason */
		return PROOF_NONE;
	bool at_once = d->oom_at + in->stop_window >= d->at; /* it takes a while to give much memory back */
	return at_once && !trust_was_sent(in, found) ? PROOF_CERTAIN : PROOF_LIKELY;
}

enum proof trust_self(const struct verdict_input *in, int signo, const struct suspects *found)
{
	bool answers_unseen = trust_all_seen(in) ? kernel_made_is_timers(signo) : signo != SIGKILL;

	return found->maybe || answers_unseen || !evidence_is_prompt(found->self, in->death) ? PROOF_LIKELY : PROOF_CERTAIN;
}

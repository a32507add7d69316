/*
 * trust.h - what evidence is worth: who but the kernel can have made it, or kept it away.  A verdict asks here, and nowhere else.
 *
 * What a stranger chooses never decides alone: names, arguments, groups' names and codes of signals stand in evidence, and
 * - a line of the kernel log names a thread for certain; but where two processors write at once it comes in parts, one of which
 *   can begin with a group's name.  So it proves nothing alone where somebody was seen sending the signal, nor long before the end;
 * - audit has no record of a signal by a file descriptor (O_ASYNC: F_SETOWN names anybody whom its caller may signal), by a tracer
 *   (PTRACE_CONT), for a parent's end, or by an x32 system call.  That it tells of none proves nothing;
 * - an exact source tells each of these but a tracer's, and who made it.  A tracer gives a signal that nobody sees, keeps one away,
 *   or has the process do anything: whatever it does while it is traced is not certain, but that SIGKILL ends it;
 * - a code below 0 is the sender's own choice, and to itself a process sends any code (rt_sigqueueinfo(2)).
 */
#ifndef EPITAPH_TRUST_H
#define EPITAPH_TRUST_H

#include <stdbool.h>

#include "agent/verdict/suspects.h"
#include "agent/verdict/verdict_input.h"

enum proof {
	PROOF_NONE,
	PROOF_LIKELY, /* it speaks for that cause, and another is possible */
	PROOF_CERTAIN
};

/* It ended by signo: by a fault of its own, as the kernel log or audit tells? */
enum proof trust_fault(const struct verdict_input *in, int signo, const struct suspects *found);
/* By the OOM killer? */
enum proof trust_oom(const struct verdict_input *in, int signo, const struct suspects *found);
/* By a signal that it sent itself, and not as an answer to one that nobody saw? */
enum proof trust_self(const struct verdict_input *in, int signo, const struct suspects *found);
/* Each signal near its end was seen, but for a tracer's. */
bool trust_all_seen(const struct verdict_input *in);
/* Somebody who traced it can have had a part in that end, by signo or, 0, by itself. */
bool trust_was_traced(const struct verdict_input *in, int signo);

/* Did somebody send it the signal so shortly before its end that this can have been it? */
bool trust_was_sent(const struct verdict_input *in, const struct suspects *found);

#endif

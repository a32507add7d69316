/*
 * verdict.h - what all that was witnessed of an end proves: cause, confidence
 * and reason.
 *
 * Owns nothing: it is a function of its input, and can be tested without an
 * agent.  coverage.h answers what could be seen.
 */
#ifndef EPITAPH_VERDICT_H
#define EPITAPH_VERDICT_H

#include <stddef.h>

#include "agent/base/event.h"
#include "agent/verdict/verdict_input.h"

/*
 * Sets cause, confidence, reason, status keys, after_signo and sender of *e.
 * reason is written into buf, strings of the sender stay those of the watch.
 */
void verdict_decide(const struct verdict_input *in, struct event *e, char *buf, size_t size);

#endif

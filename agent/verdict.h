/* verdict.h - from what was witnessed of an end to cause, confidence and reason */
#ifndef EPITAPH_VERDICT_H
#define EPITAPH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/event.h"
#include "agent/process.h"

/* Everything the verdict depends on, so that it can be tested without an agent. */
struct verdict_input {
	const struct watch *watch;  /* death and signals */
	uint64_t born;
	uint64_t stop_window;       /* ns */
	unsigned sees;              /* enum sees */
	uint64_t signals_since;     /* signals were seen without a gap since then */
	bool     unaudited_known;
	uint64_t unaudited;         /* live processes whose signals leave no record */
	const char *veil;           /* why signals may be missing from what is seen now; NULL if they are not */
	bool     one_cpu;           /* the machine has one processor: a sender can be told of after what it caused */
	bool     orphaned;          /* its parent had ended within the stop window */
	bool     faults_logged;     /* the kernel log is read and tells unhandled faults */
	const char *blind;          /* why signals are not seen, when they are not */
	bool     past;              /* who sees signals has told of something later than the end, or of its exit */
	bool     behind;            /* it has not, and what it told last was old already */
};

/*
 * Sets cause, confidence, reason, status keys, after_signo and sender of *e.
 * reason is written into buf, strings of the sender stay those of the watch.
 */
void verdict_decide(const struct verdict_input *in, struct event *e, char *buf, size_t size);

/* Some of the signals that could have ended it are no longer known. */
bool verdict_gave_way(const struct verdict_input *in);

#endif

/* verdict_input.h - everything that a verdict depends on */
#ifndef EPITAPH_VERDICT_INPUT_H
#define EPITAPH_VERDICT_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/event.h"
#include "agent/verdict/evidence.h"

struct verdict_input {
	const struct death *death;
	const struct signals *signals; /* sent to it */
	bool     has_tty;           /* it had a terminal when it started */
	uint64_t born;
	uint64_t stop_window;       /* ns */
	unsigned sees;              /* enum sees */
	uint64_t signals_since;     /* signals were seen without a gap since then */
	bool     unaudited_known;
	uint64_t unaudited;         /* live processes whose signals leave no record */
	const char *signals_hidden_by; /* why some signals leave no record although their source is open; NULL: none is hidden */
	bool     one_cpu;           /* the machine has one processor: a sender can be told of after what it caused */
	bool     orphaned;          /* its parent ended within the stop window before it */
	bool     faults_logged;     /* the kernel log is read and tells unhandled faults */
	const char *no_signal_source; /* why no signal is seen at all; read only where sees has no SEES_SIGNAL */
	bool     every_signal;      /* each signal near its end, the kernel's own too, is among `signals`, exact; none is missing */
	pid_t    tracer;            /* who traced it near its end; 0: nobody, as far as is known */
	bool     tracers_told;      /* who begins to trace a process is told */
	bool     whole_life;        /* the same of its whole life */
	const struct seen_signal **named; /* set to the signal whose sender the verdict names; may be NULL */
	bool     audit_caught_up;   /* audit has delivered the call by which it ended, or a record newer than this end */
	bool     audit_lagging;     /* audit has not, and its last record was older than it should be when it came */
};

#endif

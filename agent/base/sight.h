/* sight.h - whose doings an open backend sees here and now, and what is hidden from it */
#ifndef EPITAPH_SIGHT_H
#define EPITAPH_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A backend that sees signals or execs keeps one of these up to date while it
 * is open; what it sees at all is in its `sees` (enum sees, event.h).
 */
struct sight {
	bool        every_process;     /* it sees the execs and signals of every process, however old */
	bool        new_processes;     /* it sees those of each process born at `since` or later */
	uint64_t    since;             /* ns CLOCK_BOOTTIME */
	uint64_t    told_until;        /* of SEES_EVERY_SIGNAL, SEES_USED and SEES_CAUSE: all that happened before this time has been told, ns CLOCK_BOOTTIME */
	bool        execs_hidden;      /* some execs of those processes may leave no trace now */
	const char *signals_hidden_by; /* why some of their signals may leave none, for a person; NULL: none is hidden */
};

#endif

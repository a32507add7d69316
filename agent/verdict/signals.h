/* signals.h - signals seen sent to a watched process: records to write, evidence to keep */
#ifndef EPITAPH_SIGNALS_H
#define EPITAPH_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/event.h"

struct details;

#define SIGNALS_MAX 16 /* kept for one process; the oldest is evicted */

/* Equal signals from one sender within `coalesce`. */
struct seen_signal {
	int                signo;
	const char        *via;     /* a constant of the backend */
	enum signal_result result;
	int                error;
	int                si_code;
	bool               has_si_code;
	bool               self;    /* the process sent it to itself */
	bool               ambiguous; /* the pid had two holders at that time: no evidence */
	unsigned           sources;
	uint64_t           at, last_at; /* first and last, ns CLOCK_BOOTTIME */
	uint64_t           serial;  /* audit's, of the first; 0 = none.  Given out as system calls end */
	uint64_t           repeat;
	uint64_t           due;     /* when its record is written; 0 = it is, or none is wanted */
	struct details    *sender;  /* with pid; NULL if out of memory */
};

/* The signals seen sent to one process, oldest first. */
struct signals {
	struct seen_signal *list; /* NULL if none */
	unsigned count, size;
	uint64_t evicted_at;      /* when the last signal came that is no longer kept; 0 = all are */
};

/*
 * Takes a signal in.  Returns the entry if it is a new one, NULL if it was
 * counted in an earlier one or memory is out.  When the array is full an
 * entry that it repeats, or the oldest, is moved to *old (its sender then
 * belongs to the caller) and *evicted is true.
 */
struct seen_signal *signals_add(struct signals *seen, const struct event *e, uint64_t coalesce,
                                struct seen_signal *old, bool *evicted);
/* Earliest due of the entries, 0 if none. */
uint64_t signals_due(const struct signals *seen);
void     signals_free(struct signals *seen);

#endif

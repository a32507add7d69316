/* signals.h - signals seen sent to a watched process: records to write, evidence to keep */
#ifndef EPITAPH_SIGNALS_H
#define EPITAPH_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/event.h"
#include "agent/verdict/senders.h"

#define SIGNALS_MAX 16 /* kept of those that were sent to one process; the oldest is evicted */
#define TRIES_MAX 4    /* the same of those that failed, did nothing, or may not have been for it: anybody can make these */

/* Equal signals from one sender within `coalesce`. */
struct seen_signal {
	int                signo;
	const char        *via;     /* a constant of the backend */
	enum signal_result result;
	int                error;
	int                si_code;
	bool               has_si_code;
	enum origin        origin;  /* who made it */
	bool               exact;   /* `at` is the kernel's own time of it, and nothing that a process could have made up is in it */
	bool               self;    /* the process sent it to itself */
	bool               ambiguous; /* the pid had two holders at that time: no evidence */
	unsigned           sources;
	uint64_t           at, last_at; /* first and last, ns CLOCK_BOOTTIME */
	uint64_t           serial;  /* audit's, of the first; 0 = none.  Given out as system calls end */
	uint64_t           repeat;
	uint64_t           joined;  /* exact: so many of them a source that tells late has told as well */
	uint64_t           due;     /* when its record is written; 0 = it is, or none is wanted */
	struct sender     *sender;  /* with pid; NULL if out of memory */
};

/* Did a process send it?  Else the kernel made it, and `sender` only gave the occasion. */
static inline bool signal_has_sender(const struct seen_signal *s)
{
	return s->origin == ORIGIN_CALL || s->origin == ORIGIN_CGROUP_KILL;
}

/* The signals seen sent to one process, oldest first. */
struct signals {
	struct seen_signal *list; /* NULL if none */
	unsigned count, size;
	struct senders *senders;  /* whose bound counts for these; borrowed, may be NULL */
	uint64_t evicted_at;      /* when the last signal came that is no longer kept and can have done something; 0 = all such are */
};

/*
 * Takes a signal in.  Returns the entry if it is a new one, NULL if it was
 * counted in an earlier one or memory is out.  When there is no room for more of
 * its kind (SIGNALS_MAX, TRIES_MAX) one of this kind is moved to *old (its sender
 * then belongs to the caller) and *evicted is true: an entry that it repeats, one
 * that surely did nothing, or the oldest.
 */
struct seen_signal *signals_add(struct signals *seen, const struct event *e, uint64_t coalesce,
                                struct seen_signal *old, bool *evicted);
/*
 * The late and coarse record of a signal of which an exact source has told: the
 * k-th record of a sender is its k-th exact one.  What the record knows more of
 * the sender is added.  False if no signal in the list waits for such a record.
 */
bool signals_join(struct signals *seen, const struct event *e);
/* Earliest due of the entries, 0 if none. */
uint64_t signals_due(const struct signals *seen);
void     signals_free(struct signals *seen);

#endif

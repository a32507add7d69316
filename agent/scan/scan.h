/*
 * scan.h - /proc read, and told as events.
 *
 * Owns what is kept between two looks.  What a look shows goes through the
 * same callback as the events of a backend.
 */
#ifndef EPITAPH_SCAN_H
#define EPITAPH_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/event.h"
#include "agent/life/life.h"
#include "agent/scan/seen_pids.h"

struct scan {
	struct life *life;    /* borrowed: what is known already */
	event_emit   emit;
	void        *ctx;     /* for emit */
	uint64_t started_at;  /* of the agent, ns CLOCK_BOOTTIME */

	uint64_t read_at;     /* when /proc was last read whole; 0 = never */
	uint64_t missed_at;   /* when it was last read whole because events were missed; 0 = never */
	uint64_t ends;        /* ends of watched processes when poll.c last looked */
	bool     again;       /* poll.c is to list all once more, whatever forks */
	bool     polled;      /* poll.c has looked since polling began: forks are counted from there */
	uint64_t unseen, unseen_told_at; /* forks whose process was never met, not yet told */
	uint64_t met_early;   /* processes met whose fork is in no count yet */
	struct seen_pids seen_pids;
};

void scan_init(struct scan *sc, struct life *l, event_emit emit, void *ctx);
void scan_fini(struct scan *sc);
/* Reads /proc whole; quiet at start, else tells what it proves.  0 or -errno. */
int  scan_all(struct scan *sc, bool quiet);
/*
 * When that is to be done because events were missed (coverage.missed), ns
 * CLOCK_BOOTTIME; 0 = none were.  At once, but once a second at most: who makes
 * events faster than they are read must not make the agent read /proc all the time.
 */
uint64_t scan_missed_due(const struct scan *sc);
/* Looks at pid and tells how the process differs from what the table has; quiet: a process is watched without a record of its start. */
void scan_process(struct scan *sc, pid_t pid, bool quiet);
/* Processes older than `begun` that no look has seen since then are gone. */
void scan_sweep(struct scan *sc, uint64_t begun);
/* A pidfile names pid now. */
void scan_pidfile(struct scan *sc, pid_t pid);

/* poll.c: EVENT_LOOK, the proc backend looked; e->count is the number of forks since, if it has one. */
void scan_poll(struct scan *sc, const struct event *e);
/* Tells how many processes polling did not meet: at most once a minute, or now. */
void scan_tell_unseen(struct scan *sc, bool now);

#endif

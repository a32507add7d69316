/* target.h - which target, if any, a process belongs to */
#ifndef EPITAPH_TARGET_H
#define EPITAPH_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/life/deaths.h"
#include "agent/process/subject.h"
#include "config/config.h"

/* A target while the agent runs. */
/* What alerts.c tells of a target.  Times are ns CLOCK_BOOTTIME, 0 = never. */
struct target_alerts {
	uint64_t *starts;      /* the last restarts + 1 of them, a ring; NULL: not asked for */
	unsigned  starts_size, starts_next, starts_count;
	bool      flapping;    /* it was told */
	uint64_t  empty_since; /* no process */
	bool      absent;      /* it was told */
	bool      ran;
	uint64_t  last_end;
	pid_t     last_pid, present_pid;
	int       last_cause;
};

struct target_state {
	struct target_alerts alerts;
	uint64_t starts;
	struct deaths deaths;
	unsigned watched;    /* processes, see shares.h */
	uid_t   *uids;       /* users its `user` glob names, of /etc/passwd at start and reload */
	unsigned uids_count;
	pid_t    pidfile_pid; /* 0 = none */
	uid_t    pidfile_user; /* whose pidfile it is; it names a process of that user alone, 0 = any */
	bool     pidfile_told; /* that it is not believed */
};

/* Index of the first target that matches, -1 if none.  Reads no more than it needs. */
int target_match(const struct config *c, const struct target_state *states, struct subject *s);

/* One for each target of c, with what it needs beside its configuration; NULL if out of memory. */
struct target_state *target_states_new(const struct config *c);
void target_states_free(struct target_state *states, unsigned count); /* accepts NULL */
/* Counts, and what was told, of one of the same name; from has them no more. */
void target_state_take(struct target_state *to, struct target_state *from);
/* Reads the pidfile; true if the pid in it, or whose it is, changed.  One that others may write is not believed, and that is told once. */
bool target_read_pidfile(struct target_state *state, const struct target_config *t);

#endif

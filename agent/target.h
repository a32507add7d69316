/* target.h - which target, if any, a process belongs to */
#ifndef EPITAPH_TARGET_H
#define EPITAPH_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backends/procfs.h"
#include "config/config.h"

/* What the agent keeps for a target while it runs. */
struct target_state {
	uint64_t starts;
	uid_t   *uids;       /* users its `user` glob names, of /etc/passwd at start and reload */
	unsigned uids_count;
	pid_t    pidfile_pid; /* 0 = none */
	uint64_t rate_second;  /* the second that `rate_used` counts, by CLOCK_BOOTTIME */
	unsigned rate_used;
	uint64_t rate_dropped; /* records not written, not yet told */
};

/* A process to be matched: what is known of it, and where more can be read. */
struct subject {
	pid_t        pid;
	int          dirfd;   /* of /proc/PID; -1: nothing more can be read */
	uint64_t     born;    /* if not 0: /proc/PID is opened at the first need, if it is the process born then */
	struct procfs_stat stat;
	struct procfs_strings *strings;
	struct facts facts;
	unsigned     tried;   /* facts that were read or could not be */
};

/* Opens /proc/PID and reads its stat; facts then hold comm, ppid, tty, started.  0 or -errno. */
int  subject_open(struct subject *s, pid_t pid, struct procfs_strings *strings);
/* Reads those of `want` that have not been tried yet. */
void subject_need(struct subject *s, unsigned want);
/* Did it end before all that its match was asked for could be read?  A zombie has a name, but no program. */
bool subject_ended(const struct subject *s);
void subject_close(struct subject *s);

/* Every fact a record can show. */
#define SUBJECT_ALL (FACT_PPID | FACT_UID | FACT_GID | FACT_AUID | FACT_SES | FACT_STARTED | FACT_TTY | \
                     FACT_COMM | FACT_EXE | FACT_ARGS | FACT_CGROUP)

/* Index of the first target that matches, -1 if none.  Reads no more than it needs. */
int target_match(const struct config *c, const struct target_state *states, struct subject *s);

/* One for each target of c, with what it needs beside its configuration; NULL if out of memory. */
struct target_state *target_states_new(const struct config *c);
void target_states_free(struct target_state *states, unsigned count); /* accepts NULL */
/* Reads the pidfile; true if the pid in it changed. */
bool target_read_pidfile(struct target_state *state, const struct target_config *t);

#endif

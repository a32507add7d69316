/* subject.h - one process as /proc shows it, read no further than somebody asks */
#ifndef EPITAPH_SUBJECT_H
#define EPITAPH_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/event.h"
#include "agent/process/process.h"
#include "backends/procfs.h"

/* What is known of a process, and where more can be read.  facts.has says what is known; strings stand in `strings` or are borrowed. */
struct subject {
	pid_t        pid;
	int          dirfd;   /* of /proc/PID; -1: nothing more can be read */
	uint64_t     born;    /* if not 0: /proc/PID is opened at the first need, if it is the process born then */
	const struct process_table *table;
	struct procfs_stat stat; /* valid while dirfd >= 0 */
	struct facts facts;
	unsigned     tried;   /* facts that were read or could not be */
	struct procfs_strings strings;
};

/* Every fact a record can show. */
#define SUBJECT_ALL (FACT_PPID | FACT_UID | FACT_GID | FACT_AUID | FACT_SES | FACT_STARTED | FACT_TTY | \
                     FACT_COMM | FACT_EXE | FACT_ARGS | FACT_CGROUP | FACT_EUID | FACT_EGID | FACT_PGID | FACT_SID | FACT_BITS | FACT_FOREIGN)

/*
 * Opens /proc/PID and reads its stat; facts then hold comm, ppid, tty, started.
 * 0 or -errno; -ENOENT for a table of a recorded log, whose pids are not those
 * of now.
 */
int  subject_open(struct subject *s, const struct process_table *t, pid_t pid);
/* The same, and -ESRCH if that is not p but another holder of its pid. */
int  subject_open_process(struct subject *s, const struct process_table *t, const struct process *p);
/* Knows those facts, whose strings stay borrowed, and nothing more can be read but what subject_may_read allows. */
void subject_init(struct subject *s, pid_t pid, const struct facts *f, unsigned tried);
/* More may be read from /proc, at the first need, if the pid is still that of the process born then. */
void subject_may_read(struct subject *s, const struct process_table *t, uint64_t born);
/* Reads those of `want` that have not been tried yet. */
void subject_need(struct subject *s, unsigned want);
/* Did it end before all that its match was asked for could be read?  A zombie has a name, but no program. */
bool subject_ended(const struct subject *s);
/* Is uid its user now, whatever it was when it was started?  From what is known where /proc cannot be read. */
bool subject_is_of(struct subject *s, uid_t uid);
bool subject_is_zombie(const struct subject *s); /* no thread of it is left */
void subject_close(struct subject *s);

/* A descriptor of /proc/PID, -errno; -ENOENT for a recorded log. */
int  subject_directory(const struct process_table *t, pid_t pid);

/*
 * The live entry of pid, taken in from /proc if there is none yet.  Of a
 * zombie: the holder whose end is known, if there is one.  NULL if the process
 * is gone or there is no room.
 */
struct process *subject_take_in(struct process_table *t, pid_t pid);
/* A new entry for what s shows. */
struct process *subject_add(struct process_table *t, struct subject *s);
/* The known holder of the pid that s shows as a zombie; NULL if s is none or is not known. */
struct process *subject_of_zombie(const struct process_table *t, const struct subject *s);

#endif

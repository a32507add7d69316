/* process.h - the process table: who is, or just was, behind a pid */
#ifndef EPITAPH_PROCESS_H
#define EPITAPH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "agent/base/event.h"

#define GHOSTS_MAX 2048   /* ended processes still known: parents of ancestries, former holders of a pid, execs audit is yet to tell */
#define ANCESTRY_DEPTH 8

struct watch;

/*
 * The stages of a process, in their order; watch_enter() alone changes one.
 * A process is watched, and has a struct watch, from COPY to ENDING.
 */
enum stage {
	STAGE_UNWATCHED, /* no target wants it, or what it executed is not known yet */
	STAGE_COPY,      /* forked by a watched process and has executed nothing since: no start of the target */
	STAGE_STARTING,  /* it executed the target's program; the exec record waits for another witness */
	STAGE_RUNNING,   /* its exec record is written, or it ran before the agent did */
	STAGE_ENDING,    /* its end was seen; the exit record waits for evidence.  The exec record may still wait as well */
	STAGE_TOLD       /* its exit record is written */
};

struct process {
	pid_t    pid, ppid;
	uint64_t born;        /* ns CLOCK_BOOTTIME; with pid the identity */
	uint64_t parent_born; /* of ppid when it forked; 0 = not known */
	uint64_t ended;       /* 0 while alive */
	uint64_t leader_ended_at; /* when its first thread called exit; that thread's code is in wait_status */
	uint64_t image;       /* procfs_stat.image of its program; 0 = not known */
	uint64_t path_told;   /* its last exec whose path was told, ns CLOCK_BOOTTIME; 0 = another exact witness has told of that exec */
	uint64_t ids_told;    /* when it last got other ids, as cn_proc tells */
	uint64_t traced_until; /* by `tracer`; UINT64_MAX: it still is; 0: it never was, as far as is known */
	uint64_t checked;     /* when poll.c last looked at it in its turn */
	int      wait_status; /* of the whole process, if status_known; before, that of its leader or of threads that a signal ended */
	pid_t    tracer;
	uid_t    uid, euid;
	gid_t    gid, egid;
	unsigned threads;     /* alive, as forks and ends were told; counted while it is not watched */
	unsigned pending_execs; /* how many of its execs wait for a record with their facts (life/pending_execs.h) */
	unsigned scan;        /* number of the last scan that saw it */
	char     comm[COMM_SIZE];
	enum stage stage : 8;
	uint8_t  born_by;     /* enum source: who told of its fork; 0 = nobody */
	uint8_t  ended_by;    /* enum source: who told of its end */
	bool     has_uid, has_gid, has_euid, has_egid;
	bool     born_in_tick; /* born is from /proc, exact to a clock tick */
	bool     born_unknown; /* born is when the process was first heard of */
	bool     end_exact;   /* ended is the kernel's own time of the end */
	bool     status_known;
	bool     kernel_thread;
	bool     unread;      /* its last exec could not be read from /proc: it may run a target's program */
	bool     executed;    /* it has executed something since it was forked */
	bool     renamed;     /* it has set its comm itself */
	bool     forked;      /* children since its last exec that may be found to be watched copies of it */
	bool     thread_ended; /* a thread ended before the others while it was not watched */
	bool     leader_ended; /* its first thread ended since the last exec */
	struct process *next; /* in its hash bucket */
	TAILQ_ENTRY(process) order;
	struct watch *watch;  /* life/watched.h; NULL unless watched */
};

TAILQ_HEAD(process_list, process);

struct process_table {
	struct process     *pool;
	struct process    **buckets;
	unsigned            max, used, watched, bucket_mask, fresh;
	struct process     *free;
	struct process_list live, ghosts, watches; /* unwatched alive; ended; watched, alive or awaiting their record */
	unsigned            ghosts_count;
	unsigned            scan;     /* number of the scan that is under way, or was the last */
	bool                recorded; /* of a log: its pids are not those of now, and nothing of them can be looked up */
	uint64_t            evicted;  /* unwatched live entries that gave way */
	uint64_t            refused;  /* processes not taken in: all entries are watched */
};

int  process_table_init(struct process_table *t, unsigned max); /* 0 or -ENOMEM */
void process_table_fini(struct process_table *t);

/* The process that holds pid now, NULL if none is known. */
struct process *process_live(const struct process_table *t, pid_t pid);
/* All that held pid, newest first: call with NULL, then with the last one; NULL at the end. */
struct process *process_next_holder(const struct process_table *t, pid_t pid, const struct process *after);
/* The process born at exactly that time, alive or ended. */
struct process *process_born(const struct process_table *t, pid_t pid, uint64_t born);
/*
 * A new live entry.  A live one with the same pid must have been ended
 * before.  Gives way: ghosts first, then the oldest unwatched process.  NULL
 * when all are watched.
 */
struct process *process_add(struct process_table *t, pid_t pid, uint64_t born);
/* p was needed just now: if it is unwatched, others are evicted before it. */
void process_touch(struct process_table *t, struct process *p);
/*
 * p ended: its entry stays as a ghost (a watched one when its watch is dropped).
 * source told so; exact: at is the kernel's own time, which is taken over also
 * if its end was noticed before.
 */
void process_end(struct process_table *t, struct process *p, uint64_t at, unsigned source, bool exact);
/* Takes over its comm, uid and gid as far as f has them. */
void process_know(struct process *p, const struct facts *f);
/* Sets those of its ids that are known: they are inherited, and every change of them is told. */
void process_ids(const struct process *p, struct facts *f);
/* p is watched from now on; w (life/watched.h) stays the caller's. */
void process_watch(struct process_table *t, struct process *p, struct watch *w);
void process_unwatch(struct process_table *t, struct process *p);
/* Room for an ancestry. */
struct ancestry {
	char comms[ANCESTRY_DEPTH * COMM_SIZE];
};
/* The nearest parents' comms, each with NUL, into buf; returns the bytes. */
size_t process_ancestry(const struct process_table *t, const struct process *p, char *buf, size_t size);
/* The same as facts of p, in *room; without any parent that is known, *f stays as it is. */
void process_fill_ancestry(const struct process_table *t, const struct process *p, struct ancestry *room, struct facts *f);
/* Comm of the parent that started it, NULL if not known. */
const char *process_parent_comm(const struct process_table *t, const struct process *p);

#endif

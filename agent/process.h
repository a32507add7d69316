/* process.h - the process table: who is, or just was, behind a pid */
#ifndef EPITAPH_PROCESS_H
#define EPITAPH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "agent/event.h"

#define COMM_SIZE 16      /* TASK_COMM_LEN, with its NUL */
#define GHOSTS_MAX 2048   /* ended processes still known: parents of ancestries, former holders of a pid, execs audit is yet to tell */
#define ANCESTRY_DEPTH 8
#define NOT_PENDING UINT32_MAX

/*
 * Facts of a watched process that its /proc no longer tells once it has ended.
 * One heap block with its strings, shared by a process and the copies it forks.
 */
struct details {
	unsigned     refs;
	struct facts facts; /* strings point into this block; no pid, ppid */
};
/* Copies the strings of *f; NULL if out of memory. */
struct details *details_new(const struct facts *f);
/* Puts a copy of *f in the place of *at, or leaves it as it is; false if out of memory. */
bool details_put(struct details **at, const struct facts *f);
struct details *details_ref(struct details *d);
void            details_unref(struct details *d); /* accepts NULL */

/* A signal sent to a watched process; defined in signals.h. */
struct seen_signal;

/* What each witness of a process's end told; death.h has the rules. */
struct death {
	unsigned witnesses;  /* enum source: who saw that it ended; 0 = alive */
	unsigned noticed_by; /* those of them that looked at some time after it */
	uint64_t at;         /* when, by the best of them */
	bool     exact;      /* `at` is the kernel's own time of it */
	bool     has_status; /* the whole process's wait status */
	bool     status_final; /* nobody can know it better */
	int      wait_status;
	unsigned status_from; /* enum source */
	unsigned call_told_by; /* enum source: who told the calls_exit */
	bool     calls_exit; /* it called exit_group, or a thread of it exit, with exit_code */
	bool     exits_whole; /* it was exit_group */
	int      exit_code;
	uint64_t exiting_at, exiting_serial; /* audit's stamp and serial of that call */
	unsigned abend_told_by; /* enum source: who told the dumping */
	bool     dumping;    /* audit: ANOM_ABEND or SECCOMP with abend_signo */
	bool     seccomp;
	int      abend_signo;
	uint64_t abend_at;   /* audit's stamp of that */
	unsigned log_told_by; /* enum source: who told the oom or fault */
	bool     oom;        /* kmsg: the OOM killer named it */
	bool     fault;      /* kmsg: a fault line names it */
	bool     vanished;   /* only its absence was seen */
	bool     presumed;   /* replay: SIGKILL was sent, and a log has no more of such an end */
};

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

/* Its threads, once there is or was more than one; else count is 0. */
struct threads {
	pid_t   *tids;
	unsigned count, size, ended; /* those that ended stand behind the others */
	bool     multithreaded;
	bool     unsure;     /* events were lost: /proc decides */
};

/* Its last exec, and the record of it. */
struct start {
	bool     is_start;   /* it started as the target, not as a forked copy of it */
	bool     pending;    /* the record waits for another witness */
	unsigned sources;    /* enum source: the witnesses */
	enum stamp stamp;    /* what `at` is worth */
	bool     has_facts;  /* a witness that tells what is executed is among them */
	unsigned owed;       /* records with facts that belong to execs before this one, already told */
	uint64_t at, due;    /* when it was; when its record is written at the latest */
	uint64_t seen;       /* the exec was not later than this */
	char     parent_comm[COMM_SIZE];
};

/* What the agent keeps for a watched process beyond its table entry. */
struct watch {
	unsigned        target;    /* index into config.targets */
	struct details *details;
	int      pidfd;            /* -1: none, or -errno of the attempt */
	uint64_t hold_due;         /* when it gets its pidfd; 0 = it had its turn */
	bool     status_readable;  /* /proc shows us the exit status of its zombie */
	struct threads threads;
	struct start   start;

	struct seen_signal *signals; /* oldest first; NULL if none */
	unsigned signals_count, signals_size;
	uint64_t evicted_at;       /* when the last signal came that is no longer kept; 0 = all are */

	struct death death;        /* from ENDING on, or what was told of it before */
	uint64_t death_seen;       /* when the first witness of its end came in */
	uint64_t death_due;        /* when its record is written at the latest */
	pid_t    last_ppid;        /* its parent when it ended, if told; 0 = as before */
	bool     maybe_zombie;     /* replay: its pid's last holder ended, and it has shown no life since */

	uint32_t heap_index;       /* place among the deadlines, or NOT_PENDING */
	uint64_t due;              /* the earliest of hold_due, start.due, death_due and the signals' */
};

struct process {
	pid_t    pid, ppid;
	uint64_t born;        /* ns CLOCK_BOOTTIME; with pid the identity */
	unsigned born_by;     /* enum source: who told of its fork; 0 = nobody */
	uint64_t parent_born; /* of ppid when it forked; 0 = not known */
	uint64_t ended;       /* 0 while alive */
	unsigned ended_by;    /* enum source: who told of its end */
	int      wait_status; /* once ended, if status_known; before, what its leader, or threads that a signal ended, tell of it */
	uid_t    uid;
	gid_t    gid;
	char     comm[COMM_SIZE];
	bool     has_uid, has_gid;
	bool     end_exact;   /* ended is the kernel's own time of the end */
	bool     born_in_tick; /* born is from /proc, exact to a clock tick */
	bool     born_unknown; /* born is when it was first heard of */
	bool     status_known;
	bool     unread;      /* its last exec could not be read from /proc: it may be a watched one */
	bool     executed;    /* it has executed something since it was forked */
	bool     renamed;     /* its comm is its own */
	bool     forked;      /* since its last exec, what may become watched copies of it */
	unsigned threads;     /* alive, by cn_proc, while not watched */
	bool     leader_ended; /* and so has its leader, since the last exec */
	uint64_t leader_ended_at; /* by exit, with the code that is in wait_status then */
	unsigned pending_execs;      /* so many of its execs wait for audit's record (pending_execs.h) */
	bool     kernel_thread;
	enum stage stage;
	uint64_t image;       /* procfs_stat.image of its program; 0 = not known */
	unsigned scan;        /* number of the last scan that saw it */
	uint64_t checked;     /* when poll.c last looked at it in its turn */
	struct process *next; /* in its hash bucket */
	TAILQ_ENTRY(process) order;
	struct watch *watch;  /* NULL unless watched */
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
/* It was needed just now: an unwatched one gives way later than others. */
void process_touch(struct process_table *t, struct process *p);
/*
 * It ended: it stays as a ghost (a watched one when its watch is dropped).
 * source told so; exact: at is the kernel's own time, which is taken over also
 * if its end was noticed before.
 */
void process_end(struct process_table *t, struct process *p, uint64_t at, unsigned source, bool exact);
/* Takes over its comm, uid and gid as far as f has them. */
void process_know(struct process *p, const struct facts *f);
/* Gives it an empty watch; NULL if out of memory. */
struct watch *process_watch(struct process_table *t, struct process *p);
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

/* Threads of a watched process; all are idempotent, false if out of memory. */
bool watch_add_tid(struct watch *w, pid_t tid);
/* Is tid one of its threads, where it has or had several? */
bool watch_has_tid(const struct watch *w, pid_t tid);
/* Is tid one of its threads, or was it until its end began? */
bool watch_had_tid(const struct watch *w, pid_t tid);
void watch_remove_tid(struct watch *w, pid_t tid);
void watch_single_tid(struct watch *w); /* after exec: one thread again */

#endif

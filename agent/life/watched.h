/* watched.h - what is kept of a watched process, from its start to its end */
#ifndef EPITAPH_WATCHED_H
#define EPITAPH_WATCHED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/facts.h"
#include "agent/life/tids.h"
#include "agent/process/process.h"
#include "agent/verdict/evidence.h"
#include "agent/verdict/signals.h"

#define NOT_PENDING UINT32_MAX

/* The threads of a process that has, or had, more than one; of others tids is empty. */
struct threads {
	struct tids tids;
	bool     multithreaded;
	bool     any_ended;  /* one ended before the others, or by an exec */
	bool     unsure;     /* events were lost: /proc decides */
};

/* The last exec of a process, and the record of that exec. */
struct start {
	bool     is_start;   /* it started as the target, not as a forked copy of it */
	bool     pending;    /* the record waits for another witness */
	unsigned sources;    /* enum source: the witnesses */
	enum stamp stamp;    /* how exact `at` is */
	bool     has_facts;  /* a witness that tells what is executed is among them */
	unsigned owed;       /* records with facts that belong to execs before this one, already told */
	uint64_t since;      /* of the first exec by which it is the target's, if that is known exactly; else 0 */
	uint64_t at, due;    /* when it was; when its record is written at the latest */
	uint64_t seen;       /* the exec was not later than this */
	char     parent_comm[COMM_SIZE];
};

/* A watched process, beyond its entry in the table. */
struct watch {
	unsigned        target;    /* index into config.targets */
	uid_t           user;      /* whose share it has, see shares.h */
	struct details *details;
	int      pidfd;            /* -1: none, or -errno of the attempt */
	uint64_t hold_due;         /* when it gets its pidfd; 0 = it had its turn */
	uint64_t fatal_at;         /* when a thread took SIGKILL, as which each signal is taken that ends a process without a core */
	pid_t    fatal_tid;
	pid_t    sid;              /* its session, as cn_proc tells of a new one; 0: not known */
	bool     kept;             /* it is in the state file, and the warden keeps its pidfd */
	bool     early_taken;      /* what came before it was watched has been taken in */
	bool     status_readable;  /* /proc shows us the exit status of its zombie */
	struct threads threads;
	struct start   start;

	struct signals signals;    /* sent to it */

	struct used used;          /* by those of its threads that have ended */
	bool     has_used;
	struct death death;        /* from ENDING on, or what was told of it before */
	uint64_t death_seen;       /* when the first witness of its end came in */
	uint64_t death_due;        /* when its record is written at the latest */
	bool     unread;           /* when death_due was set, signals up to its end, or what it used, had not been read */
	pid_t    last_ppid;        /* its parent when it ended, if told; 0 = as before */
	bool     maybe_zombie;     /* replay: its pid's last holder ended, and it has shown no life since */

	uint32_t heap_index;       /* place among the deadlines, or NOT_PENDING */
	uint64_t due;              /* the earliest of hold_due, start.due, death_due and the signals' */
};

/* p is watched, with nothing known yet; NULL if out of memory. */
struct watch *watched_new(struct process_table *t, struct process *p);
void          watched_free(struct process_table *t, struct process *p);

/* Threads of a watched process; all are idempotent, false if out of memory. */
bool watch_add_tid(struct watch *w, pid_t tid);
/* Is tid one of its threads, where it has or had several? */
bool watch_has_tid(struct watch *w, pid_t tid);
/* Is tid one of its threads, or was it until its end began? */
bool watch_had_tid(struct watch *w, pid_t tid);
void watch_remove_tid(struct watch *w, pid_t tid);
void watch_single_tid(struct watch *w); /* after exec: one thread again */

#endif

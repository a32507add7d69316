/*
 * life.h - a watched process from its start to its end: what several sources
 * witness of it becomes one exec record, signal records and one exit record.
 *
 * Owns what is kept of watched processes and targets.  Events come in with
 * their process found; after each, life_settle() decides what is due.
 */
#ifndef EPITAPH_LIFE_H
#define EPITAPH_LIFE_H

#include "agent/base/clock.h"
#include "agent/life/deadline.h"
#include "agent/life/early_signals.h"
#include "agent/life/early_used.h"
#include "agent/life/known_programs.h"
#include "agent/life/pending_execs.h"
#include "agent/life/recent_args.h"
#include "agent/life/requests.h"
#include "agent/life/target.h"
#include "agent/life/user_shares.h"
#include "agent/output/output.h"
#include "agent/process/process.h"
#include "agent/verdict/coverage.h"
#include "agent/verdict/signals.h"
#include "backends/pidfd.h"
#include "config/config.h"

/*
 * Two execs of one image within this time are one start: what /proc shows at
 * the first event can already be the next image (env, nohup, sh -c exec).
 */
#define SAME_EXEC (20 * NSEC_PER_MSEC)

#define ENDED_MOST 256

/* A process whose watch is over. */
struct ended {
	pid_t    pid;
	uint64_t born;
};

struct life {
	/* The agent's other parts, borrowed. */
	const struct config  *config;
	struct clock         *clock;
	struct process_table *table;
	struct coverage      *coverage;
	struct pidfd_set     *pidfds;
	struct output        *output;

	struct target_state  *targets; /* config->targets_count */
	struct deadlines      deadlines;
	struct pending_execs  pending_execs;
	struct recent_args    recent_args;
	struct recent_args    recent_paths; /* of programs that audit is yet to tell of, and that a target may want */
	struct early_signals  early_signals;
	struct early_used     early_used;
	struct known_programs known_programs;
	struct requests       requests;
	struct senders        senders;
	struct user_shares    user_shares;
	uint64_t ends_until;   /* the latest end that has waited for what is told of it; ns CLOCK_BOOTTIME */
	uint64_t unread;       /* programs that ended before /proc could be read, since last told */
	uint64_t over_share;   /* processes not watched for want of a share, since last told */
	uint64_t refused_told, gaps_told_at; /* gaps.c */
	uint64_t ends;         /* of watched processes, counted */
	uint64_t changes;      /* of what is watched, counted: for the state file */
	struct ended ended[ENDED_MOST]; /* of those that are in the state file, since it was last asked; with more the others are left out */
	unsigned ended_count;
	bool     held;          /* there are pidfds that the warden does not keep */
	bool     ended_dropped; /* the warden keeps some that have ended */
};

/* The borrowed parts are set.  0 or -ENOMEM; life_fini in any case. */
int  life_init(struct life *l);
/* Ends every watch without a record. */
void life_fini(struct life *l);

/* ---- events of a process; life_settle(l, p) is to follow */

/* EVENT_FORK of p by the watched parent: p is a copy until it executes something. */
void life_forked(struct life *l, struct process *p, const struct process *parent, const struct event *e);
/* EVENT_FORK with another tid: a thread of p started. */
void life_thread_started(struct life *l, struct process *p, const struct event *e);
/* EVENT_EXIT: a thread ended.  True if it was the last: p is over, and p->wait_status is that of the whole. */
bool life_thread_ended(struct life *l, struct process *p, const struct event *e);
/* EVENT_EXEC: p executed something. */
void life_exec(struct life *l, struct process *p, const struct event *e);
/* EVENT_EXEC_FAILED: something could not be executed.  p, which tried, may be NULL. */
void life_exec_failed(struct life *l, struct process *p, const struct event *e);
/* EVENT_EXEC of a pid that is another's already: a program that ended before it could be looked at. */
void life_exec_gone(struct life *l, const struct event *e);
/* EVENT_SIGNAL to the watched p.  ambiguous: it may have been for another holder of the pid. */
void life_signal(struct life *l, struct process *p, const struct event *e, bool ambiguous);
/* The same to the unwatched p, which may be found to be a target's: it is just executing the program, or audit is yet to tell which.  Kept as far as there is room. */
void life_signal_early(struct life *l, struct process *p, const struct event *e);
/* A witness of the end of the watched p, or of its cause: EVENT_EXIT, ENDED, EXITING, ABEND, OOM, FAULT. */
void life_death(struct life *l, struct process *p, const struct event *e);
/* EVENT_DELIVERED: a thread of the watched p took a signal. */
void life_delivered(struct life *l, struct process *p, const struct event *e);
/* EVENT_CLEARED: the watched p fetched a signal. */
void life_cleared(struct life *l, struct process *p, const struct event *e);
/* EVENT_USED: a thread of the watched p ended. */
void life_used(struct life *l, struct process *p, const struct event *e);
/* The same of the unwatched p, which may be found to be a target's. */
void life_used_early(struct life *l, struct process *p, const struct event *e);
/* p is watched, or may be found to be, and not all of its threads have told what they used. */
bool life_awaits_used(const struct life *l, const struct process *p);
/*
 * EVENT_GONE: p is not there any more, seen by its absence or by another holder
 * of its pid; it ended at `at` or earlier.  False if its pidfd knows better.
 */
bool life_gone(struct life *l, struct process *p, unsigned source, uint64_t at);
/* EVENT_FORK of a look at /proc: p was not known.  e->subject is set. */
void life_found_new(struct life *l, struct process *p, const struct event *e);
/* EVENT_FOUND: a look shows p, which is watched silently if a target matches.  e->subject is set. */
void life_found(struct life *l, struct process *p, const struct event *e);
/* The unwatched p has another comm or other ids, as s shows; s NULL: it is looked at now. */
void life_changed(struct life *l, struct process *p, struct subject *s);
/* Forks, ends and changes were missed: nothing is sure of threads and ids until /proc is read. */
void life_missed(struct life *l);

/* ---- what is due */

/* After each event of p: adopts an end that is known, writes the exit record if nobody can tell more, or sets when it is due. */
void life_settle(struct life *l, struct process *p);
/* When life_run_due has something to do, ns CLOCK_BOOTTIME; 0 = nothing. */
uint64_t life_next_due(struct life *l);
void     life_run_due(struct life *l);
/* Pidfds of watched processes are readable: takes the ends in, and settles them. */
void     life_pidfds(struct life *l);
/* Writes every record that still waits, then what could not be known. */
void     life_flush(struct life *l);
/* Tells what could not be known and is not told yet (unread programs, processes not taken in): at most once a minute, or now. */
void     life_tell_gaps(struct life *l, bool now);
/* Tells what is to be told of whole targets, alerts.c; when it is to be called again at the latest, ns CLOCK_BOOTTIME; 0 = no time is set. */
uint64_t life_alerts(struct life *l);
uint64_t life_gaps_due(const struct life *l); /* when there is something to tell, ns CLOCK_BOOTTIME; 0 = nothing */

/* ---- records */

/* A record about the watched p, for its target. */
void life_record(struct life *l, const struct process *p, struct event *e);
/* Writes the record of the signal that the watched p, which has ended, took as its last, if it is known and wanted. */
void life_tell_fatal(struct life *l, struct process *p);
/* Writes the signal records that are due by then. */
void life_tell_signals(struct life *l, struct process *p, uint64_t until);
/* Writes what waits of the watched p, its exit record if its end was seen, and ends the watch. */
void life_close(struct life *l, struct process *p);

#endif

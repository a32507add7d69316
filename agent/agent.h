/* agent.h - the agent's state, and the way of an event through it */
#ifndef EPITAPH_AGENT_H
#define EPITAPH_AGENT_H

#include "agent/pending_execs.h"
#include "agent/clock.h"
#include "agent/coverage.h"
#include "agent/deadline.h"
#include "agent/event.h"
#include "agent/seen_pids.h"
#include "agent/process.h"
#include "agent/recent_args.h"
#include "agent/signals.h"
#include "agent/sink.h"
#include "agent/state.h"
#include "agent/target.h"
#include "backends/backend.h"
#include "backends/pidfd.h"
#include "config/config.h"

/*
 * Two execs of one image within this time are one start: what /proc shows at
 * the first event can already be the next image (env, nohup, sh -c exec).
 */
#define SAME_EXEC (20 * NSEC_PER_MSEC)

/* scan.c, poll.c: what reading /proc keeps between two looks. */
struct scan {
	uint64_t read_at;     /* when /proc was last read whole; 0 = never */
	uint64_t ends;        /* ends of watched processes when poll.c last looked */
	bool     again;       /* poll.c is to list all once more, whatever forks */
	bool     polled;      /* poll.c has looked since polling began: forks are counted from there */
	uint64_t unseen, unseen_told_at; /* forks whose process was never met, not yet told */
	uint64_t met_early;   /* processes met whose fork is in no count yet */
	struct seen_pids seen_pids;
};

/*
 * backend -> agent_event (intake.c: who is this pid)
 *         -> exec.c, signals.c, death.c (join what several witnesses tell)
 *         -> verdict.c (cause, confidence, reason)
 *         -> report.c (target, rate, severity) -> sinks
 */
struct agent {
	struct config        *config;
	struct clock          clock;
	struct process_table  table;
	struct deadlines      deadlines;
	struct target_state  *targets;  /* config->targets_count */
	struct sink          *sinks;    /* config->outputs_count */
	struct pidfd_set      pidfds;

	struct coverage coverage;
	void   (*catch_up)(struct agent *a); /* reads what cn_proc has queued; NULL without a loop */
	void    *loop;         /* whose agent it is, for catch_up */
	uint64_t unread;       /* execs that ended before /proc could be read, since last told */
	uint64_t refused_told, gaps_told_at;
	uint64_t rates_due;    /* report_rates: when the second is over in which a target's rate dropped something; 0 = none did */
	uint64_t started_at;
	struct scan scan;
	uint64_t ends;         /* of watched processes, counted */
	uint64_t changes;      /* of what is watched, for the state file */
	struct state state;
	struct recent_args recent_args;
	struct pending_execs pending_execs;
};

/* Everything but backends and loop.  Takes config over.  0 or -errno, *failed is the output that could not be opened, or NULL. */
int  agent_init(struct agent *a, struct config *c, const struct output_config **failed);
void agent_fini(struct agent *a);
/*
 * reconfigure.c: takes a checked configuration over; the old one is freed.
 * max_processes, state_dir and transport stay what they were at the start: 1
 * if c has others.  0, or -errno with the old one still in place, c not freed
 * and *failed the output at fault.
 */
int  agent_reload(struct agent *a, struct config *c, const struct output_config **failed);
/* Writes every record that still waits for something: before the end, and before a reload. */
void agent_flush(struct agent *a);

/* The emit callback of all backends; ctx is the agent. */
void agent_event(void *agent, const struct event *e);
/* When agent_run_due has something to do, ns CLOCK_BOOTTIME; 0 = nothing. */
uint64_t agent_next_due(struct agent *a);
void     agent_run_due(struct agent *a);

/* Events of forks, threads and exits were missed: /proc is to be read again. */
void agent_missed_events(struct agent *a);

/* scan.c: reads /proc whole; quiet at start, else tells what it proves. */
int  agent_scan(struct agent *a, bool quiet);
/* What the process now is, against what the table thinks; tells the difference unless quiet. */
void scan_process(struct agent *a, pid_t pid, bool quiet);
/* Those that no scan_process or mark of a->scan saw since `begun`, though older, are gone. */
void scan_sweep(struct agent *a, uint64_t begun);
/* poll.c: the proc backend looked; e->count is the number of forks since, if it has one. */
void agent_poll(struct agent *a, const struct event *e);
/* A pidfile names pid now. */
void scan_pidfile(struct agent *a, pid_t pid);
/* Tells how many processes polling did not meet: at most once a minute, or now. */
void agent_tell_unseen(struct agent *a, bool now);
/* Tells what could not be known and is not told yet: unread execs, processes not taken in. */
void agent_tell_gaps(struct agent *a, bool now); /* now: even if it was told lately */
uint64_t agent_gaps_due(const struct agent *a);  /* when there is something to tell, ns CLOCK_BOOTTIME; 0 = nothing */
/* settle.c */
/* After each event of p, or a change of it: adopts an end that is known, writes the exit record if nobody can tell more, or sets when it is due. */
void life_settle(struct agent *a, struct process *p);
uint64_t life_next_due(struct agent *a);
void life_run_due(struct agent *a);
/* Writes every record that still waits. */
void life_flush(struct agent *a);
/* Audit has delivered the call by which it ended, or a record newer than its end. */
bool life_audit_caught_up(const struct agent *a, const struct death *d);
/* Audit has not, and its last record was older than it should be when it came. */
bool life_audit_lagging(const struct agent *a, const struct death *d);

/* exec.c */
/* p executed something: EVENT_EXEC. */
void exec_event(struct agent *a, struct process *p, const struct event *e);
/* Something could not be executed: EVENT_EXEC_FAILED.  p, which tried, may be NULL. */
void exec_failed(struct agent *a, struct process *p, const struct event *e);
/* Its pid is another's already: a program that ended before it could be looked at. */
void exec_of_one_gone(struct agent *a, const struct event *e);
void exec_run_due(struct agent *a, uint64_t until); /* those that waited long enough by then */

/* thread.c */
/* A thread of p started: EVENT_FORK with another tid. */
void thread_started(struct agent *a, struct process *p, const struct event *e);
/* One ended: EVENT_EXIT.  True if it was the last: p is over, and p->wait_status is that of the whole. */
bool thread_ended(struct agent *a, struct process *p, const struct event *e);

/* exec_record.c: one record of what several backends witness. */
/* p is a process of the target from this exec on. */
void exec_begin(struct agent *a, struct process *p, const struct event *e, struct subject *s, unsigned target);
/* True if the event only confirms an exec that is known. */
bool exec_joins(struct agent *a, struct process *p, const struct event *e, struct subject *s);
/* True if it is cn_proc's word on an exec of audit's: all that needs is the exact time. */
bool exec_confirms(struct agent *a, struct process *p, const struct event *e);
/* The program before is told as it was, though one witness is still to come. */
void exec_tell_before(struct agent *a, struct process *p);
void exec_flush(struct agent *a, struct process *p);
/* There will be a record of what p executes, with its facts. */
bool exec_facts_will_come(const struct agent *a, const struct process *p);

/* found.c: what a look at /proc tells; e->subject is set */
/* EVENT_FORK of a look: p was not known. */
void found_new(struct agent *a, struct process *p, const struct event *e);
/* EVENT_FOUND: p is there, and is watched silently if a target matches. */
void found_again(struct agent *a, struct process *p, const struct event *e);
/* The unwatched p has another comm or other ids, as s shows; NULL: it is looked at now. */
void found_changed(struct agent *a, struct process *p, struct subject *s);

/* watch.c */
/* p is in that stage now; only here is it changed. */
void watch_enter(struct process *p, enum stage stage);
/* Holds p by a pidfd from now on. */
void watch_hold(struct agent *a, struct process *p);
/* p is watched from now on: holds it by pidfd and reads its threads. */
void watch_begin(struct agent *a, struct process *p, unsigned target, struct details *details);

/* A copy of a watched process is watched too, until it executes something else. */
void watch_copy(struct agent *a, const struct event *fork, struct process *p, const struct process *parent);
/* Watches what p forked since it executed the program that it is known to be, while that was not known. */
void watch_copies(struct agent *a, struct process *p, uint64_t since);

/* Threads of p as /proc has them now. */
void watch_read_tids(struct agent *a, struct process *p);
/* What a look in the midst of an exec could not tell of a watched process, comm and arguments, as s shows them; and read for it now. */
void watch_complete(struct process *p, struct subject *s);
void watch_read_rest(struct agent *a, struct process *p);

/* The end of the watch, without a record. */
void watch_end(struct agent *a, struct process *p);

/* death.c: evidence is taken in; life_settle() says what follows */
/* A witness of the end of the watched p, or of its cause: EVENT_EXIT, ENDED, EXITING, ABEND, OOM, FAULT. */
void death_event(struct agent *a, struct process *p, const struct event *e);
/* p, watched only now, has ended already. */
void death_adopt(struct agent *a, struct process *p);
/*
 * p is not there any more: seen by its absence, or by another holder of its
 * pid; it ended at `at` or earlier.  False if its pidfd knows better.
 */
bool death_vanished(struct agent *a, struct process *p, unsigned source, uint64_t at);
/* Is what /proc shows of the zombie the status of the watched p? */
bool death_zombie_tells(const struct process *p, const struct procfs_stat *stat);
/* exit_record.c: writes the exit record and ends the watch. */
void exit_record(struct agent *a, struct process *p);
void death_pidfds(struct agent *a); /* the pidfd set is readable */

/* signal.c */
/* A signal to the watched p: EVENT_SIGNAL.  ambiguous: it may have been for another holder of the pid. */
void signal_event(struct agent *a, struct process *p, const struct event *e, bool ambiguous);
void signal_flush(struct agent *a, struct process *p, uint64_t until);

/* report.c */
void report(struct agent *a, const struct process *p, struct event *e); /* for p's target */
void report_for(struct agent *a, unsigned target, struct event *e); /* e->process is complete */
void report_lost(struct agent *a, unsigned source, uint64_t count, const char *reason); /* count 0 = not known */
void report_unwritten(struct agent *a, const char *output, uint64_t count, const char *reason); /* by an output that is closed */
void report_rates(struct agent *a); /* tells what the targets' rates dropped, if anything */
void report_agent(struct agent *a, enum agent_state state, const char *reason); /* reason may be NULL */
/* Facts of a watched process for a record. */
void process_facts(const struct process *p, struct facts *f);

#endif

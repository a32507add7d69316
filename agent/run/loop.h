/* loop.h - the event loop: backends, deadlines, outputs and signals */
#ifndef EPITAPH_LOOP_H
#define EPITAPH_LOOP_H

#include <ev.h>

#include "agent/agent.h"
#include "agent/run/control.h"
#include "agent/run/slot.h"
#include "agent/run/state.h"

struct sink_watch {
	ev_io    writable;
	unsigned index;
};

struct loop {
	struct agent   *agent;
	struct ev_loop *ev;
	struct slot     slots[SLOTS_MAX];
	ev_io           readable[SLOTS_MAX];
	ev_timer        polls[SLOTS_MAX];
	int             slots_count;
	ev_io           pidfds;
	ev_timer        due;       /* the earliest of what waits; stopped when nothing does */
	ev_timer        heartbeat;
	ev_signal       hup, term, interrupt;
	ev_prepare      turn;      /* the end of each turn, before it sleeps */
	struct sink_watch *sinks;
	ev_stat        *pidfiles;
	struct state    state;     /* of the state file */
	struct control  control;
	bool            realtime;     /* at raised priority */
	uint64_t        priority_given_back_at; /* 0 = it was not */
	bool            backlog;   /* cn_proc had more queued than its budget let it read */
	bool            busy;      /* this turn read events */
	bool            more;      /* and one backend has more queued */
	int             error;
};

/*
 * gap: why nothing was seen since an agent before this one, for a person; NULL:
 * there was none.  Opens the backends, takes in what is running, and runs until SIGTERM or
 * SIGINT.  0 when it was told to stop, -errno when it cannot go on (already
 * logged).
 */
int loop_run(struct agent *a, const char *gap);

/* loop_backends.c: slots and their watchers */
void loop_init_backends(struct loop *l);
/* Opens what can be opened.  False if nothing tells of execs, signals or exits. */
bool loop_open_backends(struct loop *l);
void loop_watch_backends(struct loop *l);
/*
 * After a turn that read events: waits a little, so that what comes together
 * is read together, but no longer than until a watched process ends or something
 * is due (ns CLOCK_BOOTTIME, 0 = nothing is).  What cannot wait is read meanwhile;
 * true if there was such.  A busy machine wakes the agent once for many events.
 */
bool loop_rest(struct loop *l, uint64_t due);
/*
 * Reads what tells of signals, of what processes used, and of OOM kills, as far as all until then (ns CLOCK_BOOTTIME) has not been told,
 * before a deadline is acted upon: it may have been told while the agent could not run.
 */
void loop_read_evidence(struct loop *l, uint64_t until);
void loop_retry_backends(struct loop *l); /* those whose time has come */
/* Backends that the new configuration names are opened, others closed. */
void loop_reload_backends(struct loop *l);
/* Why not all that is configured can be seen; empty if it can. */
void loop_limits(const struct loop *l, char *buf, size_t size);

/* Watchers of outputs and pidfiles, which a reload replaces.  Out of memory stops the loop. */
void loop_watch_outputs(struct loop *l);
void loop_unwatch_outputs(struct loop *l);

/* reload.c: SIGHUP */
void loop_reload(struct loop *l);
/* Reads what tells of forks and execs has queued, before something that comes after it is decided. */
bool loop_catch_up(struct loop *l); /* true if there was something */

#endif

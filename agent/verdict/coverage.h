/* coverage.h - what can be seen now, since when without a gap, and what may be hidden: asked by the question, never by a backend's name */
#ifndef EPITAPH_COVERAGE_H
#define EPITAPH_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/event.h"
#include "agent/base/sight.h"

struct process_table;

struct coverage {
	unsigned open;           /* enum source: what is open, for the agent's own records */
	unsigned sees;           /* enum sees: of all that is open together */
	unsigned signal_sources; /* enum source: those of them that see signals and their senders */
	unsigned every_signal_sources; /* enum source: those of these that see every signal, exactly */
	unsigned exec_path_sources; /* enum source: those that see the path of every exec */
	unsigned fork_sources;   /* enum source: those that see every fork */
	unsigned used_sources;   /* enum source: those that see what processes use */
	struct {
		unsigned sees;           /* of one that sees signals, execs with their facts, or what processes use */
		const struct sight *sight; /* kept by the backend, which may change it at any time */
	} sights[SOURCES];
	unsigned sights_count;
	bool     recorded;       /* a recorded log is read: it tells what it has, and nothing can be looked up */
	bool     missed;         /* forks and ends were missed, and /proc has not been read whole since */
	bool     faults_logged;  /* the kernel log is read, and the kernel writes unhandled faults into it */
	bool     one_cpu;        /* the machine has one processor */
	uint64_t signals_since;  /* ns CLOCK_BOOTTIME: signals are seen without a gap since then */
	uint64_t every_signal_since; /* the same of every signal, exactly: while a source of these is open */
	uint64_t used_since;     /* the same of what processes use */
	uint64_t newest_stamp;   /* the latest time of which a source of signals that tells late has told */
	uint64_t heard_at;       /* when such a source last told anything */
};

/* Nothing is open. */
void coverage_init(struct coverage *c);
/* Forgets what is open, before coverage_add of each that is; times stay. */
void coverage_clear(struct coverage *c);
/* A backend is open; its sight is read whenever a question is asked, until coverage_clear. */
void coverage_add(struct coverage *c, enum source source, unsigned sees, const struct sight *sight);
/* After the last coverage_add: had = c->sees before.  Signals seen from now on have no gap since now. */
void coverage_changed(struct coverage *c, unsigned had, uint64_t now);

/* An event came in: how far a source of signals has got. */
void coverage_heard(struct coverage *c, const struct event *e, uint64_t now);
/* A loss came in.  True if forks and ends may be among what was lost. */
bool coverage_lost(struct coverage *c, const struct event *e);

/* Every fork, exec and end is told as it happens: /proc need not be polled for them. */
bool coverage_tells_forks(const struct coverage *c);
/* Each end is told as it happens, with the kernel's own time and wait status. */
bool coverage_tells_ends(const struct coverage *c);
/* Somebody tells the status, or exit code, of ends: at once or later. */
bool coverage_tells_status(const struct coverage *c);
/* Each exec is told as it happens, with the kernel's own time. */
bool coverage_tells_exact_execs(const struct coverage *c);
/* Who tells each exec as it happens with the path that was executed; 0: nobody. */
unsigned coverage_exec_path_sources(const struct coverage *c);
/* Execs are told with what is executed: program, arguments, login. */
bool coverage_tells_exec_facts(const struct coverage *c);
/* Every exec of a process born at that time will be told with these facts. */
bool coverage_will_tell_exec_facts(const struct coverage *c, uint64_t born);
/* Who begins to trace a process is told. */
bool coverage_tells_tracers(const struct coverage *c);
bool coverage_tells_signals(const struct coverage *c);
/* Each signal is told exactly, with who made it: what was told until then is known, and nobody need be waited for. */
bool coverage_tells_every_signal(const struct coverage *c);
/* Each end is told exactly, and each signal before it: there is no need of audit's word of exits. */
bool coverage_tells_exit_and_signals(const struct coverage *c);
/* Each signal between these times has been told exactly, and none is missing. */
bool coverage_told_every_signal(const struct coverage *c, uint64_t from, uint64_t until);
/* What each thread had used that ended since then is told, as far as its end was read. */
bool coverage_tells_used(const struct coverage *c);
/* What each thread had used that ended before that time has been told, if it is told at all. */
bool coverage_told_used(const struct coverage *c, uint64_t until);
/* A source that knows more of senders than their pid is open, and tells late. */
bool coverage_tells_senders_late(const struct coverage *c);
/* OOM kills and faults are told. */
bool coverage_tells_causes(const struct coverage *c);
/* Those of before that time have been told. */
bool coverage_told_causes(const struct coverage *c, uint64_t until);
/* Who is to be named for execs of which /proc could not be read in time. */
enum source coverage_looked_by(const struct coverage *c);

/* Why no signal is seen at all, for a verdict's reason; "" if signals are seen. */
const char *coverage_no_signal_source(const struct coverage *c);
/* Why some signals leave no record now although their source is open, for a verdict's reason; NULL: none is hidden. */
const char *coverage_signals_hidden_by(const struct coverage *c);
/* Live processes whose signals may leave no record; false if that is not known. */
bool coverage_unaudited(const struct coverage *c, const struct process_table *t, uint64_t *count);

/* Has a source of signals that tells late told of something later than `at`? */
bool coverage_told_later(const struct coverage *c, uint64_t at);
/*
 * Do its events come late: the last one came within `recent` ns before now, and
 * was then more than `tolerance` ns old?  Then more of that age may be queued.
 */
bool coverage_lags(const struct coverage *c, uint64_t now, uint64_t recent, uint64_t tolerance);

#endif

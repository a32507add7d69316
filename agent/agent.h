/*
 * agent.h - the parts of the agent, wired together.
 *
 * Every event of every source comes in at agent_event(), finds its process
 * once (intake.c), and goes down from there: life/ takes it in and decides what
 * is due, verdict/ says what it proves, output/ writes the record.
 */
#ifndef EPITAPH_AGENT_H
#define EPITAPH_AGENT_H

#include "agent/base/clock.h"
#include "agent/base/event.h"
#include "agent/life/life.h"
#include "agent/output/output.h"
#include "agent/process/process.h"
#include "agent/scan/scan.h"
#include "agent/verdict/coverage.h"
#include "backends/pidfd.h"
#include "config/config.h"

struct agent {
	struct config       *config;
	struct clock         clock;
	uint64_t             started;  /* ns CLOCK_BOOTTIME */
	struct process_table table;    /* who is, or just was, behind a pid */
	struct pidfd_set     pidfds;   /* of the watched ones */
	struct coverage      coverage; /* what can be seen now */
	struct output        output;
	struct life          life;     /* of watched processes */
	struct scan          scan;     /* of /proc */
};

/*
 * Everything but backends and loop.  *a is zeroed by the caller, best by
 * calloc: of its tables only what is used is touched.  Takes config over, also when it fails; a
 * must stay where it is.  0 or -errno, and *failed is the output that could not
 * be opened, or NULL; agent_fini in any case.
 */
int  agent_init(struct agent *a, struct config *c, const struct output_config **failed);
void agent_fini(struct agent *a);

/* The emit callback of all sources; agent is a struct agent. */
void agent_event(void *agent, const struct event *e);
/* When agent_run_due has something to do, ns CLOCK_BOOTTIME; 0 = nothing. */
uint64_t agent_next_due(struct agent *a);
void     agent_run_due(struct agent *a);
/* Writes every record that still waits for something: before the end, and before a reload. */
void agent_flush(struct agent *a);

/* Writes a record about the agent itself; reason may be NULL. */
void agent_report(struct agent *a, enum agent_state state, const char *reason);

#endif

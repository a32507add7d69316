/*
 * output.h - records on their way to the outputs of their target, and the
 * outputs themselves.
 *
 * Owns the sinks: what is written is formatted, queued and written there.
 */
#ifndef EPITAPH_OUTPUT_H
#define EPITAPH_OUTPUT_H

#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/base/event.h"
#include "agent/output/budget.h"
#include "agent/output/losses.h"
#include "agent/output/sink.h"
#include "config/config.h"

/* Records of a target in the present second. */
struct rate {
	uint64_t second;  /* by CLOCK_BOOTTIME */
	unsigned used, tries; /* tries: of signals that failed, or may not have been for the process; anybody can make these */
	uint64_t dropped; /* records not written, not yet told */
};

struct output {
	const struct config *config; /* borrowed */
	struct clock *clock;         /* borrowed */
	struct sink  *sinks;         /* config->outputs_count */
	struct rate  *rates;         /* config->targets_count */
	uint64_t      rates_due;     /* when the second is over in which a target's rate dropped something; 0 = none did */
	struct budget budget;        /* of users */
	struct losses losses;        /* told less than a second ago */
	uint64_t      told[EVENT_RECORDS];  /* records, by event */
	uint64_t      lost[SOURCES + 1];    /* what was not seen, by source; the last: of the agent's limits */
};

/*
 * A record for that target; e->process is complete.  Charged for the record is
 * who sent the signal that it is of, else who started the process, or who the
 * process is now if root did.  starter: who started it, USER_UNKNOWN, or 0 where
 * only who it is now matters.
 */
void output_record(struct output *o, unsigned target, struct event *e, uid_t starter);
/* EVENT_FLAPPING, CALM, ABSENT or PRESENT of the target: no limit holds it back. */
void output_alert(struct output *o, unsigned target, struct event *e);
/* Something was not seen: for all outputs.  source 0 = a limit of the agent; count 0 = not known.  What repeats within a second is summed up. */
void output_lost(struct output *o, unsigned source, uint64_t count, const char *reason);
/* A record about the agent: for all outputs. */
void output_agent(struct output *o, struct event *e);
/* When output_run_due has something to do, ns CLOCK_BOOTTIME; 0 = nothing. */
uint64_t output_due(const struct output *o);
void     output_run_due(struct output *o); /* tells what rates, budgets and losses have summed up, when its time is over */
void     output_flush(struct output *o);   /* tells all of that, then writes what is gathered */

/* ---- outputs.c */

/* 0 or -errno, and then nothing stays open and *failed is the one at fault, or NULL. */
int  output_open(struct output *o, struct config *c, struct clock *clock, const struct output_config **failed);
void output_close(struct output *o); /* safe after a failed open */
void output_reopen(struct output *o); /* SIGHUP, and the configuration stays */
/*
 * A reload in two steps.  output_prepare opens those of c's outputs that do not
 * go on from the running ones, into *next: 0 or -errno as output_open, and *o
 * is as before.  output_switch makes *next the outputs: what goes on keeps all
 * that it holds and counts, the others are closed.
 */
int  output_prepare(const struct output *o, struct config *c, struct output *next, const struct output_config **failed);
void output_switch(struct output *o, struct output *next);

#endif

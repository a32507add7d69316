/* tracepoint_processor.h - the tracepoints of one processor: opened, filtered, their ring and the bell that wakes for it */
#ifndef EPITAPH_TRACEPOINT_PROCESSOR_H
#define EPITAPH_TRACEPOINT_PROCESSOR_H

#include <stdbool.h>

#include "backends/perf_ring.h"
#include "backends/tracepoint_filter.h"
#include "backends/tracepoint_format.h"

struct processor {
	int  events[TRACEPOINTS]; /* -1: not open.  All write into one ring, which is that of the first */
	struct perf_ring ring;
	/*
	 * The ring wakes only when it is a quarter full, since each wakeup costs the
	 * process that sends a signal more than the sample.  The bell wakes at the
	 * first signal, once, and is then disabled until it is rung off.
	 */
	int  bell;
	struct perf_ring rung;
	/* Wakes for each exec whose path may be a target's program: /proc soon no longer shows what it executed. */
	int  urgent;
	struct perf_ring urged;
	struct perf_record next; /* of the ring */
	bool has_next;
};

void processor_init(struct processor *p);
/* What all processors are opened with. */
struct processor_plan {
	size_t ring;                                  /* bytes */
	char   signals[FILTER_MAX], paths[FILTER_MAX]; /* what the kernel is asked to pass of signals, and of execs to `urgent` */
	char   delivered[FILTER_MAX];                 /* the same of signals that were delivered; "": none is wanted */
	int    epoll;                                 /* readable: there is something in a ring */
	int    urgent;                                /* epoll descriptor: that cannot wait */
};

/* Asks for the events that this kernel has and the configuration wants, and maps their rings.  -ENODEV: it is offline.  -errno; then nothing stays open. */
int  processor_open(struct processor *p, int cpu, const struct processor_plan *plan);
void processor_close(struct processor *p);
/* What has rung is rung off, so that the next one rings again. */
void processor_ring_off(struct processor *p);

#endif

/* tracepoint_processor.h - the tracepoints of one processor: opened, filtered, their ring and the bell that wakes for it */
#ifndef EPITAPH_TRACEPOINT_PROCESSOR_H
#define EPITAPH_TRACEPOINT_PROCESSOR_H

#include <stdbool.h>

#include "backends/perf_ring.h"
#include "backends/tracepoint_format.h"
#include "config/config.h"

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
	struct perf_record next; /* of the ring */
	bool has_next;
};

void processor_init(struct processor *p);
/*
 * Opens all that `formats` has an id of, with a ring of config->ring bytes, and
 * adds what wakes to the epoll descriptor.  -ENODEV: it is offline.  -errno;
 * then nothing stays open.
 */
int  processor_open(struct processor *p, int cpu, const struct tracepoint_formats *formats, const struct config *c, int epoll);
void processor_close(struct processor *p);
/* If the bell rang it is rung off, so that the next signal rings again. */
void processor_ring_off(struct processor *p);

/* Signals that end nobody unless he asks for them (signal(7)), and that no target wants told: bit 0 is signal 1.  The kernel leaves them out. */
uint64_t tracepoint_unwanted_signals(const struct config *c);
/* Can a tracepoint of that id be opened here?  0 or -errno. */
int tracepoint_try(unsigned id);

#endif

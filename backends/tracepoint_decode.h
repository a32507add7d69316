/* tracepoint_decode.h - samples of the tracepoints into events */
#ifndef EPITAPH_TRACEPOINT_DECODE_H
#define EPITAPH_TRACEPOINT_DECODE_H

#include "agent/base/event.h"
#include "backends/perf_ring.h"
#include "backends/tracepoint_format.h"

#define EXITING 2048

struct tracepoint_decoder {
	struct tracepoint_formats formats;
	/*
	 * Threads whose exit was the last that was told of their tid, by tid modulo
	 * EXITING: a signal that such a thread still sends is no system call of its
	 * but the kernel's doing as the thread ends.  0: none.
	 */
	pid_t exiting[EXITING];
};

/* The record is a sample, and `at` is its time, ns CLOCK_BOOTTIME.  Samples must come in the order of their times. */
void tracepoint_decode(struct tracepoint_decoder *d, const struct perf_record *r, uint64_t at, event_emit emit, void *ctx);
/* Samples were lost: what was known of threads may not be so any more. */
void tracepoint_missed(struct tracepoint_decoder *d);

/*
 * Who made a signal: a process by a system call, or the kernel and why.
 * itself: the thread that is signalled was running.  irq: the kernel had
 * interrupted whoever ran.  exiting: the thread that ran was past its exit.
 * (kernel/signal.c, 5.10 to 6.18)
 */
enum origin signal_origin(int signo, int code, bool group, bool itself, bool irq, bool exiting);

#endif

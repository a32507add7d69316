/* tracepoint_events.h - the half of the tracepoint backend that needs rights: finding the tracepoints and opening them */
#ifndef EPITAPH_TRACEPOINT_EVENTS_H
#define EPITAPH_TRACEPOINT_EVENTS_H

#include "agent/base/rights.h"
#include "backends/backend.h"
#include "backends/tracepoint_format.h"

enum tracepoint_ask {
	TRACEPOINT_ASK_FORMATS,   /* struct tracepoint_formats */
	TRACEPOINT_ASK_PROCESSOR, /* arg: its number, arg2: bytes of its ring.  tracepoint_fds, of which `value` says which are there */
	TRACEPOINT_ASK_HOTPLUG    /* a descriptor: tracepoint_hotplug.h */
};

/* The descriptors of one processor, in the order in which an answer has them; bit N of its value: number N is there. */
enum { TRACEPOINT_BELL = TRACEPOINTS, TRACEPOINT_URGENT, TRACEPOINT_FDS };

/* What this kernel has.  0, or -errno with *why filled in; *why may also say what is missing. */
int  tracepoint_find(struct tracepoint_formats *f, struct reason *why);
/*
 * Opens the events of a processor, with the filters of that configuration: the
 * samples come as soon as the ring is mapped, but bell and urgent are disabled.
 * -1 in fds: not there, or not wanted.  -ENODEV: it is offline.  -errno, and then none is open.
 */
int  tracepoint_events_open(const struct tracepoint_formats *f, const struct config *c, int cpu, size_t ring, int fds[TRACEPOINT_FDS]);
/* Can a tracepoint of that id be opened here?  0 or -errno. */
int  tracepoint_try(unsigned id);
/* Says in *why what that error of opening one means; returns it. */
int  tracepoint_refused(struct reason *why, int error);

#endif

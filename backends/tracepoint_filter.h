/* tracepoint_filter.h - what the kernel is asked to leave out, made from the targets */
#ifndef EPITAPH_TRACEPOINT_FILTER_H
#define EPITAPH_TRACEPOINT_FILTER_H

#include "config/config.h"

#define FILTER_MAX 4096 /* the kernel takes up to 4,095 bytes: ftrace_profile_set_filter(), kernel/trace/trace_events_filter.c */

/*
 * Of signal_generate: all but the signals that end nobody unless he asks for
 * them (signal(7)), and that no target wants told.
 */
void filter_of_signals(const struct config *c, char filter[FILTER_MAX]);
/* Of signal_deliver: the signals of the targets that want it told; "" if none does. */
void filter_of_delivered(const struct config *c, char filter[FILTER_MAX]);
/*
 * Of sched_process_exec: paths of programs that may be a target's, by their
 * names.  "" if any path may be one, or the kernel cannot be told.
 */
void filter_of_paths(const struct config *c, char filter[FILTER_MAX]);

#endif

/* receiver.h - whom a signal or a line of the kernel log is about, where only a thread id is told */
#ifndef EPITAPH_RECEIVER_H
#define EPITAPH_RECEIVER_H

#include "agent/agent.h"

/* Of an exact source: the process whose thread had e->tid at that time; NULL if none is known. */
struct process *receiver_exact(const struct agent *a, const struct event *e);
/*
 * Of a line of the kernel log, which has thread ids and no time to tell two
 * holders apart by: the present holder is meant, or one whose record still
 * waits.  NULL if none is known, or two could be meant.
 */
struct process *receiver_in_log(const struct agent *a, const struct event *e);
#endif

/* kernel_made.h - signals that the kernel made: why, in words */
#ifndef EPITAPH_KERNEL_MADE_H
#define EPITAPH_KERNEL_MADE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/event.h"
#include "agent/verdict/signals.h"

/* Appends why the kernel sent it, as a sentence without its full stop. */
void kernel_made_reason(const struct seen_signal *s, char *buf, size_t size);
/* The same of the OOM killer's.  s: its signal, and who asked for memory; NULL if that is not known.  cgroup as struct death has it. */
void kernel_made_oom_reason(const struct seen_signal *s, const char *cgroup, char *buf, size_t size);
/* Is that reason inferred, rather than told by the signal itself? */
bool kernel_made_is_inferred(enum origin origin);
/* Can the kernel's signal go unseen although each other one is seen?  One from an interrupt of an idle processor can. */
bool kernel_made_is_timers(int signo);

#endif

/* death.h - what witnesses tell of an end, taken in as evidence */
#ifndef EPITAPH_DEATH_H
#define EPITAPH_DEATH_H

#include "agent/life/life.h"
#include "agent/verdict/evidence.h"
#include "backends/procfs.h"

/* p, watched only now, has ended already. */
void death_adopt(struct life *l, struct process *p);
/* The wait status of a process that is ending, from who knows it for certain. */
void death_status(struct death *d, int wait_status, unsigned source);
/* The pidfd of the watched p is readable. */
void death_pidfd_woke(struct life *l, struct process *p);
/* Is what /proc shows of the zombie the status of the watched p? */
bool death_zombie_tells(const struct process *p, const struct procfs_stat *stat);
/* p is known to have ended before this time, ns CLOCK_BOOTTIME: all signals until then are to be known. */
uint64_t death_bound(const struct watch *w);

#endif

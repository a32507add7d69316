/* priority.h - being scheduled in time to read what is soon gone */
#ifndef EPITAPH_PRIORITY_H
#define EPITAPH_PRIORITY_H

#include <stdint.h>

/*
 * A program that lives 100 us has a /proc for 100 us: at normal priority a
 * quarter of those on a machine with all cores busy cannot be read any more.
 * The lowest real-time priority, or a nice value where that is refused.  The
 * kernel takes the real-time priority back if the agent ever runs half a
 * second without sleeping (RLIMIT_RTTIME).  Children start at normal priority.
 */
void priority_raise(void);
/*
 * In a turn of the loop: asks for it again a minute after it was given back.
 * *given_back_at, 0 at first, is when that was noticed, ns CLOCK_BOOTTIME.
 * Nothing need wake the loop for it: who is not woken needs no priority.
 */
void priority_keep(uint64_t *given_back_at, uint64_t now);
/* Back to the normal one: audit keeps what /proc loses. */
void priority_lower(void);

#endif

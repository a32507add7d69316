/* priority.h - being scheduled in time to read what is soon gone */
#ifndef EPITAPH_PRIORITY_H
#define EPITAPH_PRIORITY_H

/*
 * A program that lives 100 us has a /proc for 100 us: at normal priority a
 * quarter of those on a machine with all cores busy cannot be read any more.
 * The lowest real-time priority, or a nice value where that is refused.  The
 * kernel takes the real-time priority back if the agent ever runs half a
 * second without sleeping (RLIMIT_RTTIME).  Children start at normal priority.
 */
void priority_raise(void);
/* Back to the normal one: audit keeps what /proc loses. */
void priority_lower(void);

#endif

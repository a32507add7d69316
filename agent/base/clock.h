/* clock.h - the kernel's clocks and what lies between them */
#ifndef EPITAPH_CLOCK_H
#define EPITAPH_CLOCK_H

#include <stdint.h>

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull

/*
 * Audit stamps a record with the coarse clock at the entry of the system call
 * (ktime_get_coarse_real_ts64, kernel/auditsc.c): the stamp is up to this much
 * earlier than what it stamps, and never later.  Two stamps that lie further
 * apart are in their true order.
 */
#define COARSE_CLOCK (20 * NSEC_PER_MSEC)

/*
 * Inside the agent every time is CLOCK_BOOTTIME in ns (CLOCK_MONOTONIC before
 * 2.6.39, which has no other): it goes on during suspend and no administrator
 * steps it.  Stamps of other clocks are converted on arrival, and back to the
 * wall clock when they are written.
 */
struct clock {
	uint64_t now;            /* CLOCK_BOOTTIME at the last refresh */
	int64_t  from_monotonic; /* ns to add to a CLOCK_MONOTONIC stamp */
	int64_t  to_wall;        /* ns to add for CLOCK_REALTIME */
};

void clock_refresh(struct clock *c);
/*
 * After a look at something, so that what was seen was not later than c->now:
 * a signal may come in between.  Never goes back, unlike a refresh of a clock
 * that a test has set.
 */
void clock_advance(struct clock *c);

static inline uint64_t clock_of_monotonic(const struct clock *c, uint64_t ns)
{
	return ns + (uint64_t)c->from_monotonic;
}

static inline uint64_t clock_of_wall(const struct clock *c, uint64_t ns)
{
	return ns - (uint64_t)c->to_wall;
}

#endif

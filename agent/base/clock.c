/* clock.c - reads the clocks */
#include "agent/base/clock.h"

#include <time.h>

static int read_clock(clockid_t id, uint64_t *ns)
{
	struct timespec t;

	if (clock_gettime(id, &t))
		return -1;
	*ns = (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
	return 0;
}

/* The agent may be made to wait between two readings: they count if they were taken within this time. */
#define AT_ONCE 20000

void clock_refresh(struct clock *c)
{
	uint64_t monotonic = 0, after = 0, wall = 0;

	for (int tries = 0; tries < 5; tries++) {
		read_clock(CLOCK_MONOTONIC, &monotonic);
		if (read_clock(CLOCK_BOOTTIME, &c->now)) /* EINVAL before 2.6.39 */
			c->now = monotonic;
		read_clock(CLOCK_REALTIME, &wall);
		read_clock(CLOCK_MONOTONIC, &after);
		if (after - monotonic < AT_ONCE)
			break;
	}
	/* Only suspend moves these two: else a later stamp could come out as an earlier time. */
	int64_t low = (int64_t)(c->now - after), high = (int64_t)(c->now - monotonic);
	if (!c->from_monotonic || c->from_monotonic < low || c->from_monotonic > high)
		c->from_monotonic = high;
	/* The offset is known to lie between these two; it moves no further than it must, so that stamps of one clock keep their order. */
	high = (int64_t)(wall - c->now);
	low = high - (int64_t)(after - monotonic);
	if (!c->to_wall || c->to_wall > high)
		c->to_wall = high;
	else if (c->to_wall < low)
		c->to_wall = low;
}

void clock_advance(struct clock *c)
{
	uint64_t before = c->now;

	clock_refresh(c);
	if (c->now < before)
		c->now = before;
}

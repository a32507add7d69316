/* clock.c - reads the clocks */
#include "agent/clock.h"

#include <time.h>

static int read_clock(clockid_t id, uint64_t *ns)
{
	struct timespec t;

	if (clock_gettime(id, &t))
		return -1;
	*ns = (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
	return 0;
}

void clock_refresh(struct clock *c)
{
	uint64_t monotonic = 0, wall = 0;

	read_clock(CLOCK_MONOTONIC, &monotonic);
	if (read_clock(CLOCK_BOOTTIME, &c->now)) /* EINVAL before 2.6.39 */
		c->now = monotonic;
	read_clock(CLOCK_REALTIME, &wall);
	c->from_monotonic = (int64_t)(c->now - monotonic);
	c->to_wall = (int64_t)(wall - c->now);
}

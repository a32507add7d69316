/* gaps.c - what could not be known about processes, told at most once a minute */
#include "agent/agent.h"

#define GAPS_EVERY (60 * NSEC_PER_SEC)

uint64_t agent_gaps_due(const struct agent *a)
{
	bool gap = a->table.refused != a->refused_told || a->unread;

	return gap ? a->gaps_told_at ? a->gaps_told_at + GAPS_EVERY : a->clock.now : 0;
}

void agent_tell_gaps(struct agent *a, bool now)
{
	uint64_t refused = a->table.refused - a->refused_told, due = agent_gaps_due(a);

	if (!due || (!now && due > a->clock.now))
		return;
	a->gaps_told_at = a->clock.now;
	a->refused_told += refused;
	if (refused)
		report_lost(a, 0, refused, "max_processes is reached and all of them are watched: new processes are not seen");
	if (a->unread)
		report_lost(a, coverage_looked_by(&a->coverage), a->unread,
		            "programs ended before /proc could be read: a watched one among them is not told");
	a->unread = 0;
}

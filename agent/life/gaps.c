/* gaps.c - what could not be known about processes, told at most once a minute */
#include "agent/life/life.h"

#define GAPS_EVERY (60 * NSEC_PER_SEC)

uint64_t life_gaps_due(const struct life *l)
{
	bool gap = l->table->refused != l->refused_told || l->unread || l->over_share;

	return gap ? l->gaps_told_at ? l->gaps_told_at + GAPS_EVERY : l->clock->now : 0;
}

void life_tell_gaps(struct life *l, bool now)
{
	uint64_t refused = l->table->refused - l->refused_told, due = life_gaps_due(l);

	if (!due || (!now && due > l->clock->now))
		return;
	l->gaps_told_at = l->clock->now;
	l->refused_told += refused;
	if (refused)
		output_lost(l->output, 0, refused, "max_processes is reached and all of these are watched: new processes are not seen");
	if (l->over_share)
		output_lost(l->output, 0, l->over_share,
		            "one target, or one user, has half of max_processes: more of its processes are not watched");
	l->over_share = 0;
	if (l->unread)
		output_lost(l->output, coverage_looked_by(l->coverage), l->unread,
		            "programs ended before /proc could be read: if one of them was watched, its records are missing");
	l->unread = 0;
}

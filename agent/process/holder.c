#include "agent/process/holder.h"

#include <string.h>

#include "agent/base/clock.h"

/* The kernel's coarse clock lags at most so much where a virtual processor was held up. */
#define CLOCK_LAG NSEC_PER_SEC

struct process *holder_exact(const struct process_table *t, pid_t pid, uint64_t at)
{
	struct process *p = NULL;

	while ((p = process_next_holder(t, pid, p))) {
		bool end_is_bound = p->ended && (p->end_exact || !p->watch);

		if (p->born <= at && (!end_is_bound || at <= p->ended))
			return p;
	}
	p = process_live(t, pid);
	return p && (p->born <= at || p->born_unknown) ? p : NULL; /* who had the pid then may be forgotten */
}

bool holder_qualifies(const struct process *p, const struct event *e)
{
	return p->born <= e->at + COARSE_CLOCK && !(p->ended && p->ended < e->at);
}

/* The only one that ever had the pid, and was born so shortly after the stamp that the clock may have lagged. */
static struct process *only_holder(const struct process_table *t, const struct event *e)
{
	struct process *only = process_next_holder(t, e->process.pid, NULL);

	if (!only || t->recorded || only->born <= e->at || only->born > e->at + CLOCK_LAG)
		return NULL;
	return process_next_holder(t, e->process.pid, only) ? NULL : only;
}

static struct process *holder_coarse(const struct process_table *t, const struct event *e, bool *several)
{
	struct process *found = only_holder(t, e), *same_comm = NULL;
	unsigned count = 0, same = 0;
	bool has_comm = e->kind != EVENT_EXEC && (e->process.has & FACT_COMM); /* an exec has the new comm, which tells nothing of the holder */

	if (found)
		return found;
	for (struct process *p = NULL; (p = process_next_holder(t, e->process.pid, p));) {
		if (!holder_qualifies(p, e))
			continue;
		found = p;
		count++;
		if (has_comm && strncmp(p->comm, e->process.comm, COMM_SIZE - 1) == 0) {
			same_comm = p;
			same++;
		}
	}
	if (count > 1)
		found = same == 1 ? same_comm : NULL;
	*several = count > 1 && !found;
	return found;
}

/* The holder that has waited longest for a record of its exec; the stamp only rules out one that had ended before. */
static struct process *holder_pending(const struct process_table *t, const struct event *e)
{
	struct process *p = NULL, *found = NULL;
	bool before = false; /* another one had the pid at that time */

	while ((p = process_next_holder(t, e->process.pid, p))) {
		if (p->ended && p->ended < e->at)
			continue;
		if (p->pending_execs && p->born <= e->at + CLOCK_LAG && (!found || p->born < found->born))
			found = p;
		before |= p->born <= e->at;
	}
	return found && found->born > e->at + COARSE_CLOCK && before ? NULL : found;
}

struct process *holder_of(const struct process_table *t, const struct event *e, bool *several)
{
	struct process *p = NULL;

	*several = false;
	if (e->stamp != STAMP_COARSE)
		return holder_exact(t, e->process.pid, e->at);
	if (e->kind == EVENT_EXEC)
		p = holder_pending(t, e);
	return p ? p : holder_coarse(t, e, several);
}

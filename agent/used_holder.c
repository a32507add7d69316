#include "agent/used_holder.h"

#include "agent/process/holder.h"

/* Nobody wants its process now; if a target ever does, what this thread used is missing. */
static void a_thread_ended(struct agent *a, const struct event *e)
{
	struct process *p = NULL;

	while ((p = process_next_holder(&a->table, e->process.pid, p)))
		p->thread_ended |= !p->watch && !e->used->last;
}

/* Of two processes that had one pid after each other the records come in that order. */
struct process *used_holder(struct agent *a, const struct event *e)
{
	struct process *p = NULL, *found = NULL;

	while ((p = process_next_holder(&a->table, e->process.pid, p))) {
		bool older = e->tid != p->pid || p->born + e->used->elapsed_us * 1000 <= e->at + COARSE_CLOCK;

		if (older && life_awaits_used(&a->life, p) && (!found || p->born < found->born))
			found = p;
	}
	if (!found)
		a_thread_ended(a, e);
	return found;
}


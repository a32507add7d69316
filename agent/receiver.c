#include "agent/receiver.h"

#include <string.h>

#include "agent/life/watched.h"
#include "agent/process/holder.h"

/* The watched process whose thread, not its first, has or had that tid; NULL if none. */
static struct process *watched_by_thread(const struct agent *a, pid_t tid)
{
	struct process *p;

	TAILQ_FOREACH(p, &a->table.watches, order)
		if (watch_had_tid(p->watch, tid))
			return p;
	return NULL;
}

/* A tid is that of a process's first thread as a rule; a process that was born later has it after a thread that ended. */
struct process *receiver_exact(const struct agent *a, const struct event *e)
{
	struct process *p = holder_exact(&a->table, e->tid, e->at);

	return p ? p : watched_by_thread(a, e->tid);
}

struct process *receiver_in_log(const struct agent *a, const struct event *e)
{
	struct process *p = NULL, *found = NULL;
	bool known = false; /* a process has or had that id: it is no other's thread, or not for certain */

	while ((p = process_next_holder(&a->table, e->process.pid, p))) {
		bool same_comm = !(e->process.has & FACT_COMM) || strncmp(p->comm, e->process.comm, COMM_SIZE - 1) == 0;

		known = true;
		if (!p->watch || !same_comm)
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return known || e->kind != EVENT_FAULT ? found : watched_by_thread(a, e->tid);
}

#include "agent/life/watched.h"

#include <stdlib.h>

struct watch *watched_new(struct process_table *t, struct process *p)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->pidfd = -1;
	w->heap_index = NOT_PENDING;
	process_watch(t, p, w);
	return w;
}

void watched_free(struct process_table *t, struct process *p)
{
	struct watch *w = p->watch;

	process_unwatch(t, p);
	details_unref(w->details);
	signals_free(&w->signals);
	tids_clear(&w->threads.tids);
	free(w->death.oom_cgroup);
	free(w);
}

bool watch_add_tid(struct watch *w, pid_t tid)
{
	bool added = tids_add(&w->threads.tids, tid);

	w->threads.unsure |= !added;
	return added;
}

bool watch_has_tid(struct watch *w, pid_t tid)
{
	return tids_has(&w->threads.tids, tid);
}

bool watch_had_tid(struct watch *w, pid_t tid)
{
	return w->death.witnesses ? tids_had(&w->threads.tids, tid) : tids_has(&w->threads.tids, tid);
}

void watch_remove_tid(struct watch *w, pid_t tid)
{
	tids_end(&w->threads.tids, tid);
}

void watch_single_tid(struct watch *w)
{
	tids_clear(&w->threads.tids);
	w->threads.multithreaded = false;
	w->threads.unsure = false;
	w->fatal_at = 0; /* the other threads took it */
}

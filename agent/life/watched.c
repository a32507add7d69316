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
	free(w->threads.tids);
	free(w->death.oom_cgroup);
	free(w);
}

bool watch_add_tid(struct watch *w, pid_t tid)
{
	for (unsigned i = w->threads.count; i-- > 0;)
		if (w->threads.tids[i] == tid)
			return true;
	if (w->threads.count == w->threads.size) {
		unsigned size = w->threads.size ? 2 * w->threads.size : 8;
		pid_t *tids = realloc(w->threads.tids, size * sizeof(*tids));

		if (!tids) {
			w->threads.unsure = true;
			return false;
		}
		w->threads.tids = tids;
		w->threads.size = size;
	}
	w->threads.tids[w->threads.count++] = tid;
	w->threads.ended -= w->threads.ended > 0; /* it overwrote one */
	return true;
}

bool watch_has_tid(const struct watch *w, pid_t tid)
{
	for (unsigned i = 0; i < w->threads.count; i++)
		if (w->threads.tids[i] == tid)
			return true;
	return false;
}

bool watch_had_tid(const struct watch *w, pid_t tid)
{
	unsigned count = w->threads.count + (w->death.witnesses ? w->threads.ended : 0);

	for (unsigned i = 0; i < count; i++)
		if (w->threads.tids[i] == tid)
			return true;
	return false;
}

void watch_remove_tid(struct watch *w, pid_t tid)
{
	for (unsigned i = w->threads.count; i-- > 0;)
		if (w->threads.tids[i] == tid) {
			w->threads.tids[i] = w->threads.tids[--w->threads.count];
			w->threads.tids[w->threads.count] = tid;
			w->threads.ended++;
			return;
		}
}

void watch_single_tid(struct watch *w)
{
	w->threads.count = w->threads.ended = 0;
	w->threads.multithreaded = false;
	w->threads.unsure = false;
	w->fatal_at = 0; /* the other threads took it */
}

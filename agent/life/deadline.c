#include "agent/life/deadline.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/life/watched.h"

int deadlines_init(struct deadlines *d, uint32_t max)
{
	d->heap = calloc(max, sizeof(struct process *));
	d->count = 0;
	d->size = max;
	return d->heap ? 0 : -ENOMEM;
}

void deadlines_fini(struct deadlines *d)
{
	free(d->heap);
	d->heap = NULL;
}

static void place(struct deadlines *d, uint32_t at, struct process *p)
{
	d->heap[at] = p;
	p->watch->heap_index = at;
}

static uint32_t sift_up(struct deadlines *d, uint32_t at, struct process *p)
{
	while (at && d->heap[(at - 1) / 2]->watch->due > p->watch->due) {
		place(d, at, d->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(d, at, p);
	return at;
}

static void sift_down(struct deadlines *d, uint32_t at, struct process *p)
{
	for (uint32_t child; (child = 2 * at + 1) < d->count; at = child) {
		if (child + 1 < d->count && d->heap[child + 1]->watch->due < d->heap[child]->watch->due)
			child++;
		if (d->heap[child]->watch->due >= p->watch->due)
			break;
		place(d, at, d->heap[child]);
	}
	place(d, at, p);
}

void deadlines_set(struct deadlines *d, struct process *p, uint64_t due)
{
	uint32_t at = p->watch->heap_index;

	if (due == p->watch->due && (at != NOT_PENDING) == (due != 0))
		return;
	p->watch->due = due;
	if (due && at == NOT_PENDING) {
		/* size is the most processes there can be, so there is room */
		sift_up(d, d->count++, p);
	} else if (due) {
		sift_down(d, sift_up(d, at, p), p);
	} else if (at != NOT_PENDING) {
		struct process *last = d->heap[--d->count];

		p->watch->heap_index = NOT_PENDING;
		if (last != p)
			sift_down(d, sift_up(d, at, last), last);
	}
}

struct process *deadlines_first(const struct deadlines *d)
{
	return d->count ? d->heap[0] : NULL;
}

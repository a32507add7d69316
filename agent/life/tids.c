#include "agent/life/tids.h"

#include <stdlib.h>

#define SIZE_LEAST 16

/* Who can choose thread ids, by making threads until one fits, knows no addresses: so nobody can have them all in one place. */
static uint32_t hash(const struct tids *t, pid_t tid)
{
	uint32_t h = (uint32_t)tid ^ (uint32_t)((uintptr_t)t->slots >> 4);

	h = (h ^ h >> 16) * 0x7feb352du;
	h = (h ^ h >> 15) * 0x846ca68bu;
	return h ^ h >> 16;
}

/* Its slot, or the free one where it would be; NULL in a table without slots.  At least half of them are free. */
static pid_t *find(struct tids *t, pid_t tid)
{
	if (!t->size)
		return NULL;
	for (uint32_t at = hash(t, tid);; at++) {
		pid_t *slot = &t->slots[at & (t->size - 1)];

		t->looks++;
		if (!*slot || *slot == tid || *slot == -tid)
			return slot;
	}
}

/* A table with room for twice as many as live now; those that ended are forgotten. */
static bool rebuild(struct tids *t)
{
	struct tids next = {.size = SIZE_LEAST, .alive = t->alive, .looks = t->looks};

	while (next.size / 4 <= t->alive)
		next.size *= 2;
	next.slots = calloc(next.size, sizeof(*next.slots));
	if (!next.slots)
		return false;
	for (unsigned i = 0; i < t->size; i++)
		if (t->slots[i] > 0)
			*find(&next, t->slots[i]) = t->slots[i];
	free(t->slots);
	*t = next;
	return true;
}

bool tids_add(struct tids *t, pid_t tid)
{
	pid_t *slot = find(t, tid);

	if (slot && *slot == tid)
		return true;
	if (slot && *slot == -tid) {
		t->ended--;
	} else if (2 * (t->alive + t->ended + 1) > t->size) {
		if (!rebuild(t))
			return false;
		slot = find(t, tid);
	}
	*slot = tid;
	t->alive++;
	return true;
}

void tids_end(struct tids *t, pid_t tid)
{
	pid_t *slot = find(t, tid);

	if (!slot || *slot != tid)
		return;
	*slot = -tid;
	t->alive--;
	t->ended++;
}

bool tids_has(struct tids *t, pid_t tid)
{
	const pid_t *slot = find(t, tid);

	return slot && *slot == tid;
}

bool tids_had(struct tids *t, pid_t tid)
{
	const pid_t *slot = find(t, tid);

	return slot && *slot;
}

void tids_clear(struct tids *t)
{
	free(t->slots);
	*t = (struct tids){.looks = t->looks};
}

#include "agent/await.h"

#include <stddef.h>

bool await_add(struct await_queue *q, const struct awaited *one)
{
	if (q->count == AWAIT_MAX)
		return false;
	q->slots[(q->first + q->count++) % AWAIT_MAX] = *one;
	return true;
}

const struct awaited *await_first(struct await_queue *q)
{
	while (q->count) {
		if (q->slots[q->first].at)
			return &q->slots[q->first];
		q->first = (q->first + 1) % AWAIT_MAX;
		q->count--;
	}
	return NULL;
}

static struct awaited *find(struct await_queue *q, pid_t pid, uint64_t born)
{
	for (unsigned i = 0; i < q->count; i++) {
		struct awaited *one = &q->slots[(q->first + i) % AWAIT_MAX];

		if (one->pid == pid && one->born == born && one->at)
			return one;
	}
	return NULL;
}

uint64_t await_next(struct await_queue *q, pid_t pid, uint64_t born)
{
	const struct awaited *one = find(q, pid, born);

	return one ? one->at : 0;
}

uint64_t await_answer(struct await_queue *q, pid_t pid, uint64_t born)
{
	struct awaited *one = find(q, pid, born);
	uint64_t at = one ? one->at : 0;

	if (one)
		one->at = 0;
	return at;
}

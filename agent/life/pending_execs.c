#include "agent/life/pending_execs.h"

#include <stddef.h>

bool pending_execs_add(struct pending_execs *q, const struct pending_exec *one)
{
	if (q->count == PENDING_EXECS_MAX)
		return false;
	q->slots[(q->first + q->count++) % PENDING_EXECS_MAX] = *one;
	return true;
}

const struct pending_exec *pending_execs_first(struct pending_execs *q)
{
	while (q->count) {
		if (q->slots[q->first].at)
			return &q->slots[q->first];
		q->first = (q->first + 1) % PENDING_EXECS_MAX;
		q->count--;
	}
	return NULL;
}

static struct pending_exec *find(struct pending_execs *q, pid_t pid, uint64_t born)
{
	for (unsigned i = 0; i < q->count; i++) {
		struct pending_exec *one = &q->slots[(q->first + i) % PENDING_EXECS_MAX];

		if (one->pid == pid && one->born == born && one->at)
			return one;
	}
	return NULL;
}

uint64_t pending_execs_earliest(struct pending_execs *q, pid_t pid, uint64_t born)
{
	const struct pending_exec *one = find(q, pid, born);

	return one ? one->at : 0;
}

bool pending_execs_answer(struct pending_execs *q, pid_t pid, uint64_t born, struct pending_exec *one)
{
	struct pending_exec *found = find(q, pid, born);

	if (!found)
		return false;
	*one = *found;
	found->at = 0;
	return true;
}

#include "agent/life/early_used.h"

void early_used_put(struct early_used *q, pid_t pid, uint64_t born, const struct event *e)
{
	struct early_one *s = &q->slots[q->next++ % EARLY_USED];

	q->count += !s->pid;
	*s = (struct early_one){
		.pid = pid, .born = born, .tid = e->tid, .used = *e->used, .wait_status = e->wait_status, .has_status = e->has & HAS_STATUS,
	};
}

bool early_used_take(struct early_used *q, pid_t pid, uint64_t born, struct event *e)
{
	for (unsigned i = 0; q->count && i < EARLY_USED; i++) {
		struct early_one *s = &q->slots[(q->next + i) % EARLY_USED];

		if (s->pid != pid || s->born != born)
			continue;
		*e = (struct event){
			.kind = EVENT_USED, .has = HAS_TID | HAS_USED | (s->has_status ? HAS_STATUS : 0), .sources = SOURCE_TASKSTATS,
			.process = {.has = FACT_PID, .pid = pid}, .tid = s->tid, .used = &s->used, .wait_status = s->wait_status,
		};
		s->pid = 0;
		q->count--;
		return true;
	}
	return false;
}

bool early_used_has_last(const struct early_used *q, pid_t pid, uint64_t born)
{
	for (unsigned i = 0; q->count && i < EARLY_USED; i++)
		if (q->slots[i].pid == pid && q->slots[i].born == born && q->slots[i].used.last)
			return true;
	return false;
}

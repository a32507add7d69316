#include "agent/life/early_signals.h"

void early_signals_put(struct early_signals *q, pid_t pid, uint64_t born, const struct event *e)
{
	struct early_signal *s = &q->slots[q->next++ % EARLY_SIGNALS];

	q->count += !s->pid;
	*s = (struct early_signal){
		.pid = pid, .born = born, .at = e->at, .tid = e->tid, .sender_pid = e->sender.pid, .has_sender = e->sender.has & FACT_PID,
		.signo = e->signo, .si_code = e->si_code, .origin = e->origin, .result = e->result,
		.via = (e->has & HAS_VIA) ? e->via : NULL, .sources = e->sources,
	};
}

bool early_signals_take(struct early_signals *q, pid_t pid, uint64_t born, struct event *e)
{
	for (unsigned i = 0; q->count && i < EARLY_SIGNALS; i++) {
		struct early_signal *s = &q->slots[(q->next + i) % EARLY_SIGNALS];

		if (s->pid != pid || s->born != born)
			continue;
		*e = (struct event){
			.kind = EVENT_SIGNAL, .has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_RESULT | (s->via ? HAS_VIA : 0), .sources = s->sources,
			.at = s->at, .stamp = STAMP_EXACT, .process = {.has = FACT_PID, .pid = pid}, .tid = s->tid, .signo = s->signo,
			.si_code = s->si_code, .origin = s->origin, .result = s->result, .via = s->via,
			.sender = {.has = s->has_sender ? FACT_PID : 0, .pid = s->sender_pid},
		};
		s->pid = 0;
		q->count--;
		return true;
	}
	return false;
}

#include "agent/life/requests.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/facts.h"

struct request *requests_slot(struct requests *q, pid_t pid, uint64_t born, uint64_t at)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		if (q->slots[i].pid == pid && q->slots[i].born == born)
			return &q->slots[i];
	struct request *r = &q->slots[q->next++ % REQUESTS];
	*r = (struct request){.pid = pid, .born = born, .at = at};
	return r;
}

void requests_keep(struct request *r, const char *name, const struct facts *f)
{
	if (strcmp(r->name, name) != 0) /* it has executed another command */
		r->facts.has = 0;
	facts_fill(&r->facts, &(struct facts){.has = f->has & (FACT_PID | FACT_UID | FACT_AUID), .pid = f->pid, .uid = f->uid, .auid = f->auid});
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->comm, sizeof(r->comm), "%.*s", COMM_SIZE - 1, (f->has & FACT_COMM) ? f->comm : name);
	r->facts.comm = r->comm;
	r->facts.has |= FACT_COMM;
	if (!(f->has & FACT_ARGS))
		return;
	r->facts.has &= ~(unsigned)FACT_ARGS;
	if (f->args_len > REQUEST_ARGS)
		return;
	memcpy(r->args, f->args, f->args_len);
	r->facts.args = r->args;
	r->facts.args_len = f->args_len;
	r->facts.has |= FACT_ARGS;
}

/* life_init.c - the parts of the room, made and given back */
#include <errno.h>

#include "agent/life/life.h"
#include "agent/life/watch.h"

int life_init(struct life *l)
{
	l->targets = target_states_new(l->config);
	return l->targets ? deadlines_init(&l->deadlines, l->config->max_processes) : -ENOMEM;
}

void life_fini(struct life *l)
{
	struct process *p;

	while (l->table->pool && (p = TAILQ_FIRST(&l->table->watches)))
		watch_end(l, p);
	deadlines_fini(&l->deadlines);
	target_states_free(l->targets, l->config->targets_count);
	l->targets = NULL;
}

void life_missed(struct life *l)
{
	struct process *p;

	l->coverage->missed = true; /* until /proc is read, once what is still queued has been */
	TAILQ_FOREACH(p, &l->table->watches, order) {
		p->watch->threads.unsure = p->watch->threads.multithreaded = true;
		p->wait_status = p->status_known ? p->wait_status : 0; /* threads may have ended by an exec that was missed */
		p->has_uid = p->has_gid = false; /* a change of them may be among what was missed */
	}
	TAILQ_FOREACH(p, &l->table->live, order)
		p->has_uid = p->has_gid = false;
}

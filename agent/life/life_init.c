/* life_init.c - the parts of the room, made and given back */
#include <errno.h>

#include "agent/life/life.h"
#include "agent/life/watch.h"

int life_init(struct life *l)
{
	senders_init(&l->senders);
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

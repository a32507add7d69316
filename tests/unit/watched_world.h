/* watched_world.h - the end of a table whose watched processes no struct life owns */
#ifndef EPITAPH_TESTS_WATCHED_WORLD_H
#define EPITAPH_TESTS_WATCHED_WORLD_H

#include "agent/life/watched.h"

static inline void table_fini(struct process_table *t)
{
	struct process *p;

	while (t->pool && (p = TAILQ_FIRST(&t->watches)))
		watched_free(t, p);
	process_table_fini(t);
}

#endif

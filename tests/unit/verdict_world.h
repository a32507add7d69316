/* verdict_world.h - one process that ended, for the tests of its verdict; after cmocka.h */
#ifndef EPITAPH_VERDICT_WORLD_H
#define EPITAPH_VERDICT_WORLD_H

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/life/watched.h"
#include "agent/verdict/evidence.h"
#include "agent/verdict/signals.h"
#include "agent/verdict/verdict.h"
#include "tests/unit/watched_world.h"

#define DIED (1000 * NSEC_PER_SEC)
#define BEFORE(seconds) (DIED - (uint64_t)((seconds) * 1e9))
#define SELF 7

static struct process_table table;
static struct watch *w;
static struct verdict_input in;
static struct event e;
static char reason[512];

/* A process that lived 100 s, under a host that sees what `input` says. */
static inline void begin(struct verdict_input input)
{
	assert_int_equal(process_table_init(&table, 64), 0);
	w = watched_new(&table, process_add(&table, SELF, BEFORE(100)));
	assert_non_null(w);
	w->death = (struct death){.at = DIED, .witnesses = SOURCE_CN_PROC, .exact = true};
	in = input;
	in.death = &w->death;
	in.signals = &w->signals;
	in.born = BEFORE(100);
	in.stop_window = 10 * NSEC_PER_SEC;
	e = (struct event){.kind = EVENT_EXIT};
}

static int teardown(void **state)
{
	(void)state;
	table_fini(&table);
	return 0;
}

static inline void exits(int code)
{
	w->death.has_status = true;
	w->death.wait_status = code << 8;
}

#endif

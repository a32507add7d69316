/* daemon_world.h - a world with a watched daemon, and its events in every order; for the tests of one agent; after cmocka.h */
#ifndef EPITAPH_DAEMON_WORLD_H
#define EPITAPH_DAEMON_WORLD_H

#include "agent_world.h"

#define TARGETS "[target d]\ncomm = daemon\nevents = all\n[target other]\ncomm = another\n"
#define D PID(10)
#define KILLER PID(90)

static struct world *w;

static int setup(void **state)
{
	(void)state;
	w = malloc(sizeof(*w));
	assert_non_null(w);
	world_init(w, TARGETS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_fini(w);
	free(w);
	return 0;
}

/* A fresh world for the next permutation. */
static inline void again(void)
{
	world_fini(w);
	world_init(w, TARGETS);
}

/* All orders of up to 6 events, each with its own time. */
struct step {
	struct event event;
	double       ms;
};

static inline bool next_order(unsigned *order, unsigned n)
{
	unsigned i = n - 1, j = n - 1;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (!i)
		return false;
	while (order[j] <= order[i - 1])
		j--;
	unsigned swap = order[i - 1];
	order[i - 1] = order[j];
	order[j] = swap;
	for (j = n - 1; i < j; i++, j--) {
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return true;
}

static inline unsigned in_every_order(const struct step *steps, unsigned n, void (*check)(void))
{
	unsigned order[6], orders = 0;

	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	do {
		again();
		start_daemon(w, D, 0);
		for (unsigned i = 0; i < n; i++) {
			struct event e = steps[order[i]].event;

			e.at = w->start + (uint64_t)(steps[order[i]].ms * 1e6);
			w->agent.clock.now = w->start + 100 * MS + i * MS;
			agent_event(&w->agent, &e);
		}
		until(w, 5000);
		check();
		assert_null(process_live(&w->agent.table, D));
		assert_int_equal(w->agent.table.watched, 0);
		assert_int_equal(agent_next_due(&w->agent), 0);
		orders++;
	} while (next_order(order, n));
	return orders;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent_world.h"

static struct world *w;

static int setup(void **state)
{
	(void)state;
	w = malloc(sizeof(*w));
	assert_non_null(w);
	world_init(w, "[target t]\ncomm = no-such-daemon\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_fini(w);
	free(w);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void lose(double ms, uint64_t count, const char *reason)
{
	struct event e = lost(SOURCE_CN_PROC);

	until(w, ms);
	e.count = count;
	e.has &= count ? ~0u : ~(unsigned)HAS_COUNT;
	e.reason = reason;
	give(w, e, ms);
}

/* All that the records count, and all their times. */
static void sum_up(uint64_t *count, uint64_t *times)
{
	*count = *times = 0;
	read_records(w);
	for (unsigned i = 0; i < w->count; i++) {
		const char *n = strstr(w->records[i], "\"count\":"), *t = strstr(w->records[i], " times");

		if (!strstr(w->records[i], "\"event\":\"lost\""))
			continue;
		*count += n ? strtoul(n + 8, NULL, 10) : 0;
		while (t && t[-1] >= '0' && t[-1] <= '9')
			t--;
		*times += t ? strtoul(t, NULL, 10) : 1;
	}
}

static void test_losses_that_repeat_are_told_once_a_second_and_none_is_forgotten(void **state)
{
	uint64_t count, times;
	const char *last = "";

	(void)state;
	lose(0, 7, "x");
	expect(w, "lost", 1); /* at once */
	for (unsigned i = 1; i < 300; i++)
		lose(i * 10, 7, "x");
	assert_in_range(count_of(w, "lost", &last), 3, 4);
	until(w, 5000);
	assert_in_range(count_of(w, "lost", &last), 4, 5);
	sum_up(&count, &times);
	assert_int_equal(count, 300 * 7);
	assert_int_equal(times, 300);
	assert_int_equal(agent_next_due(&w->agent), 0);
	lose(9000, 1, "x");
	assert_in_range(count_of(w, "lost", &last), 5, 6); /* at once again */
	holds(last, "\"reason\":\"x\"");
}

static void test_a_sum_says_what_is_not_known_of_it(void **state)
{
	(void)state;
	lose(0, 0, "x");
	lose(1, 0, "x");
	lose(2, 0, "x");
	until(w, 1500);
	const char *record = expect(w, "lost", 2);
	holds(record, "\"reason\":\"x; 2 times\"");
	lacks(record, "\"count\"");
	lose(1600, 5, "x");
	lose(1700, 0, "x");
	until(w, 3000);
	holds(expect(w, "lost", 3), "\"count\":5,\"reason\":\"x; 2 times, of 1 of which it is not known how many\"");
}

static void test_other_reasons_and_other_sources_are_told_apart(void **state)
{
	char reason[LOSS_REASON + 50];
	uint64_t count, times;

	(void)state;
	lose(0, 1, "x");
	lose(1, 1, "y");
	output_lost(&w->agent.output, SOURCE_AUDIT, 1, "x");
	output_lost(&w->agent.output, 0, 1, NULL);
	expect(w, "lost", 4);
	/* More than can be kept apart: then each is told. */
	for (unsigned round = 0; round < 4; round++)
		for (unsigned i = 0; i < 2 * LOSSES_KEPT; i++) {
			snprintf(reason, sizeof(reason), "%0*u", (int)sizeof(reason) - 1, i);
			memmove(reason, reason + sizeof(reason) - 4, 3);
			lose(2, 1, reason);
		}
	output_flush(&w->agent.output);
	sum_up(&count, &times);
	assert_int_equal(count, 4 + 4 * 2 * LOSSES_KEPT);
	assert_int_equal(losses_due(&w->agent.output.losses), 0);
}

static void test_a_clock_that_goes_back_delays_nothing(void **state)
{
	struct losses l = {0};

	(void)state;
	assert_false(losses_keep(&l, 0, 1, "x", 100 * NSEC_PER_SEC));
	assert_false(losses_keep(&l, 0, 1, "x", 50 * NSEC_PER_SEC)); /* a log of two boots, replayed */
	assert_true(losses_keep(&l, 0, 1, "x", 50 * NSEC_PER_SEC + 1));
}

/* As the loop does it. */
static void test_proc_is_read_whole_once_a_second_however_much_is_lost(void **state)
{
	struct scan *sc = &w->agent.scan;
	unsigned before = w->agent.table.scan;

	(void)state;
	assert_int_equal(scan_missed_due(sc), 0);
	for (unsigned i = 0; i < 300; i++) {
		lose(i * 10, 7, "x");
		assert_true(w->agent.coverage.missed); /* nothing is sure until /proc was read */
		if (scan_missed_due(sc) <= w->agent.clock.now)
			assert_int_equal(scan_all(sc, false), 0);
		if (i == 0)
			assert_int_equal(w->agent.table.scan, before + 1); /* at once */
	}
	assert_in_range(w->agent.table.scan - before, 3, 4);
	assert_true(scan_missed_due(sc) > w->agent.clock.now); /* the last of them is not forgotten */
	assert_true(scan_missed_due(sc) <= w->agent.clock.now + NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_losses_that_repeat_are_told_once_a_second_and_none_is_forgotten), TEST(test_a_sum_says_what_is_not_known_of_it),
		TEST(test_other_reasons_and_other_sources_are_told_apart), TEST(test_a_clock_that_goes_back_delays_nothing),
		TEST(test_proc_is_read_whole_once_a_second_however_much_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

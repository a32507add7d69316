#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "agent/base/facts.h"
#include "agent/life/deadline.h"
#include "agent/life/watched.h"
#include "agent/process/process.h"
#include "tests/unit/watched_world.h"

#define MAX 50

static struct process *processes[MAX];
static struct process_table table;
static struct deadlines deadlines;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(process_table_init(&table, 64), 0);
	assert_int_equal(deadlines_init(&deadlines, 64), 0);
	for (int i = 0; i < MAX; i++) {
		processes[i] = process_add(&table, i + 1, 1);
		assert_non_null(watched_new(&table, processes[i]));
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	deadlines_fini(&deadlines);
	table_fini(&table);
	return 0;
}

static void test_none_at_first(void **state)
{
	(void)state;
	assert_null(deadlines_first(&deadlines));
	deadlines_set(&deadlines, processes[0], 0); /* not in: nothing happens */
	assert_null(deadlines_first(&deadlines));
}

static void test_earliest_comes_first(void **state)
{
	(void)state;
	deadlines_set(&deadlines, processes[0], 30);
	deadlines_set(&deadlines, processes[1], 10);
	deadlines_set(&deadlines, processes[2], 20);
	assert_ptr_equal(deadlines_first(&deadlines), processes[1]);
	deadlines_set(&deadlines, processes[1], 40); /* later */
	assert_ptr_equal(deadlines_first(&deadlines), processes[2]);
	deadlines_set(&deadlines, processes[0], 5); /* earlier */
	assert_ptr_equal(deadlines_first(&deadlines), processes[0]);
	deadlines_set(&deadlines, processes[0], 0);
	assert_ptr_equal(deadlines_first(&deadlines), processes[2]);
	deadlines_set(&deadlines, processes[2], 0);
	deadlines_set(&deadlines, processes[1], 0);
	assert_null(deadlines_first(&deadlines));
}

/* Against an array that is searched. */
static void test_random_operations(void **state)
{
	uint64_t due[MAX] = {0};

	(void)state;
	srand(7);
	for (int n = 0; n < 200000; n++) {
		int i = rand() % MAX;
		uint64_t least = 0;

		due[i] = rand() % 3 ? (uint64_t)(rand() % 40 + 1) : 0;
		deadlines_set(&deadlines, processes[i], due[i]);
		for (int j = 0; j < MAX; j++)
			if (due[j] && (!least || due[j] < least))
				least = due[j];
		const struct process *first = deadlines_first(&deadlines);
		assert_int_equal(first ? first->watch->due : 0, least);
		if (first)
			assert_int_equal(due[first->pid - 1], least);
	}
	/* Taken out in order, none twice, none forgotten. */
	uint64_t before = 0;
	for (struct process *p; (p = deadlines_first(&deadlines));) {
		assert_true(p->watch->due >= before && due[p->pid - 1] == p->watch->due);
		before = p->watch->due;
		due[p->pid - 1] = 0;
		deadlines_set(&deadlines, p, 0);
	}
	for (int j = 0; j < MAX; j++)
		assert_int_equal(due[j], 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_none_at_first), TEST(test_earliest_comes_first),
	                                   TEST(test_random_operations)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "backends/processors.h"

/* Numbers can have gaps, so the count of processors is no bound of them. */
static void test_the_highest_possible_number_counts(void **state)
{
	(void)state;
	assert_int_equal(processors_list_end("0\n"), 1);
	assert_int_equal(processors_list_end("0-3\n"), 4);
	assert_int_equal(processors_list_end("0,2\n"), 3);
	assert_int_equal(processors_list_end("0-3,8-11\n"), 12);
	assert_int_equal(processors_list_end("0-3,64"), 65);
	assert_int_equal(processors_list_end(""), 1);
	assert_int_equal(processors_list_end("0-99999999999999999999999\n"), 8192);
}

static void test_this_machine_has_room_for_its_processors(void **state)
{
	(void)state;
	assert_true(processors_possible() >= (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_highest_possible_number_counts),
		cmocka_unit_test(test_this_machine_has_room_for_its_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

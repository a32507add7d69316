#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backends/tracepoint_hotplug.h"

#define MESSAGE(text) text, sizeof(text)

static void test_only_a_processor_that_came_online_is_one(void **state)
{
	(void)state;
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/cpu/cpu1\0ACTION=online")), 1);
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/cpu/cpu0")), 0);
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/cpu/cpu4095")), 4095);
	assert_int_equal(hotplug_cpu("online@/devices/system/cpu/cpu12", strlen("online@/devices/system/cpu/cpu1")), 1);
	assert_int_equal(hotplug_cpu(MESSAGE("offline@/devices/system/cpu/cpu1")), -1);
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/memory/memory1")), -1);
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/cpu/cpu")), -1);
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/cpu/cpu1x")), -1);
	assert_int_equal(hotplug_cpu(MESSAGE("online@/devices/system/cpu/cpu99999999999999999999")), -1);
	assert_int_equal(hotplug_cpu("", 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_a_processor_that_came_online_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

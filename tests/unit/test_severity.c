/* test_severity.c - the syslog severity of a record */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <syslog.h>

#include "agent/output/severity.h"

static const struct target_config by_default = {.severity = {[EVENT_EXIT] = SEVERITY_BY_VERDICT, [EVENT_EXEC] = LOG_INFO}};

static int of_exit(enum cause cause, int wait_status)
{
	struct event e = {.kind = EVENT_EXIT, .has = HAS_CAUSE, .cause = cause};

	event_put_status(&e, wait_status);
	return severity_of(&by_default, &e);
}

static void test_exit_when_the_verdict_decides(void **state)
{
	const int core = 0x80;
	(void)state;

	assert_int_equal(of_exit(CAUSE_EXIT, 0), LOG_NOTICE);
	assert_int_equal(of_exit(CAUSE_EXIT, 3 << 8), LOG_WARNING);
	assert_int_equal(of_exit(CAUSE_STOPPED, 3 << 8), LOG_NOTICE);
	assert_int_equal(of_exit(CAUSE_KILLED, 9), LOG_ERR);
	assert_int_equal(of_exit(CAUSE_KERNEL, 13), LOG_ERR);
	assert_int_equal(of_exit(CAUSE_SELF, 6), LOG_ERR);
	assert_int_equal(of_exit(CAUSE_SELF, 6 | core), LOG_CRIT);
	assert_int_equal(of_exit(CAUSE_FAULT, 11), LOG_ERR);
	assert_int_equal(of_exit(CAUSE_FAULT, 11 | core), LOG_CRIT);
	assert_int_equal(of_exit(CAUSE_OOM, 9), LOG_CRIT);
	assert_int_equal(of_exit(CAUSE_UNKNOWN, 0), LOG_NOTICE);
	assert_int_equal(of_exit(CAUSE_UNKNOWN, 9), LOG_ERR);
}

static void test_exit_when_its_status_is_unknown(void **state)
{
	const struct event e = {.kind = EVENT_EXIT, .has = HAS_CAUSE, .cause = CAUSE_UNKNOWN};
	(void)state;

	assert_int_equal(severity_of(&by_default, &e), LOG_WARNING);
}

static void test_when_the_configuration_decides(void **state)
{
	const struct target_config set = {.severity = {[EVENT_EXIT] = LOG_DEBUG}};
	const struct event end = {.kind = EVENT_EXIT, .has = HAS_CAUSE, .cause = CAUSE_OOM}, start = {.kind = EVENT_EXEC};
	(void)state;

	assert_int_equal(severity_of(&set, &end), LOG_DEBUG);
	assert_int_equal(severity_of(&by_default, &start), LOG_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_when_the_verdict_decides),
		cmocka_unit_test(test_exit_when_its_status_is_unknown),
		cmocka_unit_test(test_when_the_configuration_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

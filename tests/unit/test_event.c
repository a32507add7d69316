#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/base/event.h"

static void test_names_of_every_value(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_KINDS; i++)
		assert_string_not_equal(event_kind_name((enum event_kind)i), "unknown");
	for (int i = 0; i < SOURCES; i++)
		assert_string_not_equal(source_name((enum source)(1 << i)), "unknown");
	for (int i = 0; i < AGENT_STATES; i++)
		assert_string_not_equal(agent_state_name((enum agent_state)i), "unknown");
	for (int i = 1; i < CAUSES; i++)
		assert_string_not_equal(cause_name((enum cause)i), "unknown");
	assert_string_equal(cause_name(CAUSE_UNKNOWN), "unknown");
	assert_string_equal(event_kind_name(EVENT_THREAD_START), "thread_start");
	assert_string_equal(event_kind_name(EVENT_EXEC_FAILED), "exec_failed");
	assert_string_equal(confidence_name(CONFIDENCE_LIKELY), "likely");
	assert_string_equal(result_name(RESULT_PENDING), "pending");
	assert_string_equal(source_name((enum source)3), "unknown");
	assert_string_equal(event_kind_name((enum event_kind)99), "unknown");
}

static void test_signal_names_and_numbers_agree(void **state)
{
	char buf[16];

	(void)state;
	for (int i = 1; i <= 64; i++)
		assert_int_equal(signal_number(signal_name(i, buf, sizeof(buf))), i);
	assert_string_equal(signal_name(15, buf, sizeof(buf)), "SIGTERM");
	assert_string_equal(signal_name(32, buf, sizeof(buf)), "SIG32");
	assert_string_equal(signal_name(34, buf, sizeof(buf)), "SIGRTMIN");
	assert_string_equal(signal_name(37, buf, sizeof(buf)), "SIGRTMIN+3");
	assert_string_equal(signal_name(64, buf, sizeof(buf)), "SIGRTMIN+30");
	assert_string_equal(signal_name(-2147483647 - 1, buf, sizeof(buf)), "SIG-2147483648");
}

static void test_signal_number_of_what_people_write(void **state)
{
	static const struct {
		const char *name;
		int         number;
	} cases[] = {
		{ "term", SIGTERM }, { "SigTerm", SIGTERM }, { "15", 15 }, { "64", 64 }, { "RTMIN+3", 37 }, { "sigrtmax-1", 63 },
		{ "RTMAX", 64 }, { "rtmin", 34 }, { "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "POLL", SIGIO },
		{ "", 0 }, { "SIG", 0 }, { "0", 0 }, { "65", 0 }, { "-1", 0 }, { "+1", 0 }, { " 9", 0 }, { "9 ", 0 },
		{ "TERMS", 0 }, { "RTMIN+31", 0 }, { "RTMIN-1", 0 }, { "RTMAX+1", 0 }, { "RTMIN+", 0 }, { "SIGSIGTERM", 0 },
		{ "99999999999999999999", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(signal_number(cases[i].name), cases[i].number);
}

static void test_errno_names(void **state)
{
	(void)state;
	assert_string_equal(errno_name(ENOENT), "ENOENT");
	assert_string_equal(errno_name(EAGAIN), "EAGAIN");
	assert_string_equal(errno_name(EHWPOISON), "EHWPOISON");
	assert_null(errno_name(0));
	assert_null(errno_name(-1));
	assert_null(errno_name(41)); /* a hole */
	assert_null(errno_name(512)); /* ERESTARTSYS: the kernel's own */
}

static void test_clock_offsets_lead_to_the_wall(void **state)
{
	struct clock c;
	struct timespec wall, monotonic;

	(void)state;
	clock_refresh(&c);
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	uint64_t w = (uint64_t)wall.tv_sec * NSEC_PER_SEC + (uint64_t)wall.tv_nsec;
	uint64_t m = (uint64_t)monotonic.tv_sec * NSEC_PER_SEC + (uint64_t)monotonic.tv_nsec;
	assert_in_range(clock_of_wall(&c, w), c.now, c.now + NSEC_PER_SEC);
	assert_in_range(clock_of_monotonic(&c, m), c.now, c.now + NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_every_value),
		cmocka_unit_test(test_signal_names_and_numbers_agree),
		cmocka_unit_test(test_signal_number_of_what_people_write),
		cmocka_unit_test(test_errno_names),
		cmocka_unit_test(test_clock_offsets_lead_to_the_wall),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

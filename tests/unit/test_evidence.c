/* test_evidence.c - when there is evidence enough not to wait for more */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verdict_seen_world.h"

static void test_evidence_is_enough(void **state)
{
	(void)state;
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	dies_of(SIGKILL, false);
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	oom_logged(.1);
	assert_true(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	w->death.oom = false;
	sent(SELF, "it", SIGKILL, .1);
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window)); /* whom it answered may still come */
	sent(50, "kill", SIGKILL, .1);
	assert_true(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	exits(0);
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	assert_true(evidence_is_enough(&w->death, &w->signals, SEES_EXIT, in.stop_window)); /* nobody can bring any */
}

/* A worker's thread that ended some time ago says nothing on how the process did. */
static void test_exit_of_a_thread_long_before_is_no_evidence(void **state)
{
	(void)state;
	exits(0);
	w->death.calls_exit = true;
	w->death.exiting_at = BEFORE(90);
	assert_false(evidence_of_exit(&w->death));
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	w->death.exiting_at = BEFORE(.01);
	assert_true(evidence_of_exit(&w->death));
	assert_true(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_evidence_is_enough),
		TEST(test_exit_of_a_thread_long_before_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

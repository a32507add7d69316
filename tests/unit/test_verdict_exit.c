/* test_verdict_exit.c - the verdict on one that ended by itself, was asked to, or whose status nobody saw */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verdict_seen_world.h"

static void test_exit(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++) {
		exits(code);
		is_likely(CAUSE_EXIT);
		assert_int_equal(e.exit_code, code);
		assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO | HAS_CORE), HAS_EXIT_CODE);
		says("audit has no record of one by a file descriptor (O_ASYNC)");
	}
}

static void test_exit_when_signals_are_not_seen(void **state)
{
	(void)state;
	exits(0);
	in.sees = SEES_EXIT;
	is_likely(CAUSE_EXIT);
	says("BLIND");
}

static void test_exit_with_unaudited_processes(void **state)
{
	(void)state;
	exits(0);
	in.unaudited = 12;
	is_likely(CAUSE_EXIT);
	says("12 unaudited");
	in.unaudited = 0;
	in.unaudited_known = false;
	is_likely(CAUSE_EXIT);
	assert_true(reason[0]);
	in.unaudited_known = true;
	is_likely(CAUSE_EXIT);
	in.signals_hidden_by = "VEIL";
	is_likely(CAUSE_EXIT);
	says("VEIL");
	dies_of(SIGTERM, false);
	is_unknown("VEIL");
	sent(SELF, "it", SIGTERM, .1);
	is_likely(CAUSE_SELF);
	says("VEIL");
}

/* What the kernel sends leaves no record: a terminal's INT, QUIT and HUP, and what a parent's death sends. */
static void test_exit_that_the_kernel_may_have_asked_for(void **state)
{
	(void)state;
	exits(0);
	in.has_tty = true;
	is_likely(CAUSE_EXIT);
	says("terminal");
	in.has_tty = false;
	is_likely(CAUSE_EXIT);
	in.orphaned = true;
	is_likely(CAUSE_EXIT);
	says("parent");
	in.unaudited = 3; /* a larger doubt */
	is_likely(CAUSE_EXIT);
	says("3 unaudited");
}

/* Loss within the time in which a stop signal counts. */
static void test_exit_after_a_gap(void **state)
{
	(void)state;
	exits(0);
	in.signals_since = BEFORE(5);
	is_likely(CAUSE_EXIT);
	says("without a gap");
	in.signals_since = BEFORE(11); /* long enough ago */
	is_likely(CAUSE_EXIT);
	in.signals_since = BEFORE(1);
	in.born = BEFORE(.5); /* it was not there yet */
	is_likely(CAUSE_EXIT);
}

/* A stop signal's record may be in a queue that nothing later has come out of. */
static void test_exit_that_audit_told_nothing_after(void **state)
{
	(void)state;
	exits(0);
	in.audit_caught_up = false;
	is_likely(CAUSE_EXIT);
	says("nor a later one");
	in.audit_lagging = true;
	is_likely(CAUSE_EXIT);
	says("records come late");
	dies_of(SIGTERM, false);
	is_unknown("records come late");
	sent(90, "sender", SIGTERM, .001);
	is_certain(CAUSE_KILLED);
}

static void test_stopped(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};

	(void)state;
	for (int i = 0; i < 4; i++) {
		signals_free(&w->signals);
		sent(50, "systemctl", signals[i], 9.9);
		exits(0);
		is_likely(CAUSE_STOPPED);
		by(50);
		assert_true(e.has & HAS_AFTER_SIGNO);
		assert_int_equal(e.after_signo, signals[i]);
		assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO), HAS_EXIT_CODE);
		assert_true(e.sources & SOURCE_AUDIT);
	}
}

static void test_stopped_only_by_a_stop_signal_in_time_from_another(void **state)
{
	(void)state;
	exits(0);
	sent(50, "kill", SIGUSR1, 1);
	sent(50, "kill", SIGTERM, 10.1); /* too long ago */
	sent(SELF, "it", SIGTERM, 1);
	sent(50, "kill", SIGTERM, 1)->result = RESULT_FAILED;
	sent(50, "kill", SIGTERM, 1)->result = RESULT_IGNORED;
	sent(51, "kill", SIGTERM, -1); /* after the end */
	sent(52, "kill", SIGTERM, 1)->ambiguous = true;
	is_likely(CAUSE_EXIT);
	assert_int_equal(e.sender.has, 0);
	assert_false(e.has & HAS_AFTER_SIGNO);
}

static void test_stopped_names_the_last_that_asked(void **state)
{
	(void)state;
	exits(143);
	sent(50, "first", SIGHUP, 8);
	sent(51, "second", SIGTERM, 1);
	is_likely(CAUSE_STOPPED);
	by(51);
	assert_int_equal(e.after_signo, SIGTERM);
}

static void test_vanished(void **state)
{
	(void)state;
	w->death.vanished = true;
	is_unknown("exit status was not seen");
	assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO | HAS_CORE), 0);
	sent(50, "kill", SIGKILL, .01); /* told, but not made the cause */
	decide();
	assert_int_equal(e.cause, CAUSE_UNKNOWN);
	says("SIGKILL from pid 50");
	assert_int_equal(e.sender.has, 0);
}

static void test_vanished_after_an_oom_line(void **state)
{
	(void)state;
	w->death.vanished = true;
	oom_logged(.1);
	is_likely(CAUSE_OOM);
}

/* exit_group tells the code when nobody saw the status. */
static void test_status_from_exit_group(void **state)
{
	(void)state;
	w->death.calls_exit = w->death.exits_whole = true;
	w->death.exit_code = 77;
	is_likely(CAUSE_EXIT);
	assert_int_equal(e.exit_code, 77);
	dies_of(SIGKILL, false); /* killed while it was ending */
	sent(50, "kill", SIGKILL, 0);
	is_certain(CAUSE_KILLED);
}

/* One thread's exit is not the process's: a pool's threads come and go. */
static void test_status_not_from_a_threads_exit(void **state)
{
	(void)state;
	w->death.calls_exit = true;
	w->death.exit_code = 0;
	w->death.vanished = true;
	is_unknown("exit status was not seen");
	assert_false(e.has & HAS_EXIT_CODE);
}

static void test_status_from_abend(void **state)
{
	(void)state;
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	sent(SELF, "it", SIGABRT, 0);
	is_likely(CAUSE_SELF);
	assert_int_equal(e.signo, SIGABRT);
	assert_false(e.has & HAS_CORE); /* that was not seen */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exit),
		TEST(test_exit_when_signals_are_not_seen),
		TEST(test_exit_with_unaudited_processes),
		TEST(test_exit_that_the_kernel_may_have_asked_for),
		TEST(test_exit_after_a_gap),
		TEST(test_exit_that_audit_told_nothing_after),
		TEST(test_stopped),
		TEST(test_stopped_only_by_a_stop_signal_in_time_from_another),
		TEST(test_stopped_names_the_last_that_asked),
		TEST(test_vanished),
		TEST(test_vanished_after_an_oom_line),
		TEST(test_status_from_exit_group),
		TEST(test_status_not_from_a_threads_exit),
		TEST(test_status_from_abend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

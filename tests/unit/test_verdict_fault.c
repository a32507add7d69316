/* test_verdict_fault.c - the verdict on one that a fault, seccomp or the OOM killer ended, or nobody that was seen */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verdict_seen_world.h"

static void test_fault_with_both_evidences(void **state)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

	(void)state;
	for (int i = 0; i < 5; i++) {
		dies_of(signals[i], true);
		w->death.dumping = true;
		fault_logged(.001);
		w->death.abend_signo = signals[i];
		is_certain(CAUSE_FAULT);
		assert_int_equal(e.signo, signals[i]);
		assert_int_equal(e.sender.has, 0);
	}
}

static void test_fault_line_alone(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	fault_logged(.001);
	is_likely(CAUSE_FAULT);
}

/* Of SIGBUS the kernel logs no line, so its report of an abnormal end has to do. */
static void test_fault_by_abend_alone(void **state)
{
	(void)state;
	dies_of(SIGBUS, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGBUS;
	is_likely(CAUSE_FAULT);
	in.faults_logged = false;
	dies_of(SIGSEGV, false);
	w->death.abend_signo = SIGSEGV;
	is_likely(CAUSE_FAULT);
}

/* A line would have been logged, so an invisible sender is more likely: no guess. */
static void test_no_fault_when_its_line_is_missing(void **state)
{
	(void)state;
	dies_of(SIGSEGV, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	is_unknown("nobody was seen sending SIGSEGV");
	in.faults_logged = false;
	in.unaudited = 5;
	is_unknown("5 unaudited");
}

static void test_fault_signal_that_was_sent(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	sent(50, "kill", SIGSEGV, .01);
	is_certain(CAUSE_KILLED);
	by(50);
}

/* The line proves the fault, whoever sent the same signal while it was handled. */
static void test_fault_after_a_signal_that_was_handled(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.dumping = true;
	fault_logged(.001);
	w->death.abend_signo = SIGSEGV;
	sent(50, "kill", SIGSEGV, 4);
	is_certain(CAUSE_FAULT);
	assert_int_equal(e.sender.has, 0);
}

static void test_abend_of_another_signal_is_no_evidence(void **state)
{
	(void)state;
	dies_of(SIGBUS, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	is_unknown("SIGBUS");
}

static void test_fault_line_does_not_explain_a_kill(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	fault_logged(.001);
	is_unknown("SIGKILL");
}

static void test_seccomp(void **state)
{
	(void)state;
	dies_of(SIGSYS, true);
	w->death.dumping = w->death.seccomp = true;
	w->death.abend_signo = SIGSYS;
	is_certain(CAUSE_FAULT);
	says("seccomp");
}

static void test_oom(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	oom_logged(.1);
	is_certain(CAUSE_OOM);
	assert_int_equal(e.sender.has, 0);
	sent(50, "kill", SIGKILL, 2); /* it did nothing, as to the init of a pid namespace */
	is_certain(CAUSE_OOM);
	signals_free(&w->signals);
	sent(51, "earlyoom", SIGKILL, .01);
	is_likely(CAUSE_OOM);
	says("pid 51 (earlyoom) sent it SIGKILL too");
}

/* Where two processors write at once, a group's name can begin a line: nobody forges a line that lasts. */
static void test_oom_line_of_long_ago(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	oom_logged(11);
	is_likely(CAUSE_OOM);
	says("lived on for long");
	oom_logged(9); /* so long it may take to give back its memory */
	is_certain(CAUSE_OOM);
	w->death.oom_exact = true; /* tracepoint tells so */
	oom_logged(60);
	is_certain(CAUSE_OOM);
}

/* Somebody who sent the signal is not left out for a line that names the process. */
static void test_fault_line_beside_a_sender(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	fault_logged(.5);
	sent(50, "kill", SIGSEGV, .001);
	is_likely(CAUSE_FAULT);
	says("pid 50 (kill) sent it SIGSEGV too");
	assert_int_equal(e.sender.has, 0);
}

/* It handled that fault: kill -SEGV came later. */
static void test_fault_line_of_long_ago(void **state)
{
	(void)state;
	dies_of(SIGSEGV, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	fault_logged(5);
	is_unknown("nobody was seen sending SIGSEGV");
	sent(50, "kill", SIGSEGV, .001);
	is_certain(CAUSE_KILLED);
	by(50);
	signals_free(&w->signals);
	dies_of(SIGSEGV, true); /* it dumped for so long */
	w->death.abend_at = BEFORE(4.5);
	is_certain(CAUSE_FAULT);
}

static void test_fault_line_of_another_thread(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	fault_logged(.001);
	snprintf(w->death.fault_comm, COMM_SIZE, "worker");
	is_certain(CAUSE_FAULT);
	snprintf(w->death.abend_comm, COMM_SIZE, "worker");
	is_certain(CAUSE_FAULT);
	snprintf(w->death.abend_comm, COMM_SIZE, "daemon");
	is_likely(CAUSE_FAULT);
}

/* One thread ended for a system call; the process by a signal that nobody was seen sending. */
static void test_seccomp_explains_no_other_signal(void **state)
{
	(void)state;
	dies_of(SIGSEGV, false);
	w->death.dumping = w->death.seccomp = true;
	w->death.abend_signo = SIGSEGV;
	is_unknown("nobody was seen sending SIGSEGV");
}

/* The OOM killer only sends SIGKILL. */
static void test_oom_does_not_explain_another_signal(void **state)
{
	(void)state;
	oom_logged(.1);
	dies_of(SIGTERM, false);
	is_unknown("SIGTERM");
	exits(137); /* 137 is no SIGKILL */
	is_likely(CAUSE_EXIT);
}

static void test_unknown_says_what_could_not_be_seen(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	is_unknown("nobody was seen sending SIGKILL");
	says("the kernel sends it too");
	in.unaudited = 9;
	is_unknown("9 unaudited processes");
	in.signals_since = BEFORE(1);
	is_unknown("without a gap");
	in.sees = SEES_EXIT;
	is_unknown("BLIND");
	assert_null(strstr(reason, "nobody was seen"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fault_with_both_evidences),
		TEST(test_fault_line_alone),
		TEST(test_fault_by_abend_alone),
		TEST(test_no_fault_when_its_line_is_missing),
		TEST(test_fault_signal_that_was_sent),
		TEST(test_fault_after_a_signal_that_was_handled),
		TEST(test_abend_of_another_signal_is_no_evidence),
		TEST(test_fault_line_does_not_explain_a_kill),
		TEST(test_seccomp),
		TEST(test_oom), TEST(test_oom_line_of_long_ago), TEST(test_fault_line_beside_a_sender), TEST(test_fault_line_of_long_ago), TEST(test_fault_line_of_another_thread), TEST(test_seccomp_explains_no_other_signal),
		TEST(test_oom_does_not_explain_another_signal),
		TEST(test_unknown_says_what_could_not_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

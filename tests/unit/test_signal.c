#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "daemon_world.h"

static void test_storm_of_signals_is_summed(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	for (int i = 0; i < 1000; i++)
		give(w, audit_signal(KILLER, "kill", D, "daemon", SIGUSR1), 100 + i / 10.);
	until(w, 3000);
	holds(expect(w, "signal", 1), "\"repeat\":1000");
}

static void test_many_senders_are_all_told(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	for (int i = 0; i < 60; i++)
		give(w, audit_signal(PID(100 + i), "kill", D, "daemon", SIGUSR1), 100 + i);
	until(w, 3000);
	expect(w, "signal", 60);
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"signal\""))
			holds(w->records[i], "\"repeat\":1");
}

static void test_failed_kill_is_told_but_no_cause(void **state)
{
	struct event e = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);

	(void)state;
	e.result = RESULT_FAILED;
	e.has |= HAS_ERRNO;
	e.error = 1;
	start_daemon(w, D, 0);
	give(w, e, 99);
	give(w, cn_exit(D, D, SIGKILL), 100);
	until(w, 3000);
	const char *s = expect(w, "signal", 1);
	holds(s, "\"result\":\"failed\"");
	holds(s, "\"errno\":\"EPERM\"");
	holds(expect(w, "exit", 1), "\"cause\":\"unknown\"");
}

static struct event failed_kill(pid_t by, int signo)
{
	struct event e = audit_signal(by, "nobody", D, "daemon", signo);

	e.result = RESULT_FAILED;
	e.has |= HAS_ERRNO;
	e.error = 1;
	return e;
}

/* Root asks it to end; nobody, who may not, tries to signal it again and again. */
static void test_failed_kills_hide_nobody(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, audit_signal(KILLER, "systemctl", D, "daemon", SIGTERM), 100);
	for (int i = 0; i < 200; i++)
		give(w, failed_kill(PID(200 + i), SIGTERM), 101 + i / 10.);
	give(w, audit_exiting(D, "exit_group", 0), 200);
	give(w, cn_exit(D, D, 0), 201);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"stopped\"");
	holds(e, "\"sender_pid\":4000090");
}

/* 100 records a second: those of failed ones are counted by themselves. */
static void test_failed_kills_do_not_use_up_the_rate(void **state)
{
	const char *last = "";

	(void)state;
	start_daemon(w, D, 0);
	for (int i = 0; i < 1000; i++)
		give(w, failed_kill(PID(200 + i), SIGTERM), 2000 + i / 1000.);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGUSR1), 2001.5);
	until(w, 4000);
	unsigned told = count_of(w, "signal", &last), usr1 = 0; /* a second may end in between */
	for (unsigned i = 0; i < w->count; i++)
		usr1 += strstr(w->records[i], "SIGUSR1") != NULL;
	assert_int_equal(usr1, 1);
	assert_in_range(told, 101, 300);
	assert_true(count_of(w, "lost", &last) > 0);
	holds(last, "more than 100 records a second");
}

static void test_sender_that_was_watched_is_known_with_arguments(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, KILLER), 10);
	give(w, cn_exec(KILLER), 11);
	give(w, audit_exec(1, KILLER, "kill", "-9"), 11);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 12);
	give(w, cn_exit(KILLER, KILLER, 0), 13);
	give(w, cn_exit(D, D, SIGKILL), 14);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"sender_args\":[\"kill\",\"-9\"]");
}

/* A watchdog sends SIGABRT too, and a crash handler raises it again. */
static void test_abort_raised_again_in_a_gap(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, lost(SOURCE_AUDIT), 1000); /* systemd's watchdog, say, sent SIGABRT */
	give(w, audit_signal(D, "daemon", D, "daemon", SIGABRT), 1001); /* its handler raises it again */
	give(w, audit_abend(D, SIGABRT), 1001);
	give(w, cn_exit(D, D, SIGABRT), 1002);
	until(w, 4000);
	holds(expect(w, "exit", 1), "\"confidence\":\"likely\"");
}

static void test_own_signal_of_long_ago(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, audit_signal(D, "daemon", D, "daemon", SIGUSR1), 1000); /* handled */
	give(w, cn_exit(D, D, SIGUSR1), 9000); /* its mq_notify, or a parent's death */
	until(w, 14000);
	holds(expect(w, "exit", 1), "\"confidence\":\"likely\"");
}

/* As pidfd_send_signal(2) by a process of the pid namespace whose init it is; then somebody wrote to cgroup.kill. */
static void test_kill_that_did_nothing(void **state)
{
	struct event e = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);

	(void)state;
	e.via = "pidfd_send_signal";
	start_daemon(w, D, 0);
	give(w, e, 1000);
	give(w, cn_exit(D, D, SIGKILL), 600000);
	until(w, 602000);
	lacks(expect(w, "exit", 1), "\"certain\"");
}

/* Of a sender that is there, /proc is read only when he succeeded. */
static void test_failed_attempts_cost_no_look(void **state)
{
	struct event e = audit_signal(getpid(), "", D, "daemon", SIGUSR1);

	(void)state;
	start_daemon(w, D, 0);
	e.sender.has &= ~(unsigned)FACT_COMM;
	e.result = RESULT_FAILED;
	e.has |= HAS_ERRNO;
	e.error = EPERM;
	give(w, e, 10);
	until(w, 2000);
	lacks(expect(w, "signal", 1), "sender_exe");
	assert_null(process_live(&w->agent.table, getpid()));
	e.result = RESULT_SENT;
	e.has &= ~(unsigned)HAS_ERRNO;
	give(w, e, 3000);
	until(w, 6000);
	holds(expect(w, "signal", 2), "sender_exe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_storm_of_signals_is_summed), TEST(test_many_senders_are_all_told),
		TEST(test_failed_kill_is_told_but_no_cause), TEST(test_failed_kills_hide_nobody), TEST(test_failed_kills_do_not_use_up_the_rate), TEST(test_sender_that_was_watched_is_known_with_arguments),
		TEST(test_abort_raised_again_in_a_gap), TEST(test_own_signal_of_long_ago), TEST(test_kill_that_did_nothing),
		TEST(test_failed_attempts_cost_no_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

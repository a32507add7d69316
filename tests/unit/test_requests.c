/* test_requests.c - a supervisor sends a signal: the command that asked it to, and when nobody did */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

#define BOSS PID(70)
#define ASKS PID(71)
#define SHELL PID(72)

static int setup_boss(void **state)
{
	setup(state);
	world_open(w, SOURCE_CN_PROC | SOURCE_AUDIT | SOURCE_TRACEPOINT);
	return 0;
}

/* A process of that comm and these arguments, as audit tells. */
static uid_t uid = 33;

static void run(pid_t parent, pid_t pid, const char *comm, const char *args, size_t len, double ms)
{
	struct event e = audit_exec(parent, pid, comm, "");

	give(w, cn_fork(parent, pid), ms);
	give(w, cn_exec(pid), ms + 1);
	e.process.args = args;
	e.process.args_len = len;
	e.process.auid = 1000;
	e.process.uid = uid;
	e.process.has |= FACT_AUID;
	give(w, e, ms + 1);
}
#define RUN(parent, pid, comm, args, ms) run(parent, pid, comm, args, sizeof(args), ms)

static void boss_and_daemon(void)
{
	uid = 0;
	RUN(1, BOSS, "supervisord", "supervisord", 0);
	uid = 33;
	give(w, cn_fork(BOSS, D), 10);
	give(w, cn_exec(D), 11);
	give(w, audit_exec(BOSS, D, "daemon", "-d"), 11);
}

static const char *ends_by(pid_t sender, double ms)
{
	give(w, exact_signal(sender, D, SIGTERM), ms);
	give(w, cn_exit(D, D, SIGTERM), ms + 1);
	exact_told(w, ms + 2);
	until(w, ms + 3000);
	return expect(w, "exit", 1);
}

/* A user's program with that name kills his daemon when root has asked the true one. */
static void test_root_asked_no_program_of_a_user(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, SHELL, "supervisord", "supervisord", 500);
	uid = 0;
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	uid = 33;
	const char *e = ends_by(SHELL, 1500);
	holds(e, "\"sender_comm\":\"supervisord\"");
	lacks(e, "requested_by");
}

/* A supervisor of his own takes his orders. */
static void test_user_asks_his_own_supervisor(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, SHELL, "supervisord", "supervisord", 500);
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	holds(ends_by(SHELL, 1500), "\"requested_by_pid\":4000071");
}

static void test_who_asked_is_named(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	const char *e = ends_by(BOSS, 1500);
	holds(e, "\"sender_comm\":\"supervisord\"");
	holds(e, "\"requested_by_pid\":4000071");
	holds(e, "\"requested_by_uid\":33,\"requested_by_auid\":1000,\"requested_by_comm\":\"supervisorctl\",\"requested_by_args\":[\"supervisorctl\",\"stop\",\"daemon\"]");
	const char *s = expect(w, "signal", 1);
	holds(s, "\"requested_by_pid\":4000071");
}

static void lacks_requester(const char *e)
{
	holds(e, "\"sender_pid\"");
	lacks(e, "requested_by");
}

/* It handled the signal that the first one asked for: only the second one is to blame for the end. */
static void test_the_signal_that_ended_it_counts(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0signal\0TERM\0daemon", 1000);
	give(w, cn_exit(ASKS, ASKS, 0), 1400);
	give(w, exact_signal(BOSS, D, SIGTERM), 1500);
	exact_told(w, 1600);
	until(w, 60000);
	RUN(1, ASKS + 10, "supervisorctl", "supervisorctl\0stop\0daemon", 61000);
	holds(ends_by(BOSS, 61500), "\"requested_by_pid\":4000081");
}

static void test_nobody_asked(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0other", 1000);
	lacks_requester(ends_by(BOSS, 1500));
}

static void test_two_asked(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	RUN(1, ASKS + 10, "supervisorctl", "supervisorctl\0stop\0all", 1001);
	lacks_requester(ends_by(BOSS, 1500));
}

/* A program of that name that anybody has written cannot hide who really asked. */
static void test_somebody_pretends_to_ask_too(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS + 10, "supervisorctl", "supervisorctl\0stop\0all", 900);
	uid = 0;
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	uid = 33;
	RUN(1, ASKS + 11, "supervisorctl", "supervisorctl\0stop\0all", 1001);
	holds(ends_by(BOSS, 1500), "\"requested_by_pid\":4000071");
}

static void test_asked_so_long_ago_that_it_cannot_be_meant(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0all", 1000);
	lacks_requester(ends_by(BOSS, 400000));
}

/* A script of that kind executes the other command. */
static void test_script_that_asks(void **state)
{
	(void)state;
	RUN(1, BOSS, "init", "init", 0);
	give(w, cn_fork(BOSS, D), 10);
	give(w, cn_exec(D), 11);
	give(w, audit_exec(BOSS, D, "daemon", "-d"), 11);
	RUN(1, ASKS, "service", "sh\0/usr/sbin/service\0daemon\0stop", 1000);
	RUN(ASKS, ASKS + 10, "initctl", "initctl\0stop\0daemon", 1001);
	holds(ends_by(BOSS, 1500), "\"requested_by_pid\":4000071");
}

static void test_asked_long_ago_and_gone(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	give(w, cn_exit(ASKS, ASKS, 0), 1100);
	lacks_requester(ends_by(BOSS, 60000));
}

/* It waits until the service is down, for which the supervisor sends KILL at last. */
static void test_asked_long_ago_and_still_waits(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	holds(ends_by(BOSS, 60000), "\"requested_by_pid\":4000071");
}

/* The restart ended another process; that this one takes too long to start is the supervisor's decision. */
static void test_process_that_was_born_after_it_was_asked(void **state)
{
	(void)state;
	RUN(1, BOSS, "supervisord", "supervisord", 0);
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0restart\0daemon", 100);
	give(w, cn_fork(BOSS, D), 200);
	give(w, cn_exec(D), 201);
	give(w, audit_exec(BOSS, D, "daemon", "-d"), 201);
	lacks_requester(ends_by(BOSS, 1500));
}

static void test_somebody_else_sends_it(void **state)
{
	(void)state;
	boss_and_daemon();
	RUN(1, ASKS, "supervisorctl", "supervisorctl\0stop\0daemon", 1000);
	RUN(1, KILLER, "kill", "kill", 1200);
	lacks_requester(ends_by(KILLER, 1500));
}

/* What a supervisor executes after it was asked sends for it; a service of its own that is older does not. */
static void test_helper_of_the_supervisor(void **state)
{
	(void)state;
	RUN(1, BOSS, "monit", "monit", 0);
	give(w, cn_fork(1, D), 10);
	give(w, cn_exec(D), 11);
	give(w, audit_exec(1, D, "daemon", "-d"), 11);
	RUN(SHELL, ASKS, "monit", "monit\0stop\0daemon", 1000);
	RUN(BOSS, KILLER, "kill", "kill", 1100);
	holds(ends_by(KILLER, 1500), "\"requested_by_pid\":4000071");
}

static void test_older_child_of_the_supervisor(void **state)
{
	(void)state;
	RUN(1, BOSS, "monit", "monit", 0);
	give(w, cn_fork(1, D), 10);
	give(w, cn_exec(D), 11);
	give(w, audit_exec(1, D, "daemon", "-d"), 11);
	RUN(BOSS, KILLER, "cron", "cron", 900);
	RUN(SHELL, ASKS, "monit", "monit\0stop\0daemon", 1000);
	lacks_requester(ends_by(KILLER, 1500));
}

int main(void)
{
#define BOSS_TEST(f) cmocka_unit_test_setup_teardown(f, setup_boss, teardown)
	const struct CMUnitTest tests[] = {
		BOSS_TEST(test_who_asked_is_named), BOSS_TEST(test_root_asked_no_program_of_a_user), BOSS_TEST(test_user_asks_his_own_supervisor), BOSS_TEST(test_the_signal_that_ended_it_counts), BOSS_TEST(test_nobody_asked), BOSS_TEST(test_two_asked), BOSS_TEST(test_somebody_pretends_to_ask_too),
		BOSS_TEST(test_asked_so_long_ago_that_it_cannot_be_meant), BOSS_TEST(test_script_that_asks),
		BOSS_TEST(test_asked_long_ago_and_gone), BOSS_TEST(test_asked_long_ago_and_still_waits),
		BOSS_TEST(test_process_that_was_born_after_it_was_asked), BOSS_TEST(test_somebody_else_sends_it),
		BOSS_TEST(test_helper_of_the_supervisor), BOSS_TEST(test_older_child_of_the_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

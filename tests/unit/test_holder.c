#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

static void check_killed(void)
{
	const char *e = expect(w, "exit", 1), *s = expect(w, "signal", 1);

	holds(e, "\"cause\":\"killed\"");
	holds(e, "\"confidence\":\"certain\"");
	holds(e, "\"sender_pid\":4000090");
	holds(e, "\"signal\":\"SIGTERM\"");
	holds(e, "\"core_dumped\":false");
	holds(e, "\"target\":\"d\"");
	lacks(e, "exit_code");
	holds(s, "\"repeat\":1");
	holds(s, "\"sender_comm\":\"kill\"");
	expect(w, "exec", 1);
}

/* Where a virtual processor is held up, audit's clock lags by more than a tick. */
static void test_signal_stamped_before_its_process_was_born(void **state)
{
	(void)state;
	start_daemon(w, D, 100);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 40);
	give(w, cn_exit(D, D, SIGTERM), 130);
	until(w, 2000);
	check_killed();
}

static void test_signal_stamped_before_its_second_holder_was_born(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exit(D, D, 0), 20);
	start_daemon(w, D, 100);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 40); /* to a zombie, it may be */
	give(w, cn_exit(D, D, SIGTERM), 130);
	until(w, 2000);
	lacks(expect(w, "exit", 1), "sender_pid");
}

/* The file of a daemon that was killed stays, and its pid is another's one day. */
static void test_pidfile_of_one_that_ended(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "[target p]\npidfile = /nowhere/p.pid\n");
	w->agent.life.targets[0].pidfile_pid = D;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1000);
	until(w, 3000);
	expect(w, "exit", 1);
	start_daemon(w, D, 4000);
	until(w, 6000);
	expect(w, "exec", 1);
}

/* cn_proc is read ahead of audit: the pid of the sender may be another's already, of the same name. */
static void test_sender_whose_pid_is_anothers(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, KILLER), 10);
	give(w, cn_exec(KILLER), 11);
	give(w, audit_exec(1, KILLER, "kill", "-9"), 11);
	give(w, cn_exit(KILLER, KILLER, 0), 100);
	give(w, cn_exit(D, D, SIGKILL), 100);
	give(w, cn_fork(1, KILLER), 120);
	give(w, cn_exec(KILLER), 121);
	give(w, audit_exec(1, KILLER, "kill", "-another"), 121);
	struct event sent = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);
	sent.at = w->start + 50 * MS;
	agent_event(&w->agent, &sent);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"sender_args\":[\"kill\",\"-9\"]");
}

static void test_reused_pid_does_not_inherit_a_signal(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1000);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1100);
	give(w, cn_exec(D), 1101);
	give(w, audit_exec(1, D, "daemon", "-d"), 1101);
	give(w, cn_exit(D, D, SIGKILL), 1200);
	until(w, 5000);
	const char *second = expect(w, "exit", 2);
	holds(second, "\"cause\":\"unknown\"");
	lacks(second, "sender_pid");
	unsigned killed = 0;
	for (unsigned i = 0; i < w->count; i++)
		killed += strstr(w->records[i], "\"cause\":\"killed\"") != NULL;
	assert_int_equal(killed, 1);
}

/* Within the coarse stamp of audit both could be meant: then it is said of neither. */
static void test_signal_to_either_of_two_holders(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1002);
	give(w, cn_exec(D), 1003);
	give(w, audit_exec(1, D, "daemon", "-d"), 1003);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1000);
	give(w, cn_exit(D, D, SIGKILL), 1010);
	until(w, 5000);
	const char *e = expect(w, "exit", 2);
	holds(e, "used by two processes");
	for (unsigned i = 0; i < w->count; i++)
		lacks(w->records[i], "\"cause\":\"killed\"");
}

/* The first holder had ended when it was sent. */
static void test_signal_to_the_second_holder(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1002);
	give(w, cn_exec(D), 1003);
	give(w, audit_exec(1, D, "daemon", "-d"), 1003);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1009);
	give(w, cn_exit(D, D, SIGKILL), 1010);
	until(w, 5000);
	expect(w, "exit", 2);
	unsigned killed = 0;
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"cause\":\"killed\"")) {
			holds(w->records[i], "\"sender_pid\":4000090");
			holds(w->records[i], "\"confidence\":\"certain\"");
			holds(w->records[i], "\"uptime_seconds\":0.008");
			killed++;
		}
	assert_int_equal(killed, 1);
}

/* Another name is enough to tell them apart. */
static void test_signal_to_one_of_two_holders_by_name(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1002);
	give(w, cn_exec(D), 1003);
	give(w, audit_exec(1, D, "another", "-d"), 1003);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1000);
	give(w, cn_exit(D, D, 0), 1010);
	until(w, 5000);
	holds(expect(w, "exit", 2), "\"target\":\"other\"");
	unsigned killed = 0;
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"cause\":\"killed\"")) {
			holds(w->records[i], "\"target\":\"d\"");
			killed++;
		}
	assert_int_equal(killed, 1);
}

/* Its exit was lost: the next fork with its pid proves that it is gone. */
static void test_pid_given_out_again_proves_the_end(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, D), 2000);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"unknown\"");
	holds(e, "exit status was not seen");
	lacks(e, "uptime_seconds");
}

/* Its pid was given out again before its exit was told. */
static void test_exit_told_after_the_next_fork(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, D), 2000);
	give(w, cn_exit(D, D, 6 << 8), 1999.9);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":6");
	assert_non_null(process_live(&w->agent.table, D));
}

static void test_oom_line_of_the_former_holder(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1000);
	start_daemon(w, D, 1100);
	give(w, kmsg(EVENT_OOM, D, "daemon"), 999);
	until(w, 2000);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 100000);
	give(w, cn_exit(D, D, SIGKILL), 100001);
	until(w, 103000);
	holds(expect(w, "exit", 2), "\"cause\":\"killed\"");
	for (unsigned i = 0; i < w->count; i++)
		lacks(w->records[i], "\"oom\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signal_stamped_before_its_process_was_born),
		TEST(test_signal_stamped_before_its_second_holder_was_born), TEST(test_pidfile_of_one_that_ended),
		TEST(test_sender_whose_pid_is_anothers), TEST(test_reused_pid_does_not_inherit_a_signal),
		TEST(test_signal_to_either_of_two_holders), TEST(test_signal_to_the_second_holder),
		TEST(test_signal_to_one_of_two_holders_by_name), TEST(test_pid_given_out_again_proves_the_end),
		TEST(test_exit_told_after_the_next_fork), TEST(test_oom_line_of_the_former_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

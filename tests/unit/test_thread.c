#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

static void test_end_is_that_of_the_last_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_thread(D, PID(12)), 11);
	expect(w, "thread_start", 2);
	give(w, cn_exit(D, D, 4 << 8), 50); /* the leader goes first */
	give(w, cn_exit(D, PID(11), 0), 51);
	until(w, 2000);
	expect(w, "exit", 0);
	give(w, cn_exit(D, PID(12), 5 << 8), 2100);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":5");
	holds(e, "\"pid\":4000010");
	expect(w, "thread_end", 2);
}

static void test_one_exit_for_a_group_that_is_killed(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_thread(D, PID(12)), 11);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 49);
	give(w, cn_exit(D, PID(12), 9), 50);
	give(w, cn_exit(D, D, 9), 50.1);
	give(w, cn_exit(D, PID(11), 9), 50.2);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"cause\":\"killed\"");
}

/* The thread takes the leader's place: its own id is never told again. */
static void test_exec_by_a_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, D, 0), 20);
	give(w, cn_exec(D), 20.1);
	give(w, audit_exec(1, D, "daemon", "again"), 20.1);
	until(w, 1000);
	expect(w, "exit", 0);
	holds(expect(w, "exec", 2), "\"again\"");
	give(w, cn_exit(D, D, 2 << 8), 1500);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"exit_code\":2");
}

/* The exec ends the other threads, but the exit of the last of them is told after it (release_task() wakes the exec first). */
static void test_thread_told_after_the_exec_that_ended_it(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_thread(D, PID(11)), 5);
	give(w, cn_exec(D), 10);
	give(w, cn_exit(D, PID(11), 0), 10.1);
	give(w, audit_exec(1, D, "daemon", "-d"), 10.2);
	until(w, 1000);
	expect(w, "exec", 1);
	expect(w, "exit", 0);
	give(w, cn_exit(D, D, 2 << 8), 1500);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"exit_code\":2");
}

/* SECCOMP_RET_KILL_THREAD ends one of several threads. */
static void test_seccomp_of_one_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	struct event e = audit_abend(D, SIGSYS);
	e.has |= HAS_VIA | HAS_TID;
	e.via = "seccomp";
	e.tid = D;
	until(w, 200);
	world_open(w, SOURCE_AUDIT | SOURCE_PROC); /* where the record of a dump is an end */
	give(w, e, 300);
	until(w, 3000);
	expect(w, "exit", 0);
	give(w, audit_exiting(D, "exit_group", 3), 4000);
	until(w, 6000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
}

/* It starts threads while audit's record of its exec is on the way. */
static void test_threads_before_audit_told_the_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_thread(D, PID(11)), 2);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, cn_exit(D, PID(11), 0), 30);
	until(w, 60);
	expect(w, "exit", 0);
	give(w, cn_exit(D, D, 3 << 8), 80);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	expect(w, "exec", 1);
}

static void test_fault_in_a_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, PID(11), SIGSEGV), 50);
	give(w, cn_exit(D, D, SIGSEGV), 50);
	give(w, kmsg(EVENT_FAULT, PID(11), "worker"), 50); /* by thread, and read last */
	give(w, audit_abend(D, SIGSEGV), 50);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"fault\"");
	holds(e, "\"confidence\":\"certain\"");
}

/* Its thread's id was given out again, to a stranger, who has a fault while the end of the daemon waits for its record. */
static void test_fault_of_a_stranger_who_got_a_threads_id(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, PID(11), SIGSEGV), 50);
	give(w, cn_exit(D, D, SIGSEGV), 50);
	give(w, cn_fork(1, PID(11)), 51);
	give(w, cn_comm(PID(11), "stranger"), 52);
	give(w, kmsg(EVENT_FAULT, PID(11), "stranger"), 53);
	give(w, audit_abend(D, SIGSEGV), 50);
	until(w, 2000);
	lacks(expect(w, "exit", 1), "\"cause\":\"fault\"");
}

/* A thread's own exit says nothing of the process. */
static void test_exit_of_a_thread_is_no_exit_code(void **state)
{
	(void)state;
	world_open(w, SOURCE_AUDIT);
	give(w, audit_exec(1, D, "daemon", "-d"), 0);
	give(w, audit_exiting(D, "exit", 0), 10);
	give(w, proc_ended(D), 500);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"unknown\"");
	lacks(e, "exit_code");
}

/* A thread that was ending by itself when the others were ended has a status of its own, and can be the last. */
static void test_last_thread_was_ending_by_itself(void **state)
{
	static const struct {
		int leader, other, last;
		const char *says;
	} ends[] = {
		{SIGKILL, SIGKILL, 0, "\"signal\":\"SIGKILL\""},
		{0, SIGKILL, 0, "\"signal\":\"SIGKILL\""},
		{3 << 8, 3 << 8, 0, "\"exit_code\":3"},
		{SIGABRT, SIGABRT | 0x80, SIGABRT, "\"core_dumped\":true"},
		{SIGABRT | 0x80, SIGABRT, 0, "\"core_dumped\":true"},
		{4 << 8, 0, 5 << 8, "\"exit_code\":5"},
		{0, SIGSYS, 0, "\"exit_code\":0"}, /* SECCOMP_RET_KILL_THREAD */
		{SIGSYS, 3 << 8, 3 << 8, "\"exit_code\":3"}, /* the same of the leader */
		{SIGSYS, 0, 0, "\"exit_code\":0"},
		{SIGSYS, SIGSYS, SIGSYS | 0x80, "\"signal\":\"SIGSYS\""}, /* SECCOMP_RET_KILL_PROCESS */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		again();
		start_daemon(w, D, 0);
		give(w, cn_thread(D, PID(11)), 10);
		give(w, cn_thread(D, PID(12)), 11);
		give(w, cn_exit(D, D, ends[i].leader), 50);
		give(w, cn_exit(D, PID(11), ends[i].other), 50.1);
		give(w, cn_exit(D, PID(12), ends[i].last), 50.2);
		until(w, 2000);
		holds(expect(w, "exit", 1), ends[i].says);
	}
}

/* A leader that ended long before the others had a code of its own. */
static void test_leader_ended_long_before_the_last_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, D, 4 << 8), 50);
	give(w, cn_exit(D, PID(11), 0), 2000);
	until(w, 4000);
	holds(expect(w, "exit", 1), "\"exit_code\":0");
}

/* The same while audit is yet to tell what it had executed; and threads that an exec ended say nothing. */
static void test_last_thread_before_audit_told_the_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_thread(D, PID(11)), 2);
	give(w, cn_exit(D, D, 3 << 8), 3);
	give(w, cn_exit(D, PID(11), 0), 3.1);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	again();
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_thread(D, PID(12)), 11);
	give(w, cn_exit(D, D, SIGKILL), 20);
	give(w, cn_exit(D, PID(12), SIGKILL), 20);
	give(w, cn_exec(D), 21); /* by a thread */
	give(w, audit_exec(1, D, "daemon", "-again"), 21);
	give(w, cn_exit(D, D, 0), 500);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":0");
}

#define MANY 10000

/* Each thread starts, the process is killed, each thread ends: in the order of their starts, which a list has the farthest way to. */
static void test_what_a_thread_costs_does_not_grow_with_their_number(void **state)
{
	uint64_t looks = 0;

	(void)state;
	world_fini(w);
	world_init(w, "[target d]\ncomm = daemon\nevents = exit\n");
	start_daemon(w, D, 0);
	for (int i = 1; i <= MANY; i++)
		give(w, cn_thread(D, PID(100 + i)), 10);
	struct watch *watch = process_live(&w->agent.table, D)->watch;
	assert_int_equal(watch->threads.tids.alive, MANY + 1);
	for (int i = 1; i <= MANY; i++) { /* one that starts and ends while they run, again and again */
		give(w, cn_thread(D, PID(100 + MANY + i)), 11);
		give(w, cn_exit(D, PID(100 + MANY + i), 0), 11);
	}
	give(w, cn_exit(D, D, SIGKILL), 20);
	for (int i = 1; i <= MANY; i++) {
		looks = watch->threads.tids.looks;
		give(w, cn_exit(D, PID(100 + i), SIGKILL), 20);
	}
	print_message("%.1f entries looked at for each of %d calls\n", (double)looks / (5 * MANY), 5 * MANY);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"signal\":\"SIGKILL\"");
	assert_true(looks < 5 * MANY * 4ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_end_is_that_of_the_last_thread), TEST(test_one_exit_for_a_group_that_is_killed),
		TEST(test_exec_by_a_thread), TEST(test_thread_told_after_the_exec_that_ended_it),
		TEST(test_seccomp_of_one_thread), TEST(test_threads_before_audit_told_the_exec), TEST(test_fault_in_a_thread), TEST(test_fault_of_a_stranger_who_got_a_threads_id),
		TEST(test_exit_of_a_thread_is_no_exit_code), TEST(test_last_thread_was_ending_by_itself),
		TEST(test_what_a_thread_costs_does_not_grow_with_their_number),
		TEST(test_leader_ended_long_before_the_last_thread), TEST(test_last_thread_before_audit_told_the_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

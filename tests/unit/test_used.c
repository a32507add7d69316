/* test_used.c - what threads used on its way into the record of their process */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

static int setup_used(void **state)
{
	setup(state);
	world_open(w, SOURCE_CN_PROC | SOURCE_AUDIT | SOURCE_TRACEPOINT | SOURCE_TASKSTATS);
	return 0;
}

/* As cn_proc and the tracepoints tell. */
static void ends(pid_t pid, double ms)
{
	give(w, cn_exit(pid, pid, 0), ms);
	exact_told(w, ms + 1);
}

static void start_exec(pid_t pid, double ms)
{
	give(w, cn_exec(pid), ms);
	give(w, audit_exec(1, pid, "daemon", "-d"), ms);
}

static void test_sum_of_the_threads(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, D + 1), 10);
	give(w, cn_thread(D, D + 2), 10);
	give(w, used_by(D, D + 1, 250, false, false), 300);
	give(w, cn_exit(D, D + 1, 0), 301);
	give(w, used_by(D, D + 2, 500, false, false), 600);
	give(w, cn_exit(D, D + 2, 0), 601);
	give(w, used_by(D, D, 1000, false, true), 1000);
	used_told(w, 1010);
	ends(D, 1001);
	until(w, 1100);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cpu_user_seconds\":1.750,\"cpu_system_seconds\":0.000,\"max_rss_kib\":100000");
	holds(e, "\"taskstats\"");
	lacks(e, "read_bytes"); /* this kernel does not count them */
}

static void test_end_that_is_read_before_what_was_used(void **state)
{
	(void)state;
	world_open(w, SOURCE_CN_PROC | SOURCE_TRACEPOINT | SOURCE_TASKSTATS);
	start_daemon(w, D, 0);
	used_told(w, 50);
	exact_told(w, 200);
	ends(D, 100);
	expect(w, "exit", 0);
	give(w, used_by(D, D, 30, true, true), 101);
	used_told(w, 102);
	until(w, 110);
	holds(expect(w, "exit", 1), "\"cpu_user_seconds\":0.030");
}

/* It is never read: then the record waits no longer than for signals. */
static void test_what_was_used_is_not_waited_for_long(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	used_told(w, 50);
	ends(D, 100);
	until(w, 400);
	lacks(expect(w, "exit", 1), "cpu_user_seconds");
}

static void test_before_audit_has_told_the_program(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, used_by(D, D, 2, true, true), 5);
	used_told(w, 10);
	ends(D, 5);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"cpu_user_seconds\":0.002");
}

/* Both ended before their records were read: the first one's come first. */
static void test_pid_that_is_used_again(void **state)
{
	struct event second = used_by(D, D, 20, true, true);

	(void)state;
	start_daemon(w, D, 0);
	used_told(w, 50);
	ends(D, 100);
	start_daemon(w, D, 110);
	ends(D, 140);
	used_in(&second)->elapsed_us = 30000;
	give(w, used_by(D, D, 80, true, true), 150);
	give(w, second, 150);
	used_told(w, 160);
	until(w, 3000);
	const char *last = expect(w, "exit", 2);
	holds(last, "\"cpu_user_seconds\":0.020");
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"exit\"") && w->records[i] != last)
			holds(w->records[i], "\"cpu_user_seconds\":0.080");
}

/* The record of the first was lost, and one that is older than the second cannot be the second's. */
static void test_record_that_is_older_than_its_process(void **state)
{
	struct event late = used_by(D, D, 80, true, true);

	(void)state;
	start_daemon(w, D, 200);
	used_in(&late)->elapsed_us = 300000;
	give(w, late, 250);
	used_told(w, 400);
	ends(D, 300);
	until(w, 3000);
	lacks(expect(w, "exit", 1), "cpu_user_seconds");
}

static void test_after_a_loss_only_a_process_that_was_alone_is_known(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	start_daemon(w, D + 1, 0);
	start_daemon(w, D + 2, 0);
	give(w, cn_exit(D + 2, D + 2, 0), 90);
	give(w, lost(SOURCE_TASKSTATS), 100);
	give(w, used_by(D + 2, D + 2, 10, true, true), 101); /* it ended before the loss was told: this may be another's */
	used_told(w, 250);
	exact_told(w, 250);
	until(w, 200);
	lacks(expect(w, "exit", 1), "cpu_user_seconds");
	give(w, used_by(D, D, 10, false, true), 200);
	ends(D, 200);
	lacks(expect(w, "exit", 2), "cpu_user_seconds");
	give(w, used_by(D + 1, D + 1, 10, true, true), 210);
	ends(D + 1, 210);
	until(w, 1000);
	holds(expect(w, "exit", 3), "cpu_user_seconds");
}

/* Before 6.0 a record does not say whose thread it was, so that the sum of several is not known. */
static void test_threads_of_an_old_kernel(void **state)
{
	struct event leader = used_by(D, D, 30, false, true), single = used_by(D + 5, D + 5, 20, false, false);

	(void)state;
	used_in(&leader)->by_tid = used_in(&single)->by_tid = true;
	start_daemon(w, D, 0);
	start_daemon(w, D + 5, 0);
	give(w, cn_thread(D, D + 1), 10);
	give(w, cn_exit(D, D + 1, 0), 50);
	give(w, leader, 100);
	give(w, single, 100);
	used_told(w, 300);
	ends(D, 101);
	until(w, 150);
	lacks(expect(w, "exit", 1), "cpu_user_seconds");
	ends(D + 5, 160);
	until(w, 1000);
	holds(expect(w, "exit", 2), "cpu_user_seconds");
}

/* There a record that has come says that its process needs no other, if it has one thread. */
static void test_pid_that_is_used_again_on_an_old_kernel(void **state)
{
	struct event first = used_by(D, D, 80, false, false), second = used_by(D, D, 20, false, false);

	(void)state;
	used_in(&first)->by_tid = used_in(&second)->by_tid = true;
	start_daemon(w, D, 0);
	used_told(w, 50);
	ends(D, 100);
	start_daemon(w, D, 110);
	ends(D, 140);
	used_in(&second)->elapsed_us = 30000;
	give(w, first, 150);
	give(w, second, 150);
	used_told(w, 160);
	until(w, 3000);
	holds(expect(w, "exit", 2), "\"cpu_user_seconds\":0.020");
}

/* Threads of a process that had ended before it was watched. */
static void test_threads_that_ended_while_nobody_watched(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, used_by(D, D + 1, 30, false, false), 10);
	start_exec(D, 20);
	give(w, used_by(D, D, 30, false, true), 100);
	used_told(w, 300);
	ends(D, 101);
	until(w, 1000);
	lacks(expect(w, "exit", 1), "cpu_user_seconds");
}

/* Without cn_proc what the kernel says of the last thread is the status, where that is the process's. */
static void test_status_where_nobody_else_tells_of_it(void **state)
{
	struct event last = used_by(D, D, 10, true, true), other = used_by(D + 1, D + 2, 10, false, true);

	(void)state;
	world_open(w, SOURCE_AUDIT | SOURCE_PROC | SOURCE_TASKSTATS);
	give(w, audit_exec(1, D, "daemon", "-d"), 0);
	give(w, audit_exec(1, D + 1, "daemon", "-d"), 0);
	last.wait_status = other.wait_status = 7 << 8;
	last.has |= HAS_STATUS;
	other.has |= HAS_STATUS;
	give(w, last, 100);
	give(w, other, 100);
	used_told(w, 3000);
	give(w, proc_ended(D), 110);
	give(w, proc_ended(D + 1), 120);
	until(w, 4000);
	for (unsigned i = 0; i < read_records(w); i++) {
		char first[32];

		snprintf(first, sizeof(first), "\"pid\":%d,", D);
		if (!strstr(w->records[i], "\"event\":\"exit\""))
			continue;
		if (strstr(w->records[i], first))
			holds(w->records[i], "\"exit_code\":7");
		else
			lacks(w->records[i], "exit_code"); /* the code of one thread, and the first one's may be another */
	}
	expect(w, "exit", 2);
}

int main(void)
{
#define USED(f) cmocka_unit_test_setup_teardown(f, setup_used, teardown)
	const struct CMUnitTest tests[] = {
		USED(test_sum_of_the_threads), USED(test_end_that_is_read_before_what_was_used), USED(test_what_was_used_is_not_waited_for_long),
		USED(test_before_audit_has_told_the_program), USED(test_pid_that_is_used_again), USED(test_record_that_is_older_than_its_process),
		USED(test_after_a_loss_only_a_process_that_was_alone_is_known), USED(test_threads_of_an_old_kernel), USED(test_pid_that_is_used_again_on_an_old_kernel),
		USED(test_threads_that_ended_while_nobody_watched), USED(test_status_where_nobody_else_tells_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

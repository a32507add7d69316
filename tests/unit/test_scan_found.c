/* test_scan_found.c - processes that a look at /proc finds, and who they are */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/syscall.h>

#include "scan_world.h"

static void test_what_runs_already_is_not_announced(void **state)
{
	pid_t child = start();

	(void)state;
	now();
	assert_int_equal(scan_all(&w->agent.scan, true), 0);
	expect(w, "exec", 0);
	assert_non_null(process_live(&w->agent.table, child)->watch);
	scan();
	expect(w, "exec", 0);
	end(child, SIGKILL);
}

static void *last_thread(void *ready)
{
	(void)ready;
	done_step();
	pause();
	return NULL;
}

static void steps_leader_ends(void)
{
	pthread_t thread;

	prctl(PR_SET_NAME, name);
	if (pthread_create(&thread, NULL, last_thread, NULL) == 0)
		syscall(SYS_exit, 0);
}

static void remember_tid(void *tid, pid_t is)
{
	*(pid_t *)tid = is; /* the last in the list */
}

/* Its leader has ended, and the rest of it runs on: exe and arguments are to be had from a thread. */
static void test_one_whose_leader_has_ended_is_watched(void **state)
{
	pid_t child = start_stepping(steps_leader_ends), tid = 0;
	struct procfs_stat stat = {.state = '?'};
	char c;

	(void)state;
	assert_int_equal(read(control[0], &c, 1), 1);
	for (int i = 0; i < 1000 && stat.state != 'Z'; i++) {
		usleep(1000);
		assert_int_equal(procfs_read_stat_of(child, &stat), 0);
	}
	now();
	assert_int_equal(scan_all(&w->agent.scan, true), 0);
	const struct process *p = process_live(&w->agent.table, child);
	assert_non_null(p);
	assert_non_null(p->watch);
	assert_int_equal(p->watch->details->facts.has & (FACT_EXE | FACT_ARGS | FACT_UID), FACT_EXE | FACT_ARGS | FACT_UID);
	scan();
	expect(w, "exit", 0);
	world_open(w, SOURCE_CN_PROC);
	int dirfd = procfs_open(child);
	procfs_each_tid(dirfd, remember_tid, &tid);
	close(dirfd);
	assert_true(tid > 0 && tid != child);
	end(child, SIGKILL);
	now();
	give(w, cn_exit(child, tid, 5 << 8), (double)(w->agent.clock.now - w->start) / 1e6);
	until(w, 10000);
	holds(expect(w, "exit", 1), "\"exit_code\":5");
	close(control[0]);
}

static void test_a_new_one_is_told_once(void **state)
{
	(void)state;
	scan();
	pid_t child = start();
	scan();
	scan();
	const char *e = expect(w, "exec", 1);
	holds(e, "\"sources\":[\"proc\"]");
	char args[64];
	snprintf(args, sizeof(args), "\"args\":[\"%s\",\"100\"]", name);
	holds(e, args);
	holds(e, "\"parent_comm\":\"test_scan_found\"");
	end(child, SIGKILL);
}

/* The parent has to be read for it, and its facts must not get into the record. */
static void test_one_whose_parent_is_not_known(void **state)
{
	pid_t child = start();
	char comm[20];

	(void)state;
	prctl(PR_GET_NAME, comm);
	prctl(PR_SET_NAME, "the_parent");
	now();
	struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = w->agent.clock.now,
	                  .process = {.has = FACT_PID, .pid = child}};
	agent_event(&w->agent, &e);
	prctl(PR_SET_NAME, comm);
	const char *record = expect(w, "exec", 1);
	char own[40];
	snprintf(own, sizeof(own), "\"comm\":\"%s\"", name);
	holds(record, own);
	holds(record, "\"parent_comm\":\"the_parent\"");
	const struct process *p = process_live(&w->agent.table, child);
	assert_string_equal(p->watch->details->facts.comm, name);
	end(child, SIGKILL);
}

/* A full table: the process that starts may not give way to its own parent. */
static void test_full_table_when_a_parent_is_taken_in(void **state)
{
	pid_t child;

	(void)state;
	snprintf(sections, sizeof(sections), "max_processes = 64\n[target d]\ncomm = %s\n", name);
	anew(sections, SOURCE_PROC);
	child = start();
	now();
	struct process *p = subject_take_in(&w->agent.table, child);
	assert_non_null(p);
	for (int i = 0; i < 63; i++)
		process_add(&w->agent.table, PID(i), 1);
	struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = w->agent.clock.now,
	                  .process = {.has = FACT_PID, .pid = child}};
	p->unread = true;
	agent_event(&w->agent, &e);
	p = process_live(&w->agent.table, child);
	assert_non_null(p);
	assert_non_null(p->watch);
	expect(w, "exec", 1);
	assert_non_null(process_live(&w->agent.table, getpid()));
	end(child, SIGKILL);
}

static void *stay(void *tid)
{
	*(_Atomic pid_t *)tid = (pid_t)syscall(SYS_gettid);
	while (pause())
		;
	return NULL;
}

/* A pidfile that was left can name what is a thread of somebody by now: that is no daemon, and its absence no end. */
static void test_a_pidfile_that_names_a_thread(void **state)
{
	_Atomic pid_t tid = 0;
	pthread_t thread;
	char file[80];

	(void)state;
	snprintf(file, sizeof(file), "/tmp/epitaph-scan-%d.pid", (int)getpid());
	snprintf(sections, sizeof(sections), "[target d]\npidfile = %s\n", file);
	anew(sections, SOURCE_PROC);
	scan();
	assert_int_equal(pthread_create(&thread, NULL, stay, &tid), 0);
	while (!tid)
		usleep(1000);
	FILE *f = fopen(file, "w");
	fprintf(f, "%d\n", (int)tid);
	fclose(f);
	assert_true(target_read_pidfile(&w->agent.life.targets[0], &w->agent.config->targets[0]));
	now();
	scan_pidfile(&w->agent.scan, tid);
	usleep(30000);
	scan();
	until(w, 10000);
	unlink(file);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	expect(w, "exec", 0);
	expect(w, "exit", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_runs_already_is_not_announced),
		TEST(test_one_whose_leader_has_ended_is_watched),
		TEST(test_a_new_one_is_told_once),
		TEST(test_one_whose_parent_is_not_known),
		TEST(test_full_table_when_a_parent_is_taken_in),
		TEST(test_a_pidfile_that_names_a_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

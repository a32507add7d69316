#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

static void test_one_exec_record_of_both(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	until(w, 2000);
	const char *e = expect(w, "exec", 1);
	holds(e, "\"sources\":[\"audit\",\"cn_proc\"]");
	holds(e, "\"args\":[\"daemon\",\"-d\"]");
	holds(e, "\"exe\":\"/bin/daemon\"");
	holds(e, "\"starts\":1");
	holds(e, "\"uid\":33");
}

/* The queue of audit was read before that of cn_proc. */
static void test_exec_of_audit_before_the_fork(void **state)
{
	(void)state;
	give(w, audit_exec(1, D, "daemon", "-d"), 3);
	give(w, cn_fork(1, D), 2);
	give(w, cn_exec(D), 4);
	until(w, 2000);
	expect(w, "exit", 0);
	holds(expect(w, "exec", 1), "\"args\":[\"daemon\",\"-d\"]");
	give(w, cn_exit(D, D, 0), 3000);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":0");
	holds(e, "\"uptime_seconds\":2.99");
}

static void test_exec_of_audit_between_fork_and_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, cn_exec(D), 3);
	until(w, 2000);
	holds(expect(w, "exec", 1), "\"starts\":1");
}

/* sh -c "exec daemon": the shell is none of ours. */
static void test_program_that_becomes_the_daemon(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exec(D), 2);
	give(w, audit_exec(1, D, "sh", "-c"), 1);
	give(w, audit_exec(1, D, "daemon", "-d"), 2);
	until(w, 2000);
	const char *e = expect(w, "exec", 1);
	holds(e, "\"exe\":\"/bin/daemon\"");
	holds(e, "\"starts\":1");
}

/* It executes itself again at once, with other arguments: two starts. */
static void test_daemon_that_executes_itself_again(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exec(D), 2);
	give(w, audit_exec(1, D, "daemon", "first"), 1);
	give(w, audit_exec(1, D, "daemon", "second"), 2);
	until(w, 2000);
	const char *e = expect(w, "exec", 2);
	holds(e, "\"second\"");
	holds(e, "\"starts\":2");
	holds(w->records[0], "\"first\"");
}

/* Both records of audit came before cn_proc's first event, so the first still waits for it. */
static void test_second_exec_while_the_first_record_waits(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, audit_exec(1, D, "daemon", "first"), 1);
	expect(w, "exec", 0);
	give(w, audit_exec(1, D, "daemon", "second"), 2);
	until(w, 2000);
	holds(expect(w, "exec", 2), "\"second\"");
	holds(w->records[0], "\"first\"");
	holds(w->records[0], "\"starts\":1");
}

/* It ended before anything could be read; audit tells afterwards what it was. */
static void test_short_life_is_told_by_audit(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 5 << 8), 2);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, audit_exiting(D, "exit_group", 5), 2);
	until(w, 2000);
	expect(w, "exec", 1);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":5");
	holds(e, "\"uptime_seconds\":0.002");
}

static void test_short_life_that_audit_will_not_tell(void **state)
{
	(void)state;
	world_unaudited(w);
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 5 << 8), 2);
	until(w, 2000);
	expect(w, "exec", 0);
	expect(w, "exit", 0);
	world_open(w, SOURCE_CN_PROC);
	life_tell_gaps(&w->agent.life, true);
	holds(expect(w, "lost", 1), "before /proc could be read");
}

static void test_failed_start(void **state)
{
	struct event e = audit_exec(1, D, "sh", "");

	(void)state;
	e.kind = EVENT_EXEC_FAILED;
	e.has |= HAS_PATH | HAS_ERRNO;
	e.path = "/usr/sbin/daemon";
	e.error = 2;
	give(w, cn_fork(1, D), 0);
	give(w, e, 1);
	const char *r = expect(w, "exec_failed", 1);
	holds(r, "\"errno\":\"ENOENT\"");
	holds(r, "\"path\":\"/usr/sbin/daemon\"");
}

/* fork, execve fails, _exit(127): cn_proc has told the end before audit tells what failed. */
static void test_failed_exec_of_a_copy_that_is_gone(void **state)
{
	struct event e = audit_exec(D, PID(11), "daemon", "");

	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(D, PID(11)), 50);
	give(w, cn_exit(PID(11), PID(11), 127 << 8), 54);
	e.kind = EVENT_EXEC_FAILED;
	e.has |= HAS_PATH | HAS_ERRNO;
	e.path = "/usr/bin/helper";
	e.error = 2;
	give(w, e, 52);
	const char *r = expect(w, "exec_failed", 1);
	holds(r, "\"pid\":4000011");
	holds(r, "\"path\":\"/usr/bin/helper\"");
	until(w, 2000);
	expect(w, "exit", 1);
}

static void test_copy_is_watched(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(D, PID(11)), 50);
	holds(expect(w, "fork", 1), "\"pid\":4000011");
	give(w, cn_exit(PID(11), PID(11), 7 << 8), 100);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"pid\":4000011");
	holds(e, "\"exit_code\":7");
	holds(e, "\"exe\":\"/bin/daemon\"");
	expect(w, "exec", 1);
}

static void test_copy_that_executes_something_else_is_not(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(D, PID(11)), 50);
	give(w, cn_exec(PID(11)), 51);
	give(w, audit_exec(D, PID(11), "sh", "-c"), 51);
	give(w, cn_exit(PID(11), PID(11), 0), 100);
	until(w, 2000);
	expect(w, "exit", 0);
}

/* In whatever order it becomes known that it ended and that it was something else. */
static void test_copy_that_ended_before_its_exec_was_read(void **state)
{
	(void)state;
	for (int order = 0; order < 3; order++) {
		again();
		if (order == 2)
			world_unaudited(w);
		start_daemon(w, D, 0);
		give(w, cn_fork(D, PID(11)), 50);
		if (order == 0)
			give(w, audit_exec(D, PID(11), "sh", "-c"), 51);
		give(w, proc_ended(PID(11)), 53);
		give(w, cn_exec(PID(11)), 51);
		if (order == 1)
			give(w, audit_exec(D, PID(11), "sh", "-c"), 51);
		give(w, cn_exit(PID(11), PID(11), 0), 52);
		until(w, 2000);
		expect(w, "exit", 0);
	}
}

/* The parent's end was noticed first; the child was born before it all the same. */
static void test_copy_forked_by_one_that_is_known_to_have_ended(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, proc_ended(D), 60);
	give(w, cn_fork(D, PID(11)), 50);
	give(w, cn_exit(D, D, 0), 55);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":0");
	give(w, cn_exit(PID(11), PID(11), SIGKILL), 3000);
	until(w, 5000);
	const char *e = expect(w, "exit", 2);
	holds(e, "\"pid\":4000011");
	assert_int_equal(w->agent.table.watched, 0);
}

/* A watched program executes another, which ends at once: whose end it was only audit's record tells, and that is late. */
static void test_end_waits_for_what_audit_tells_was_executed(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exec(D), 50);
	give(w, cn_fork(D, PID(11)), 51);
	give(w, cn_exit(D, D, 3 << 8), 52);
	give(w, cn_exit(PID(11), PID(11), 4 << 8), 53);
	until(w, 900);
	expect(w, "exit", 0);
	give(w, audit_exec(50, D, "daemon", "-second"), 50);
	until(w, 2000);
	expect(w, "exec", 2);
	expect(w, "exit", 2);
	expect(w, "lost", 0);
	for (unsigned i = 0; i < read_records(w); i++)
		if (strstr(w->records[i], "\"event\":\"exit\""))
			holds(w->records[i], "-second");
}

/* Where a virtual processor was held up, audit's clock lags by far more than a tick. */
static void test_exec_stamped_before_its_process_was_born(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 100);
	give(w, cn_exec(D), 101);
	give(w, cn_exit(D, D, 5 << 8), 102);
	give(w, audit_exec(1, D, "daemon", "-d"), 40);
	until(w, 2000);
	holds(expect(w, "exec", 1), "\"started\"");
	holds(expect(w, "exit", 1), "\"exit_code\":5");
	agent_flush(&w->agent);
	expect(w, "lost", 0);
}

/* A late record of the pid's former holder is not its successor's. */
static void test_exec_of_the_former_holder_told_late(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 5 << 8), 1900);
	until(w, 1900); /* no record of audit within a second */
	give(w, cn_fork(1, D), 1950);
	give(w, cn_exec(D), 1951);
	give(w, audit_exec(1, D, "daemon", "-former"), 1500);
	give(w, audit_exec(1, D, "daemon", "-d"), 1950);
	give(w, cn_exit(D, D, 6 << 8), 2000);
	until(w, 5000);
	holds(expect(w, "exit", 2), "\"exit_code\":6");
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"exit_code\":6"))
			holds(w->records[i], "-d\"");
		else if (strstr(w->records[i], "\"exit_code\":5"))
			lacks(w->records[i], "-d\"");
}

/* Nothing was known of it, and it is gone: that is an end too. */
/* Its name alone fits a later target; what is known of its path fits the first. */
static void test_exec_of_one_that_is_gone_by_its_path(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "[target by_path]\nexe = /bin/daemon\n[target by_name]\ncomm = daemon\n");
	world_open(w, SOURCE_CN_PROC | SOURCE_TRACEPOINT);
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, exact_exec(D, "/bin/daemon"), 1);
	give(w, cn_exit(D, D, 9), 300);
	exact_told(w, 500);
	until(w, 4000);
	holds(expect(w, "exec", 1), "\"target\":\"by_path\"");
	holds(expect(w, "exit", 1), "\"target\":\"by_path\"");
}

static void test_exec_of_one_that_is_gone_and_was_not_known(void **state)
{
	(void)state;
	give(w, audit_exec(1, D, "daemon", "-d"), 10);
	until(w, 3000);
	expect(w, "exec", 1);
	holds(expect(w, "exit", 1), "\"cause\":\"unknown\"");
}

/* No record of audit comes: it is told as far as it is known, and so is what is not. */
static void test_end_does_not_wait_for_ever(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exec(D), 50);
	give(w, cn_exit(D, D, 3 << 8), 52);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	agent_flush(&w->agent);
	expect(w, "lost", 1);
}

/* Somebody forks until the table is full: the oldest give way, but not a parent to its own child. */
static void a_full_table(bool parent_ended)
{
	pid_t shell = PID(1);

	world_fini(w);
	world_init(w, "max_processes = 64\n" TARGETS);
	give(w, cn_fork(1, shell), 0);
	give(w, cn_comm(shell, "sh"), 0);
	for (int i = 0; i < 200; i++)
		give(w, cn_fork(1, PID(100 + i)), 1 + i / 1000.);
	assert_int_equal(w->agent.table.used, 64);
	assert_null(process_live(&w->agent.table, shell)); /* it has given way already */
	give(w, cn_fork(1, shell), 2);
	give(w, cn_comm(shell, "sh"), 2);
	for (int i = 0; i < 62; i++)
		give(w, cn_fork(1, PID(400 + i)), 3 + i / 1000.);
	assert_non_null(process_live(&w->agent.table, shell)); /* it is the next to give way */
	if (parent_ended)
		give(w, cn_exit(shell, shell, 0), 3.9);
	give(w, cn_fork(shell, D), 4);
	give(w, cn_exec(D), 5);
	give(w, audit_exec(shell, D, "daemon", "-d"), 5);
	until(w, 1000);
}

static void test_parent_does_not_give_way_to_its_child(void **state)
{
	(void)state;
	a_full_table(false);
	const char *e = expect(w, "exec", 1);
	holds(e, "\"parent_comm\":\"sh\"");
	holds(e, "\"ancestry\":[\"sh\"");
}

/* Its fork is read after its parent's end: that is gone from the table, and nobody takes its place. */
static void test_parent_that_has_ended_gives_way(void **state)
{
	(void)state;
	a_full_table(true);
	const char *e = expect(w, "exec", 1);
	holds(e, "\"ppid\":4000001");
	lacks(e, "parent_comm");
	assert_int_equal(process_live(&w->agent.table, D)->parent_born, 0);
}

static void test_rename_into_a_target_and_ids(void **state)
{
	struct event uid = {.kind = EVENT_UID, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = D,
	                    .process = {.has = FACT_PID | FACT_UID, .pid = D, .uid = 1234}};

	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_comm(D, "renamed"), 10);
	give(w, uid, 11);
	give(w, cn_exit(D, D, 0), 100);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"comm\":\"renamed\"");
	holds(e, "\"uid\":1234");
	holds(e, "\"exe\":\"/bin/daemon\"");
}

/* What nobody tells when it changes stands only where it was read; a new session is told. */
static void test_ids_of_group_and_session(void **state)
{
	struct event start = audit_exec(1, D, "daemon", "-d"), sid = {.kind = EVENT_SID, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT,
	                    .has = HAS_TID, .tid = D, .process = {.has = FACT_PID, .pid = D}};

	(void)state;
	start.process.has |= FACT_PGID | FACT_SID | FACT_EUID | FACT_EGID;
	start.process.pgid = 11;
	start.process.sid = 12;
	start.process.euid = 13;
	start.process.egid = 14;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, start, 1);
	until(w, 500);
	holds(expect(w, "exec", 1), "\"euid\":13,\"egid\":14,\"pgid\":11,\"sid\":12,\"threads\":1");
	give(w, cn_fork(D, D + 1), 510); /* a copy is in the same session */
	give(w, sid, 600);
	give(w, cn_thread(D, D + 2), 610);
	give(w, cn_exit(D + 1, D + 1, 0), 620);
	until(w, 2000);
	const char *copy = expect(w, "exit", 1);
	holds(copy, "\"sid\":12,");
	lacks(copy, "pgid");
	give(w, cn_exit(D, D + 2, 0), 2990);
	give(w, cn_exit(D, D, 0), 3000);
	until(w, 5000);
	const char *e = expect(w, "exit", 2);
	holds(e, "\"euid\":13,\"egid\":14,\"sid\":4000010,");
	lacks(e, "pgid");
	lacks(e, "threads");
}

/* Audit's record of the exec comes when the daemon has dropped its privileges already. */
static void test_ids_that_changed_before_the_exec_was_told(void **state)
{
	struct event uid = {.kind = EVENT_UID, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = D,
	                    .process = {.has = FACT_PID | FACT_UID | FACT_EUID, .pid = D, .uid = 777, .euid = 777}};

	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, uid, 5);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, cn_exit(D, D, 0), 100);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"uid\":777");
}

static void test_session_after_a_loss(void **state)
{
	struct event start = audit_exec(1, D, "daemon", "-d");

	(void)state;
	start.process.has |= FACT_SID | FACT_EUID;
	start.process.sid = 12;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, start, 1);
	give(w, lost(SOURCE_CN_PROC), 100);
	give(w, cn_exit(D, D, 0), 200);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	lacks(e, "\"sid\"");
	lacks(e, "uid\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_exec_record_of_both), TEST(test_exec_of_audit_before_the_fork),
		TEST(test_exec_of_audit_between_fork_and_exec), TEST(test_program_that_becomes_the_daemon),
		TEST(test_daemon_that_executes_itself_again), TEST(test_second_exec_while_the_first_record_waits),
		TEST(test_short_life_is_told_by_audit), TEST(test_short_life_that_audit_will_not_tell), TEST(test_failed_start),
		TEST(test_failed_exec_of_a_copy_that_is_gone), TEST(test_copy_is_watched),
		TEST(test_copy_that_executes_something_else_is_not), TEST(test_copy_that_ended_before_its_exec_was_read),
		TEST(test_copy_forked_by_one_that_is_known_to_have_ended), TEST(test_end_waits_for_what_audit_tells_was_executed),
		TEST(test_exec_stamped_before_its_process_was_born), TEST(test_exec_of_the_former_holder_told_late),
		TEST(test_exec_of_one_that_is_gone_by_its_path),
		TEST(test_exec_of_one_that_is_gone_and_was_not_known), TEST(test_end_does_not_wait_for_ever),
		TEST(test_parent_does_not_give_way_to_its_child), TEST(test_parent_that_has_ended_gives_way), TEST(test_rename_into_a_target_and_ids), TEST(test_ids_of_group_and_session), TEST(test_session_after_a_loss), TEST(test_ids_that_changed_before_the_exec_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

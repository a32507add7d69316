#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/run/reconfigure.h"
#include "daemon_world.h"

static void test_loss_of_audit_makes_exits_likely(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, lost(SOURCE_AUDIT), 90);
	holds(expect(w, "lost", 1), "\"count\":7");
	give(w, cn_exit(D, D, 0), 100);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"confidence\":\"likely\"");
	holds(e, "without a gap");
}

/* After loss a look at /proc proves what is gone; nothing lives under these pids. */
static void test_loss_of_cn_proc_and_the_scan_after_it(void **state)
{
	(void)state;
	start_daemon(w, D, -10000);
	start_daemon(w, PID(11), -10000);
	give(w, lost(SOURCE_CN_PROC), 90);
	assert_true(w->agent.coverage.missed);
	until(w, 100);
	assert_int_equal(scan_all(&w->agent.scan, false), 0);
	assert_false(w->agent.coverage.missed);
	until(w, 3000);
	const char *e = expect(w, "exit", 2);
	holds(e, "\"cause\":\"unknown\"");
	lacks(e, "uptime_seconds");
	expect(w, "lost", 1);
	scan_all(&w->agent.scan, false);
	until(w, 6000);
	expect(w, "exit", 2);
}

static void test_settle_tells_all_that_waits(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	start_daemon(w, PID(11), 0);
	give(w, audit_signal(KILLER, "kill", PID(11), "daemon", SIGUSR1), 5);
	give(w, cn_exit(D, D, 1 << 8), 10);
	expect(w, "exit", 0);
	agent_flush(&w->agent);
	holds(expect(w, "exit", 1), "\"exit_code\":1");
	expect(w, "signal", 1);
	expect(w, "exec", 2);
	assert_int_equal(w->agent.table.watched, 1); /* the other lives on */
	give(w, cn_exit(PID(11), PID(11), 0), 100);
	until(w, 3000);
	expect(w, "exit", 2);
}

static void reload(const char *sections)
{
	struct config *c = world_config(w, sections);
	const struct output_config *failed;

	assert_int_equal(reconfigure(&w->agent, c, &failed), 0);
}

/* It ended just before the reload: its exit is still in the queue, and /proc has nothing of it. */
static void test_reload_misses_no_death(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	until(w, 1000);
	reload("[target a]\ncomm = x\n" TARGETS);
	give(w, cn_exit(D, D, 4 << 8), 1001);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"target\":\"d\"");
	holds(e, "\"exit_code\":4");
}

static void test_reload_that_no_longer_wants_it(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	reload("[target a]\ncomm = x\n");
	give(w, cn_exit(D, D, 4 << 8), 1001);
	until(w, 3000);
	expect(w, "exit", 0);
	assert_int_equal(w->agent.table.watched, 0);
}

static void test_reload_goes_on_counting(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	reload(TARGETS);
	start_daemon(w, PID(11), 100);
	until(w, 2000);
	const char *e = expect(w, "exec", 2);
	holds(e, "\"starts\":2");
	holds(e, "\"seq\":2");
}

/* The table is full: what is watched is never pushed out, and what is refused is told. */
static void test_full_table(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "max_processes = 64\n" TARGETS);
	start_daemon(w, D, 0);
	for (int i = 0; i < 500; i++) {
		give(w, cn_fork(1, PID(1000 + i)), 10 + i);
		if (i % 3 == 0)
			give(w, cn_exit(PID(1000 + i), PID(1000 + i), 0), 10.5 + i);
	}
	give(w, cn_exit(D, D, 0), 600);
	until(w, 3000);
	expect(w, "exit", 1);
	for (int i = 0; i < 100; i++)
		start_daemon(w, PID(2000 + i), 4000 + i);
	until(w, 9000);
	life_tell_gaps(&w->agent.life, true);
	holds(expect(w, "lost", 1), "max_processes");
	assert_int_equal(w->agent.table.used, 64);
	for (int i = 0; i < 100; i++)
		give(w, cn_exit(PID(2000 + i), PID(2000 + i), 0), 10000 + i);
	until(w, 20000);
	unsigned exits = count_of(w, "exit", NULL), execs = count_of(w, "exec", NULL);
	assert_int_equal(exits, execs);
	assert_true(exits >= 32); /* a half, which is the share of one target */
}

static void test_what_a_rate_drops_is_told_when_its_second_is_over(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "[target d]\ncomm = daemon\nrate = 3\n");
	start_daemon(w, D, 0);
	until(w, 2000);
	for (int i = 0; i < 10; i++)
		give(w, audit_signal(PID(100 + i), "k", D, "daemon", SIGUSR1), 2000);
	until(w, 3000); /* they are told after `coalesce` */
	until(w, 4100); /* and nothing more happens */
	assert_int_equal(count_of(w, "signal", NULL), 3);
	holds(expect(w, "lost", 1), "\"count\":7");
	assert_int_equal(w->agent.output.rates_due, 0);
	give(w, cn_exit(D, D, SIGTERM), 5000);
	until(w, 9000);
	expect(w, "exit", 1);
	expect(w, "lost", 1);
}

/* Who is about to end has removed it already. */
static void test_reload_after_the_pidfile_is_gone(void **state)
{
	char sections[256], path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/pid", w->dir);
	snprintf(sections, sizeof(sections), "[target p]\npidfile = %s\n", path);
	reload(sections);
	give(w, cn_fork(1, D), 0);
	w->agent.life.targets[0].pidfile_pid = D; /* the file names it */
	give(w, cn_exec(D), 1);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	until(w, 1000);
	expect(w, "exec", 1);
	reload(sections); /* the file is gone: it is ending */
	give(w, cn_exit(D, D, 4 << 8), 2000);
	until(w, 4000);
	expect(w, "exit", 1);
}

/* It is watched though it executed another program. */
static void test_reload_keeps_what_a_target_became(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	until(w, 1000);
	give(w, cn_exec(D), 1001);
	give(w, audit_exec(1, D, "worker", "-w"), 1001);
	until(w, 1500);
	reload(TARGETS);
	give(w, cn_exit(D, D, 4 << 8), 2000);
	until(w, 4000);
	expect(w, "exit", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loss_of_audit_makes_exits_likely), TEST(test_loss_of_cn_proc_and_the_scan_after_it),
		TEST(test_settle_tells_all_that_waits), TEST(test_reload_misses_no_death),
		TEST(test_reload_that_no_longer_wants_it), TEST(test_reload_goes_on_counting), TEST(test_full_table),
		TEST(test_what_a_rate_drops_is_told_when_its_second_is_over), TEST(test_reload_after_the_pidfile_is_gone),
		TEST(test_reload_keeps_what_a_target_became),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

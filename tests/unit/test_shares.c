#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/run/reconfigure.h"
#include "daemon_world.h"

static struct event exec_of(pid_t pid, const char *comm, uid_t uid)
{
	struct event e = audit_exec(1, pid, comm, "-d");

	e.process.uid = uid;
	return e;
}

static void start(pid_t pid, const char *comm, uid_t uid, double ms)
{
	give(w, cn_fork(1, pid), ms);
	give(w, cn_exec(pid), ms);
	give(w, exec_of(pid, comm, uid), ms);
}

static void small_world(const char *targets)
{
	char sections[256];

	world_fini(w);
	snprintf(sections, sizeof(sections), "max_processes = 64\n%s", targets);
	world_init(w, sections);
}

/* A watched daemon that was taken over forks all that it can. */
static void test_copies_leave_room_for_the_other_targets_and_their_own(void **state)
{
	(void)state;
	small_world(TARGETS);
	start(D, "daemon", 33, 0);
	for (int i = 0; i < 200; i++)
		give(w, cn_fork(D, PID(1000 + i)), 10 + i);
	start(PID(20), "another", 34, 300);
	start(PID(21), "daemon", 33, 310);
	assert_non_null(process_live(&w->agent.table, D)->watch);
	assert_int_equal(w->agent.life.targets[0].watched, 32);
	give(w, cn_exit(PID(20), PID(20), 0x700), 400);
	give(w, cn_exit(PID(21), PID(21), 0x800), 400);
	give(w, cn_exit(D, D, 0x900), 400);
	until(w, 9000);
	expect(w, "exec", 3);
	expect(w, "exit", 3);
	life_tell_gaps(&w->agent.life, true);
	holds(expect(w, "lost", 1), "one target, or one user, has half of max_processes");
}

static void test_a_target_that_is_the_only_one_has_all(void **state)
{
	(void)state;
	small_world("[target d]\ncomm = daemon\n");
	for (int i = 0; i < 50; i++)
		start(PID(1000 + i), "daemon", i, 10 + i);
	assert_int_equal(w->agent.life.targets[0].watched, 50);
}

/* Of several targets; root's own processes are no attack. */
static void test_one_user_has_a_half_and_root_all(void **state)
{
	(void)state;
	small_world("[target d]\ncomm = daemon\n[target e]\ncomm = another\n");
	for (int i = 0; i < 50; i++)
		start(PID(1000 + i), i % 2 ? "daemon" : "another", 33, 10 + i);
	assert_int_equal(w->agent.table.watched, 32);
	for (int i = 0; i < 20; i++)
		start(PID(2000 + i), i % 2 ? "daemon" : "another", 0, 100 + i);
	assert_int_equal(w->agent.table.watched, 52);
	for (int i = 0; i < 50; i++)
		give(w, cn_exit(PID(1000 + i), PID(1000 + i), 0), 200);
	until(w, 9000);
	assert_int_equal(w->agent.table.watched, 20);
	start(PID(3000), "daemon", 33, 10000);
	assert_int_equal(w->agent.table.watched, 21);
}

static void test_shares_when_a_reload_changes_the_targets(void **state)
{
	const struct output_config *failed;

	(void)state;
	small_world(TARGETS);
	start(D, "daemon", 33, 0);
	start(PID(20), "another", 33, 0);
	until(w, 2000);
	assert_int_equal(reconfigure(&w->agent, world_config(w, "max_processes = 64\n[target new]\ncomm = none\n[target other]\ncomm = another\n"), &failed), 0);
	assert_int_equal(w->agent.life.targets[0].watched, 0);
	assert_int_equal(w->agent.life.targets[1].watched, 1);
	give(w, cn_exit(PID(20), PID(20), 0), 3000);
	until(w, 9000);
	assert_int_equal(w->agent.life.targets[1].watched, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_target_that_is_the_only_one_has_all), TEST(test_copies_leave_room_for_the_other_targets_and_their_own), TEST(test_one_user_has_a_half_and_root_all),
		TEST(test_shares_when_a_reload_changes_the_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

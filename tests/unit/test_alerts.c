/* test_alerts.c - a target that starts too often, and one that has no process */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/run/reconfigure.h"
#include "daemon_world.h"

static void world_with(const char *keys)
{
	char sections[256];

	world_fini(w);
	snprintf(sections, sizeof(sections), "[target d]\ncomm = daemon\nevents = exit\n%s\n[target other]\ncomm = another\n", keys);
	world_init(w, sections);
}

static void start(pid_t pid, double ms)
{
	give(w, cn_fork(1, pid), ms);
	give(w, cn_exec(pid), ms);
	give(w, audit_exec(1, pid, "daemon", "-d"), ms);
	life_alerts(&w->agent.life);
}

static void end(pid_t pid, double ms)
{
	give(w, cn_exit(pid, pid, 0x700), ms);
}

/* The loop's turns. */
static void pass(double from, double to)
{
	for (double ms = from; ms <= to; ms += 100) {
		until(w, ms);
		life_alerts(&w->agent.life);
	}
}

static void life_of(int n, double ms)
{
	start(PID(10 + n), ms);
	end(PID(10 + n), ms + 200);
	pass(ms + 200, ms + 900);
}

static void test_flapping_when_it_starts_once_too_often(void **state)
{
	(void)state;
	world_with("restarts = 2/10s");
	life_of(0, 0);
	life_of(1, 1000);
	expect(w, "flapping", 0);
	life_of(2, 2000);
	const char *told = expect(w, "flapping", 1);
	holds(told, "\"target\":\"d\"");
	holds(told, "\"restarts\":3,\"window_seconds\":10,\"last_cause\":\"exit\"");
	life_of(3, 3000);
	expect(w, "flapping", 1);
	expect(w, "calm", 0);
	pass(4000, 11000);
	expect(w, "calm", 0); /* the starts at 1, 2 and 3 s */
	pass(11000, 11200);
	holds(expect(w, "calm", 1), "\"restarts\":2,\"window_seconds\":10");
	life_of(4, 13100);
	life_of(5, 14100);
	expect(w, "flapping", 1);
	life_of(6, 15100);
	expect(w, "flapping", 2);
}

static void test_flapping_when_it_starts_as_often_as_it_may(void **state)
{
	(void)state;
	world_with("restarts = 2/10s");
	for (int i = 0; i < 8; i++)
		life_of(i, i * 5100);
	expect(w, "exit", 8);
	expect(w, "flapping", 0);
}

static void test_absent_when_nobody_starts_it_again(void **state)
{
	(void)state;
	world_with("absent = 5s");
	pass(0, 9000);
	expect(w, "absent", 0); /* it never ran */
	life_of(0, 9000);
	pass(10000, 14100);
	expect(w, "absent", 0);
	assert_true(life_alerts(&w->agent.life) == w->start + 14200ull * NSEC_PER_MSEC);
	pass(14200, 30000);
	const char *told = expect(w, "absent", 1);
	char last[64];
	snprintf(last, sizeof(last), "\"last_pid\":%d,\"last_cause\":\"exit\"", (int)PID(10));
	holds(told, last);
	assert_int_equal(life_alerts(&w->agent.life), 0);
	start(PID(11), 30000);
	snprintf(last, sizeof(last), "\"pid\":%d,", (int)PID(11));
	holds(expect(w, "present", 1), last);
	pass(30000, 40000);
	expect(w, "absent", 1);
	expect(w, "present", 1);
}

static void test_absent_when_it_is_started_again_in_time(void **state)
{
	(void)state;
	world_with("absent = 5s");
	for (int i = 0; i < 5; i++)
		life_of(i, i * 4000);
	expect(w, "absent", 0);
	expect(w, "present", 0);
}

static void test_absent_when_one_of_two_is_left(void **state)
{
	(void)state;
	world_with("absent = 5s");
	start(PID(10), 0);
	start(PID(11), 0);
	end(PID(10), 100);
	pass(100, 20000);
	expect(w, "absent", 0);
}

static struct config *config_with(const char *keys)
{
	char text[256];

	snprintf(text, sizeof(text), "[target d]\ncomm = daemon\nevents = exit\n%s\n", keys);
	return world_config(w, text);
}

static void test_what_was_told_when_the_configuration_is_read_again(void **state)
{
	const struct output_config *failed;
	(void)state;
	world_with("restarts = 1/10s\nabsent = 5s");
	life_of(0, 0);
	life_of(1, 1000);
	pass(2000, 7000);
	expect(w, "flapping", 1);
	expect(w, "absent", 1);
	assert_int_equal(reconfigure(&w->agent, config_with("restarts = 1/10s\nabsent = 5s"), &failed), 0);
	pass(7000, 8000);
	life_of(2, 8000);
	expect(w, "flapping", 1);
	expect(w, "absent", 1);
	expect(w, "present", 1);
	assert_int_equal(reconfigure(&w->agent, config_with("restarts = 3/10s"), &failed), 0);
	life_of(3, 9000);
	life_of(4, 10000);
	expect(w, "flapping", 1); /* counted anew */
	life_of(5, 11000);
	life_of(6, 12000);
	expect(w, "flapping", 2);
	assert_int_equal(reconfigure(&w->agent, config_with("rate = 5"), &failed), 0);
	pass(12000, 40000);
	expect(w, "absent", 1);
}

static void test_absent_when_it_goes_without_a_death(void **state)
{
	const struct output_config *failed;
	(void)state;
	world_with("absent = 5s");
	start(PID(10), 0);
	start(PID(11), 0);
	end(PID(10), 100);
	pass(100, 20000);
	struct config *c = world_config(w, "[target d]\ncomm = other\nabsent = 5s\n"); /* who lives is no process of it any more */
	assert_int_equal(reconfigure(&w->agent, c, &failed), 0);
	pass(20000, 24000);
	expect(w, "absent", 0); /* it is without one since now, not since that death */
	pass(24000, 26000);
	expect(w, "absent", 1);
}

static void test_what_is_switched_off_is_over(void **state)
{
	const struct output_config *failed;
	(void)state;
	world_with("restarts = 1/10s\nabsent = 5s");
	life_of(0, 0);
	life_of(1, 1000);
	pass(2000, 9000);
	expect(w, "flapping", 1);
	expect(w, "absent", 1);
	assert_int_equal(reconfigure(&w->agent, config_with("rate = 7"), &failed), 0);
	expect(w, "calm", 1);
	pass(9000, 9100);
	assert_false(w->agent.life.targets[0].alerts.absent);
	assert_int_equal(reconfigure(&w->agent, config_with("absent = 5s"), &failed), 0);
	start(PID(12), 9200);
	pass(9200, 9400);
	expect(w, "present", 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flapping_when_it_starts_once_too_often),
		TEST(test_flapping_when_it_starts_as_often_as_it_may),
		TEST(test_absent_when_nobody_starts_it_again),
		TEST(test_absent_when_it_is_started_again_in_time),
		TEST(test_absent_when_one_of_two_is_left),
		TEST(test_absent_when_it_goes_without_a_death),
		TEST(test_what_is_switched_off_is_over),
		TEST(test_what_was_told_when_the_configuration_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

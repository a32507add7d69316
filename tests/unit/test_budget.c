#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent_world.h"

#define BUDGET 4096
#define MINUTE_MS 60000.

static struct world *w;

static int setup(void **state)
{
	(void)state;
	w = malloc(sizeof(*w));
	assert_non_null(w);
	world_init(w, "budget = 4K\n[target t]\ncomm = a\nevents = all\nrate = 0\n");
	w->agent.clock.now = (w->agent.clock.now / NSEC_PER_SEC / 60 + 1) * 60 * NSEC_PER_SEC; /* a minute begins */
	w->start = w->agent.clock.now;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_fini(w);
	free(w);
	return 0;
}

static char long_args[900];

/* A record of a process of that user with some 900 bytes of arguments, started by that one. */
static void of_process(enum event_kind kind, uid_t uid, uid_t starter)
{
	struct event e = {.kind = kind, .sources = SOURCE_AUDIT, .at = w->agent.clock.now};

	memset(long_args, 'x', sizeof(long_args) - 1);
	e.process = (struct facts){.has = FACT_PID | FACT_COMM | FACT_ARGS | FACT_UID, .pid = 7, .uid = uid, .comm = "a", .args = long_args, .args_len = sizeof(long_args)};
	output_record(&w->agent.output, 0, &e, starter);
}

/* A signal to a daemon of root's, by that user. */
static void by_sender(uid_t uid, unsigned has_uid)
{
	struct event e = {.kind = EVENT_SIGNAL, .sources = SOURCE_AUDIT, .at = w->agent.clock.now, .has = HAS_SIGNO, .signo = SIGTERM};

	memset(long_args, 'y', sizeof(long_args) - 1);
	e.process = (struct facts){.has = FACT_PID | FACT_UID, .pid = 8};
	e.sender = (struct facts){.has = FACT_PID | FACT_ARGS | has_uid, .pid = 9, .uid = uid, .args = long_args, .args_len = sizeof(long_args)};
	output_record(&w->agent.output, 0, &e, 0);
}

static unsigned with(const char *kind, const char *what)
{
	char key[40];
	unsigned n = 0;

	read_records(w);
	snprintf(key, sizeof(key), "\"event\":\"%s\"", kind);
	for (unsigned i = 0; i < w->count; i++)
		n += strstr(w->records[i], key) && strstr(w->records[i], what);
	return n;
}

static void next_minute(void)
{
	double now = (double)(w->agent.clock.now - w->start) / 1e6;

	until(w, now + MINUTE_MS);
}

static void test_above_the_budget_records_are_short_then_counted_but_for_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_EXEC, 33, 33);
	assert_int_equal(with("exec", "\"args\""), 4); /* of more than 1,000 bytes each */
	unsigned execs = with("exec", "");
	assert_in_range(execs, 20, 45);
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_EXIT, 33, 33);
	assert_int_equal(with("exit", ""), 50);
	assert_int_equal(with("exit", "\"args\""), 0);
	of_process(EVENT_FORK, 33, 33);
	assert_int_equal(with("fork", ""), 0);
	assert_int_equal(with("lost", ""), 0);

	char counts[160];
	snprintf(counts, sizeof(counts), "\"count\":%u,\"reason\":\"uid 33 caused more than 4096 bytes of records in a minute ([agent] budget): %u were written short and without arguments, %u ",
	         51 - execs, execs - 4 + 50, 51 - execs);
	next_minute();
	holds(expect(w, "lost", 1), counts);
	assert_int_equal(agent_next_due(&w->agent), 0);
	of_process(EVENT_EXEC, 33, 33); /* all is forgiven */
	assert_int_equal(with("exec", "\"args\""), 5);
	next_minute();
	expect(w, "lost", 1);
}

static void test_what_is_left_out_is_told_before_the_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_EXEC, 33, 33);
	output_flush(&w->agent.output);
	expect(w, "lost", 1);
}

static void test_a_long_path_makes_no_long_record_above_the_budget(void **state)
{
	char path[4096];
	struct event e = {.kind = EVENT_EXIT, .sources = SOURCE_AUDIT, .at = w->agent.clock.now, .has = HAS_CAUSE | HAS_REASON, .cause = CAUSE_EXIT, .reason = "r"};

	(void)state;
	memset(path, '\001', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	e.process = (struct facts){.has = FACT_PID | FACT_COMM | FACT_UID | FACT_EXE | FACT_CGROUP, .pid = 7, .uid = 33, .comm = "a", .exe = path, .cgroup = path};
	for (unsigned i = 0; i < 20; i++)
		output_record(&w->agent.output, 0, &e, 33);
	assert_int_equal(with("exit", ""), 20);
	for (unsigned i = 1; i < w->count; i++)
		assert_in_range(strlen(w->records[i]), 100, 1024);
}

static void test_root_has_no_budget_but_who_is_root_by_a_file_mode_is_charged(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_EXEC, 0, 0);
	assert_int_equal(with("exec", "\"args\""), 50);
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_EXEC, 0, 33); /* 33 executed a program with the mode bit */
	assert_int_equal(with("exec", "\"args\""), 54);
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_FORK, 34, 0); /* root started it, and it is 34 by now */
	assert_int_equal(with("fork", "\"args\""), 4);
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_THREAD_START, 35, 36); /* it is charged to 36, who started it */
	of_process(EVENT_EXEC_FAILED, 35, 35);
	assert_int_equal(with("thread_start", "\"args\""), 4);
	assert_int_equal(with("exec_failed", "\"args\""), 1);
	for (unsigned i = 0; i < 50; i++)
		of_process(EVENT_THREAD_END, 0, USER_UNKNOWN);
	assert_int_equal(with("thread_end", "\"args\""), 4);
	next_minute();
	assert_int_equal(with("lost", "uid 33 "), 1);
	assert_int_equal(with("lost", "uid 34 "), 1);
	assert_int_equal(with("lost", "uid 36 "), 1);
	assert_int_equal(with("lost", "users who are not known "), 1);
	expect(w, "lost", 4);
}

static void test_a_signal_is_charged_to_its_sender(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++)
		by_sender(65534, FACT_UID);
	assert_int_equal(with("signal", "\"sender_args\""), 4);
	of_process(EVENT_EXEC, 33, 33);
	assert_int_equal(with("exec", "\"args\""), 1);
	unsigned signals = with("signal", "");
	for (unsigned i = 0; i < 50; i++)
		by_sender(0, FACT_UID);
	assert_int_equal(with("signal", "\"sender_args\""), 54);
	for (unsigned i = 0; i < 50; i++)
		by_sender(0, 0); /* who that was is not known: not root */
	assert_int_equal(with("signal", "\"sender_args\""), 58);
	assert_in_range(with("signal", ""), signals + 60, 130);
	next_minute();
	assert_int_equal(with("lost", "uid 65534 "), 1);
	assert_int_equal(with("lost", "users who are not known "), 1);
}

static void test_users_without_end_share_an_account_and_take_nobodys(void **state)
{
	(void)state;
	of_process(EVENT_EXEC, 33, 33);
	for (int minute = 0; minute < 3; minute++) {
		for (uid_t uid = 1000; uid < 1100; uid++)
			for (unsigned i = 0; i < 2; i++)
				of_process(EVENT_FORK, uid, uid);
		for (unsigned i = 0; i < 3; i++)
			of_process(EVENT_EXEC, 33, 33);
		next_minute();
		assert_int_equal(with("lost", "users beside 32 others "), minute + 1);
	}
	assert_int_equal(with("exec", "\"args\""), 10);
	/* 31 users with two records each, and four records of all the others. */
	assert_int_equal(with("fork", "\"args\""), 3 * (31 * 2 + 4));
	next_minute(); /* in which they do nothing */
	next_minute();
	for (unsigned i = 0; i < 6; i++)
		of_process(EVENT_THREAD_START, 2000, 2000);
	next_minute();
	assert_int_equal(with("lost", "uid 2000 "), 1);
}

static void test_a_new_configuration_forgives_nothing(void **state)
{
	const struct output_config *failed;
	struct output next;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		of_process(EVENT_EXEC, 33, 33);
	struct config *c = world_config(w, "budget = 4K\n[target t]\ncomm = a\nevents = all\nrate = 0\n"), *old = w->agent.config;
	assert_int_equal(output_prepare(&w->agent.output, c, &next, &failed), 0);
	output_switch(&w->agent.output, &next);
	w->agent.config = c;
	w->agent.life.config = c;
	config_free(old);
	for (unsigned i = 0; i < 5; i++)
		of_process(EVENT_EXEC, 33, 33);
	assert_int_equal(with("exec", "\"args\""), 4);
	next_minute();
	assert_int_equal(with("lost", "uid 33 "), 1);
}

static void test_without_a_budget_all_is_written(void **state)
{
	(void)state;
	w->agent.config->budget = 0;
	for (unsigned i = 0; i < 100; i++)
		of_process(EVENT_EXEC, 33, 33);
	assert_int_equal(with("exec", "\"args\""), 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_above_the_budget_records_are_short_then_counted_but_for_ends), TEST(test_what_is_left_out_is_told_before_the_end),
		TEST(test_a_long_path_makes_no_long_record_above_the_budget), TEST(test_root_has_no_budget_but_who_is_root_by_a_file_mode_is_charged),
		TEST(test_a_signal_is_charged_to_its_sender), TEST(test_users_without_end_share_an_account_and_take_nobodys),
		TEST(test_a_new_configuration_forgives_nothing), TEST(test_without_a_budget_all_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

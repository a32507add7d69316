#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/life/watched.h"
#include "agent/process/process.h"
#include "agent/verdict/signals.h"
#include "tests/unit/watched_world.h"

#define COALESCE NSEC_PER_SEC
#define AT(seconds) (100 * NSEC_PER_SEC + (uint64_t)((seconds) * 1e9))

static struct process_table table;
static struct watch *w;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(process_table_init(&table, 64), 0);
	w = watched_new(&table, process_add(&table, 7, 1));
	assert_non_null(w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	table_fini(&table);
	return 0;
}

static struct event signal_from(pid_t pid, const char *comm, int signo, double at)
{
	struct event e = {
		.kind = EVENT_SIGNAL, .sources = SOURCE_AUDIT, .at = AT(at), .signo = signo, .via = "kill",
		.has = HAS_SIGNO | HAS_VIA | HAS_RESULT,
		.sender = {.has = FACT_PID | FACT_COMM | FACT_UID, .pid = pid, .comm = comm},
	};

	return e;
}

/* As the agent does: a new entry waits for its record. */
static struct seen_signal *add(const struct event *e)
{
	struct seen_signal old;
	bool evicted;
	struct seen_signal *s = signals_add(&w->signals, e, COALESCE, &old, &evicted);

	if (evicted)
		sender_unref(old.sender);
	if (s)
		s->due = e->at + COALESCE;
	return s;
}

static void test_equal_ones_are_counted(void **state)
{
	struct event e = signal_from(9, "kill", SIGUSR1, 0);

	(void)state;
	assert_non_null(add(&e));
	for (int i = 1; i <= 99; i++) {
		e.at = AT(i / 100.);
		assert_null(add(&e));
	}
	assert_int_equal(w->signals.count, 1);
	assert_int_equal(w->signals.list[0].repeat, 100);
	assert_int_equal(w->signals.list[0].at, AT(0));
	assert_int_equal(w->signals.list[0].last_at, AT(.99));
	e.repeat = 50; /* a backend that counted itself */
	e.has |= HAS_REPEAT;
	assert_null(add(&e));
	assert_int_equal(w->signals.list[0].repeat, 150);
}

/* Records of two CPUs may come in the wrong order. */
static void test_an_earlier_one_moves_the_first_time(void **state)
{
	struct event e = signal_from(9, "kill", SIGTERM, .5);

	(void)state;
	assert_non_null(add(&e));
	e.at = AT(.2);
	assert_null(add(&e));
	assert_int_equal(w->signals.list[0].at, AT(.2));
	assert_int_equal(w->signals.list[0].last_at, AT(.5));
	assert_int_equal(w->signals.list[0].repeat, 2);
}

static void test_after_the_time_a_new_one_begins(void **state)
{
	struct event e = signal_from(9, "kill", SIGUSR1, 0);

	(void)state;
	add(&e);
	e.at = AT(1.000000001);
	assert_non_null(add(&e));
	assert_int_equal(w->signals.count, 2);
}

static void test_after_its_record_is_written_a_new_one_begins(void **state)
{
	struct event e = signal_from(9, "kill", SIGUSR1, 0);

	(void)state;
	add(&e)->due = 0;
	assert_non_null(add(&e));
	assert_int_equal(w->signals.count, 2);
	assert_int_equal(w->signals.list[0].repeat, 1);
}

/* Whatever differs makes another record. */
static void test_different_ones_are_not_joined(void **state)
{
	struct event e[9];

	(void)state;
	for (int i = 0; i < 9; i++)
		e[i] = signal_from(9, "kill", SIGUSR1, 0);
	e[1].signo = SIGUSR2;
	e[2].sender.pid = 10;
	e[3].sender.comm = "other"; /* its pid was used again */
	e[4].sender.uid = 5;
	e[5].via = "tkill";
	e[6].result = RESULT_FAILED;
	e[7].result = RESULT_FAILED;
	e[7].error = 1;
	e[7].has |= HAS_ERRNO;
	e[8].sender.exe = "/bin/kill";
	e[8].sender.has |= FACT_EXE;
	for (int i = 0; i < 9; i++)
		assert_non_null(add(&e[i]));
	assert_int_equal(w->signals.count, 9);
	for (int i = 0; i < 9; i++)
		assert_null(add(&e[i]));
	for (int i = 0; i < 9; i++)
		assert_int_equal(w->signals.list[i].repeat, 2);
}

static void test_identity_is_copied(void **state)
{
	char comm[] = "kill";
	struct event e = signal_from(9, comm, SIGUSR1, 0);

	(void)state;
	add(&e);
	memset(comm, 'X', 4);
	assert_string_equal(w->signals.list[0].sender->facts.comm, "kill");
	assert_int_equal(w->signals.list[0].sender->facts.pid, 9);
}

static void test_the_oldest_gives_way(void **state)
{
	struct seen_signal old;
	bool evicted;

	(void)state;
	for (int i = 0; i < SIGNALS_MAX; i++) {
		struct event e = signal_from(10 + i, "many", SIGUSR1, i / 100.);

		add(&e);
	}
	assert_int_equal(w->signals.evicted_at, 0);
	struct event e = signal_from(99, "last", SIGTERM, .5);
	struct seen_signal *s = signals_add(&w->signals, &e, COALESCE, &old, &evicted);
	assert_true(evicted);
	assert_int_equal(old.sender->facts.pid, 10);
	assert_int_equal(s->signo, SIGTERM);
	assert_int_equal(w->signals.count, SIGNALS_MAX);
	assert_int_equal(w->signals.list[0].sender->facts.pid, 11);
	assert_int_equal(w->signals.evicted_at, AT(0)); /* and that is known at the verdict */
	sender_unref(old.sender);
}

/* One that signals all its life must not make every other sender doubtful. */
static void test_one_that_repeats_itself_pushes_nobody_out(void **state)
{
	struct event term = signal_from(50, "admin", SIGTERM, 0);

	(void)state;
	add(&term);
	for (int i = 0; i < 100; i++) {
		struct event e = signal_from(9, "cron", SIGHUP, 2. * i);

		add(&e);
	}
	assert_int_equal(w->signals.count, SIGNALS_MAX);
	assert_int_equal(w->signals.evicted_at, 0);
	assert_int_equal(w->signals.list[0].signo, SIGTERM);
	assert_int_equal(w->signals.list[0].sender->facts.pid, 50);
	assert_int_equal(w->signals.list[SIGNALS_MAX - 1].at, AT(198));
}

/* Who may not signal it, tries so a thousand times. */
static void test_tries_push_nobody_out(void **state)
{
	static const enum signal_result results[] = {RESULT_FAILED, RESULT_UNKNOWN, RESULT_IGNORED, RESULT_PENDING};
	struct event term = signal_from(50, "admin", SIGTERM, 0);

	(void)state;
	add(&term);
	for (int i = 0; i < 1000; i++) {
		struct event e = signal_from(1000 + i, "nobody", SIGTERM, i / 1000.);

		e.result = results[i % 4];
		assert_non_null(add(&e));
	}
	assert_int_equal(w->signals.count, 1 + TRIES_MAX);
	assert_int_equal(w->signals.list[0].sender->facts.pid, 50);
	for (int i = 0; i < SIGNALS_MAX - 1; i++) { /* nor do they take others' room */
		struct event e = signal_from(2000 + i, "root", SIGUSR1, 1 + i / 100.);

		assert_non_null(add(&e));
	}
	assert_int_equal(w->signals.count, SIGNALS_MAX + TRIES_MAX);
	assert_int_equal(w->signals.list[0].sender->facts.pid, 50);
}

/* Only what can have done something leaves a doubt when it is no longer kept. */
static void test_tries_that_are_no_longer_kept(void **state)
{
	(void)state;
	struct event group = signal_from(9, "kill", SIGTERM, 0);

	group.result = RESULT_UNKNOWN;
	add(&group);
	for (int i = 0; i < 100; i++) {
		struct event e = signal_from(100 + i, "nobody", SIGTERM, 1);

		e.result = RESULT_FAILED;
		add(&e);
	}
	assert_int_equal(w->signals.evicted_at, 0);
	assert_int_equal(w->signals.list[0].sender->facts.pid, 9); /* failed ones gave way to each other */
	for (int i = 0; i < TRIES_MAX; i++) {
		struct event e = signal_from(300 + i, "nobody", SIGTERM, 2);

		e.result = RESULT_UNKNOWN;
		add(&e);
	}
	assert_int_equal(w->signals.evicted_at, AT(0)); /* it may have been allowed to */
}

static void test_due_is_the_earliest(void **state)
{
	struct event a = signal_from(9, "kill", SIGUSR1, 1), b = signal_from(9, "kill", SIGUSR2, 0);

	(void)state;
	assert_int_equal(signals_due(&w->signals), 0);
	add(&a);
	add(&b);
	assert_int_equal(signals_due(&w->signals), AT(1));
	w->signals.list[1].due = 0;
	assert_int_equal(signals_due(&w->signals), AT(2));
}

static void test_without_a_system_call_via_is_empty(void **state)
{
	struct event e = signal_from(9, "kill", SIGUSR1, 0);

	(void)state;
	e.has &= ~(unsigned)HAS_VIA;
	e.via = NULL;
	assert_non_null(add(&e));
	assert_string_equal(w->signals.list[0].via, "");
	assert_null(add(&e));
	assert_int_equal(w->signals.list[0].repeat, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_equal_ones_are_counted), TEST(test_an_earlier_one_moves_the_first_time),
		TEST(test_after_the_time_a_new_one_begins), TEST(test_after_its_record_is_written_a_new_one_begins),
		TEST(test_different_ones_are_not_joined), TEST(test_identity_is_copied), TEST(test_the_oldest_gives_way),
		TEST(test_one_that_repeats_itself_pushes_nobody_out), TEST(test_tries_push_nobody_out), TEST(test_tries_that_are_no_longer_kept), TEST(test_due_is_the_earliest),
		TEST(test_without_a_system_call_via_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

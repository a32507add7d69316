#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "agent/base/facts.h"
#include "agent/verdict/senders.h"

static struct senders all;
static char args[8192];

static int setup(void **state)
{
	(void)state;
	senders_init(&all);
	memset(args, 'x', sizeof(args));
	args[sizeof(args) - 1] = '\0';
	return 0;
}

/* As the record of a signal tells of it. */
static struct facts of(pid_t pid)
{
	return (struct facts){
		.has = FACT_PID | FACT_COMM | FACT_UID | FACT_STARTED, .pid = pid, .comm = "kill", .uid = 5, .started = 100,
	};
}

static struct sender *with_args(pid_t pid)
{
	struct facts f = of(pid);
	struct sender *s = sender_take(&all, &f);

	assert_non_null(s);
	f.args = args;
	f.args_len = sizeof(args);
	f.exe = "/bin/kill";
	f.has |= FACT_ARGS | FACT_EXE;
	sender_learn(s, &f);
	return s;
}

static void test_signals_of_one_sender_share_what_is_known(void **state)
{
	struct facts f = of(9);

	(void)state;
	struct sender *s = with_args(9);
	size_t bytes = all.bytes;
	for (int i = 0; i < 4096; i++) {
		assert_ptr_equal(sender_take(&all, &f), s);
		assert_true(s->known);
	}
	assert_int_equal(all.bytes, bytes);
	for (int i = 0; i <= 4096; i++)
		sender_unref(s);
	assert_int_equal(all.bytes, 0);
	assert_true(TAILQ_EMPTY(&all.whole));
}

/* Whatever differs makes another sender of it. */
static void test_others_share_nothing(void **state)
{
	struct facts f[6];
	struct sender *s = with_args(9), *other[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		f[i] = of(9);
	f[0].pid = 10;
	f[1].comm = "other";
	f[2].uid = 6;
	f[3].started = 101; /* its pid was used again */
	f[4].has &= ~(unsigned)FACT_STARTED;
	f[5].tty = "pts0"; /* more is known than before */
	f[5].has |= FACT_TTY;
	for (int i = 0; i < 6; i++) {
		other[i] = sender_take(&all, &f[i]);
		assert_ptr_not_equal(other[i], s);
		sender_unref(other[i]);
	}
	sender_unref(s);
	assert_int_equal(all.bytes, 0);
}

/* What it is called with then is another command line. */
static void test_one_that_executed_something_since_shares_nothing(void **state)
{
	struct facts f = of(9);

	(void)state;
	struct sender *s = with_args(9);
	senders_part(&all, 8);
	assert_ptr_equal(sender_take(&all, &f), s);
	senders_part(&all, 9);
	struct sender *after = sender_take(&all, &f);
	assert_ptr_not_equal(after, s);
	assert_false(after->known);
	assert_true(s->facts.has & FACT_ARGS); /* those of then */
	sender_unref(s);
	sender_unref(s);
	sender_unref(after);
}

/* Ten thousand, each with as long arguments as can be: the newest are known best, and of none ids and name are lost. */
static void test_bound(void **state)
{
	enum { MANY = 10000 };
	struct sender **s = calloc(MANY, sizeof(struct sender *));
	unsigned whole = 0;

	(void)state;
	assert_non_null(s);
	for (int i = 0; i < MANY; i++) {
		s[i] = with_args(i + 1);
		assert_true(all.bytes <= SENDERS_BYTES);
		assert_true(s[i]->facts.has & FACT_ARGS);
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(s[i]->facts.pid, i + 1);
		assert_string_equal(s[i]->facts.comm, "kill");
		assert_int_equal(s[i]->facts.uid, 5);
		whole += (s[i]->facts.has & FACT_ARGS) != 0;
		assert_int_equal(!!(s[i]->facts.has & FACT_EXE), !!(s[i]->facts.has & FACT_ARGS));
	}
	assert_in_range(whole, SENDERS_BYTES / 10000, SENDERS_BYTES / sizeof(args));
	assert_true(s[MANY - 1]->facts.has & FACT_ARGS);
	for (int i = 0; i < MANY; i++)
		sender_unref(s[i]);
	assert_int_equal(all.bytes, 0);
	free(s);
}

/* More than the bound alone: it is kept until the next one comes. */
static void test_one_larger_than_the_bound(void **state)
{
	size_t size = 2 * SENDERS_BYTES;
	char *much = calloc(1, size);
	struct facts f = of(9), next = of(10);

	(void)state;
	assert_non_null(much);
	struct sender *s = sender_take(&all, &f);
	f.args = much;
	f.args_len = size;
	f.has |= FACT_ARGS;
	sender_learn(s, &f);
	assert_true(s->facts.has & FACT_ARGS);
	struct sender *other = sender_take(&all, &next);
	assert_false(s->facts.has & FACT_ARGS);
	assert_true(all.bytes <= SENDERS_BYTES);
	sender_unref(s);
	sender_unref(other);
	sender_unref(NULL);
	free(much);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signals_of_one_sender_share_what_is_known), TEST(test_others_share_nothing),
		TEST(test_one_that_executed_something_since_shares_nothing), TEST(test_bound), TEST(test_one_larger_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

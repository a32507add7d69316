/* test_verdict_killed.c - the verdict on one that a signal ended: which of its senders, others or itself */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verdict_seen_world.h"

static void test_killed(void **state)
{
	(void)state;
	for (int signo = 1; signo <= 31; signo++) {
		signals_free(&w->signals);
		dies_of(signo, signo == SIGABRT);
		sent(50, "kill", signo, .01);
		is_certain(CAUSE_KILLED);
		by(50);
		assert_int_equal(e.signo, signo);
		assert_int_equal(e.core_dumped, signo == SIGABRT);
		assert_string_equal(e.via, "kill");
		assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO | HAS_CORE), HAS_SIGNO | HAS_CORE);
		assert_string_equal(reason, "");
	}
}

/* What else goes on does not matter to one that was seen. */
static void test_killed_though_others_could_be_unseen(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, .01);
	in.unaudited = 40;
	in.signals_since = BEFORE(1);
	is_certain(CAUSE_KILLED);
	by(50);
}

static void test_killed_by_one_of_several(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "first", SIGTERM, .02);
	sent(51, "second", SIGTERM, .01);
	sent(52, "other", SIGUSR1, .005);
	is_likely(CAUSE_KILLED);
	by(50);
	says("first of 2 senders");
	says("51 (second)");
	assert_null(strstr(reason, "52"));
}

/* It handled or blocked the signal, or it was another that was not seen. */
static void test_killed_some_time_after_the_signal(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, 5);
	is_likely(CAUSE_KILLED);
	by(50);
	says("lived on");
}

/* SIGKILL needs no promptness: the process may have been in a system call that cannot be interrupted. */
static void test_killed_long_after_sigkill(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, 60);
	is_likely(CAUSE_KILLED); /* it lived on: it may be the init of a pid namespace, and 50 in there */
	by(50);
	says("init of a pid namespace");
	w->death.witnesses = SOURCE_PROC;
	w->death.exact = false; /* when it ended is not known so well */
	is_certain(CAUSE_KILLED);
	by(50);
}

static void test_old_signal_is_no_cause(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, 10.5);
	is_unknown("nobody was seen sending SIGTERM");
}

static void test_signal_after_the_end_is_no_cause(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, -.001);
	is_unknown("nobody was seen sending SIGKILL");
}

static void test_other_signals_are_no_cause(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGTERM, .1);
	sent(50, "kill", SIGKILL, .1)->result = RESULT_FAILED;
	is_unknown("nobody was seen sending SIGKILL");
}

/* A pid that had two holders: a name that may be the other's is worse than none. */
static void test_ambiguous_signal_is_no_cause(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, .1)->ambiguous = true;
	is_unknown("used by two processes");
}

static void test_self(void **state)
{
	(void)state;
	dies_of(SIGABRT, true);
	sent(SELF, "it", SIGABRT, 0);
	is_likely(CAUSE_SELF); /* somebody's may have come before, of which audit has no record */
	by(SELF);
	in.unaudited = 3; /* a watchdog, systemd's for one, sends SIGABRT, and a crash handler raises it again */
	is_likely(CAUSE_SELF);
	says("3 unaudited");
}

static void test_raise_again_in_a_handler(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "systemctl", SIGTERM, .2);
	sent(SELF, "it", SIGTERM, .1);
	is_likely(CAUSE_KILLED); /* it handled the other's, and what it did then was its own choice */
	by(50);
	says("sent itself the signal again");
}

/* Its own signal is all that was seen, but whom it answered may be invisible. */
static void test_self_may_be_a_raise_again(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(SELF, "it", SIGTERM, .1);
	is_likely(CAUSE_SELF);
	in.unaudited = 3;
	is_likely(CAUSE_SELF);
	says("3 unaudited");
	in.unaudited = 0;
	in.signals_since = BEFORE(2);
	is_likely(CAUSE_SELF);
	in.signals_since = BEFORE(500);
	in.orphaned = true; /* it may have been a parent-death signal */
	is_likely(CAUSE_SELF);
	in.orphaned = false;
	sent(50, "systemctl", SIGTERM, 30); /* a shutdown that took half a minute */
	is_likely(CAUSE_SELF);
}

/* A crash handler, or one for the terminal's signals, raises again what the kernel sent. */
static void test_self_may_be_the_kernels(void **state)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM};

	(void)state;
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		dies_of(signals[i], false);
		sent(SELF, "it", signals[i], .001);
		is_likely(CAUSE_SELF);
		says(is_fault_signal(signals[i]) ? "a fault of its own" : "or the kernel");
	}
	dies_of(SIGKILL, false);
	sent(SELF, "it", SIGKILL, .001);
	is_certain(CAUSE_SELF);
}

/* Nobody runs kill -1: each process has a record of it, also those that it may not signal. */
static void test_signal_to_a_group_that_may_not_have_been_allowed(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "nobodys", SIGKILL, 30)->result = RESULT_UNKNOWN;
	is_unknown("pid 50 sent it to a whole group");
	sent(51, "roots", SIGKILL, .001);
	is_certain(CAUSE_KILLED);
	by(51);
	sent(52, "nobodys", SIGKILL, .1)->result = RESULT_UNKNOWN;
	is_likely(CAUSE_KILLED);
	by(51);
	says("pid 52 sent it to a whole group");
	exits(0);
	sent(50, "nobodys", SIGTERM, 1)->result = RESULT_UNKNOWN;
	is_likely(CAUSE_EXIT); /* CAP_KILL may have let it through */
	says("pid 50 sent SIGTERM to a whole group");
}

/* Out of memory: the signal is known and its sender is not.  Nobody is named, pid 0 least of all. */
static void test_sender_that_could_not_be_kept(void **state)
{
	struct seen_signal *s;

	(void)state;
	exits(0);
	s = sent(50, "nobodys", SIGTERM, 1);
	s->result = RESULT_UNKNOWN;
	sender_unref(s->sender);
	s->sender = NULL;
	is_likely(CAUSE_EXIT);
	says("a process sent SIGTERM to a whole group");
}

/* The second of them may have come to a zombie; whoever was first is the one to name. */
static void test_self_before_another_when_the_end_is_not_exact(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(SELF, "self", SIGTERM, .3);
	sent(90, "other", SIGTERM, .1);
	is_certain(CAUSE_KILLED); /* cn_proc: it lived on after its own */
	by(90);
	w->death.witnesses = SOURCE_PROC;
	w->death.exact = false;
	is_likely(CAUSE_SELF);
	by(SELF);
	says("pid 90");
}

static void test_self_raised_for_another_when_the_end_is_not_exact(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	w->death.witnesses = SOURCE_PROC;
	w->death.exact = false;
	sent(90, "other", SIGTERM, .3);
	sent(SELF, "self", SIGTERM, .1);
	is_likely(CAUSE_KILLED);
	by(90);
}

static void test_self_beside_an_ambiguous_one(void **state)
{
	(void)state;
	dies_of(SIGABRT, false);
	sent(50, "kill", SIGABRT, .2)->ambiguous = true;
	sent(SELF, "it", SIGABRT, .1);
	is_likely(CAUSE_SELF);
}

/* The dump of a large core takes its time: the signal before it was prompt, one during it came too late. */
static void test_signals_around_a_long_dump(void **state)
{
	(void)state;
	dies_of(SIGABRT, true);
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	w->death.abend_at = BEFORE(5);
	sent(90, "first", SIGABRT, 5.001);
	sent(91, "late", SIGABRT, 3);
	is_certain(CAUSE_KILLED);
	by(90);
}

/* A coalesced sender: its first signal counts from the first, its last one to the last. */
static void test_coalesced_signals(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	struct seen_signal *s = sent(50, "kill", SIGTERM, 20);
	s->last_at = BEFORE(.5);
	is_certain(CAUSE_KILLED);
	s->last_at = DIED + NSEC_PER_SEC; /* it went on after the end */
	is_certain(CAUSE_KILLED);
	by(50);
}

/* More senders than are kept: doubt, but only while it could matter. */
static void test_more_senders_than_are_kept(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, .01);
	w->signals.evicted_at = BEFORE(1);
	is_likely(CAUSE_KILLED);
	says("more senders");
	assert_null(strstr(reason, "lived on"));
	w->signals.evicted_at = BEFORE(900);
	is_certain(CAUSE_KILLED);
	signals_free(&w->signals);
	exits(0);
	is_likely(CAUSE_EXIT);
	w->signals.evicted_at = BEFORE(1);
	is_likely(CAUSE_EXIT);
	says("more senders");
}

/* Sixteen senders with long names do not overflow the sentence. */
static void test_reason_is_cut_not_overrun(void **state)
{
	char small[40];

	(void)state;
	dies_of(SIGTERM, false);
	for (int i = 0; i < SIGNALS_MAX; i++)
		sent(1000000 + i, "fifteen-letters", SIGTERM, .01);
	is_likely(CAUSE_KILLED);
	assert_true(strlen(reason) < sizeof(reason));
	memset(small, '#', sizeof(small));
	verdict_decide(&in, &e, small, 20);
	assert_int_equal(strlen(small), 19);
	assert_int_equal(small[20], '#');
}

/* Times near the boot of the machine. */
static void test_no_underflow_near_boot(void **state)
{
	(void)state;
	w->death.at = NSEC_PER_SEC;
	in.born = NSEC_PER_SEC / 2;
	in.signals_since = NSEC_PER_SEC / 4;
	exits(0);
	is_likely(CAUSE_EXIT);
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, 0)->at = NSEC_PER_SEC - 5;
	w->signals.list[0].last_at = NSEC_PER_SEC - 5;
	is_certain(CAUSE_KILLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_killed),
		TEST(test_killed_though_others_could_be_unseen),
		TEST(test_killed_by_one_of_several),
		TEST(test_killed_some_time_after_the_signal),
		TEST(test_killed_long_after_sigkill),
		TEST(test_old_signal_is_no_cause),
		TEST(test_signal_after_the_end_is_no_cause),
		TEST(test_other_signals_are_no_cause),
		TEST(test_ambiguous_signal_is_no_cause),
		TEST(test_self),
		TEST(test_raise_again_in_a_handler),
		TEST(test_self_may_be_a_raise_again),
		TEST(test_self_may_be_the_kernels),
		TEST(test_signal_to_a_group_that_may_not_have_been_allowed),
		TEST(test_sender_that_could_not_be_kept),
		TEST(test_self_before_another_when_the_end_is_not_exact),
		TEST(test_self_raised_for_another_when_the_end_is_not_exact),
		TEST(test_self_beside_an_ambiguous_one),
		TEST(test_signals_around_a_long_dump),
		TEST(test_coalesced_signals),
		TEST(test_more_senders_than_are_kept),
		TEST(test_reason_is_cut_not_overrun),
		TEST(test_no_underflow_near_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

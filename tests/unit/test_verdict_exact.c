/* test_verdict_exact.c - the verdict where each signal is known exactly, the kernel's own too */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verdict_world.h"

/* A process that lived 100 s; there are unaudited ones, and it had a terminal: all that matters to coarser sources alone. */
static int setup(void **state)
{
	(void)state;
	begin((struct verdict_input){
		.signals_since = BEFORE(1),
		.sees = SEES_SIGNAL | SEES_EVERY_SIGNAL, .unaudited_known = true, .unaudited = 30, .has_tty = true, .orphaned = true,
		.signals_hidden_by = "HIDDEN", .every_signal = true, .whole_life = true, .tracers_told = true,
	});
	return 0;
}

static void dies_of(int signo)
{
	w->death.has_status = true;
	w->death.wait_status = signo;
}

static struct seen_signal *made(enum origin origin, pid_t by, int signo, double before)
{
	struct event s = {
		.kind = EVENT_SIGNAL, .sources = SOURCE_TRACEPOINT, .at = BEFORE(before), .stamp = STAMP_EXACT, .signo = signo, .origin = origin,
		.has = HAS_SIGNO | HAS_RESULT | HAS_SI_CODE, .sender = {.has = by ? FACT_PID | FACT_COMM : 0, .pid = by, .comm = "who"},
	};
	struct seen_signal old, *new;
	bool evicted;

	new = signals_add(&w->signals, &s, 0, &old, &evicted);
	assert_false(evicted);
	assert_non_null(new);
	new->self = by == SELF;
	return new;
}

static struct seen_signal *sent(pid_t by, int signo, double before)
{
	return made(ORIGIN_CALL, by, signo, before);
}

static void says(enum cause cause, enum confidence confidence, pid_t sender, const char *words)
{
	verdict_decide(&in, &e, reason, sizeof(reason));
	if (e.cause != cause || (cause != CAUSE_UNKNOWN && e.confidence != confidence))
		fail_msg("%s, %s: %s", cause_name(e.cause), (e.has & HAS_CONFIDENCE) ? confidence_name(e.confidence) : "-", reason);
	assert_int_equal((e.sender.has & FACT_PID) ? e.sender.pid : 0, sender);
	if (words && !strstr(reason, words))
		fail_msg("not in the reason: %s; it is: %s", words, reason);
	if (!words)
		assert_string_equal(reason, "");
}

static void test_sender_is_certain_whoever_is_unaudited(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_CERTAIN, 9, NULL);
}

static void test_exit_is_certain(void **state)
{
	(void)state;
	exits(3);
	sent(9, SIGUSR1, 1);
	says(CAUSE_EXIT, CONFIDENCE_CERTAIN, 0, NULL);
}

static void test_exit_after_a_stop_signal(void **state)
{
	(void)state;
	exits(0);
	sent(9, SIGTERM, 2);
	says(CAUSE_STOPPED, CONFIDENCE_LIKELY, 9, NULL);
	assert_int_equal(e.after_signo, SIGTERM);
}

/* The kernel says what a signal did: one that was ignored asked nobody. */
static void test_stop_signal_that_was_ignored(void **state)
{
	(void)state;
	exits(0);
	sent(9, SIGTERM, 2)->result = RESULT_IGNORED;
	says(CAUSE_EXIT, CONFIDENCE_CERTAIN, 0, NULL);
}

static void test_ctrl_c_that_was_handled(void **state)
{
	(void)state;
	exits(130);
	made(ORIGIN_TERMINAL, 20, SIGINT, 0.5);
	says(CAUSE_STOPPED, CONFIDENCE_LIKELY, 0, "ctrl-C");
	assert_int_equal(e.after_signo, SIGINT);
}

static void test_of_two_senders_the_one_whose_signal_did_nothing_is_none(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	sent(9, SIGKILL, 0.002);
	sent(10, SIGKILL, 0.001)->result = RESULT_IGNORED;
	says(CAUSE_KILLED, CONFIDENCE_CERTAIN, 9, NULL);
}

static void test_two_senders_that_both_did(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 0.002);
	sent(10, SIGTERM, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_LIKELY, 9, "pid 10 (who)");
}

/* Audit's word of a group's kill, of which the ring has nothing: it was not sent to this process. */
static void test_coarse_records_count_for_nothing(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 0.001)->exact = false;
	sent(10, SIGTERM, 0.001)->result = RESULT_UNKNOWN;
	in.whole_life = false;
	says(CAUSE_UNKNOWN, 0, 0, "nobody was seen sending SIGTERM");
}

static void test_raised_by_itself(void **state)
{
	(void)state;
	dies_of(SIGABRT);
	sent(SELF, SIGABRT, 0.001);
	says(CAUSE_SELF, CONFIDENCE_CERTAIN, SELF, NULL);
}

static void test_handler_that_raises_again(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 0.01);
	sent(SELF, SIGTERM, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_LIKELY, 9, "sent itself the signal again"); /* also one that wants 9 to be blamed */
}

static void test_key_of_the_terminal_that_a_handler_raises_again(void **state)
{
	(void)state;
	dies_of(SIGINT);
	made(ORIGIN_TERMINAL, 9, SIGINT, 0.01);
	says(CAUSE_KERNEL, CONFIDENCE_CERTAIN, 0, "ctrl-C");
	sent(SELF, SIGINT, 0.001);
	says(CAUSE_KERNEL, CONFIDENCE_LIKELY, 0, "sent itself the signal again");
}

/* A line of the kernel log that names it, and the end of its pid namespace. */
static void test_oom_line_beside_another_reason_of_the_kernel(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	w->death.oom = true;
	w->death.oom_at = DIED;
	made(ORIGIN_NAMESPACE_END, 9, SIGKILL, 0.001);
	says(CAUSE_KERNEL, CONFIDENCE_CERTAIN, 0, "init of its pid namespace");
	w->death.oom_exact = true;
	says(CAUSE_OOM, CONFIDENCE_CERTAIN, 0, "no memory left");
}

static void test_fault_that_a_handler_raises_again(void **state)
{
	(void)state;
	dies_of(SIGSEGV);
	made(ORIGIN_FAULT, SELF, SIGSEGV, 0.01)->si_code = SEGV_MAPERR;
	sent(SELF, SIGSEGV, 0.001);
	says(CAUSE_FAULT, CONFIDENCE_CERTAIN, 0, "not mapped");
}

static void test_alarm_may_be_hidden_behind_a_raise(void **state)
{
	(void)state;
	dies_of(SIGALRM);
	sent(SELF, SIGALRM, 0.001);
	says(CAUSE_SELF, CONFIDENCE_LIKELY, SELF, "may have raised the signal again");
}

static void test_each_reason_of_the_kernel(void **state)
{
	static const struct {
		enum origin origin;
		int signo;
		bool certain;
		const char *words;
	} rows[] = {
		{ORIGIN_PIPE, SIGPIPE, true, "nobody reads any more"}, {ORIGIN_FILE_LIMIT, SIGXFSZ, true, "RLIMIT_FSIZE"},
		{ORIGIN_CPU_LIMIT, SIGXCPU, true, "RLIMIT_CPU"}, {ORIGIN_TIMER, SIGALRM, true, "a timer of its own"},
		{ORIGIN_ASYNC_IO, SIGIO, false, "made ready by pid 9 (who); it had asked"}, {ORIGIN_NOTICE, SIGUSR1, false, "pid 9 (who), which may also"},
		{ORIGIN_TERMINAL, SIGINT, true, "a key of its terminal"}, {ORIGIN_HANGUP, SIGHUP, true, "hung up by pid 9 (who)"},
		{ORIGIN_PARENT_END, SIGTERM, true, "its parent, pid 9 (who), ended"}, {ORIGIN_NAMESPACE_END, SIGKILL, true, "init of its pid namespace, pid 9"},
		{ORIGIN_TRACER_END, SIGKILL, true, "its tracer, pid 9 (who), ended"}, {ORIGIN_KERNEL_KILL, SIGKILL, false, "while pid 9 (who) ran"},
		{ORIGIN_KERNEL, SIGUSR2, false, "by itself"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		dies_of(rows[i].signo);
		made(rows[i].origin, 9, rows[i].signo, 0.001);
		says(CAUSE_KERNEL, rows[i].certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY, 0, rows[i].words);
	}
}

static void test_oom(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	w->death.oom = true;
	w->death.oom_at = DIED;
	made(ORIGIN_KERNEL_KILL, 9, SIGKILL, 0.001);
	says(CAUSE_OOM, CONFIDENCE_CERTAIN, 0, "its memory cgroup or the machine had no memory left when pid 9 (who) asked for some");
	w->death.oom_cgroup = strdup("/x");
	says(CAUSE_OOM, CONFIDENCE_CERTAIN, 0, "the memory cgroup /x had no memory left when pid 9 (who) asked for some");
	w->death.oom_cgroup[0] = '\0';
	says(CAUSE_OOM, CONFIDENCE_CERTAIN, 0, "the machine had no memory left when pid 9 (who) asked for some");
}

static void test_oom_of_its_own_making(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	w->death.oom = true;
	w->death.oom_at = DIED;
	w->death.oom_cgroup = strdup("/x");
	made(ORIGIN_KERNEL_KILL, SELF, SIGKILL, 0.001);
	says(CAUSE_OOM, CONFIDENCE_CERTAIN, 0, "the memory cgroup /x had no memory left when it asked for some");
}

/* The OOM killer chose it when it was dying already. */
static void test_killed_before_the_oom_killer_came(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	w->death.oom = true;
	w->death.oom_at = DIED;
	sent(9, SIGKILL, 0.002);
	made(ORIGIN_KERNEL_KILL, 10, SIGKILL, 0.001)->result = RESULT_IGNORED;
	says(CAUSE_KILLED, CONFIDENCE_CERTAIN, 9, NULL);
}

static void test_writer_to_cgroup_kill_is_a_sender(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	made(ORIGIN_CGROUP_KILL, 9, SIGKILL, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_CERTAIN, 9, NULL);
}

static void test_writer_to_the_cgroup_kill_of_its_own(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	made(ORIGIN_CGROUP_KILL, SELF, SIGKILL, 0.001);
	says(CAUSE_SELF, CONFIDENCE_CERTAIN, SELF, NULL);
}

static void test_no_signal_at_all_was_a_timers(void **state)
{
	(void)state;
	dies_of(SIGALRM);
	in.whole_life = false;
	says(CAUSE_KERNEL, CONFIDENCE_LIKELY, 0, "only that of a timer can go unseen");
}

/* Another signal can have been blocked since before anything was seen. */
static void test_no_signal_at_all_of_which_something_was_not_seen(void **state)
{
	(void)state;
	dies_of(SIGUSR1);
	in.whole_life = false;
	says(CAUSE_UNKNOWN, 0, 0, "nobody was seen sending SIGUSR1");
}

static void test_no_sigkill_is_a_timers(void **state)
{
	(void)state;
	dies_of(SIGKILL);
	says(CAUSE_UNKNOWN, 0, 0, "nobody was seen sending SIGKILL");
}

static void test_signal_that_was_blocked_for_long(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 60);
	says(CAUSE_KILLED, CONFIDENCE_LIKELY, 9, "handled or blocked");
}

/* It handled all but one of them, and which one it had blocked nobody saw. */
static void test_signals_of_which_one_was_blocked_for_long(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 90);
	sent(10, SIGTERM, 60);
	says(CAUSE_UNKNOWN, 0, 0, "the last by pid 10");
}

/* It handled that one, and what ended it may be among what was lost. */
static void test_signal_of_long_ago_and_a_loss(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(9, SIGTERM, 60);
	in.whole_life = false;
	says(CAUSE_UNKNOWN, 0, 0, "the last by pid 9");
}

/* Its own, which it handled, may have been the one that waited. */
static void test_own_signal_of_long_ago_beside_anothers(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	sent(SELF, SIGTERM, 90);
	sent(9, SIGTERM, 60);
	says(CAUSE_UNKNOWN, 0, 0, "the last by pid 9");
}

/* A timer's signal can go unseen, so it need not be the one that was sent. */
static void test_signal_of_long_ago_that_a_timer_makes_too(void **state)
{
	(void)state;
	dies_of(SIGALRM);
	sent(9, SIGALRM, 60);
	says(CAUSE_UNKNOWN, 0, 0, "the last by pid 9");
}

/* After a loss a parent-death signal looks as if the parent had sent it. */
static void test_after_a_loss_the_end_of_the_parent_makes_it_unsure(void **state)
{
	(void)state;
	dies_of(SIGTERM);
	in.every_signal = in.whole_life = false;
	sent(9, SIGTERM, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_LIKELY, 9, "PDEATHSIG");
}

/* Who floods the ring makes no sender of what the kernel sends. */
static void test_after_a_loss_the_kernel_is_still_no_sender(void **state)
{
	(void)state;
	dies_of(SIGPIPE);
	in.every_signal = in.whole_life = false;
	made(ORIGIN_PIPE, SELF, SIGPIPE, 0.001);
	says(CAUSE_KERNEL, CONFIDENCE_CERTAIN, 0, "nobody reads any more");
	teardown(state);
	setup(state);
	dies_of(SIGSEGV);
	in.every_signal = in.whole_life = false;
	made(ORIGIN_FAULT, SELF, SIGSEGV, 0.001)->si_code = SEGV_MAPERR;
	says(CAUSE_FAULT, CONFIDENCE_CERTAIN, 0, "not mapped");
}

/* It gives a signal that no source sees, and takes away what others send. */
static void test_nothing_is_certain_of_one_that_is_traced(void **state)
{
	(void)state;
	in.tracer = 40;
	exits(3);
	says(CAUSE_EXIT, CONFIDENCE_LIKELY, 0, "pid 40 traced it");
	dies_of(SIGUSR1);
	says(CAUSE_UNKNOWN, 0, 0, "pid 40 traced it");
	sent(9, SIGUSR1, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_LIKELY, 9, "pid 40 traced it");
	dies_of(SIGKILL);
	sent(9, SIGKILL, 0.001);
	says(CAUSE_KILLED, CONFIDENCE_CERTAIN, 9, NULL);
}

static void test_exit_where_tracers_are_not_told(void **state)
{
	(void)state;
	in.tracers_told = false;
	exits(3);
	says(CAUSE_EXIT, CONFIDENCE_LIKELY, 0, "cn_proc");
}

/* Before 5.16 the kernel ends it without a signal. */
static void test_no_signal_at_all_of_a_seccomp_filter(void **state)
{
	(void)state;
	dies_of(SIGSYS);
	says(CAUSE_FAULT, CONFIDENCE_LIKELY, 0, "seccomp");
}

static void test_no_signal_at_all_is_no_fault(void **state)
{
	(void)state;
	dies_of(SIGSEGV);
	says(CAUSE_UNKNOWN, 0, 0, "nobody was seen sending SIGSEGV");
}

/* Its end is audit's word alone, whose clock is early. */
static void test_stop_signal_shortly_after_a_coarse_end(void **state)
{
	(void)state;
	exits(0);
	w->death.exact = false;
	w->death.exits_whole = w->death.calls_exit = true;
	w->death.exiting_at = DIED;
	w->death.exiting_serial = 5;
	sent(9, SIGTERM, -0.01)->serial = 6; /* on one processor the sender's record can come last */
	says(CAUSE_STOPPED, CONFIDENCE_LIKELY, 9, NULL);
}

static void test_stop_signal_after_an_exact_end(void **state)
{
	(void)state;
	exits(0);
	sent(9, SIGTERM, -0.01);
	says(CAUSE_EXIT, CONFIDENCE_CERTAIN, 0, NULL);
}

/* Audit's stamp of the dump is too early to be compared with the exact one. */
static void test_exact_signal_and_coarse_dump(void **state)
{
	(void)state;
	dies_of(SIGABRT);
	w->death.wait_status |= 0x80;
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	w->death.abend_at = BEFORE(0.02);
	in.every_signal = in.orphaned = false;
	sent(9, SIGABRT, 0.01);
	says(CAUSE_KILLED, CONFIDENCE_CERTAIN, 9, NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sender_is_certain_whoever_is_unaudited), TEST(test_exit_is_certain), TEST(test_exit_after_a_stop_signal),
		TEST(test_stop_signal_that_was_ignored), TEST(test_ctrl_c_that_was_handled),
		TEST(test_of_two_senders_the_one_whose_signal_did_nothing_is_none), TEST(test_two_senders_that_both_did),
		TEST(test_coarse_records_count_for_nothing), TEST(test_raised_by_itself), TEST(test_handler_that_raises_again),
		TEST(test_fault_that_a_handler_raises_again), TEST(test_key_of_the_terminal_that_a_handler_raises_again),
		TEST(test_oom_line_beside_another_reason_of_the_kernel), TEST(test_alarm_may_be_hidden_behind_a_raise), TEST(test_each_reason_of_the_kernel),
		TEST(test_oom), TEST(test_oom_of_its_own_making), TEST(test_killed_before_the_oom_killer_came), TEST(test_writer_to_cgroup_kill_is_a_sender),
		TEST(test_writer_to_the_cgroup_kill_of_its_own), TEST(test_no_signal_at_all_was_a_timers),
		TEST(test_no_signal_at_all_of_which_something_was_not_seen), TEST(test_no_sigkill_is_a_timers),
		TEST(test_signal_that_was_blocked_for_long), TEST(test_signals_of_which_one_was_blocked_for_long),
		TEST(test_signal_of_long_ago_that_a_timer_makes_too), TEST(test_signal_of_long_ago_and_a_loss),
		TEST(test_own_signal_of_long_ago_beside_anothers), TEST(test_exact_signal_and_coarse_dump),
		TEST(test_nothing_is_certain_of_one_that_is_traced), TEST(test_exit_where_tracers_are_not_told), TEST(test_after_a_loss_the_kernel_is_still_no_sender),
		TEST(test_after_a_loss_the_end_of_the_parent_makes_it_unsure), TEST(test_no_signal_at_all_of_a_seccomp_filter), TEST(test_no_signal_at_all_is_no_fault),
		TEST(test_stop_signal_shortly_after_a_coarse_end), TEST(test_stop_signal_after_an_exact_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

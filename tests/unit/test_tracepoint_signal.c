/* test_tracepoint_signal.c - samples of signals: who made each, of what origin, and what is known of threads that have ended */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "tracepoint_samples.h"

/* Who ran as a signal was made. */
enum by { OTHER, ITSELF, INTERRUPTED, IDLE, ENDING };

/* The table of what the kernel shows for each signal, in its order. */
static const struct {
	const char *what;
	enum by     by;
	int         signo, code, group;
	enum origin want;
} rows[] = {
	{"kill", OTHER, SIGTERM, SI_USER, 1, ORIGIN_CALL},
	{"kill -9", OTHER, SIGKILL, SI_USER, 1, ORIGIN_CALL},
	{"kill of itself", ITSELF, SIGTERM, SI_USER, 1, ORIGIN_CALL},
	{"tgkill", OTHER, SIGTERM, SI_TKILL, 0, ORIGIN_CALL},
	{"tgkill -9", OTHER, SIGKILL, SI_TKILL, 0, ORIGIN_CALL},
	{"raise", ITSELF, SIGTERM, SI_TKILL, 0, ORIGIN_CALL},
	{"abort", ITSELF, SIGABRT, SI_TKILL, 0, ORIGIN_CALL},
	{"sigqueue", OTHER, SIGTERM, SI_QUEUE, 1, ORIGIN_CALL},
	{"O_ASYNC, POLL_IN", OTHER, 35, POLL_IN, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC, POLL_OUT", OTHER, 35, POLL_OUT, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC, POLL_MSG", OTHER, 35, POLL_MSG, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC, POLL_ERR", OTHER, SIGUSR1, POLL_ERR, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC, POLL_PRI", OTHER, SIGUSR1, POLL_PRI, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC, POLL_HUP", OTHER, SIGIO, POLL_HUP, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC, own write", ITSELF, 35, POLL_IN, 1, ORIGIN_ASYNC_IO},
	{"broken pipe", ITSELF, SIGPIPE, SI_USER, 0, ORIGIN_PIPE},
	{"kill(getpid(), SIGPIPE)", ITSELF, SIGPIPE, SI_USER, 1, ORIGIN_CALL},
	{"raise(SIGPIPE)", ITSELF, SIGPIPE, SI_TKILL, 0, ORIGIN_CALL},
	{"kill -PIPE", OTHER, SIGPIPE, SI_USER, 1, ORIGIN_CALL},
	{"file size limit", ITSELF, SIGXFSZ, SI_USER, 0, ORIGIN_FILE_LIMIT},
	{"kill(getpid(), SIGXFSZ)", ITSELF, SIGXFSZ, SI_USER, 1, ORIGIN_CALL},
	{"raise(SIGXFSZ)", ITSELF, SIGXFSZ, SI_TKILL, 0, ORIGIN_CALL},
	{"CPU limit", ITSELF, SIGXCPU, SI_KERNEL, 1, ORIGIN_CPU_LIMIT},
	{"fault SEGV", ITSELF, SIGSEGV, SEGV_MAPERR, 0, ORIGIN_FAULT},
	{"fault FPE", ITSELF, SIGFPE, FPE_INTDIV, 0, ORIGIN_FAULT},
	{"fault ILL", ITSELF, SIGILL, ILL_ILLOPN, 0, ORIGIN_FAULT},
	{"fault BUS", ITSELF, SIGBUS, BUS_ADRERR, 0, ORIGIN_FAULT},
	{"kill -SEGV", OTHER, SIGSEGV, SI_USER, 1, ORIGIN_CALL},
	{"int3", ITSELF, SIGTRAP, SI_KERNEL, 0, ORIGIN_FAULT},
	{"seccomp", ITSELF, SIGSYS, 1, 0, ORIGIN_SECCOMP},
	{"alarm", INTERRUPTED, SIGALRM, SI_KERNEL, 1, ORIGIN_TIMER},
	{"alarm while idle", IDLE, SIGALRM, SI_KERNEL, 1, ORIGIN_TIMER},
	{"timer_create", INTERRUPTED, SIGUSR1, SI_TIMER, 1, ORIGIN_TIMER},
	{"timer_create, SIGKILL", INTERRUPTED, SIGKILL, SI_TIMER, 1, ORIGIN_TIMER},
	{"timer_create while idle", IDLE, SIGUSR1, SI_TIMER, 1, ORIGIN_TIMER},
	{"parent-death signal", ENDING, SIGTERM, SI_USER, 1, ORIGIN_PARENT_END},
	{"O_ASYNC, closed by an end", ENDING, SIGTERM, POLL_HUP, 1, ORIGIN_ASYNC_IO},
	{"O_ASYNC of a signal with codes of its own, closed by an end", ENDING, SIGSEGV, SI_SIGIO, 1, ORIGIN_ASYNC_IO},
	{"a code as of ctrl-C that it gave to itself", ITSELF, SIGINT, SI_KERNEL, 1, ORIGIN_KERNEL},
	{"parent-death signal, SIGKILL", ENDING, SIGKILL, SI_USER, 1, ORIGIN_PARENT_END},
	{"ctrl-C", OTHER, SIGINT, SI_KERNEL, 1, ORIGIN_TERMINAL},
	{"ctrl-\\", OTHER, SIGQUIT, SI_KERNEL, 1, ORIGIN_TERMINAL},
	{"ctrl-Z", OTHER, SIGTSTP, SI_KERNEL, 1, ORIGIN_TERMINAL},
	{"hang-up", OTHER, SIGHUP, SI_KERNEL, 1, ORIGIN_HANGUP},
	{"hang-up, SIGCONT", OTHER, SIGCONT, SI_KERNEL, 1, ORIGIN_HANGUP},
	{"hang-up, leader ends", ENDING, SIGHUP, SI_KERNEL, 1, ORIGIN_HANGUP},
	{"hang-up, leader ends, SIGCONT", ENDING, SIGCONT, SI_KERNEL, 1, ORIGIN_HANGUP},
	{"OOM", OTHER, SIGKILL, SI_KERNEL, 1, ORIGIN_KERNEL_KILL},
	{"end of a pid namespace's init", ENDING, SIGKILL, SI_KERNEL, 1, ORIGIN_NAMESPACE_END},
	{"cgroup.kill", OTHER, SIGKILL, SI_USER, 0, ORIGIN_CGROUP_KILL},
	{"cgroup.kill of its own cgroup", ITSELF, SIGKILL, SI_USER, 0, ORIGIN_CGROUP_KILL},
	{"the hard CPU limit, or an OOM victim that allocated", ITSELF, SIGKILL, SI_KERNEL, 1, ORIGIN_KERNEL_KILL},
	{"CPU limit found in the interrupt", INTERRUPTED, SIGXCPU, SI_KERNEL, 1, ORIGIN_CPU_LIMIT},
	{"O_ASYNC with F_SETSIG of a signal with codes of its own, or forged", OTHER, SIGUSR1, SI_SIGIO, 1, ORIGIN_NOTICE},
	/* exit_ptrace() runs after the tracer's sched_process_exit; without that, as after a loss, the sample is the same. */
	{"PTRACE_O_EXITKILL, end not seen", OTHER, SIGKILL, SI_KERNEL, 0, ORIGIN_TRACER_END},
	{"PTRACE_O_EXITKILL", ENDING, SIGKILL, SI_KERNEL, 0, ORIGIN_TRACER_END},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_origin_of_each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		enum by by = rows[i].by;
		enum origin origin = signal_origin(rows[i].signo, rows[i].code, rows[i].group, by == ITSELF, by == INTERRUPTED || by == IDLE, by == ENDING);

		if (origin != rows[i].want)
			fail_msg("%s: origin %d, not %d", rows[i].what, (int)origin, (int)rows[i].want);
	}
}

static const char *via_of(enum origin origin)
{
	return origin == ORIGIN_CALL ? NULL : origin == ORIGIN_CGROUP_KILL ? "cgroup.kill" : "kernel";
}

static void test_sample_of_each_row(void **state)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct sample s = make_signal(rows[i].signo, rows[i].code, rows[i].group, 0, TARGET), exited = make_exit(SENDER, SENDER);
		bool interrupt = rows[i].by == INTERRUPTED || rows[i].by == IDLE;
		const char *via = via_of(rows[i].want);

		begin(state);
		if (rows[i].by == ITSELF)
			s.pid = s.tid = TARGET;
		if (rows[i].by == IDLE)
			s.pid = s.tid = 0;
		if (interrupt)
			s.raw[2] = HARDIRQ;
		if (rows[i].by == ENDING)
			assert_nothing(exited);
		assert_int_equal(decode(&s), 1);
		if (event.origin != rows[i].want)
			fail_msg("%s: origin %d, not %d", rows[i].what, (int)event.origin, (int)rows[i].want);
		assert_int_equal(event.kind, EVENT_SIGNAL);
		assert_int_equal(event.sources, SOURCE_TRACEPOINT);
		assert_int_equal(event.at, AT);
		assert_int_equal(event.stamp, STAMP_EXACT);
		assert_int_equal(event.has, HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_RESULT | (via ? HAS_VIA : 0));
		assert_int_equal(event.tid, TARGET);
		assert_int_equal(event.process.has, FACT_PID);
		assert_int_equal(event.process.pid, TARGET);
		assert_int_equal(event.signo, rows[i].signo);
		assert_int_equal(event.si_code, rows[i].code);
		assert_int_equal(event.result, RESULT_SENT);
		assert_int_equal(event.sender.has, interrupt ? 0 : FACT_PID);
		assert_int_equal(event.sender.pid, interrupt ? 0 : rows[i].by == ITSELF ? TARGET : SENDER);
		assert_int_equal(event.requester.has, 0);
		if (via)
			assert_string_equal(event.via, via);
		else
			assert_null(event.via);
	}
}

/* Whatever the signal, a call is a call: by another process, or of itself. */
static void test_call_of_each_signal(void **state)
{
	static const struct { int code, group; } calls[] = {{SI_USER, 1}, {SI_TKILL, 0}, {SI_QUEUE, 1}, {SI_QUEUE, 0}};

	(void)state;
	for (int signo = 1; signo <= 64; signo++)
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
			assert_int_equal(sent_by(SENDER, SENDER, signo, calls[i].code, calls[i].group), ORIGIN_CALL);
			assert_int_equal(sent_by(TARGET, TARGET, signo, calls[i].code, calls[i].group), ORIGIN_CALL);
			assert_false(event.has & HAS_VIA);
		}
}

/* The sender is a process; the thread of it that ran only matters for what it did to itself. */
static void test_sender_is_the_process_of_the_thread(void **state)
{
	(void)state;
	assert_int_equal(sent_by(SENDER, SENDER + 3, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(event.sender.pid, SENDER);
	/* A thread of a process has its own fault. */
	assert_int_equal(sent_by(SENDER, TARGET, SIGSEGV, SEGV_MAPERR, 0), ORIGIN_FAULT);
	assert_int_equal(event.tid, TARGET);
	assert_int_equal(event.sender.pid, SENDER);
}

static void test_results(void **state)
{
	static const enum signal_result want[] = {RESULT_SENT, RESULT_IGNORED, RESULT_PENDING, RESULT_FAILED, RESULT_SENT};

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct sample s = make_signal(SIGTERM, SI_USER, 1, i, TARGET);

		assert_int_equal(decode(&s), 1);
		assert_int_equal(event.result, want[i]);
		assert_true(event.has & HAS_RESULT);
	}
}

/* Whoever was interrupted has nothing to do with the signal, whatever its number and code say. */
static void test_interrupt_names_nobody(void **state)
{
	static const unsigned flags[] = {HARDIRQ, SOFTIRQ, HARDIRQ | SOFTIRQ, HARDIRQ | 1, SOFTIRQ | 4, 0xff};
	static const int codes[] = {SI_USER, SI_KERNEL, SI_TIMER, SI_TKILL, SI_QUEUE, SI_MESGQ, POLL_IN, POLL_HUP};

	(void)state;
	assert_nothing(make_exit(SENDER, SENDER)); /* that it is ending changes nothing either */
	for (int ending = 1; ending >= 0; ending--, tracepoint_missed(&decoder))
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			for (size_t j = 0; j < sizeof(codes) / sizeof(codes[0]); j++)
				for (int signo = 1; signo <= 64; signo++) {
					struct sample s = make_signal(signo, codes[j], 1, 0, TARGET);

					s.raw[2] = (uint8_t)flags[i];
					assert_int_equal(decode(&s), 1);
					assert_int_equal(event.sender.has, 0);
					assert_int_equal(event.sender.pid, 0);
					assert_true(event.origin != ORIGIN_CALL && event.origin != ORIGIN_PARENT_END && event.origin != ORIGIN_NAMESPACE_END);
					assert_string_equal(event.via, "kernel");
				}
}

/* The other flags, as of interrupts that are only off, are no interrupt. */
static void test_flags_that_are_no_interrupt(void **state)
{
	static const unsigned flags[] = {0x01, 0x02, 0x04, 0x20, 0x40, 0x80, 0xe7};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct sample s = make_signal(SIGTERM, SI_USER, 1, 0, TARGET);

		s.raw[2] = (uint8_t)flags[i];
		assert_int_equal(origin_of(s), ORIGIN_CALL);
		assert_int_equal(event.sender.pid, SENDER);
	}
}

/* Pid 0 is an idle processor; -1 is a process of no pid any more. */
static void test_nobody_ran(void **state)
{
	static const pid_t pids[] = {0, -1, INT_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		assert_true(sent_by(pids[i], pids[i], SIGTERM, SI_USER, 1) != ORIGIN_CALL);
		assert_int_equal(event.sender.has, 0);
		assert_int_equal(event.sender.pid, 0);
		assert_int_equal(sent_by(pids[i], pids[i], SIGALRM, SI_KERNEL, 1), ORIGIN_TIMER);
	}
}

/* rt_sigqueueinfo: any process can give such a code. */
static void test_forged_code_is_no_timer(void **state)
{
	(void)state;
	for (int group = 0; group <= 1; group++) {
		assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_TIMER, group), ORIGIN_CALL);
		assert_int_equal(event.sender.pid, SENDER);
		assert_int_equal(event.sender.has, FACT_PID);
		assert_false(event.has & HAS_VIA);
		assert_int_equal(sent_by(SENDER, SENDER, SIGALRM, SI_TIMER, group), ORIGIN_CALL);
		assert_int_equal(sent_by(SENDER, SENDER, SIGKILL, SI_TIMER, group), ORIGIN_CALL);
		assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_MESGQ, group), ORIGIN_NOTICE);
		assert_int_equal(event.sender.pid, SENDER);
		assert_int_equal(event.sender.has, FACT_PID);
		assert_string_equal(event.via, "kernel");
	}
	/* A CPU clock's timer: its own thread finds it due. */
	assert_int_equal(sent_by(TARGET, TARGET, SIGTERM, SI_TIMER, 1), ORIGIN_TIMER);
}

static void test_thread_after_its_end(void **state)
{
	(void)state;
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(sent_by(SENDER, SENDER, SIGKILL, SI_KERNEL, 1), ORIGIN_KERNEL_KILL);
	assert_nothing(make_exit(SENDER, SENDER));
	for (int signo = 1; signo <= 64; signo++)
		assert_int_equal(sent_by(SENDER, SENDER, signo, SI_USER, 1), ORIGIN_PARENT_END);
	assert_int_equal(event.sender.pid, SENDER);
	assert_string_equal(event.via, "kernel");
	assert_int_equal(sent_by(SENDER, SENDER, SIGKILL, SI_KERNEL, 1), ORIGIN_NAMESPACE_END);
	assert_int_equal(event.sender.pid, SENDER);
	assert_int_equal(sent_by(SENDER, SENDER, SIGHUP, SI_KERNEL, 1), ORIGIN_HANGUP);
	assert_int_equal(sent_by(SENDER, SENDER, SIGCONT, SI_KERNEL, 1), ORIGIN_HANGUP);
	assert_int_equal(sent_by(SENDER, SENDER, SIGCHLD, CLD_EXITED, 1), ORIGIN_KERNEL);
}

static void test_other_threads_go_on_after_an_end(void **state)
{
	(void)state;
	assert_nothing(make_exit(SENDER, SENDER + 1));
	assert_int_equal(sent_by(SENDER, SENDER + 1, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(sent_by(SENDER, SENDER + 2, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(sent_by(STRANGER, STRANGER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
}

static void test_fork_gives_the_tid_out_again(void **state)
{
	(void)state;
	assert_nothing(make_exit(SENDER, SENDER));
	assert_nothing(make_fork(TARGET, SENDER + 1));
	assert_nothing(make_fork(SENDER, TARGET)); /* as a parent it is not given out */
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
	assert_nothing(make_fork(TARGET, SENDER));
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_nothing(make_exit(SENDER, SENDER));
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
}

/* The later end takes the place of the earlier; nobody is held for the other. */
static void test_two_tids_in_one_slot(void **state)
{
	const pid_t one = SENDER, two = SENDER + EXITING, three = SENDER + 2 * EXITING;

	(void)state;
	assert_nothing(make_exit(one, one));
	assert_int_equal(sent_by(two, two, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_nothing(make_fork(TARGET, two)); /* does not give `one` out again */
	assert_int_equal(sent_by(one, one, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
	assert_nothing(make_exit(two, two));
	assert_int_equal(sent_by(two, two, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
	assert_int_equal(sent_by(three, three, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_nothing(make_fork(TARGET, one));
	assert_int_equal(sent_by(one, one, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(sent_by(two, two, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
}

/* After a loss the tid may have been given out again. */
static void test_missed_samples_end_what_was_known(void **state)
{
	(void)state;
	for (pid_t tid = 1; tid <= EXITING; tid++)
		assert_nothing(make_exit(tid, tid));
	tracepoint_missed(&decoder);
	for (pid_t tid = 1; tid <= EXITING; tid++)
		assert_int_equal(sent_by(tid, tid, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_memory_equal(&decoder.formats, &of_6_18, sizeof(of_6_18));
}

static void test_tids_that_are_none(void **state)
{
	static const pid_t tids[] = {0, -1, -SENDER, INT_MIN, INT_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(tids) / sizeof(tids[0]); i++) {
		assert_nothing(make_exit(SENDER, tids[i]));
		assert_nothing(make_fork(SENDER, tids[i]));
	}
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(sent_by(SENDER, 0, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(sent_by(SENDER, -SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
}

static void test_signal_out_of_range(void **state)
{
	static const int signos[] = {0, -1, 65, 1000, INT_MIN, INT_MAX};
	static const pid_t pids[] = {0, -1, PID_LIMIT + 1, INT_MIN, INT_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(signos) / sizeof(signos[0]); i++)
		assert_nothing(make_signal(signos[i], SI_USER, 1, 0, TARGET));
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		assert_nothing(make_signal(SIGTERM, SI_USER, 1, 0, pids[i]));
	assert_int_equal(origin_of(make_signal(64, SI_USER, 1, 0, PID_LIMIT)), ORIGIN_CALL);
	assert_int_equal(origin_of(make_signal(1, SI_USER, 1, 0, 1)), ORIGIN_CALL);
}

/* No pid is that high, so nobody of that pid sent it. */
static void test_sender_out_of_range(void **state)
{
	static const pid_t pids[] = {PID_LIMIT + 1, INT_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		struct sample s = make_signal(SIGTERM, SI_USER, 1, 0, TARGET);

		s.pid = s.tid = pids[i];
		if (decode(&s)) {
			assert_int_equal(event.sender.has, 0);
			assert_int_equal(event.sender.pid, 0);
		}
	}
	assert_int_equal(sent_by(PID_LIMIT, PID_LIMIT, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	assert_int_equal(event.sender.pid, PID_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_origin_of_each_row),
		TEST(test_sample_of_each_row),
		TEST(test_call_of_each_signal),
		TEST(test_sender_is_the_process_of_the_thread),
		TEST(test_results),
		TEST(test_interrupt_names_nobody),
		TEST(test_flags_that_are_no_interrupt),
		TEST(test_nobody_ran),
		TEST(test_forged_code_is_no_timer),
		TEST(test_thread_after_its_end),
		TEST(test_other_threads_go_on_after_an_end),
		TEST(test_fork_gives_the_tid_out_again),
		TEST(test_two_tids_in_one_slot),
		TEST(test_missed_samples_end_what_was_known),
		TEST(test_tids_that_are_none),
		TEST(test_signal_out_of_range),
		TEST(test_sender_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The samples are made by the offsets of 6.18, as tests/data/tracepoint-formats-6.18.txt has them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/tracepoint_decode.h"
#include "tracepoints_6_18.h"

#define AT 123456789
#define TARGET 500   /* whom a signal is for */
#define SENDER 600   /* who runs as it is made */
#define STRANGER 700 /* common_pid of each sample: what no event may take for a pid */
#define HARDIRQ 0x08
#define SOFTIRQ 0x10

static struct tracepoint_decoder decoder;
static struct event event;
static char comm[32], path[160];
static unsigned count;

/* The bytes of a sample, and who ran. */
struct sample {
	uint8_t raw[160];
	size_t  len;
	pid_t   pid, tid;
};

static void keep(void *ctx, const struct event *e)
{
	(void)ctx;
	event = *e;
	comm[0] = '\0';
	if (e->process.has & FACT_COMM)
		snprintf(comm, sizeof(comm), "%s", e->process.comm);
	path[0] = '\0';
	if (e->has & HAS_PATH)
		snprintf(path, sizeof(path), "%s", e->path);
	count++;
}

static int begin(void **state)
{
	(void)state;
	memset(&decoder, 0, sizeof(decoder));
	decoder.formats = of_6_18;
	return 0;
}

static void put(struct sample *s, size_t at, int32_t number)
{
	memcpy(s->raw + at, &number, sizeof(number));
}

static struct sample make(uint16_t id, unsigned flags, size_t len, pid_t pid, pid_t tid)
{
	struct sample s = {.len = len, .pid = pid, .tid = tid};

	memset(s.raw, 0x5a, sizeof(s.raw)); /* what is in the other fields does not matter */
	memcpy(s.raw, &id, sizeof(id));
	s.raw[2] = (uint8_t)flags;
	put(&s, 4, STRANGER);
	return s;
}

static struct sample make_signal(int signo, int code, int group, int result, pid_t to)
{
	struct sample s = make(261, 0, 52, SENDER, SENDER);

	put(&s, 8, signo);
	put(&s, 16, code);
	put(&s, 36, to);
	put(&s, 40, group);
	put(&s, 44, result);
	return s;
}

static struct sample make_fork(pid_t parent, pid_t child)
{
	struct sample s = make(366, 0, 44, parent, parent);

	put(&s, 12, parent);
	put(&s, 20, child);
	return s;
}

static struct sample make_exit(pid_t pid, pid_t tid)
{
	struct sample s = make(369, 0, 36, pid, tid);

	put(&s, 24, tid);
	return s;
}

#define PATH_AT 20

/* The string stands at PATH_AT; location and size as the kernel would write them, or not. */
static struct sample make_exec_at(pid_t pid, pid_t tid, const char *name, unsigned at, unsigned size)
{
	struct sample s = make(365, 0, PATH_AT + strlen(name) + 1, pid, tid);

	put(&s, 8, (int32_t)(at | size << 16));
	memcpy(s.raw + PATH_AT, name, strlen(name) + 1);
	return s;
}

static struct sample make_exec(pid_t pid, pid_t tid, const char *name)
{
	return make_exec_at(pid, tid, name, PATH_AT, (unsigned)strlen(name) + 1);
}

static struct sample make_oom(pid_t victim)
{
	struct sample s = make(609, 0, 76, SENDER, SENDER);

	put(&s, 8, victim);
	return s;
}

static struct sample make_delivered(pid_t pid, pid_t tid, int signo, uint64_t handler)
{
	struct sample s = make(260, 0, 40, pid, tid);

	put(&s, 8, signo);
	put(&s, 16, SI_USER);
	put(&s, 24, (int32_t)handler);
	put(&s, 28, (int32_t)(handler >> 32));
	return s;
}

/* How many events that gives.  The copy is of exactly that size, so that a sanitizer sees a read beyond it. */
static unsigned decode(const struct sample *s)
{
	uint8_t *raw = malloc(s->len ? s->len : 1);
	struct perf_record record = {.at = 1, .pid = s->pid, .tid = s->tid, .raw = raw, .raw_len = s->len};

	assert_non_null(raw);
	memcpy(raw, s->raw, s->len);
	count = 0;
	memset(&event, 0xee, sizeof(event));
	tracepoint_decode(&decoder, &record, AT, keep, NULL);
	free(raw);
	return count;
}

static void assert_nothing(struct sample s)
{
	assert_int_equal(decode(&s), 0);
}

static enum origin origin_of(struct sample s)
{
	assert_int_equal(decode(&s), 1);
	return event.origin;
}

/* A signal of a process or thread to TARGET. */
static enum origin sent_by(pid_t pid, pid_t tid, int signo, int code, int group)
{
	struct sample s = make_signal(signo, code, group, 0, TARGET);

	s.pid = pid;
	s.tid = tid;
	return origin_of(s);
}

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

static void test_exec(void **state)
{
	struct sample s = make_exec(SENDER, SENDER, "/usr/sbin/nginx");

	(void)state;
	assert_int_equal(decode(&s), 1);
	assert_int_equal(event.kind, EVENT_EXEC);
	assert_int_equal(event.has, HAS_TID | HAS_PATH);
	assert_int_equal(event.sources, SOURCE_TRACEPOINT);
	assert_int_equal(event.at, AT);
	assert_int_equal(event.stamp, STAMP_EXACT);
	assert_int_equal(event.tid, SENDER);
	assert_int_equal(event.process.pid, SENDER);
	assert_int_equal(event.process.has, FACT_PID | FACT_COMM);
	assert_int_equal(event.tells, FACT_COMM);
	assert_int_equal(event.sender.has, 0);
	assert_string_equal(comm, "nginx");
	assert_string_equal(path, "/usr/sbin/nginx");
}

/* What the kernel makes of a path: the name behind the last slash, of which it keeps 15 bytes. */
static void test_name_of_each_path(void **state)
{
	static const struct { const char *path, *comm; } cases[] = {
		{"nginx", "nginx"}, {"./nginx", "nginx"}, {"../sbin/nginx", "nginx"}, {"/nginx", "nginx"}, {"/usr/bin/", ""},
		{"/usr/bin/0123456789abcde", "0123456789abcde"}, {"/usr/bin/0123456789abcdef", "0123456789abcde"}, {"/dev/fdx", "fdx"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample s = make_exec(SENDER, SENDER, cases[i].path);

		assert_int_equal(decode(&s), 1);
		assert_string_equal(comm, cases[i].comm);
		assert_string_equal(path, cases[i].path);
	}
}

/* Then that it executed something is all that is known. */
static void assert_nameless(struct sample s)
{
	assert_int_equal(decode(&s), 1);
	assert_int_equal(event.kind, EVENT_EXEC);
	assert_int_equal(event.has, HAS_TID);
	assert_int_equal(event.tells, 0);
	assert_int_equal(event.process.has, FACT_PID);
}

static void test_path_that_names_nothing(void **state)
{
	(void)state;
	assert_nameless(make_exec(SENDER, SENDER, "/dev/fd/5"));
	assert_nameless(make_exec(SENDER, SENDER, ""));
	assert_nameless(make_exec_at(SENDER, SENDER, "/bin/sh", 0, 0));
	assert_nameless(make_exec_at(SENDER, SENDER, "/bin/sh", PATH_AT, 0));
	assert_nameless(make_exec_at(SENDER, SENDER, "/bin/sh", PATH_AT, 7));      /* without its NUL */
	assert_nameless(make_exec_at(SENDER, SENDER, "/bin/sh", PATH_AT, 9));      /* longer than the sample */
	assert_nameless(make_exec_at(SENDER, SENDER, "/bin/sh", PATH_AT + 8, 1));  /* behind it */
	assert_nameless(make_exec_at(SENDER, SENDER, "/bin/sh", 65535, 65535));
}

static void test_exec_of_nobody(void **state)
{
	(void)state;
	assert_nothing(make_exec(SENDER, SENDER + 1, "/bin/sh")); /* the thread that executes becomes the first one */
	assert_nothing(make_exec(0, 0, "/bin/sh"));
	assert_nothing(make_exec(-1, -1, "/bin/sh"));
	assert_nothing(make_exec(PID_LIMIT + 1, PID_LIMIT + 1, "/bin/sh"));
}

static void test_oom_victim(void **state)
{
	struct sample s = make_oom(TARGET);

	(void)state;
	assert_int_equal(decode(&s), 1);
	assert_int_equal(event.kind, EVENT_OOM);
	assert_int_equal(event.has, HAS_TID);
	assert_int_equal(event.sources, SOURCE_TRACEPOINT);
	assert_int_equal(event.at, AT);
	assert_int_equal(event.stamp, STAMP_EXACT);
	assert_int_equal(event.tid, TARGET);
	assert_int_equal(event.process.pid, TARGET);
	assert_int_equal(event.process.has, FACT_PID);
	assert_int_equal(event.sender.has, 0); /* who allocated is none */
	assert_nothing(make_oom(0));
	assert_nothing(make_oom(-1));
	assert_nothing(make_oom(PID_LIMIT + 1));
}

static void test_signal_that_was_delivered(void **state)
{
	struct sample handled = make_delivered(SENDER, SENDER + 1, SIGTERM, 0x555500000000), plain = make_delivered(SENDER, SENDER, SIGUSR1, 0);

	(void)state;
	assert_int_equal(decode(&handled), 1);
	assert_int_equal(event.kind, EVENT_DELIVERED);
	assert_int_equal(event.process.pid, SENDER);
	assert_int_equal(event.tid, SENDER + 1);
	assert_int_equal(event.signo, SIGTERM);
	assert_int_equal(event.stamp, STAMP_EXACT);
	assert_true((event.has & HAS_HANDLED) && event.handled);
	assert_int_equal(decode(&plain), 1);
	assert_true((event.has & HAS_HANDLED) && !event.handled);
	assert_nothing(make_delivered(SENDER, SENDER, SIGTERM, 1)); /* it is ignored after all */
	assert_nothing(make_delivered(0, 0, SIGTERM, 0));
	assert_nothing(make_delivered(SENDER, SENDER, 0, 0));
	assert_nothing(make_delivered(SENDER, SENDER, 65, 0));
}

/* Up to the field that says whom it is about there is no event; beyond, nobody but him. */
static void test_samples_cut_at_every_length(void **state)
{
	const struct { struct sample sample; size_t whom; pid_t pid; } cases[] = {
		{make_signal(SIGTERM, SI_USER, 1, 0, TARGET), 40, TARGET}, {make_exec(SENDER, SENDER, "/bin/sh"), 2, SENDER},
		{make_oom(TARGET), 12, TARGET}, {make_fork(TARGET, SENDER), sizeof(cases[0].sample.raw), 0},
		{make_exit(SENDER, SENDER), sizeof(cases[0].sample.raw), 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t cut = 0; cut < cases[i].sample.len; cut++) {
			struct sample s = cases[i].sample;

			begin(state);
			s.len = cut;
			unsigned events = decode(&s);
			assert_int_equal(events, cut >= cases[i].whom);
			if (events)
				assert_int_equal(event.process.pid, cases[i].pid);
		}
}

static void test_end_and_fork_that_are_cut(void **state)
{
	struct sample end = make_exit(SENDER, SENDER), fork = make_fork(TARGET, SENDER);

	(void)state;
	end.len = 27;
	assert_nothing(end);
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	end.len = 28;
	assert_nothing(end);
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
	fork.len = 23;
	assert_nothing(fork);
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_PARENT_END);
	fork.len = 24;
	assert_nothing(fork);
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
}

static void test_unknown_tracepoint(void **state)
{
	static const uint16_t ids[] = {0, 1, 259, 262, 261 << 8 & 0xffff, 65535};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct sample s = make_signal(SIGTERM, SI_USER, 1, 0, TARGET);

		memcpy(s.raw, &ids[i], sizeof(ids[i]));
		assert_nothing(s);
	}
}

/* Id 0 says that the kernel has no such tracepoint: a sample of id 0 is not one of it. */
static void test_tracepoint_that_the_kernel_lacks(void **state)
{
	struct sample s = make_oom(TARGET);
	const uint16_t none = 0;

	(void)state;
	decoder.formats.id[TRACEPOINT_OOM] = 0;
	decoder.formats.id[TRACEPOINT_EXEC] = 0;
	assert_nothing(s);
	memcpy(s.raw, &none, sizeof(none));
	assert_nothing(s);
	assert_nothing(make_exec(SENDER, SENDER, "/bin/sh"));
	s = make_exec(SENDER, SENDER, "/bin/sh");
	memcpy(s.raw, &none, sizeof(none));
	assert_nothing(s);
	assert_int_equal(sent_by(SENDER, SENDER, SIGTERM, SI_USER, 1), ORIGIN_CALL);
	memset(decoder.formats.id, 0, sizeof(decoder.formats.id));
	assert_nothing(s);
	assert_nothing(make_signal(SIGTERM, SI_USER, 1, 0, TARGET));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_origin_of_each_row), TEST(test_sample_of_each_row), TEST(test_call_of_each_signal),
		TEST(test_sender_is_the_process_of_the_thread), TEST(test_results), TEST(test_interrupt_names_nobody),
		TEST(test_flags_that_are_no_interrupt), TEST(test_nobody_ran), TEST(test_forged_code_is_no_timer),
		TEST(test_thread_after_its_end), TEST(test_other_threads_go_on_after_an_end), TEST(test_fork_gives_the_tid_out_again),
		TEST(test_two_tids_in_one_slot), TEST(test_missed_samples_end_what_was_known), TEST(test_tids_that_are_none),
		TEST(test_signal_out_of_range), TEST(test_sender_out_of_range), TEST(test_exec),
		TEST(test_name_of_each_path), TEST(test_path_that_names_nothing), TEST(test_exec_of_nobody), TEST(test_oom_victim), TEST(test_signal_that_was_delivered),
		TEST(test_samples_cut_at_every_length), TEST(test_end_and_fork_that_are_cut), TEST(test_unknown_tracepoint),
		TEST(test_tracepoint_that_the_kernel_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_tracepoint_decode.c - samples of execs, OOM victims and delivered signals, and samples of each kind that are cut or unknown */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "tracepoint_samples.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exec),
		TEST(test_name_of_each_path),
		TEST(test_path_that_names_nothing),
		TEST(test_exec_of_nobody),
		TEST(test_oom_victim),
		TEST(test_signal_that_was_delivered),
		TEST(test_samples_cut_at_every_length),
		TEST(test_end_and_fork_that_are_cut),
		TEST(test_unknown_tracepoint),
		TEST(test_tracepoint_that_the_kernel_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "backends/procfs.h"

/* As 6.18 wrote it, but for the name. */
#define FIELDS_TO_22 " S 1 123 45 34816 123 4194560 100 0 0 0 7 8 0 0 20 0 3 0 4711"
#define FIELDS_TO_51 " 8192 3 18446744073709551615 4194304 4198400 140736 0 0 0 0 4096 81920 0 0 0 17 1 0 0 0 0 0 1 2 3 4 5 6 7"

static bool parse(const char *text, struct procfs_stat *s)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	bool ok = procfs_parse_stat(copy, len, s);
	free(copy);
	return ok;
}

static void test_every_field(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_true(parse("123 (name)" FIELDS_TO_22 FIELDS_TO_51 " 768\n", &s));
	assert_string_equal(s.comm, "name");
	assert_int_equal(s.state, 'S');
	assert_int_equal(s.ppid, 1);
	assert_int_equal(s.tty_nr, 34816);
	assert_false(s.kernel_thread);
	assert_int_equal(s.threads, 3);
	assert_int_equal(s.started, 4711 * procfs_tick());
	assert_true(s.readable);
	assert_true(s.image != 0);
	assert_true(s.has_exit_code);
	assert_int_equal(s.exit_code, 768);
}

static void test_odd_names(void **state)
{
	static const char *const names[] = {"a) R 1 (b", ")", "(", "", ") S 1 2 3 4 5 6 7 8 9", " ", "((()))", "a\tb", "\xff\xfe"};
	struct procfs_stat s;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "123 (%s)" FIELDS_TO_22 FIELDS_TO_51 " 9\n", names[i]);
		assert_true(parse(text, &s));
		assert_string_equal(s.comm, names[i]);
		assert_int_equal(s.state, 'S');
		assert_int_equal(s.ppid, 1);
		assert_int_equal(s.exit_code, 9);
	}
	snprintf(text, sizeof(text), "123 (%070d)" FIELDS_TO_22 "\n", 7); /* a kernel thread's can be long */
	assert_true(parse(text, &s));
	assert_int_equal(strlen(s.comm), sizeof(s.comm) - 1);
}

/* Before 3.5 there are 44 fields, and 2.6.32 has fewer still: what is missing is not known, not 0. */
static void test_old_kernels(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_true(parse("123 (name)" FIELDS_TO_22 "\n", &s));
	assert_int_equal(s.started, 4711 * procfs_tick());
	assert_false(s.has_exit_code);
	assert_false(s.readable);
	assert_int_equal(s.image, 0);
	assert_true(parse("123 (name)" FIELDS_TO_22 FIELDS_TO_51 "\n", &s));
	assert_false(s.has_exit_code);
	assert_true(s.readable);
	assert_false(parse("123 (name) S 1 123 45\n", &s));
}

/* Without permission the kernel writes 1, 1 and 0 there. */
static void test_without_permission(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_true(parse("123 (name)" FIELDS_TO_22 " 8192 3 18446744073709551615 1 1 0 0 0 0 0 4096 81920 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0"
	                  " 0 0 0\n", &s));
	assert_true(s.has_exit_code);
	assert_false(s.readable);
	assert_int_equal(s.image, 0);
}

static void test_kernel_thread(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_true(parse("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 3 0 0 20 0 1 0 2 0 0 18446744073709551615 0 0 0\n", &s));
	assert_true(s.kernel_thread);
	assert_int_equal(s.ppid, 0);
}

/* A number that is cut in two would be another one. */
static void test_cut_at_every_length(void **state)
{
	static const char whole[] = "123 (a) R 1 (b)" FIELDS_TO_22 FIELDS_TO_51 " 768\n";
	struct procfs_stat s;
	char text[sizeof(whole)];

	(void)state;
	for (size_t cut = 0; cut < sizeof(whole) - 1; cut++) {
		memcpy(text, whole, cut);
		text[cut] = '\0';
		if (parse(text, &s))
			fail_msg("cut at %zu it was taken", cut);
	}
	assert_true(parse(whole, &s));
}

static void test_no_stat_at_all(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_false(parse("", &s));
	assert_false(parse("\n", &s));
	assert_false(parse(")(\n", &s));
	assert_false(parse("1 (a)\n", &s));
	assert_false(parse("1 (a) x y z\n", &s));
}

static void test_same_start(void **state)
{
	uint64_t tick = procfs_tick(), t = 4711 * tick;

	(void)state;
	assert_true(procfs_same_start(t, t));
	assert_true(procfs_same_start(t, t + tick - 1)); /* cut to a tick */
	assert_true(procfs_same_start(t, t + tick + NSEC_PER_SEC / 4)); /* told late */
	assert_false(procfs_same_start(t, t + 2 * NSEC_PER_SEC));
	assert_false(procfs_same_start(t + 2 * tick, t)); /* no fork is told before it is done */
	assert_true(procfs_same_start(0, 5));
}

static void test_reading_self(void **state)
{
	struct procfs_strings strings;
	struct procfs_stat s;
	struct facts f = {0};
	int dirfd = procfs_open(getpid());
	char exe[256];

	(void)state;
	assert_true(dirfd >= 0);
	prctl(PR_SET_NAME, "a) R 1 (b\\\n");
	assert_int_equal(procfs_read_stat(dirfd, &s), 0);
	assert_int_equal(s.ppid, getppid());
	assert_int_equal(s.state, 'R');
	assert_int_equal(s.threads, 1);
	assert_true(s.readable && s.image);
	procfs_read_facts(dirfd, &s, FACT_PPID | FACT_UID | FACT_GID | FACT_COMM | FACT_EXE | FACT_ARGS | FACT_STARTED | FACT_CGROUP,
	                  &strings, &f);
	close(dirfd);
	assert_int_equal(f.has & (FACT_PPID | FACT_UID | FACT_GID | FACT_COMM | FACT_EXE | FACT_ARGS | FACT_STARTED),
	                 FACT_PPID | FACT_UID | FACT_GID | FACT_COMM | FACT_EXE | FACT_ARGS | FACT_STARTED);
	assert_string_equal(f.comm, "a) R 1 (b\\\n"); /* raw, though stat escapes it */
	assert_int_equal(f.uid, getuid());
	assert_int_equal(f.gid, getgid());
	exe[readlink("/proc/self/exe", exe, sizeof(exe) - 1)] = '\0';
	assert_string_equal(f.exe, exe);
	assert_true(f.args_len > 0 && f.args[f.args_len - 1] == '\0');
	struct clock clock = {0};
	clock_refresh(&clock);
	assert_true(f.started < clock.now && clock.now - f.started < 3600 * NSEC_PER_SEC);
}

static void assert_args(int dirfd, const struct procfs_stat *s, size_t len)
{
	struct procfs_strings strings;
	struct facts f = {0};

	procfs_read_facts(dirfd, s, FACT_ARGS, &strings, &f);
	assert_true(f.has & FACT_ARGS);
	assert_int_equal(f.args_len, len);
	assert_int_equal(f.args[f.args_len - 1], '\0');
	assert_string_equal(f.args, "sleep");
}

static bool has_args(int dirfd)
{
	int fd = openat(dirfd, "cmdline", O_RDONLY);
	char c;
	bool has = fd >= 0 && read(fd, &c, 1) == 1 && c == 's';

	if (fd >= 0)
		close(fd);
	return has;
}

/* Longer arguments than are kept are cut, with their end marked. */
static void test_long_arguments_are_cut(void **state)
{
	static char big[3 * PROCFS_ARGS_MAX];
	struct procfs_stat s;
	int ready[2];
	char c;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/sh", "sleep", "-c", "kill -STOP $$", big, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0); /* it executes */
	close(ready[0]);
	int dirfd = procfs_open(child);
	for (int tries = 0; tries < 1000 && !has_args(dirfd); tries++)
		usleep(1000);
	assert_int_equal(procfs_read_stat(dirfd, &s), 0);
	assert_args(dirfd, &s, PROCFS_ARGS_MAX);
	kill(child, SIGKILL);
	close(dirfd);
	waitpid(child, NULL, 0);
}

static int zombie(int status, struct procfs_stat *s)
{
	pid_t child = fork();

	if (child == 0)
		_exit(status);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	int dirfd = procfs_open(child);
	assert_int_equal(procfs_read_stat(dirfd, s), 0);
	waitpid(child, NULL, 0);
	return dirfd;
}

static void test_zombie_and_what_is_reaped(void **state)
{
	struct procfs_strings strings;
	struct procfs_stat s;
	struct facts f = {0};
	int dirfd = zombie(3, &s);

	(void)state;
	assert_int_equal(s.state, 'Z');
	assert_true(s.has_exit_code);
	assert_int_equal(s.exit_code, 3 << 8);
	/* Reaped now: nothing of it can be read, whoever has the pid. */
	assert_int_equal(procfs_read_stat(dirfd, &s), -ESRCH);
	procfs_read_facts(dirfd, &s, FACT_EXE | FACT_ARGS | FACT_UID, &strings, &f);
	assert_int_equal(f.has, 0);
	close(dirfd);
	assert_int_equal(procfs_open(4194304 + 7), -ENOENT);
}

/* v1 hierarchies show a zombie in "/", wherever it lived. */
static void test_cgroup_of_a_zombie_is_its_own_or_none(void **state)
{
	static struct procfs_strings mine, its;
	struct procfs_stat s;
	struct facts self = {0}, f = {0};
	siginfo_t info;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	int own = procfs_open(getpid()), dirfd = procfs_open(child);
	assert_int_equal(procfs_read_stat(own, &s), 0);
	assert_false(s.exiting);
	procfs_read_facts(own, &s, FACT_CGROUP, &mine, &self);
	assert_true(self.has & FACT_CGROUP);
	assert_int_equal(procfs_read_stat(dirfd, &s), 0);
	assert_true(s.exiting);
	procfs_read_facts(dirfd, &s, FACT_CGROUP, &its, &f);
	if (f.has & FACT_CGROUP)
		assert_string_equal(f.cgroup, self.cgroup);
	waitpid(child, NULL, 0);
	close(own);
	close(dirfd);
}

struct found {
	pid_t want;
	int   times, all;
};

static void look(void *ctx, pid_t id)
{
	struct found *f = ctx;

	f->all++;
	f->times += id == f->want;
}

static void *wait_for_end(void *lock)
{
	pthread_mutex_lock(lock);
	pthread_mutex_unlock(lock);
	return NULL;
}

static void test_lists_of_processes_and_threads(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct found pids = {.want = getpid()}, tids = {.want = getpid()};
	pthread_t threads[3];
	int dirfd = procfs_open(getpid());

	(void)state;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wait_for_end, &lock), 0);
	assert_int_equal(procfs_each_tid(dirfd, look, &tids), 0);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(tids.times, 1);
	assert_true(tids.all >= 4);
	assert_int_equal(procfs_each_pid(look, &pids), 0);
	assert_int_equal(pids.times, 1);
	close(dirfd);
	assert_true(procfs_each_tid(-1, look, &tids) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field),       cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_old_kernels),       cmocka_unit_test(test_without_permission),
		cmocka_unit_test(test_kernel_thread),     cmocka_unit_test(test_cut_at_every_length),
		cmocka_unit_test(test_no_stat_at_all),    cmocka_unit_test(test_same_start),
		cmocka_unit_test(test_reading_self),      cmocka_unit_test(test_long_arguments_are_cut),
		cmocka_unit_test(test_zombie_and_what_is_reaped),
		cmocka_unit_test(test_cgroup_of_a_zombie_is_its_own_or_none), cmocka_unit_test(test_lists_of_processes_and_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

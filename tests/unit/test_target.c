#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/life/target.h"

static char dir[] = "/tmp/epitaph-target-XXXXXX", program[80], pidfile[80];
static const struct process_table table; /* of now: /proc answers */
static struct config *config;
static struct target_state *states;

static void copy_file(const char *from, const char *to)
{
	static char buf[1 << 16];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, (size_t)n), n);
	close(in);
	close(out);
}

static int make_program(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(program, sizeof(program), "%s/a_daemon", dir);
	snprintf(pidfile, sizeof(pidfile), "%s/pid", dir);
	copy_file("/bin/sleep", program);
	return 0;
}

static int remove_program(void **state)
{
	(void)state;
	unlink(pidfile);
	unlink(program);
	rmdir(dir);
	return 0;
}

/* A process that has executed it; the first of two ends of a pipe closes then. */
static pid_t start(uid_t uid)
{
	int ready[2];
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		if (uid && (setgid(uid) || setuid(uid)))
			_exit(126);
		execl(program, "a_daemon", "100", (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0);
	close(ready[0]);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void fail_with(void *ctx, const char *message)
{
	(void)ctx;
	fail_msg("%s", message);
}

static void configure(const char *targets)
{
	FILE *f = fmemopen((void *)(uintptr_t)targets, strlen(targets), "r");

	assert_int_equal(config_parse(f, "test", fail_with, NULL, &config), 0);
	fclose(f);
	states = target_states_new(config);
	assert_non_null(states);
}

static void forget(void)
{
	target_states_free(states, config->targets_count);
	config_free(config);
	config = NULL;
}

static int match(pid_t pid)
{
	struct subject s;

	assert_int_equal(subject_open(&s, &table, pid), 0);
	int target = target_match(config, states, &s);
	subject_close(&s);
	return target;
}

static int match_one(pid_t pid, const char *keys)
{
	char text[512];

	snprintf(text, sizeof(text), "[target t]\n%s\n", keys);
	configure(text);
	int target = match(pid);
	forget();
	return target;
}

static void test_each_kind_of_glob(void **state)
{
	pid_t child = start(0);
	char key[256];

	(void)state;
	assert_int_equal(match_one(child, "comm = a_daemon"), 0);
	assert_int_equal(match_one(child, "comm = a_*n"), 0);
	assert_int_equal(match_one(child, "comm = [ab]_d?emon"), 0);
	assert_int_equal(match_one(child, "comm = daemon"), -1); /* the whole name */
	assert_int_equal(match_one(child, "exe = */a_daemon"), 0);
	assert_int_equal(match_one(child, "exe = /a_daemon"), -1); /* the whole path */
	snprintf(key, sizeof(key), "exe = %s", program);
	assert_int_equal(match_one(child, key), 0);
	assert_int_equal(match_one(child, "args = a_daemon 100"), 0);
	assert_int_equal(match_one(child, "args = *100"), 0);
	assert_int_equal(match_one(child, "args = a_daemon"), -1); /* the whole line */
	assert_int_equal(match_one(child, "args = a_daemon 100 "), 0); /* blanks at the end of a value do not count */
	assert_int_equal(match_one(child, "cgroup = /*"), 0);
	assert_int_equal(match_one(child, "cgroup = /no/such*"), -1);
	end(child);
}

static void test_user_by_name_glob_and_number(void **state)
{
	pid_t child = start(0), nobody;

	(void)state;
	if (geteuid() != 0) {
		end(child);
		skip();
	}
	nobody = start(65534);
	assert_int_equal(match_one(child, "user = root"), 0);
	assert_int_equal(match_one(child, "user = 0"), 0);
	assert_int_equal(match_one(nobody, "user = nobody"), 0);
	assert_int_equal(match_one(nobody, "user = nob*"), 0);
	assert_int_equal(match_one(nobody, "user = 65534"), 0);
	assert_int_equal(match_one(nobody, "user = root"), -1);
	assert_int_equal(match_one(child, "user = nobody"), -1);
	assert_int_equal(match_one(nobody, "user = 6553*"), 0);
	assert_int_equal(match_one(child, "user = no-such-user"), -1);
	end(child);
	end(nobody);
}

static void test_all_that_are_given_must_match(void **state)
{
	pid_t child = start(0);

	(void)state;
	assert_int_equal(match_one(child, "comm = a_daemon\nargs = *100\nexe = */a_daemon"), 0);
	assert_int_equal(match_one(child, "comm = a_daemon\nargs = *200\nexe = */a_daemon"), -1);
	assert_int_equal(match_one(child, "comm = b_daemon\nargs = *100"), -1);
	end(child);
}

static void test_first_match_wins(void **state)
{
	pid_t child = start(0);

	(void)state;
	configure("[target none]\ncomm = other\n[target args]\nargs = *100\n[target comm]\ncomm = a_daemon\n");
	assert_int_equal(match(child), 1);
	forget();
	configure("[target comm]\ncomm = a_daemon\n[target args]\nargs = *100\n");
	assert_int_equal(match(child), 0);
	forget();
	end(child);
}

/* Names that are matched are bytes; no pattern in them is one. */
static void test_name_that_looks_like_a_pattern(void **state)
{
	struct subject s = {.pid = 1, .dirfd = -1, .facts = {.has = FACT_COMM, .comm = "*"}};

	(void)state;
	configure("[target t]\ncomm = a_daemon\n");
	assert_int_equal(target_match(config, states, &s), -1);
	s.facts.comm = "a_daemon\n";
	assert_int_equal(target_match(config, states, &s), -1);
	forget();
}

/* What is not known matches nothing, not even `*`. */
static void test_unknown_facts_match_nothing(void **state)
{
	struct subject s = {.pid = 1, .dirfd = -1};

	(void)state;
	configure("[target t]\nexe = *\n[target u]\nargs = *\n[target v]\nuser = *\n[target w]\ncgroup = *\n[target x]\ncomm = *\n");
	assert_int_equal(target_match(config, states, &s), -1);
	s.facts.has = FACT_COMM;
	s.facts.comm = "x";
	assert_int_equal(target_match(config, states, &s), 4);
	forget();
}

static void test_reads_no_more_than_it_needs(void **state)
{
	pid_t child = start(0);
	struct subject s;

	(void)state;
	configure("[target t]\ncomm = other\nexe = */a_daemon\nargs = *\nuser = *\n");
	assert_int_equal(subject_open(&s, &table, child), 0);
	assert_int_equal(target_match(config, states, &s), -1);
	assert_int_equal(s.tried & (FACT_EXE | FACT_ARGS | FACT_UID | FACT_CGROUP), 0);
	subject_close(&s);
	forget();
	configure("[target t]\nexe = */other\nargs = *\n[target u]\nexe = */a_daemon\n");
	assert_int_equal(subject_open(&s, &table, child), 0);
	assert_int_equal(target_match(config, states, &s), 1);
	assert_int_equal(s.tried & (FACT_EXE | FACT_ARGS | FACT_UID | FACT_CGROUP), FACT_EXE);
	subject_close(&s);
	forget();
	end(child);
}

/* It is the process that was opened whose facts are read, and a process that goes away meanwhile has none. */
static void test_process_that_goes_away(void **state)
{
	pid_t child = start(0);
	struct subject s;

	(void)state;
	configure("[target t]\nexe = */a_daemon\n");
	assert_int_equal(subject_open(&s, &table, child), 0);
	assert_false(subject_ended(&s));
	end(child);
	assert_false(subject_ended(&s)); /* nothing was asked for yet */
	assert_int_equal(target_match(config, states, &s), -1);
	assert_true(subject_ended(&s));
	assert_string_equal(s.facts.comm, "a_daemon"); /* read before */
	subject_close(&s);
	assert_true(subject_open(&s, &table, child) < 0);
	assert_int_equal(s.dirfd < 0, 1);
	subject_close(&s);
	forget();
}

static void write_pidfile(const char *text)
{
	int fd = open(pidfile, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void test_pidfile(void **state)
{
	char text[256], number[32];
	pid_t child = start(0), other = start(0);

	(void)state;
	unlink(pidfile);
	snprintf(text, sizeof(text), "[target t]\npidfile = %s\n", pidfile);
	configure(text);
	assert_int_equal(match(child), -1);
	snprintf(number, sizeof(number), "%d\n", (int)child);
	write_pidfile(number);
	assert_true(target_read_pidfile(&states[0], &config->targets[0]));
	assert_false(target_read_pidfile(&states[0], &config->targets[0])); /* the same as before */
	assert_int_equal(match(child), 0);
	assert_int_equal(match(other), -1);

	static const char *const bad[] = {"", "x", "0", "-5", "99999999999999999999", "4194305", " \n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_pidfile(bad[i]);
		target_read_pidfile(&states[0], &config->targets[0]);
		assert_int_equal(states[0].pidfile_pid, 0);
	}
	write_pidfile(number);
	target_read_pidfile(&states[0], &config->targets[0]);
	unlink(pidfile);
	assert_true(target_read_pidfile(&states[0], &config->targets[0]));
	assert_int_equal(states[0].pidfile_pid, 0);
	/* A FIFO with nobody at its other end does not hold the agent up. */
	assert_int_equal(mkfifo(pidfile, 0600), 0);
	alarm(5);
	target_read_pidfile(&states[0], &config->targets[0]);
	alarm(0);
	assert_int_equal(states[0].pidfile_pid, 0);
	unlink(pidfile);
	forget();
	end(child);
	end(other);
}

/* With a glob beside it both must match. */
static void test_pidfile_and_glob(void **state)
{
	char text[256], number[32];
	pid_t child = start(0);

	(void)state;
	snprintf(number, sizeof(number), "%d\n", (int)child);
	write_pidfile(number);
	snprintf(text, sizeof(text), "[target t]\npidfile = %s\ncomm = other\n[target u]\npidfile = %s\ncomm = a_*\n", pidfile,
	         pidfile);
	configure(text);
	assert_int_equal(match(child), 1);
	forget();
	end(child);
}

/* A program that was replaced on disk while it runs. */
static void test_deleted_program(void **state)
{
	pid_t child = start(0);

	(void)state;
	unlink(program);
	assert_int_equal(match_one(child, "exe = */a_daemon"), 0);
	end(child);
	copy_file("/bin/sleep", program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_glob), cmocka_unit_test(test_user_by_name_glob_and_number),
		cmocka_unit_test(test_all_that_are_given_must_match), cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_name_that_looks_like_a_pattern), cmocka_unit_test(test_unknown_facts_match_nothing),
		cmocka_unit_test(test_reads_no_more_than_it_needs), cmocka_unit_test(test_process_that_goes_away),
		cmocka_unit_test(test_pidfile), cmocka_unit_test(test_pidfile_and_glob), cmocka_unit_test(test_deleted_program),
	};

	return cmocka_run_group_tests(tests, make_program, remove_program);
}

/* test_rights.c - requests and answers over the socket: what is hostile, late or torn; and what the files of a configuration may be asked for */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/rights.h"
#include "agent/files/files.h"

static int ends[2];
static pid_t other;

/* In the place of the warden: answers as each test wants it, in a process of its own. */
static void answer(void (*serve)(const struct rights_request *, struct rights_answer *), int count)
{
	other = fork();
	if (other != 0)
		return;
	close(ends[0]);
	for (int i = 0; i < count;) {
		struct rights_request r;
		struct rights_answer a = {0};
		int fd, n = rights_receive(ends[1], &r, &fd);

		if (n == -EAGAIN) {
			usleep(1000);
			continue;
		}
		if (n <= 0)
			_exit(1);
		if (!r.number)
			continue; /* a post has no answer */
		a.number = r.number;
		serve(&r, &a);
		rights_reply(ends[1], &a);
		i++;
	}
	_exit(0);
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(rights_pair(ends), 0);
	rights_served_at(ends[0]);
	other = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	rights_served_by(NULL, NULL);
	if (other > 0)
		waitpid(other, NULL, 0);
	return 0;
}

static void serve_sum(const struct rights_request *r, struct rights_answer *a)
{
	int pipes[2];
	const int64_t twice = 2 * (int64_t)r->arg;

	a->value = r->arg + r->arg2;
	rights_put(a, &twice, sizeof(twice));
	rights_explain(a, "why", "cure");
	if (pipe(pipes) == 0) {
		(void)!write(pipes[1], "x", 1);
		rights_hand_over(a, pipes[0]);
		rights_hand_over(a, pipes[1]);
	}
}

static void test_an_answer_has_value_data_words_and_descriptors(void **state)
{
	const struct rights_request r = {.of = RIGHTS_FILES, .arg = 20, .arg2 = 3};
	struct rights_answer a;
	int64_t twice;
	char c = 0;

	(void)state;
	answer(serve_sum, 2);
	assert_int_equal(rights_ask(&r, &a), 0);
	assert_int_equal(a.value, 23);
	assert_int_equal(rights_data(&a, &twice, sizeof(twice)), 0);
	assert_int_equal(twice, 40);
	assert_int_equal(rights_data(&a, &twice, 4), -EBADMSG);
	assert_string_equal(a.why, "why");
	assert_string_equal(a.cure, "cure");
	assert_int_equal(a.fds_count, 2);
	assert_true(fcntl(a.fds[0], F_GETFD) & FD_CLOEXEC);
	int fd = rights_fd(&a);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(c, 'x');
	close(fd);
	int before = dup(0);
	close(before);
	assert_int_equal(rights_tell(RIGHTS_FILES, 0, 1), 0);
	int after = dup(0);
	close(after);
	assert_int_equal(before, after); /* descriptors that nobody wants are closed */
}

static void serve_error(const struct rights_request *r, struct rights_answer *a)
{
	(void)r;
	rights_hand_over(a, -ENOSPC);
}

static void test_an_error_is_the_answer(void **state)
{
	struct rights_answer a;

	(void)state;
	answer(serve_error, 1);
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 0, &a), -ENOSPC);
	assert_int_equal(rights_fd(&a), -ENOSPC);
}

static void serve_late(const struct rights_request *r, struct rights_answer *a)
{
	if (r->arg == 1)
		usleep(1500000);
	a->value = r->arg;
}

static void test_a_late_answer_is_none_and_is_not_taken_for_the_next(void **state)
{
	struct rights_answer a;

	(void)state;
	answer(serve_late, 2);
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 1, &a), -ETIMEDOUT);
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 2, &a), -ETIMEDOUT); /* at once, and is not even asked */
	usleep(900000);
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 3, &a), 0);
	assert_int_equal(a.value, 3);
}

static double seconds_of(int (*what)(void))
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	what();
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static int ask_in_vain(void)
{
	struct rights_answer a;
	int error = rights_ask_for(RIGHTS_FILES, 0, 1, &a);

	assert_int_equal(error, -ETIMEDOUT);
	return error;
}

static void fill_with_posts(void)
{
	const struct rights_request post = {.of = RIGHTS_SYSTEM, .what = SYSTEM_POST_FORGET};

	for (int i = 0; i < 10000 && rights_post(&post, -1) == 0; i++)
		;
}

static void test_a_request_waits_for_room_behind_what_was_posted(void **state)
{
	struct rights_answer a;

	(void)state;
	fill_with_posts();
	answer(serve_late, 1);
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 5, &a), 0);
	assert_int_equal(a.value, 5);
}

static void test_one_that_does_not_read_is_waited_for_once(void **state)
{
	(void)state;
	fill_with_posts();
	double first = seconds_of(ask_in_vain), second = seconds_of(ask_in_vain);

	assert_true(first > 0.9);
	assert_true(second < first / 2);
}

static void test_the_end_of_the_other_is_an_error(void **state)
{
	struct rights_answer a;

	(void)state;
	close(ends[1]);
	ends[1] = dup(0);
	assert_true(rights_ask_for(RIGHTS_FILES, 0, 1, &a) < 0);
}

static void test_answers_that_are_torn_are_errors(void **state)
{
	struct rights_answer a = {.number = 1, .len = RIGHTS_DATA_MAX + 1};

	(void)state;
	assert_int_equal(send(ends[1], &a, sizeof(a), 0), sizeof(a));
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 1, &a), -EBADMSG);
	assert_int_equal(send(ends[1], "x", 1, 0), 1);
	assert_int_equal(rights_ask_for(RIGHTS_FILES, 0, 1, &a), -EBADMSG);
}

static void test_requests_that_are_none(void **state)
{
	static struct rights_request r = {.of = RIGHTS_KINDS}, got;
	int fd;

	(void)state;
	assert_int_equal(rights_receive(ends[1], &got, &fd), -EAGAIN);
	assert_int_equal(send(ends[0], &r, sizeof(r), 0), sizeof(r));
	assert_int_equal(rights_receive(ends[1], &got, &fd), -EBADMSG);
	assert_int_equal(send(ends[0], &r, 8, 0), 8);
	assert_int_equal(rights_receive(ends[1], &got, &fd), -EBADMSG);
	r.of = RIGHTS_FILES;
	memset(r.path, 'x', sizeof(r.path));
	assert_int_equal(send(ends[0], &r, sizeof(r), 0), sizeof(r));
	assert_int_equal(rights_receive(ends[1], &got, &fd), 1);
	assert_int_equal(strlen(got.path), sizeof(got.path) - 1);
	close(ends[0]);
	ends[0] = dup(0);
	assert_int_equal(rights_receive(ends[1], &got, &fd), 0);
}

static void test_a_post_has_no_answer_and_one_descriptor(void **state)
{
	const struct rights_request r = {.of = RIGHTS_SYSTEM, .arg = 7, .stamp = 1ull << 40};
	struct rights_request got;
	int fd, sent = 0, error;

	(void)state;
	assert_int_equal(rights_post(&r, 0), 0);
	assert_int_equal(rights_receive(ends[1], &got, &fd), 1);
	assert_int_equal(got.number, 0);
	assert_int_equal(got.arg, 7);
	assert_true(got.stamp == 1ull << 40);
	assert_true(fd > 2);
	close(fd);
	assert_int_equal(rights_post(&r, -1), 0);
	assert_int_equal(rights_receive(ends[1], &got, &fd), 1);
	assert_int_equal(fd, -1);
	while ((error = rights_post(&r, -1)) == 0 && sent < 100000) /* nobody reads: it does not wait */
		sent++;
	assert_int_equal(error, -EAGAIN);
}

/* ---- files */

static char dir[] = "/tmp/epitaph-rights-XXXXXX";
static struct files_served served;

static void no_error(void *ctx, const char *message)
{
	(void)ctx;
	fail_msg("%s", message);
}

static void write_ini(const char *path, const char *more)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "[agent]\nstate_dir = none\ncontrol = none\n[output a]\ntype = file\npath = %s/a\n%s[target t]\ncomm = x\n", dir, more);
	fclose(f);
}

static int setup_files(void **state)
{
	char path[64];

	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ini", dir);
	write_ini(path, "");
	served = (struct files_served){.generations = 1};
	assert_int_equal(config_load(path, no_error, NULL, &served.config), 0);
	config_number(served.config, 1);
	return 0;
}

static int teardown_files(void **state)
{
	static const char *const names[] = {"a", "a.1", "b", "ini"};
	char path[64];

	(void)state;
	files_served_end(&served);
	config_free(served.config);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

/* Numbers of requests are files.c's own: whatever they are, what is not in the configuration is not opened. */
static void test_only_what_the_configuration_names_is_opened(void **state)
{
	unsigned opened = 0;

	(void)state;
	for (uint32_t what = 0; what < 16; what++)
		for (uint32_t generation = 0; generation < 4; generation++)
			for (uint32_t index = 0; index < 8; index++) {
				const struct rights_request r = {.of = RIGHTS_FILES, .what = what, .arg = (int32_t)(generation << 16 | index)};
				struct rights_answer a = {0};
				char link[64], name[128];

				files_serve(&served, &r, &a);
				for (uint32_t i = 0; i < a.fds_count; i++) {
					snprintf(link, sizeof(link), "/proc/self/fd/%d", a.fds[i]);
					ssize_t n = readlink(link, name, sizeof(name) - 1);
					name[n > 0 ? n : 0] = '\0';
					bool output = strncmp(name, dir, strlen(dir)) == 0, ini = strstr(name, "memfd:agent.ini") || strstr(name, "/ini");
					opened += output && !ini;
					if (output && !ini)
						assert_true(generation == 1 && index == 0);
					close(a.fds[i]);
				}
			}
	assert_int_equal(opened, 2); /* to append, and rotated */
}

static struct rights_answer ask_here(uint32_t what, int32_t arg)
{
	const struct rights_request r = {.of = RIGHTS_FILES, .what = what, .arg = arg};
	struct rights_answer a = {0};

	files_serve(&served, &r, &a);
	return a;
}

static int serve_files_until_closed(void)
{
	for (;;) {
		struct rights_request r;
		struct rights_answer a = {0};
		int fd, n = rights_receive(ends[1], &r, &fd);

		if (n == -EAGAIN) {
			usleep(1000);
			continue;
		}
		if (n <= 0)
			return 0;
		files_serve(&served, &r, &a);
		a.number = r.number;
		rights_reply(ends[1], &a);
	}
}

/* The new configuration's outputs can be opened before it is taken, the old one's until then. */
static void test_a_configuration_is_opened_and_taken(void **state)
{
	char path[64], more[96], why[FILES_WHY];
	uint32_t generation;
	struct config *c;

	snprintf(path, sizeof(path), "%s/ini", dir);
	snprintf(more, sizeof(more), "[output b]\ntype = file\npath = %s/b\n", dir);
	setup(state);
	other = fork();
	if (other == 0) {
		close(ends[0]);
		_exit(serve_files_until_closed());
	}
	close(ends[1]);
	ends[1] = dup(0);
	write_ini(path, more);
	int fd = files_open_config(path, no_error, NULL, &generation);
	assert_true(fd >= 0);
	write_ini(path, ""); /* what was parsed there is what is parsed here */
	FILE *text = fdopen(fd, "r");
	assert_int_equal(config_parse(text, path, no_error, NULL, &c), 0);
	fclose(text);
	assert_int_equal(c->outputs_count, 2);
	config_number(c, generation);
	for (int i = 0; i < 2; i++) {
		fd = files_open_output(&c->outputs[i], why);
		assert_true(fd >= 0);
		close(fd);
	}
	fd = files_open_output(&served.config->outputs[0], why);
	assert_true(fd >= 0);
	close(fd);
	files_take_config(generation);
	fd = files_open_output(&c->outputs[1], why);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(files_open_output(&served.config->outputs[0], why), -EINVAL);
	config_free(c);
	teardown(state);
}

static void test_state_that_was_not_begun_is_not_replaced(void **state)
{
	(void)state;
	for (uint32_t what = 0; what < 16; what++) {
		struct rights_answer a = ask_here(what, 1);

		for (uint32_t i = 0; i < a.fds_count; i++)
			close(a.fds[i]);
	}
	assert_false(served.state.begun); /* state_dir = none */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define FILES(f) cmocka_unit_test_setup_teardown(f, setup_files, teardown_files)
	const struct CMUnitTest tests[] = {
		TEST(test_an_answer_has_value_data_words_and_descriptors),
		TEST(test_an_error_is_the_answer),
		TEST(test_a_request_waits_for_room_behind_what_was_posted),
		TEST(test_one_that_does_not_read_is_waited_for_once),
		TEST(test_a_late_answer_is_none_and_is_not_taken_for_the_next),
		TEST(test_the_end_of_the_other_is_an_error),
		TEST(test_answers_that_are_torn_are_errors),
		TEST(test_requests_that_are_none),
		TEST(test_a_post_has_no_answer_and_one_descriptor),
		FILES(test_only_what_the_configuration_names_is_opened),
		FILES(test_a_configuration_is_opened_and_taken),
		FILES(test_state_that_was_not_begun_is_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sink_world.h"

static void stdout_to(struct world *w, int fd)
{
	fflush(stdout);
	w->saved_stdout = fcntl(1, F_DUPFD_CLOEXEC, 3);
	dup2(fd, 1);
	close(fd);
	w->config.type = OUTPUT_STDOUT;
}

static void stdout_to_pipe(struct world *w)
{
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	w->reader = p[0];
	fcntl(w->reader, F_SETFL, O_NONBLOCK);
	stdout_to(w, p[1]);
}

/* Reads all there is, flushing in between as the loop would; fails if something blocks (alarm). */
static unsigned read_all(struct world *w, unsigned *lost)
{
	static char buf[4 << 20];
	size_t len = 0;

	for (int idle = 0; idle < 3; idle++) {
		ssize_t n;

		while ((n = read(w->reader, buf + len, sizeof(buf) - 1 - len)) > 0) {
			len += (size_t)n;
			idle = 0;
		}
		sink_flush(&w->sink, &w->clock);
	}
	buf[len] = '\0';
	return count_records(buf, lost);
}

static void slow_reader(struct world *w)
{
	unsigned lost = 0, total = 5000;

	alarm(20); /* a sink that blocks ends the test */
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < total; i++)
		write_record(w, i, 300);
	sink_flush(&w->sink, &w->clock);
	assert_true(w->sink.dropped > 0);
	assert_true(w->sink.wait_fd >= 0);
	assert_int_equal(w->sink.retry_at, 0);
	assert_false(w->sink.gone);
	unsigned n = read_all(w, &lost);
	assert_true(lost > 0);
	assert_int_equal(n + lost, total);
	assert_int_equal(w->sink.wait_fd, -1);
	alarm(0);
}

static void test_stdout_when_the_pipe_is_slow(void **state)
{
	struct world *w = *state;

	stdout_to_pipe(w);
	slow_reader(w);
	assert_int_equal(fcntl(1, F_GETFL) & O_NONBLOCK, 0); /* the shared description is as it was */
}

static void test_stdout_when_it_is_a_slow_socket(void **state)
{
	struct world *w = *state;
	int p[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	w->reader = p[0];
	fcntl(w->reader, F_SETFL, O_NONBLOCK);
	stdout_to(w, p[1]);
	slow_reader(w);
	assert_int_equal(fcntl(1, F_GETFL) & O_NONBLOCK, 0);
}

/* Not ours to open again: another user's pipe, as after su. */
static void test_stdout_when_it_can_only_be_polled(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0) {
		print_message("SKIP: needs root to become another user\n");
		skip();
	}
	stdout_to_pipe(w);
	assert_int_equal(seteuid(65534), 0);
	slow_reader(w);
	assert_int_equal(w->sink.fd, 1);
	assert_int_equal(seteuid(0), 0);
}

static void test_stdout_when_the_reader_is_gone(void **state)
{
	struct world *w = *state;

	stdout_to_pipe(w);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 0);
	sink_flush(&w->sink, &w->clock);
	assert_false(w->sink.gone);
	close(w->reader);
	w->reader = -1;
	write_record(w, 2, 0);
	sink_flush(&w->sink, &w->clock);
	assert_true(w->sink.gone);
	assert_int_equal(w->sink.wait_fd, -1);
	assert_int_equal(w->sink.written_total, 1);
	assert_int_equal(w->sink.dropped_total, 1);
	write_record(w, 3, 0);
	assert_int_equal(w->sink.dropped_total, 2);
}

/* `{ epitaph; echo end; } > file`: the others' offset moves along. */
static void test_stdout_when_it_is_a_file_others_write_too(void **state)
{
	struct world *w = *state;
	size_t len;

	stdout_to(w, open(w->path, O_RDWR | O_CREAT | O_TRUNC, 0600));
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(write(1, "end\n", 4), 4);
	char *text = slurp(w->path, &len);
	assert_non_null(strstr(text, "#1#"));
	assert_string_equal(text + len - 4, "end\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stdout_when_the_pipe_is_slow),
		TEST(test_stdout_when_it_is_a_slow_socket),
		TEST(test_stdout_when_it_can_only_be_polled),
		TEST(test_stdout_when_the_reader_is_gone),
		TEST(test_stdout_when_it_is_a_file_others_write_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sink_world.h"

static void serve(struct world *w, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", w->path);
	unlink(w->path);
	w->server = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->server, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(w->server, 5), 0);
	w->config.type = OUTPUT_SYSLOG;
}

static void stop_serving(struct world *w)
{
	close(w->server);
	w->server = -1;
	unlink(w->path);
}

/* Messages received, flushing in between; the sum of what `lost` tells in *lost. */
static unsigned receive_all(struct world *w, unsigned *lost)
{
	char buf[SINK_BATCH];
	unsigned got = 0;

	for (int idle = 0; idle < 3; idle++) {
		ssize_t n;

		while ((n = recv(w->server, buf, sizeof(buf) - 1, 0)) > 0) {
			buf[n] = '\0';
			const char *word = strstr(buf, " lost out: ");

			if (word)
				*lost += (unsigned)strtoul(word + 11, NULL, 10);
			else
				got++;
			idle = 0;
		}
		w->clock.now = sink_now() + 10 * NSEC_PER_SEC;
		sink_flush(&w->sink, &w->clock);
	}
	return got;
}

static void test_syslog_message_as_syslog3_sends_it(void **state)
{
	struct world *w = *state;
	char buf[4096], tag[64];

	serve(w, SOCK_DGRAM);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 0);
	sink_flush(&w->sink, &w->clock);
	ssize_t n = recv(w->server, buf, sizeof(buf) - 1, 0);
	assert_true(n > 0);
	buf[n] = '\0';
	snprintf(tag, sizeof(tag), " epitaph[%d]: 20", (int)getpid());
	assert_int_equal(memcmp(buf, "<29>", 4), 0); /* daemon 3 * 8 + notice 5 */
	assert_int_equal(memcmp(buf + 19, tag, strlen(tag)), 0); /* <29>Mon dd hh:mm:ss */
	assert_true(buf[7] == ' ' && buf[10] == ' ' && buf[13] == ':' && buf[16] == ':');
	assert_null(strchr(buf, '\n'));
}

static void test_syslog_when_it_is_restarted_loses_nothing(void **state)
{
	struct world *w = *state;
	unsigned lost = 0;

	serve(w, SOCK_DGRAM);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(receive_all(w, &lost), 1);
	stop_serving(w);
	serve(w, SOCK_DGRAM);
	write_record(w, 2, 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(receive_all(w, &lost), 1);
	assert_int_equal(lost, 0);
	assert_int_equal(w->sink.retry_at, 0);
}

static void test_syslog_when_it_does_not_run_yet(void **state)
{
	struct world *w = *state;
	unsigned lost = 0;
	uint64_t before;

	w->config.type = OUTPUT_SYSLOG;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(w->sink.retry_at, 0); /* nothing waits, so nothing wakes */
	for (unsigned i = 0; i < 250; i++)
		write_record(w, i, 0);
	before = sink_now();
	w->clock.now = before + NSEC_PER_SEC;
	sink_flush(&w->sink, &w->clock);
	assert_in_range(w->sink.retry_at, before + 100 * NSEC_PER_MSEC, sink_now() + 5 * NSEC_PER_SEC);
	for (int i = 0; i < 10; i++)
		flush_after(w, 10 * NSEC_PER_SEC);
	assert_in_range(w->sink.retry_at, before + 4 * NSEC_PER_SEC, sink_now() + 5 * NSEC_PER_SEC);
	assert_int_equal(w->sink.dropped, 150); /* the queue holds 100 */
	serve(w, SOCK_DGRAM);
	assert_int_equal(receive_all(w, &lost), 100);
	assert_int_equal(lost, 150);
	assert_int_equal(w->sink.dropped, 0);
	assert_int_equal(w->sink.retry_at, 0);
}

static void test_syslog_when_it_is_slow(void **state)
{
	struct world *w = *state;
	unsigned lost = 0, total = 2000;

	alarm(20);
	serve(w, SOCK_DGRAM);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < total; i++)
		write_record(w, i, i % 900); /* lengths that wrap the ring everywhere */
	sink_flush(&w->sink, &w->clock);
	assert_true(w->sink.wait_fd >= 0);
	unsigned n = receive_all(w, &lost);
	assert_true(lost > 0);
	assert_int_equal(n + lost, total);
	for (unsigned i = 0; i < total; i++) {
		write_record(w, i, 100 + i % 900);
		if (i % 50 == 0)
			n += receive_all(w, &lost);
	}
	n += receive_all(w, &lost);
	assert_int_equal(n + lost, 2 * total);
	alarm(0);
}

static void test_syslog_when_it_listens_on_a_stream(void **state)
{
	struct world *w = *state;
	char buf[65536];
	size_t len = 0;
	unsigned n = 0;

	serve(w, SOCK_STREAM);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	int peer = accept4(w->server, NULL, NULL, SOCK_NONBLOCK);
	assert_true(peer >= 0);
	for (unsigned i = 0; i < 50; i++)
		write_record(w, i, 300);
	sink_flush(&w->sink, &w->clock);
	for (ssize_t r; (r = recv(peer, buf + len, sizeof(buf) - len, 0)) > 0; len += (size_t)r)
		;
	for (size_t at = 0; at < len; at += strlen(buf + at) + 1, n++)
		assert_int_equal(memcmp(buf + at, "<29>", 4), 0);
	assert_int_equal(n, 50);
	close(peer);
	write_record(w, 50, 0);
	sink_flush(&w->sink, &w->clock);
	peer = accept4(w->server, NULL, NULL, SOCK_NONBLOCK);
	assert_true(peer >= 0);
	assert_true(recv(peer, buf, sizeof(buf), 0) > 0);
	assert_non_null(strstr(buf, "#50#"));
	close(peer);
}

static void test_syslog_message_stays_within_its_limit(void **state)
{
	struct world *w = *state;
	char buf[SINK_BATCH];

	serve(w, SOCK_DGRAM);
	w->config.max_message = 1024;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 60000);
	sink_flush(&w->sink, &w->clock);
	ssize_t n = recv(w->server, buf, sizeof(buf), 0);
	assert_in_range(n, 100, 1024);
	assert_int_equal(memcmp(buf + n - 12, "sources=proc", 12), 0);
}

static void test_syslog_message_too_long_for_the_socket_goes_out_cut(void **state)
{
	struct world *w = *state;
	char buf[SINK_BATCH];
	int small = 4608;

	serve(w, SOCK_DGRAM);
	w->config.max_message = 65536;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	setsockopt(w->sink.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	write_record(w, 1, 3000);
	write_record(w, 2, 4000);
	write_record(w, 3, 60000);
	write_record(w, 4, 0);
	sink_flush(&w->sink, &w->clock);
	unsigned got = 0;
	for (ssize_t n; (n = recv(w->server, buf, sizeof(buf) - 1, 0)) > 0 || w->sink.wait_fd >= 0; got += n > 0) {
		buf[n > 0 ? n : 0] = '\0';
		if (strstr(buf, "#3#"))
			assert_int_equal(n, 1024);
		sink_flush(&w->sink, &w->clock);
	}
	assert_int_equal(got, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_syslog_message_as_syslog3_sends_it),
		TEST(test_syslog_when_it_is_restarted_loses_nothing),
		TEST(test_syslog_when_it_does_not_run_yet),
		TEST(test_syslog_when_it_is_slow),
		TEST(test_syslog_when_it_listens_on_a_stream),
		TEST(test_syslog_message_stays_within_its_limit),
		TEST(test_syslog_message_too_long_for_the_socket_goes_out_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

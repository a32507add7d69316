#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sink_world.h"

static void test_file_when_all_is_well(void **state)
{
	struct world *w = *state;
	struct stat st;
	unsigned lost = 0;

	umask(077);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	for (unsigned i = 0; i < 3000; i++)
		write_record(w, i, 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(records_in(w->path, &lost), 3000);
	assert_int_equal(lost, 0);
	assert_int_equal(w->sink.seq, 3000);
	assert_int_equal(w->sink.written_total, 3000);
	assert_int_equal(w->sink.retry_at, 0);
	assert_int_equal(w->sink.wait_fd, -1);
}

static void test_file_that_is_old_gets_the_mode(void **state)
{
	struct world *w = *state;
	struct stat st;

	close(open(w->path, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(chmod(w->path, 0666), 0);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	stat(w->path, &st);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void test_file_that_cannot_be_one_is_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkfifo(w->path, 0600), 0);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), -EOPNOTSUPP);
	w->config.path = w->dir;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), -EISDIR);
	w->config.path = (char *)"/nonexistent/dir/log";
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), -ENOENT);
	w->config.path = (char *)"/dev/null";
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), -EOPNOTSUPP);
}

static void test_file_through_a_symbolic_link(void **state)
{
	struct world *w = *state;
	char real[160];
	unsigned lost = 0;

	snprintf(real, sizeof(real), "%s/real", w->dir);
	assert_int_equal(symlink(real, w->path), 0);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(records_in(real, &lost), 1);
}

static void test_file_rotated_where_a_symbolic_link_leads(void **state)
{
	struct world *w = *state;
	char real[160], first[170];
	struct stat st;
	unsigned lost = 0;

	snprintf(real, sizeof(real), "%s/real", w->dir);
	snprintf(first, sizeof(first), "%s.1", real);
	assert_int_equal(symlink(real, w->path), 0);
	w->config.max_size = 4096;
	w->config.keep = 1;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < 20; i++) {
		write_record(w, i, 200);
		sink_flush(&w->sink, &w->clock);
	}
	assert_int_equal(lstat(w->path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(records_in(first, &lost) > 0);
	assert_true(records_in(real, &lost) > 0);
	assert_true(stat(real, &st) == 0 && st.st_size <= 4096);
}

static void test_file_reopened_after_it_was_moved(void **state)
{
	struct world *w = *state;
	char moved[160];
	unsigned lost = 0;

	snprintf(moved, sizeof(moved), "%s.old", w->path);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	write_record(w, 1, 0);
	rename(w->path, moved);
	sink_reopen(&w->sink);
	write_record(w, 2, 0);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(records_in(moved, &lost), 1);
	assert_int_equal(records_in(w->path, &lost), 1);
}

static void test_file_reopened_when_its_directory_is_away(void **state)
{
	struct world *w = *state;
	char away[160];
	unsigned lost = 0;

	snprintf(away, sizeof(away), "%s.away", w->dir);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	rename(w->dir, away);
	sink_reopen(&w->sink);
	assert_int_equal(w->sink.retry_at, 0); /* nothing waits, so nothing wakes */
	for (unsigned i = 0; i < 1000; i++)
		write_record(w, i, 500);
	sink_flush(&w->sink, &w->clock);
	assert_true(w->sink.retry_at > 0);
	assert_true(w->sink.dropped > 0);
	rename(away, w->dir);
	flush_after(w, 0); /* too early */
	assert_true(w->sink.dropped > 0);
	w->sink.retry_at = 1;
	flush_after(w, 0);
	unsigned n = records_in(w->path, &lost);
	assert_true(lost > 0);
	assert_int_equal(n + lost, 1000);
	assert_int_equal(w->sink.dropped, 0);
	assert_int_equal(w->sink.retry_at, 0);
}

static unsigned count_rotated(struct world *w, unsigned *files, unsigned *largest)
{
	unsigned n = 0, lost = 0;

	*files = *largest = 0;
	for (unsigned i = 0; i < 20; i++) {
		char path[160];
		size_t len;

		snprintf(path, sizeof(path), i ? "%s.%u" : "%s", w->path, i);
		if (access(path, F_OK))
			continue;
		++*files;
		n += count_records(slurp(path, &len), &lost);
		*largest = len > *largest ? (unsigned)len : *largest;
	}
	return n;
}

static void test_file_rotated_by_size(void **state)
{
	struct world *w = *state;
	unsigned files, largest;

	w->config.max_size = 4096;
	w->config.keep = 3;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < 40; i++) {
		write_record(w, i, 200);
		if (i % 7 == 0)
			sink_flush(&w->sink, &w->clock);
	}
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(count_rotated(w, &files, &largest), 40);
	assert_int_equal(files, 4);
	assert_true(largest <= 4096);
	for (unsigned i = 0; i < 400; i++)
		write_record(w, i, 200);
	sink_flush(&w->sink, &w->clock);
	count_rotated(w, &files, &largest);
	assert_int_equal(files, 4);
	assert_true(largest <= 4096);
}

static void test_file_rotated_with_none_kept(void **state)
{
	struct world *w = *state;
	unsigned files, largest;

	w->config.max_size = 4096;
	w->config.keep = 0;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < 100; i++)
		write_record(w, i, 200);
	sink_flush(&w->sink, &w->clock);
	assert_in_range(count_rotated(w, &files, &largest), 1, 20);
	assert_int_equal(files, 1);
	assert_true(largest <= 4096);
}

/* path.1 is a directory that is not empty: rename fails, records go on. */
static void test_file_when_rotation_fails_loses_nothing(void **state)
{
	struct world *w = *state;
	char first[160], inside[200];
	unsigned lost = 0;

	snprintf(first, sizeof(first), "%s.1", w->path);
	snprintf(inside, sizeof(inside), "%s/x", first);
	mkdir(first, 0700);
	mkdir(inside, 0700);
	w->config.max_size = 4096;
	w->config.keep = 1;
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < 100; i++)
		write_record(w, i, 200);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(records_in(w->path, &lost), 100);
	assert_int_equal(lost, 0);
	rmdir(inside);
	rmdir(first);
	usleep(1100 * 1000);
	write_record(w, 100, 200);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(records_in(w->path, &lost), 1);
	assert_int_equal(records_in(first, &lost), 100);
}

static bool full_disk(struct world *w)
{
	if (geteuid() != 0 || mount("tmpfs", w->dir, "tmpfs", 0, "size=64k")) {
		print_message("SKIP: a full disk needs root and mount(2): %s\n", strerror(errno));
		return false;
	}
	w->mounted = true;
	return true;
}

static void fill(const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fallocate(fd, 0, 0, (off_t)size), 0);
	close(fd);
}

/* Enough room comes back: every record is there once, or is in the count. */
static void test_file_when_the_disk_was_full(void **state)
{
	struct world *w = *state;
	char ballast[160];
	unsigned lost = 0, total = 400;

	if (!full_disk(w))
		skip();
	assert_int_equal(mount("tmpfs", w->dir, "tmpfs", MS_REMOUNT, "size=1m"), 0);
	snprintf(ballast, sizeof(ballast), "%s/ballast", w->dir);
	fill(ballast, (1 << 20) - (8 << 10));
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < total; i++)
		write_record(w, i, 333);
	sink_flush(&w->sink, &w->clock);
	assert_int_equal(w->sink.last_error, -ENOSPC);
	assert_in_range(w->sink.retry_at, sink_now() + NSEC_PER_SEC / 2, sink_now() + NSEC_PER_SEC);
	assert_true(w->sink.dropped > 0 && w->sink.batch_sent > 0); /* half a record stands in the file */
	unlink(ballast);
	flush_after(w, 0); /* too early */
	assert_true(w->sink.dropped > 0);
	flush_after(w, 2 * NSEC_PER_SEC);
	assert_int_equal(w->sink.dropped, 0);
	assert_int_equal(w->sink.retry_at, 0);
	unsigned n = records_in(w->path, &lost);
	assert_true(lost > 0);
	assert_int_equal(n + lost, total);
	assert_int_equal(w->sink.written_total, n + 1); /* the lost record itself */
	size_t len;
	assert_non_null(strstr(slurp(w->path, &len), "No space left on device"));
	assert_int_equal(w->sink.seq, total + 1);
}

static void test_file_reopened_with_half_a_record_out(void **state)
{
	struct world *w = *state;
	char ballast[160], moved[160];
	unsigned lost = 0;

	if (!full_disk(w))
		skip();
	snprintf(ballast, sizeof(ballast), "%s/ballast", w->dir);
	snprintf(moved, sizeof(moved), "%s.old", w->path);
	fill(ballast, 56 << 10);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < 40; i++)
		write_record(w, i, 333);
	sink_flush(&w->sink, &w->clock);
	assert_true(w->sink.batch_sent > 0);
	rename(w->path, moved);
	sink_reopen(&w->sink);
	unlink(ballast);
	flush_after(w, 10 * NSEC_PER_SEC);
	assert_int_equal(records_in(moved, &lost) + records_in(w->path, &lost), 40);
	assert_int_equal(lost, 0);
}

static void test_file_closed_with_half_a_record_out(void **state)
{
	struct world *w = *state;
	char ballast[160];
	unsigned lost = 0;

	if (!full_disk(w))
		skip();
	snprintf(ballast, sizeof(ballast), "%s/ballast", w->dir);
	fill(ballast, 56 << 10);
	assert_int_equal(sink_open(&w->sink, &w->config, "host"), 0);
	for (unsigned i = 0; i < 40; i++)
		write_record(w, i, 333);
	sink_flush(&w->sink, &w->clock);
	assert_true(w->sink.batch_sent > 0);
	sink_close(&w->sink, &w->clock);
	unlink(ballast);
	assert_int_equal(records_in(w->path, &lost) + w->sink.dropped, 40); /* whole ones, and the rest counted */
	assert_int_equal(lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file_when_all_is_well),
		TEST(test_file_that_is_old_gets_the_mode),
		TEST(test_file_that_cannot_be_one_is_refused),
		TEST(test_file_through_a_symbolic_link),
		TEST(test_file_reopened_after_it_was_moved),
		TEST(test_file_reopened_when_its_directory_is_away),
		TEST(test_file_rotated_by_size),
		TEST(test_file_rotated_with_none_kept),
		TEST(test_file_when_rotation_fails_loses_nothing), TEST(test_file_rotated_where_a_symbolic_link_leads),
		TEST(test_file_when_the_disk_was_full),
		TEST(test_file_reopened_with_half_a_record_out),
		TEST(test_file_closed_with_half_a_record_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

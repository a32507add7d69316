#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backends/perf_ring.h"

#define PAGE   4096
#define SIZE   4096  /* of most rings here */
#define LARGE  65536 /* of a ring with room for records beyond PERF_RECORD_MOST */
#define SAMPLE 28    /* bytes before the raw ones: header, pid, tid, time, length */

static struct perf_ring ring;
static struct perf_event_mmap_page *page;

/* A new ring, written and read up to `at`; a block of exactly that size, so that a sanitizer sees a read beyond it. */
static void start(size_t size, uint64_t at)
{
	free(page);
	page = calloc(1, PAGE + size);
	assert_non_null(page);
	page->data_head = page->data_tail = at;
	memset(&ring, 0xee, sizeof(ring));
	perf_ring_init(&ring, page, PAGE, size);
}

static int end(void **state)
{
	(void)state;
	free(page);
	page = NULL;
	return 0;
}

/* As the kernel does: bytes at the head, which goes round the end. */
static void put(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ring.data[(page->data_head + i) & (ring.size - 1)] = ((const uint8_t *)bytes)[i];
	page->data_head += len;
}

static void put_header(uint32_t type, size_t size)
{
	struct perf_event_header header = {.type = type, .size = (uint16_t)size};

	put(&header, sizeof(header));
}

/* A sample whose record is `size` bytes long and says that raw_len of them are raw; each of these is `fill`. */
static void put_sample_as(size_t size, uint32_t raw_len, uint32_t pid, uint8_t fill)
{
	uint32_t ids[2] = {pid, pid + 1};
	uint64_t time = 1000 + pid;

	put_header(PERF_RECORD_SAMPLE, size);
	put(ids, sizeof(ids));
	put(&time, sizeof(time));
	put(&raw_len, sizeof(raw_len));
	for (size_t i = SAMPLE; i < size; i++)
		put(&fill, 1);
}

static void put_sample(uint32_t pid, size_t raw_len)
{
	put_sample_as(SAMPLE + raw_len, (uint32_t)raw_len, pid, (uint8_t)pid);
}

static void put_lost(uint64_t count)
{
	uint64_t id_lost[2] = {7, count};

	put_header(PERF_RECORD_LOST, 24);
	put(id_lost, sizeof(id_lost));
}

static void put_other(uint32_t type, size_t size)
{
	uint8_t x = 0xab;

	put_header(type, size);
	for (size_t i = 8; i < size; i++)
		put(&x, 1);
}

static void assert_sample(uint32_t pid, size_t raw_len)
{
	struct perf_record record;

	memset(&record, 0xee, sizeof(record));
	assert_true(perf_ring_peek(&ring, &record));
	assert_false(record.lost);
	assert_int_equal(record.pid, pid);
	assert_int_equal(record.tid, pid + 1);
	assert_int_equal(record.at, 1000 + pid);
	assert_int_equal(record.raw_len, raw_len);
	for (size_t i = 0; i < raw_len; i++)
		assert_int_equal(record.raw[i], (uint8_t)pid);
	perf_ring_drop(&ring);
}

static void assert_lost(uint64_t count)
{
	struct perf_record record;

	memset(&record, 0xee, sizeof(record));
	assert_true(perf_ring_peek(&ring, &record));
	assert_true(record.lost);
	assert_int_equal(record.count, count);
	perf_ring_drop(&ring);
}

static void assert_no_more(void)
{
	struct perf_record record;

	assert_false(perf_ring_peek(&ring, &record));
	assert_false(perf_ring_peek(&ring, &record));
}

/* What comes after something wrong is read again. */
static void assert_usable(void)
{
	put_sample(77, 52);
	perf_ring_look(&ring);
	assert_sample(77, 52);
	assert_no_more();
	perf_ring_done(&ring);
	assert_int_equal(page->data_tail, page->data_head);
}

static void test_empty_ring(void **state)
{
	(void)state;
	start(SIZE, 0);
	assert_no_more();
	assert_false(perf_ring_look(&ring));
	assert_no_more();
	perf_ring_done(&ring);
	assert_int_equal(page->data_tail, 0);
}

static void test_samples_and_losses_in_order(void **state)
{
	(void)state;
	start(SIZE, 0);
	put_sample(10, 52);
	put_lost(3);
	put_sample(11, 36);
	put_sample(12, 4);
	put_lost(UINT64_MAX);
	put_sample(13, 0);
	perf_ring_look(&ring);
	assert_sample(10, 52);
	assert_lost(3);
	assert_sample(11, 36);
	assert_sample(12, 4);
	assert_lost(UINT64_MAX);
	assert_sample(13, 0);
	assert_no_more();
}

static void test_peek_twice_is_the_same_record(void **state)
{
	struct perf_record one, two;

	(void)state;
	start(SIZE, SIZE - 40);
	put_sample(10, 52);
	put_sample(11, 52);
	perf_ring_look(&ring);
	assert_true(perf_ring_peek(&ring, &one));
	assert_true(perf_ring_peek(&ring, &two));
	assert_int_equal(one.pid, 10);
	assert_int_equal(two.pid, 10);
	assert_ptr_equal(one.raw, two.raw);
	assert_sample(10, 52);
	assert_sample(11, 52);
}

/* What the kernel writes while the ring is read waits for the next look. */
static void test_record_waits_for_a_look(void **state)
{
	(void)state;
	start(SIZE, 0);
	put_sample(10, 52);
	assert_no_more();
	perf_ring_look(&ring);
	put_sample(11, 52);
	assert_sample(10, 52);
	assert_no_more();
	perf_ring_look(&ring);
	assert_sample(11, 52);
}

static void test_records_that_go_round_the_end_at_every_position(void **state)
{
	(void)state;
	for (uint64_t at = SIZE - 160; at <= SIZE + 8; at++) {
		start(SIZE, at);
		put_sample(10, 52);
		put_lost(5);
		put_sample(11, 52);
		perf_ring_look(&ring);
		assert_sample(10, 52);
		assert_lost(5);
		assert_sample(11, 52);
		assert_no_more();
		perf_ring_done(&ring);
		assert_int_equal(page->data_tail, at + 80 + 24 + 80);
	}
}

/* Positions only grow; they too go round one day. */
static void test_positions_that_go_round(void **state)
{
	(void)state;
	for (uint64_t before = 0; before < 100; before += 4) {
		start(SIZE, UINT64_MAX - before);
		put_sample(10, 52);
		put_sample(11, 52);
		assert_false(perf_ring_look(&ring));
		assert_sample(10, 52);
		assert_sample(11, 52);
		assert_no_more();
		assert_usable();
	}
}

static void test_ring_is_read_again_and_again(void **state)
{
	(void)state;
	start(SIZE, 0);
	for (uint32_t i = 1; i < 1000; i++) {
		put_sample(i, 52);
		if (i % 3 == 0)
			put_lost(i);
		perf_ring_look(&ring);
		assert_sample(i, 52);
		if (i % 3 == 0)
			assert_lost(i);
		assert_no_more();
		perf_ring_done(&ring);
		assert_int_equal(page->data_tail, page->data_head);
	}
}

static void test_other_types_are_passed_over(void **state)
{
	static const uint32_t types[] = {0, PERF_RECORD_MMAP, PERF_RECORD_COMM, PERF_RECORD_EXIT, PERF_RECORD_THROTTLE, PERF_RECORD_UNTHROTTLE,
	                                 PERF_RECORD_FORK, 13, 14, 21, 0x10000 + PERF_RECORD_SAMPLE, 0xffffffff};

	(void)state;
	start(SIZE, SIZE - 100);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put_other(types[i], 8 + 8 * i);
		put_sample((uint32_t)(10 + i), 12);
	}
	put_other(PERF_RECORD_COMM, 64);
	perf_ring_look(&ring);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_sample((uint32_t)(10 + i), 12);
	assert_no_more();
	perf_ring_done(&ring);
	assert_int_equal(page->data_tail, page->data_head);
}

/* The size in a header is less than the header, or more than there is. */
static void test_size_of_a_record_is_wrong(void **state)
{
	static const size_t sizes[] = {0, 1, 7, 81, 88, 4096, 8192, 65535};
	static const uint32_t types[] = {PERF_RECORD_SAMPLE, PERF_RECORD_LOST, PERF_RECORD_COMM};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++)
			for (uint64_t at = SIZE - 48; at <= SIZE; at += 8) {
				uint8_t rest[72] = {0};

				start(SIZE, at);
				put_sample(10, 4);
				put_header(types[j], sizes[i]);
				put(rest, sizeof(rest));
				perf_ring_look(&ring);
				assert_sample(10, 4);
				assert_no_more();
				assert_usable();
			}
}

/* Fewer bytes than a header: nothing yet. */
static void test_half_a_header(void **state)
{
	(void)state;
	start(SIZE, SIZE - 4);
	put_sample(10, 52);
	uint64_t head = page->data_head;
	for (unsigned there = 0; there < 8; there++) {
		page->data_head = SIZE - 4 + there;
		perf_ring_look(&ring);
		assert_no_more();
		perf_ring_done(&ring);
		assert_int_equal(page->data_tail, SIZE - 4);
	}
	page->data_head = head;
	perf_ring_look(&ring);
	assert_sample(10, 52);
}

static void test_more_raw_bytes_than_the_record_has(void **state)
{
	static const uint32_t lengths[] = {53, 56, 80, 0x7fffffff, UINT32_MAX - SAMPLE, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		start(SIZE, SIZE - 60);
		put_sample_as(80, lengths[i], 10, 1);
		put_sample(11, 52);
		perf_ring_look(&ring);
		assert_lost(1);
		assert_sample(11, 52);
		assert_no_more();
	}
}

/* The raw bytes need not fill the record. */
static void test_fewer_raw_bytes_than_the_record_has(void **state)
{
	(void)state;
	start(SIZE, 0);
	put_sample_as(80, 40, 10, 10);
	put_sample_as(80, 0, 11, 11);
	put_sample(12, 52);
	perf_ring_look(&ring);
	assert_sample(10, 40);
	assert_sample(11, 0);
	assert_sample(12, 52);
}

static void test_record_is_too_short_for_its_type(void **state)
{
	(void)state;
	start(SIZE, SIZE - 100);
	for (size_t size = 8; size < SAMPLE; size++)
		put_other(PERF_RECORD_SAMPLE, size);
	for (size_t size = 8; size < 24; size++)
		put_other(PERF_RECORD_LOST, size);
	put_sample(11, 52);
	perf_ring_look(&ring);
	for (size_t size = 8; size < SAMPLE; size++)
		assert_lost(1);
	assert_sample(11, 52);
	assert_no_more();
}

/* sample_id_all puts more behind a loss. */
static void test_loss_with_more_behind_it(void **state)
{
	uint64_t body[4] = {7, 9, 1, 2};

	(void)state;
	start(SIZE, 0);
	put_header(PERF_RECORD_LOST, 40);
	put(body, sizeof(body));
	put_sample(11, 52);
	perf_ring_look(&ring);
	assert_lost(9);
	assert_sample(11, 52);
}

static void test_look_says_when_it_is_nearly_full(void **state)
{
	const size_t room = PERF_RECORD_MOST / 8; /* less than that may be too little for a sample */

	(void)state;
	for (uint64_t at = 0; at < 2 * SIZE; at += 1000)
		for (size_t used = 0; used <= SIZE; used += 8) {
			start(SIZE, at);
			page->data_head = at + used;
			assert_int_equal(perf_ring_look(&ring), SIZE - used < room);
		}
}

static void test_ring_is_no_more_full_once_it_is_read(void **state)
{
	(void)state;
	start(SIZE, 1000);
	for (uint32_t i = 0; i < SIZE / 64; i++)
		put_sample(i, 36);
	assert_int_equal(page->data_head - page->data_tail, SIZE);
	assert_true(perf_ring_look(&ring));
	for (uint32_t i = 0; i < SIZE / 64; i++)
		assert_sample(i, 36);
	assert_no_more();
	assert_false(perf_ring_look(&ring));
	perf_ring_done(&ring);
	assert_usable();
}

/* The kernel never writes over what was not read: such a head is none of the kernel's. */
static void test_head_is_too_far_ahead(void **state)
{
	static const uint64_t ahead[] = {SIZE + 1, SIZE + 8, 2 * SIZE, 1ull << 32, UINT64_MAX / 2, UINT64_MAX - 7, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
		start(SIZE, 5 * SIZE + 8);
		put_sample(10, 52);
		page->data_head = 5 * SIZE + 8 + ahead[i];
		assert_false(perf_ring_look(&ring));
		assert_no_more();
		perf_ring_done(&ring);
		assert_int_equal(page->data_tail, page->data_head);
		assert_usable();
	}
}

static void test_done_gives_back_what_was_read(void **state)
{
	struct perf_record record;

	(void)state;
	start(SIZE, 0);
	put_sample(10, 52);
	put_sample(11, 52);
	perf_ring_look(&ring);
	assert_sample(10, 52);
	assert_int_equal(page->data_tail, 0);
	perf_ring_done(&ring);
	assert_int_equal(page->data_tail, 80);
	assert_true(perf_ring_peek(&ring, &record));
	perf_ring_done(&ring); /* a record that was only looked at is not given back */
	assert_int_equal(page->data_tail, 80);
	assert_sample(11, 52);
	perf_ring_done(&ring);
	assert_int_equal(page->data_tail, 160);
}

/* A ring that was read before: reading goes on at its tail. */
static void test_ring_that_was_read_before(void **state)
{
	(void)state;
	start(SIZE, 0);
	put_sample(10, 52);
	put_sample(11, 52);
	perf_ring_look(&ring);
	assert_sample(10, 52);
	perf_ring_done(&ring);
	perf_ring_init(&ring, page, PAGE, SIZE);
	perf_ring_look(&ring);
	assert_sample(11, 52);
	assert_no_more();
}

static void test_record_larger_than_is_read(void **state)
{
	(void)state;
	for (uint64_t at = LARGE - 9000; at <= LARGE; at += 100) {
		start(LARGE, at);
		put_sample(10, PERF_RECORD_MOST - SAMPLE);     /* just fits */
		put_sample(11, PERF_RECORD_MOST - SAMPLE + 1); /* its raw bytes go on behind what is read: lost */
		put_sample(12, 20000);
		put_sample_as(PERF_RECORD_MOST + 808, 100, 13, 13); /* only what nobody asked for is behind */
		put_other(PERF_RECORD_MMAP, 9000);
		put_sample(14, 52);
		perf_ring_look(&ring);
		assert_sample(10, PERF_RECORD_MOST - SAMPLE);
		assert_lost(1);
		assert_lost(1);
		assert_sample(13, 100);
		assert_sample(14, 52);
		assert_no_more();
		assert_usable();
	}
}

static void test_largest_record_there_can_be(void **state)
{
	(void)state;
	start(LARGE, LARGE / 2);
	put_sample(10, 65535 - SAMPLE);
	perf_ring_look(&ring);
	assert_lost(1);
	assert_no_more();
	assert_usable();
}

/* A record as large as the ring, in a ring smaller than PERF_RECORD_MOST. */
static void test_record_fills_the_ring(void **state)
{
	(void)state;
	for (uint64_t at = 0; at <= SIZE; at += 60) {
		start(SIZE, at);
		put_sample(10, SIZE - SAMPLE);
		assert_true(perf_ring_look(&ring));
		assert_sample(10, SIZE - SAMPLE);
		assert_no_more();
		perf_ring_done(&ring);
		assert_usable();
	}
}

static void test_open_rounds_up_to_a_power_of_two_pages(void **state)
{
	const size_t one = (size_t)sysconf(_SC_PAGESIZE);
	const struct { size_t want, size; } cases[] = {{0, one}, {1, one}, {one, one}, {one + 1, 2 * one}, {3 * one, 4 * one}, {8 * one, 8 * one}};
	int fd = memfd_create("ring", MFD_CLOEXEC);

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(ftruncate(fd, (off_t)(9 * one)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct perf_ring r = {0};

		assert_int_equal(perf_ring_open(&r, fd, cases[i].want), 0);
		assert_int_equal(r.size, cases[i].size);
		assert_ptr_equal(r.data, (uint8_t *)r.map + one);
		r.data[r.size - 1] = 1;
		perf_ring_close(&r);
		assert_null(r.map);
		perf_ring_close(&r);
	}
	close(fd);
}

static void test_open_fails(void **state)
{
	struct perf_ring r = {0};

	(void)state;
	assert_int_equal(perf_ring_open(&r, -1, SIZE), -EBADF);
	assert_null(r.map);
	perf_ring_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_ring), cmocka_unit_test(test_samples_and_losses_in_order),
		cmocka_unit_test(test_peek_twice_is_the_same_record), cmocka_unit_test(test_record_waits_for_a_look),
		cmocka_unit_test(test_records_that_go_round_the_end_at_every_position), cmocka_unit_test(test_positions_that_go_round),
		cmocka_unit_test(test_ring_is_read_again_and_again), cmocka_unit_test(test_other_types_are_passed_over),
		cmocka_unit_test(test_size_of_a_record_is_wrong), cmocka_unit_test(test_half_a_header),
		cmocka_unit_test(test_more_raw_bytes_than_the_record_has), cmocka_unit_test(test_fewer_raw_bytes_than_the_record_has),
		cmocka_unit_test(test_record_is_too_short_for_its_type), cmocka_unit_test(test_loss_with_more_behind_it),
		cmocka_unit_test(test_look_says_when_it_is_nearly_full), cmocka_unit_test(test_ring_is_no_more_full_once_it_is_read),
		cmocka_unit_test(test_head_is_too_far_ahead), cmocka_unit_test(test_done_gives_back_what_was_read),
		cmocka_unit_test(test_ring_that_was_read_before), cmocka_unit_test(test_record_larger_than_is_read),
		cmocka_unit_test(test_largest_record_there_can_be), cmocka_unit_test(test_record_fills_the_ring),
		cmocka_unit_test(test_open_rounds_up_to_a_power_of_two_pages), cmocka_unit_test(test_open_fails),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}

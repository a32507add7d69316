#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "backends/taskstats_decode.h"

#define FAMILY 29
#define PID 1200
#define TID 1203

/* Version and size as kernels have them; moved: bytes between the swap delays and the times, and before version 12's part. */
static const struct layout {
	uint16_t version, size;
	size_t   times, tgid;
} layouts[] = {
	{8, 328, 0, 0},       /* 2.6.33 to 4.19 */
	{10, 352, 0, 0},      /* 5.10 */
	{13, 416, 0, 368},    /* 6.1 */
	{14, 432, 0, 368},    /* 6.12 */
	{15, 560, 48, 464},   /* 6.14 */
	{16, 560, 0, 368},    /* 6.18 */
	{17, 688, 0, 368},    /* 7.1 */
};
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static uint8_t message[TASKSTATS_MESSAGE_SIZE];
static size_t len;

static size_t begin(uint16_t type)
{
	struct nlattr a = {.nla_type = type};
	size_t at = len;

	memcpy(message + len, &a, sizeof(a));
	len += NLA_HDRLEN;
	return at;
}

static void end(size_t at)
{
	uint16_t n = (uint16_t)(len - at);

	memcpy(message + at, &n, sizeof(n));
	len = at + NLA_ALIGN(n);
}

static void put_id(uint16_t type, uint32_t id)
{
	size_t at = begin(type);

	memcpy(message + len, &id, sizeof(id));
	len += sizeof(id);
	end(at);
}

static void put64(uint8_t *stats, size_t offset, uint64_t value) { memcpy(stats + offset, &value, sizeof(value)); }

static void put_stats(const struct layout *l, uint32_t status, uint8_t flags)
{
	size_t at = begin(TASKSTATS_TYPE_STATS);
	uint8_t *s = message + len;

	memset(s, 0xee, l->size); /* what is not read must not matter */
	memcpy(s, &l->version, sizeof(l->version));
	memcpy(s + offsetof(struct taskstats, ac_exitcode), &status, sizeof(status));
	s[offsetof(struct taskstats, ac_flag)] = flags;
	put64(s, offsetof(struct taskstats, cpu_run_virtual_total) + l->times, 1500000000);
	put64(s, offsetof(struct taskstats, ac_etime) + l->times, 2000000);
	put64(s, offsetof(struct taskstats, ac_utime) + l->times, 1000000);
	put64(s, offsetof(struct taskstats, ac_stime) + l->times, 400000);
	put64(s, offsetof(struct taskstats, hiwater_rss) + l->times, 61440);
	put64(s, offsetof(struct taskstats, read_bytes) + l->times, 4096);
	put64(s, offsetof(struct taskstats, write_bytes) + l->times, 10485760);
	if (l->tgid) {
		uint32_t tgid = PID;
		memcpy(s + l->tgid, &tgid, sizeof(tgid));
	}
	len += l->size;
	end(at);
}

/* As taskstats_exit() sends it; group: it is the last of several. */
static void make(const struct layout *l, uint32_t tid, bool group, uint32_t status, uint8_t flags)
{
	struct genlmsghdr g = {.cmd = TASKSTATS_CMD_NEW, .version = 1};
	size_t at;

	memset(message, 0, sizeof(message));
	len = NLMSG_HDRLEN;
	memcpy(message + len, &g, sizeof(g));
	len += GENL_HDRLEN;
	at = begin(TASKSTATS_TYPE_AGGR_PID);
	put_id(TASKSTATS_TYPE_PID, tid);
	put_stats(l, status, flags);
	end(at);
	if (group) {
		at = begin(TASKSTATS_TYPE_AGGR_TGID);
		put_id(TASKSTATS_TYPE_TGID, PID);
		put_stats(l, 0, 0);
		end(at);
	}
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)len, .nlmsg_type = FAMILY};
	memcpy(message, &h, sizeof(h));
}

static struct used used;

/* Of a copy of exactly that size, so that a sanitizer sees a read beyond it. */
static bool decode(size_t size, struct event *e)
{
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, message, size);
	bool told = taskstats_decode(copy, size, FAMILY, e, &used);
	free(copy);
	if (told)
		assert_ptr_equal(e->used, &used);
	return told;
}

/* Of a process that had one thread. */
static void test_each_version_of_the_layout(void **state)
{
	struct event e;

	(void)state;
	for (size_t i = 0; i < LAYOUTS; i++) {
		bool told = layouts[i].version >= 12; /* before, nothing says that it is the last */

		make(&layouts[i], PID, false, 0x300, 0x20);
		assert_true(decode(len, &e));
		assert_int_equal(e.kind, EVENT_USED);
		assert_int_equal(e.process.pid, PID);
		assert_int_equal(e.tid, PID);
		assert_int_equal(!!(e.has & HAS_STATUS), told);
		if (told)
			assert_int_equal(WEXITSTATUS(e.wait_status), 3);
		assert_int_equal(used.whole, told);
		assert_int_equal(used.last, told);
		assert_int_equal(used.by_tid, !told);
		assert_int_equal(used.run_ns, 1500000000);
		assert_int_equal(used.elapsed_us, 2000000);
		assert_int_equal(used.user_us, 1000000);
		assert_int_equal(used.system_us, 400000);
		assert_int_equal(used.max_rss_kib, 61440);
		assert_int_equal(used.read_bytes, 4096);
		assert_int_equal(used.write_bytes, 10485760);
	}
}

static void test_last_thread_of_several(void **state)
{
	struct event e;

	(void)state;
	for (size_t i = 0; i < LAYOUTS; i++) {
		make(&layouts[i], TID, true, 9, 0x20);
		assert_true(decode(len, &e));
		assert_int_equal(e.process.pid, PID);
		assert_int_equal(e.tid, TID);
		assert_true(used.last && e.has & HAS_STATUS);
		assert_false(used.whole);
		assert_int_equal(used.by_tid, layouts[i].version < 12);
	}
}

/* No sums come with it, and it looks as if it were alone. */
static void test_thread_that_is_not_the_last(void **state)
{
	struct event e;

	(void)state;
	for (size_t i = 0; i < LAYOUTS; i++) {
		bool told = layouts[i].version >= 12;

		make(&layouts[i], TID, false, 0, 0);
		assert_true(decode(len, &e));
		assert_int_equal(e.process.pid, told ? PID : TID);
		assert_int_equal(e.tid, TID);
		assert_false(used.whole || used.last || e.has & HAS_STATUS);
	}
}

static void test_layout_between_two_releases_is_not_guessed(void **state)
{
	const struct layout between = {15, 496, 24, 416};
	struct event e;

	(void)state;
	make(&between, PID, false, 0, 0x20);
	assert_false(decode(len, &e));
}

static void test_what_is_none_of_them(void **state)
{
	struct event e;
	struct nlmsghdr h;

	(void)state;
	make(&layouts[5], PID, false, 0, 0x20);
	memcpy(&h, message, sizeof(h));
	h.nlmsg_type = FAMILY + 1;
	memcpy(message, &h, sizeof(h));
	assert_false(decode(len, &e));
	make(&layouts[5], PID, false, 0, 0x20);
	message[NLMSG_HDRLEN] = TASKSTATS_CMD_GET;
	assert_false(decode(len, &e));
	make(&layouts[5], 0, false, 0, 0x20);
	assert_false(decode(len, &e));
	make(&layouts[5], 4194305, true, 0, 0x20);
	assert_false(decode(len, &e));
}

static void test_cut_anywhere(void **state)
{
	struct event e;

	(void)state;
	make(&layouts[5], TID, true, 0, 0x20);
	size_t whole = len;
	for (size_t cut = 0; cut < whole; cut++) {
		assert_false(decode(cut, &e)); /* its length says more than there is */
		struct nlmsghdr h;
		memcpy(&h, message, sizeof(h));
		h.nlmsg_len = (uint32_t)cut;
		memcpy(message, &h, sizeof(h));
		decode(cut, &e);
		h.nlmsg_len = (uint32_t)whole;
		memcpy(message, &h, sizeof(h));
	}
}

static void test_lengths_of_attributes_that_lie(void **state)
{
	struct event e;

	(void)state;
	for (size_t at = NLMSG_HDRLEN + GENL_HDRLEN; at < 64; at++) {
		make(&layouts[5], TID, true, 0, 0x20);
		for (int value = 0; value < 256; value++) {
			message[at] = (uint8_t)value;
			decode(len, &e);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_version_of_the_layout), cmocka_unit_test(test_last_thread_of_several),
		cmocka_unit_test(test_thread_that_is_not_the_last), cmocka_unit_test(test_layout_between_two_releases_is_not_guessed),
		cmocka_unit_test(test_what_is_none_of_them), cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_lengths_of_attributes_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

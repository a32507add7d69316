/*
 * tests/data/cn_proc-6.18.bin: messages as recv gave them on 6.18.44, of pid
 * 12052 (comm, setsid, a thread, setgid 12, setuid 13, execve, exit 3), 12116
 * (abort without core), 12120 (kill -9 of itself), 12126 (exit 0), and four
 * acknowledgements, two of them of another listener.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "backends/cn_proc_decode.h"

enum { FORK = 1, EXEC = 2, UID = 4, GID = 0x40, SID = 0x80, PTRACE = 0x100, COMM = 0x200, COREDUMP = 0x40000000 };
#define EXIT 0x80000000u

#define EVENTS_MAX 64

static struct event events[EVENTS_MAX];
static char comms[EVENTS_MAX][32];
static unsigned count;

static void keep(void *ctx, const struct event *e)
{
	(void)ctx;
	assert_true(count < EVENTS_MAX);
	events[count] = *e;
	if (e->process.has & FACT_COMM)
		snprintf(comms[count], sizeof(comms[count]), "%s", e->process.comm);
	count++;
}

static const struct clock boot_clock = {.from_monotonic = 1000000};

/* A copy of exactly that size, so that a sanitizer sees a read beyond it. */
static enum cn_proc_what decode(const void *message, size_t len, struct cn_proc_sequence *sequence, int *error)
{
	void *copy = malloc(len ? len : 1);
	int none = 12345;

	assert_non_null(copy);
	memcpy(copy, message, len);
	count = 0;
	enum cn_proc_what what = cn_proc_decode(copy, len, &boot_clock, sequence, keep, NULL, error ? error : &none);
	free(copy);
	assert_int_equal(count, what == CN_PROC_EVENT);
	if (what != CN_PROC_ACK)
		assert_int_equal(error ? *error : none, error ? *error : 12345);
	return what;
}

struct message {
	struct nlmsghdr nl;
	struct cn_msg   cn;
	uint32_t what, cpu;
	uint64_t stamp;
	uint32_t data[6];
} __attribute__((packed));

/* As the kernel lays it out: 76 bytes since the union has comm in it, 68 in 2.6.32. */
static size_t make(struct message *m, size_t size, uint32_t what, uint32_t cpu, uint32_t seq, const uint32_t *data, unsigned n)
{
	memset(m, 0, sizeof(*m));
	m->nl = (struct nlmsghdr){.nlmsg_len = (uint32_t)size, .nlmsg_type = NLMSG_DONE, .nlmsg_seq = seq};
	m->cn.id.idx = CN_IDX_PROC;
	m->cn.id.val = CN_VAL_PROC;
	m->cn.seq = seq;
	m->cn.len = (uint16_t)(size - sizeof(m->nl) - sizeof(m->cn));
	m->what = what;
	m->cpu = cpu;
	m->stamp = 5000;
	memcpy(m->data, data, n * sizeof(*data));
	return size;
}

static size_t recorded(uint8_t *to, size_t size)
{
	FILE *f = fopen("tests/data/cn_proc-6.18.bin", "r");

	if (!f)
		fail_msg("tests/data/cn_proc-6.18.bin: run from the top of the tree");
	size_t n = fread(to, 1, size, f);
	fclose(f);
	return n;
}

static void describe(const struct event *e, unsigned i, char *to, size_t size)
{
	int n = snprintf(to, size, "%s %d", event_kind_name(e->kind), (int)e->process.pid);

	if (e->tid != e->process.pid)
		n += snprintf(to + n, size - (size_t)n, "/%d", (int)e->tid);
	if (e->has & HAS_STATUS)
		n += snprintf(to + n, size - (size_t)n, " status=%#x", (unsigned)e->wait_status);
	if (e->process.has & FACT_UID)
		n += snprintf(to + n, size - (size_t)n, " uid=%u", (unsigned)e->process.uid);
	if (e->process.has & FACT_EUID)
		n += snprintf(to + n, size - (size_t)n, " euid=%u", (unsigned)e->process.euid);
	if (e->process.has & FACT_GID)
		n += snprintf(to + n, size - (size_t)n, " gid=%u", (unsigned)e->process.gid);
	if (e->process.has & FACT_EGID)
		n += snprintf(to + n, size - (size_t)n, " egid=%u", (unsigned)e->process.egid);
	if (e->process.has & FACT_COMM)
		n += snprintf(to + n, size - (size_t)n, " comm=%s", comms[i]);
	if (e->process.has & FACT_PPID)
		snprintf(to + n, size - (size_t)n, " ppid=%d", (int)e->process.ppid);
}

static void test_recorded_messages(void **state)
{
	static const char *const want[] = {
		"fork 12052 ppid=11988", "rename 12052 comm=cn-recorded", "fork 12052/12060 ppid=11988", "exit 12052/12060 status=0",
		"gid 12052 gid=12 egid=12", "uid 12052 uid=13 euid=13", "sid 12052", "exec 12052", "exit 12052 status=0x300 ppid=11988",
		"fork 12116 ppid=11988", "exit 12116 status=0x6 ppid=11988", "fork 12120 ppid=11988", "exit 12120 status=0x9 ppid=11988",
		"fork 12126 ppid=11988", "exit 12126 status=0 ppid=11988",
	};
	uint8_t bytes[4096];
	size_t len = recorded(bytes, sizeof(bytes));
	unsigned acks = 0, told = 0, times[15] = {0};
	uint64_t last = 0;

	(void)state;
	for (size_t at = 0; at < len;) {
		const struct nlmsghdr *nl = (const struct nlmsghdr *)(bytes + at);
		char text[128];
		int error = 7;

		assert_int_equal(nl->nlmsg_len, 76);
		enum cn_proc_what what = decode(bytes + at, nl->nlmsg_len, NULL, &error);
		at += nl->nlmsg_len;
		acks += what == CN_PROC_ACK;
		if (what == CN_PROC_ACK)
			assert_int_equal(error, 0);
		if (what != CN_PROC_EVENT)
			continue;
		describe(&events[0], 0, text, sizeof(text));
		for (unsigned i = 0; i < 15; i++)
			times[i] += strcmp(text, want[i]) == 0;
		assert_int_equal(events[0].sources, SOURCE_CN_PROC);
		assert_true(events[0].at > 1000000 && (!last || events[0].at < last + 10000000000ull));
		last = events[0].at;
		told++;
	}
	assert_int_equal(acks, 4);
	for (unsigned i = 0; i < 15; i++)
		if (times[i] != 1)
			fail_msg("%s: %u times", want[i], times[i]);
	assert_int_equal(told, 15); /* a thread is told as forked by the parent of its process; a core dump is passed over */
}

/* What is left of a message is either the same event or none. */
static void test_recorded_messages_cut_at_every_length(void **state)
{
	uint8_t bytes[4096];
	size_t len = recorded(bytes, sizeof(bytes));

	(void)state;
	for (size_t at = 0; at < len; at += 76) {
		char whole[128] = "", cut_text[128];
		int whole_error = 0;
		enum cn_proc_what what = decode(bytes + at, 76, NULL, &whole_error);

		if (what == CN_PROC_EVENT)
			describe(&events[0], 0, whole, sizeof(whole));
		for (size_t cut = 0; cut < 76; cut++) {
			int error = 0;

			switch (decode(bytes + at, cut, NULL, &error)) {
			case CN_PROC_EVENT:
				describe(&events[0], 0, cut_text, sizeof(cut_text));
				/* the parent of an exit came in with 4.18 */
				assert_int_equal(strncmp(cut_text, whole, strlen(cut_text)), 0);
				assert_true(strlen(cut_text) == strlen(whole) || (cut < 76 && strstr(cut_text, "status=")));
				break;
			case CN_PROC_ACK:
				assert_int_equal(what, CN_PROC_ACK);
				assert_int_equal(error, whole_error);
				break;
			default:
				break;
			}
			if (cut < 52)
				assert_int_equal(count, 0);
		}
	}
}

/* The length in the connector's own header counts too: what stands behind it is none of the event. */
static void test_inner_length(void **state)
{
	struct message m;
	uint32_t data[6] = {10, 10, 0x300};

	(void)state;
	make(&m, 76, EXIT, 0, 1, data, 3);
	m.cn.len = 16 + 8;
	assert_int_equal(decode(&m, 76, NULL, NULL), CN_PROC_OTHER);
	m.cn.len = 15;
	assert_int_equal(decode(&m, 76, NULL, NULL), CN_PROC_BAD);
	m.cn.len = 16 + 12;
	assert_int_equal(decode(&m, 76, NULL, NULL), CN_PROC_EVENT);
	m.cn.len = 65535;
	assert_int_equal(decode(&m, 76, NULL, NULL), CN_PROC_EVENT);
}

/* 2.6.32: 68 bytes, and EXIT without its parent. */
static void test_old_kernel(void **state)
{
	static const struct { uint32_t what, data[4]; const char *want; } old[] = {
		{FORK, {100, 100, 101, 101}, "fork 101 ppid=100"},
		{FORK, {100, 100, 102, 101}, "fork 101/102 ppid=100"},
		{EXEC, {101, 101}, "exec 101"},
		{UID, {101, 101, 33, 34}, "uid 101 uid=33 euid=34"},
		{GID, {101, 101, 43, 44}, "gid 101 gid=43 egid=44"},
		{SID, {101, 101}, "sid 101"},
		{EXIT, {101, 101, 0x8b, 17}, "exit 101 status=0x8b"},
		{EXIT, {102, 101, 0, 0xffffffff}, "exit 101/102 status=0"},
	};
	struct message m;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		size_t len = make(&m, 68, old[i].what, 0, 1, old[i].data, 4);

		assert_int_equal(decode(&m, len, NULL, NULL), CN_PROC_EVENT);
		describe(&events[0], 0, text, sizeof(text));
		assert_string_equal(text, old[i].want);
		assert_int_equal(events[0].at, 5000 + 1000000);
	}
	assert_int_equal(decode(&m, make(&m, 68, COREDUMP, 0, 1, old[0].data, 2), NULL, NULL), CN_PROC_OTHER);
}

static void test_unknown_events_are_passed_over(void **state)
{
	static const uint32_t whats[] = {COREDUMP, 0x400, 0x800, 0x20000000, 3, 0xffffffff};
	uint32_t data[6] = {10, 10, 1, 1};
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		assert_int_equal(decode(&m, make(&m, 76, whats[i], 0, 1, data, 4), NULL, NULL), CN_PROC_OTHER);
}

static void test_tracers(void **state)
{
	uint32_t data[4] = {12, 10, 22, 20}, none[4] = {10, 10, 0, 0};
	struct message m;

	(void)state;
	assert_int_equal(decode(&m, make(&m, 76, PTRACE, 0, 1, data, 4), NULL, NULL), CN_PROC_EVENT);
	assert_int_equal(events[0].kind, EVENT_TRACED);
	assert_int_equal(events[0].tid, 12);
	assert_int_equal(events[0].process.pid, 10);
	assert_int_equal(events[0].sender.has, FACT_PID);
	assert_int_equal(events[0].sender.pid, 20); /* the process, not its thread */
	assert_int_equal(decode(&m, make(&m, 76, PTRACE, 0, 1, none, 4), NULL, NULL), CN_PROC_EVENT);
	assert_int_equal(events[0].sender.has, 0);
	assert_int_equal(decode(&m, make(&m, 60, PTRACE, 0, 1, data, 2), NULL, NULL), CN_PROC_OTHER);
}

/* A comm of 16 bytes without NUL, as no kernel sends it. */
static void test_comm_without_its_end(void **state)
{
	uint32_t data[6] = {10, 10};
	struct message m;

	(void)state;
	memset(data + 2, 'x', 16);
	assert_int_equal(decode(&m, make(&m, 76, COMM, 0, 1, data, 6), NULL, NULL), CN_PROC_EVENT);
	assert_string_equal(comms[0], "xxxxxxxxxxxxxxxx");
	assert_int_equal(decode(&m, 72, NULL, NULL), CN_PROC_OTHER);
}

static void test_other_connector_messages(void **state)
{
	uint32_t data[6] = {10, 10, 0};
	struct message m;

	(void)state;
	size_t len = make(&m, 76, EXIT, 0, 1, data, 3);
	m.cn.id.idx = 5;
	assert_int_equal(decode(&m, len, NULL, NULL), CN_PROC_OTHER);
	make(&m, 76, EXIT, 0, 1, data, 3);
	m.cn.id.val = 9;
	assert_int_equal(decode(&m, len, NULL, NULL), CN_PROC_OTHER);
	make(&m, 76, EXIT, 0, 1, data, 3);
	m.nl.nlmsg_type = NLMSG_ERROR;
	assert_int_equal(decode(&m, len, NULL, NULL), CN_PROC_OTHER);
}

static void test_acknowledgement_with_an_error(void **state)
{
	uint32_t data[6] = {1};
	struct message m;
	int error = 0;

	(void)state;
	assert_int_equal(decode(&m, make(&m, 76, 0, 0, 1, data, 1), NULL, &error), CN_PROC_ACK);
	assert_int_equal(error, 1);
	assert_int_equal(decode(&m, 55, NULL, &error), CN_PROC_BAD);
}

static void number(struct cn_proc_sequence *s, uint32_t what, uint32_t cpu, uint32_t seq)
{
	uint32_t data[6] = {10, 10, 0};
	struct message m;
	int error;

	decode(&m, make(&m, 76, what, cpu, seq, data, 3), s, &error);
}

static struct cn_proc_sequence sequence;

static void assert_missing(int64_t want)
{
	assert_int_equal(sequence.missing, want);
}

static void test_gaps_by_cpu(void **state)
{
	(void)state;
	memset(&sequence, 0, sizeof(sequence));
	number(&sequence, EXIT, 0, 100); /* the first of each CPU tells nothing */
	number(&sequence, EXIT, 1, 5000);
	number(&sequence, EXIT, 0, 101);
	number(&sequence, SID, 1, 5001); /* counts though it is passed over */
	number(&sequence, EXIT, 1, 5002);
	assert_missing(0);
	number(&sequence, EXIT, 0, 105);
	assert_missing(3);
	number(&sequence, EXIT, 1, 5003);
	assert_missing(3);
	number(&sequence, EXIT, 1, 5005);
	assert_missing(4);
}

/* A listener that comes or goes is acknowledged to all, with a number of its own. */
static void test_acknowledgements_of_others_are_no_gap(void **state)
{
	(void)state;
	memset(&sequence, 0, sizeof(sequence));
	number(&sequence, EXIT, 0, 1);
	number(&sequence, 0, 0, 2);
	number(&sequence, 0, 0, 3);
	number(&sequence, EXIT, 0, 4);
	assert_missing(0);
}

static void test_numbers_wrap(void **state)
{
	(void)state;
	memset(&sequence, 0, sizeof(sequence));
	number(&sequence, EXIT, 0, 0xfffffffe);
	number(&sequence, EXIT, 0, 0xffffffff);
	number(&sequence, EXIT, 0, 0);
	number(&sequence, EXIT, 0, 1);
	assert_missing(0);
	number(&sequence, EXIT, 0, 3);
	assert_missing(1);
}

/* A sender that was moved to another CPU between numbering and sending: late is not lost. */
static void test_numbers_out_of_order(void **state)
{
	(void)state;
	memset(&sequence, 0, sizeof(sequence));
	number(&sequence, EXIT, 0, 1);
	number(&sequence, EXIT, 0, 3);
	number(&sequence, EXIT, 0, 2);
	number(&sequence, EXIT, 0, 4);
	assert_missing(0);
	number(&sequence, EXIT, 0, 4); /* the same again, once all is told */
	number(&sequence, EXIT, 0, 5);
	assert_missing(0);
}

static void test_cpus_beyond_the_table(void **state)
{
	(void)state;
	memset(&sequence, 0, sizeof(sequence));
	number(&sequence, EXIT, CN_PROC_CPUS - 1, 1);
	number(&sequence, EXIT, CN_PROC_CPUS - 1, 3);
	assert_missing(1);
	number(&sequence, EXIT, CN_PROC_CPUS, 1);
	number(&sequence, EXIT, CN_PROC_CPUS, 9);
	number(&sequence, EXIT, 0xffffffff, 9);
	assert_missing(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_messages), cmocka_unit_test(test_recorded_messages_cut_at_every_length),
		cmocka_unit_test(test_inner_length), cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_unknown_events_are_passed_over), cmocka_unit_test(test_tracers), cmocka_unit_test(test_comm_without_its_end),
		cmocka_unit_test(test_other_connector_messages), cmocka_unit_test(test_acknowledgement_with_an_error),
		cmocka_unit_test(test_gaps_by_cpu), cmocka_unit_test(test_acknowledgements_of_others_are_no_gap),
		cmocka_unit_test(test_numbers_wrap), cmocka_unit_test(test_numbers_out_of_order),
		cmocka_unit_test(test_cpus_beyond_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

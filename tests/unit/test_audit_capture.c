/* test_audit_capture.c - records captured on Linux 5.10 and 6.12 to events: whole, cut, and mixed */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "audit_world.h"

#define RECORDS_MAX 256

struct record {
	unsigned type;
	size_t   len;
	char     text[1024];
};

static struct record records[RECORDS_MAX];

static unsigned load(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[2048];
	unsigned n = 0;

	if (!f) {
		print_message("cannot read %s\n", path);
		fail();
	}
	while (fgets(line, sizeof(line), f)) {
		char *text = strstr(line, ": audit(");

		if (strncmp(line, "R type=", 7) || !text)
			continue;
		text += 2;
		records[n].type = (unsigned)strtoul(line + 7, NULL, 10);
		records[n].len = strcspn(text, "\n");
		memcpy(records[n].text, text, records[n].len);
		n++;
	}
	fclose(f);
	return n;
}

static void feed_all(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		audit_assembler_feed(&assembler, records[i].type, records[i].text, records[i].len);
	audit_assembler_flush(&assembler, UINT64_MAX);
}

#define SG " uid=0 gid=0 comm=POST exe=/bin/sg"

static unsigned expected_next;
static int pid_shift; /* the same story was recorded on two kernels, with other pids */

#define P(pid) ((pid) - pid_shift)

__attribute__((format(printf, 1, 2)))
static void expect_next(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	expect(expected_next++, line);
}

static void expect_signals(void)
{
	static const int order[20] = { 2, 1, 0, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 19 };

	expect_next("exec execve pid=%d ppid=%d uid=0 gid=0 comm=sg exe=/bin/sg args=/bin/sg|", P(144), P(138));
	expect_next("signal 15 kill sent pid=%d uid=0 comm=k kill <- pid=%d ppid=%d" SG, P(145), P(144), P(138));
	expect_next("signal 9 tkill sent pid=%d uid=0 comm=k0 <- pid=%d ppid=%d" SG, P(146), P(144), P(138));
	expect_next("signal 9 tgkill sent pid=%d uid=0 comm=ktg <- pid=%d ppid=%d" SG, P(147), P(144), P(138));
	expect_next("signal 15 rt_sigqueueinfo sent pid=%d uid=0 comm=kq <- pid=%d ppid=%d" SG, P(148), P(144), P(138));
	expect_next("signal 15 rt_tgsigqueueinfo sent pid=%d uid=0 comm=ktgq <- pid=%d ppid=%d" SG, P(149), P(144), P(138));
	expect_next("signal 15 pidfd_send_signal sent pid=%d uid=0 comm=kpfd <- pid=%d ppid=%d" SG, P(150), P(144), P(138));
	for (int k = 0; k < 20; k++) {
		expect_next("signal 15 kill sent pid=%d uid=0 comm=g%d <- pid=%d ppid=%d" SG,
			P(151 + order[k]), order[k], P(144), P(138));
	}
	expect_next("signal 15 tgkill sent pid=%d uid=0 comm=thr name <- pid=%d ppid=%d" SG, P(171), P(144), P(138));
	expect_next("signal 9 kill sent pid=%d uid=0 comm=leader <- pid=%d ppid=%d" SG, P(171), P(144), P(138));
	expect_next("signal 15 kill failed errno=1 pid=%d uid=0 comm=init <- pid=%d ppid=%d uid=1000 gid=0 comm=POST exe=/bin/sg",
		1, P(173), P(144));
	expect_next("exiting 0 exit_group pid=%d ppid=%d uid=1000 gid=0 comm=POST exe=/bin/sg", P(173), P(144));
}

static void expect_deaths(void)
{
	expect_next("abend 11 pid=%d uid=0 gid=0 comm=own segv exe=/bin/sg", P(175));
	expect_next("signal 9 kill sent pid=%d uid=0 comm=selfkill <- pid=%d ppid=%d uid=0 gid=0 comm=selfkill exe=/bin/sg",
		P(176), P(176), P(144));
	expect_next("exec execve pid=%d ppid=%d uid=0 gid=0 comm=busybox exe=/bin/busybox args=busy box|true|a b|c\nd|",
		P(177), P(144));
	expect_next("exiting 127 exit_group pid=%d ppid=%d uid=0 gid=0 comm=busybox exe=/bin/busybox", P(177), P(144));
	expect_next("signal 6 tgkill sent pid=%d uid=0 comm=raise abort <- pid=%d ppid=%d uid=0 gid=0 comm=raise abort exe=/bin/sg",
		P(178), P(178), P(144));
	expect_next("abend 6 pid=%d uid=0 gid=0 comm=raise abort exe=/bin/sg", P(178));
	expect_next("exiting 5 exit_group pid=%d ppid=%d" SG, P(144), P(138));
}

static void check_capture(const char *path, int shift, bool abend_first)
{
	unsigned n = load(path);

	start();
	feed_all(n);
	expected_next = 0;
	pid_shift = shift;
	expect_signals();
	/* the record of a death can be queued before that of the kill */
	if (abend_first)
		expect_next("abend 11 pid=%d uid=0 gid=0 comm=abrt exe=/bin/sg", P(174));
	expect_next("signal 11 kill sent pid=%d uid=0 comm=abrt <- pid=%d ppid=%d" SG, P(174), P(144), P(138));
	if (!abend_first)
		expect_next("abend 11 pid=%d uid=0 gid=0 comm=abrt exe=/bin/sg", P(174));
	expect_deaths();
	assert_int_equal(seen.count, expected_next);
	assert_int_equal(assembler.counts.dropped, 0);
	/* the probe with signal 0 was left out, so its OBJ_PID has nobody */
	assert_int_equal(assembler.counts.orphans, 1);
	assert_int_equal(assembler.high, 0);
}

static void test_capture_of_6_12(void **state)
{
	(void)state;
	check_capture("tests/data/audit-netlink-6.12.txt", 0, true);
}

static void test_capture_of_5_10(void **state)
{
	(void)state;
	check_capture("tests/data/audit-netlink-5.10.txt", 61, false);
}

/* Events without the types that the socket filter drops: the same, and at once. */
static void test_same_events_when_eoe_is_filtered(void **state)
{
	unsigned n = load("tests/data/audit-netlink-6.12.txt");
	static struct seen whole;

	(void)state;
	start();
	feed_all(n);
	whole = seen;
	start();
	for (unsigned i = 0; i < n; i++)
		if (records[i].type == 1300 || records[i].type == 1309 || records[i].type == 1318 || records[i].type == 1701)
			audit_assembler_feed(&assembler, records[i].type, records[i].text, records[i].len);
	assert_int_equal(audit_assembler_due(&assembler), 0);
	assert_memory_equal(&whole, &seen, sizeof(seen));
}

/* One SYSCALL record, cut, and an OBJ_PID record of its event: what comes of them. */
static void feed_cut(const struct record *r, size_t cut)
{
	char *copy = malloc(cut + 1), object[256];

	start();
	memcpy(copy, r->text, cut);
	audit_assembler_feed(&assembler, 1300, copy, cut);
	free(copy);
	snprintf(object, sizeof(object), "%.*s opid=30 ouid=9 ocomm=\"v\"", (int)strcspn(r->text, " "), r->text);
	feed(1318, object);
	audit_assembler_flush(&assembler, UINT64_MAX);
}

/* A cut record may lose facts or its event; it never brings a fact that the whole record does not have. */
static void test_cut_at_each_byte(void **state)
{
	unsigned n = load("tests/data/audit-netlink-6.12.txt");
	static char whole[512];

	(void)state;
	for (unsigned i = 0; i < n; i++)
		if (records[i].type == 1300) {
			feed_cut(&records[i], records[i].len);
			snprintf(whole, sizeof(whole), "%s", seen.line[0]);
			for (size_t cut = 0; cut < records[i].len; cut++) {
				feed_cut(&records[i], cut);
				assert_true(seen.count <= 1);
				assert_memory_equal(whole, seen.line[0], strlen(seen.line[0]));
			}
		}
	start();
	for (unsigned i = 0; i < n; i++)
		for (size_t cut = 0; cut < records[i].len; cut++) {
			char *copy = malloc(cut + 1);

			memcpy(copy, records[i].text, cut);
			seen.count = 0;
			audit_assembler_feed(&assembler, records[i].type, copy, cut);
			free(copy);
		}
}

/* Records keep their order within an event and are mixed at will between events. */
static void test_interleaved_events(void **state)
{
	unsigned n = load("tests/data/audit-netlink-6.12.txt"), expected;

	(void)state;
	start();
	feed_all(n);
	expected = seen.count;
	for (unsigned seed = 1; seed < 200; seed++) {
		bool fed[RECORDS_MAX] = { false };

		srand(seed);
		start();
		for (unsigned left = n; left;) {
			unsigned pick = (unsigned)rand() % n, first;
			const char *serial;

			if (fed[pick])
				continue;
			serial = strchr(records[pick].text, ':');
			for (first = 0; first < pick; first++)
				if (!fed[first] && !strncmp(strchr(records[first].text, ':'), serial, strcspn(serial, ")") + 1))
					break;
			fed[first] = true;
			left--;
			audit_assembler_feed(&assembler, records[first].type, records[first].text, records[first].len);
		}
		audit_assembler_flush(&assembler, UINT64_MAX);
		assert_int_equal(seen.count, expected);
		assert_int_equal(assembler.counts.early, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capture_of_6_12),
		cmocka_unit_test(test_capture_of_5_10),
		cmocka_unit_test(test_same_events_when_eoe_is_filtered),
		cmocka_unit_test(test_cut_at_each_byte),
		cmocka_unit_test(test_interleaved_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_audit_record.c - audit records to events, on records of Linux 5.10 and 6.12 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "backends/audit_record.h"

#define SEEN_MAX 256
#define RECORDS_MAX 256

/* An event as one line, so that what is expected reads as what is asserted. */
struct seen {
	unsigned count;
	char     line[SEEN_MAX][512];
};

struct record {
	unsigned type;
	size_t   len;
	char     text[1024];
};

static struct record records[RECORDS_MAX];
static struct audit_assembler assembler;
static struct clock test_clock;
static struct seen seen;
static unsigned last_has;

static int say_facts(char *out, size_t size, const struct facts *f)
{
	int n = 0;

#define SAY(...) n += snprintf(out + n, size - (size_t)n, __VA_ARGS__)
	if (f->has & FACT_PID)
		SAY(" pid=%d", f->pid);
	if (f->has & FACT_PPID)
		SAY(" ppid=%d", f->ppid);
	if (f->has & FACT_UID)
		SAY(" uid=%u", f->uid);
	if (f->has & FACT_GID)
		SAY(" gid=%u", f->gid);
	if (f->has & FACT_AUID)
		SAY(" auid=%u", f->auid);
	if (f->has & FACT_SES)
		SAY(" ses=%u", f->ses);
	if (f->has & FACT_TTY)
		SAY(" tty=%s", f->tty);
	if (f->has & FACT_COMM)
		SAY(" comm=%s", f->comm);
	if (f->has & FACT_EXE)
		SAY(" exe=%s", f->exe);
	if (f->has & FACT_ARGS) {
		SAY(" args=");
		for (size_t i = 0; i < f->args_len && i < 100; i++)
			SAY("%c", f->args[i] ? f->args[i] : '|');
	}
	return n;
}

static void on_event(void *ctx, const struct event *e)
{
	char *out = seen.line[seen.count];
	size_t size = sizeof(seen.line[0]);
	int n = 0;

	(void)ctx;
	assert_true(seen.count < SEEN_MAX);
	assert_int_equal(e->sources, SOURCE_AUDIT);
	last_has = e->has;
	assert_true(e->has & HAS_SERIAL);
	SAY("%s", e->kind == EVENT_SIGNAL ? "signal" : e->kind == EVENT_EXEC ? "exec" :
		e->kind == EVENT_EXEC_FAILED ? "exec_failed" : e->kind == EVENT_EXITING ? "exiting" :
		e->kind == EVENT_ABEND ? "abend" : e->kind == EVENT_CLEARED ? "cleared" : "other");
	if (e->has & HAS_SIGNO)
		SAY(" %d", e->signo);
	if (e->has & HAS_EXIT_CODE)
		SAY(" %d", e->exit_code);
	if (e->has & HAS_VIA)
		SAY(" %s", e->via);
	if (e->has & HAS_RESULT)
		SAY(" %s", e->result == RESULT_SENT ? "sent" : e->result == RESULT_IGNORED ? "ignored" :
		    e->result == RESULT_UNKNOWN ? "perhaps" : "failed");
	if (e->has & HAS_ERRNO)
		SAY(" errno=%d", e->error);
	if (e->has & HAS_PATH)
		SAY(" path=%s", e->path);
	if (e->has & HAS_REASON)
		SAY(" reason=%s", e->reason);
	n += say_facts(out + n, size - (size_t)n, &e->process);
	if (e->sender.has) {
		SAY(" <-");
		n += say_facts(out + n, size - (size_t)n, &e->sender);
	}
	seen.count++;
}

static void start(void)
{
	memset(&seen, 0, sizeof(seen));
	test_clock = (struct clock){ .now = 1000 * NSEC_PER_SEC };
	audit_assembler_init(&assembler, &test_clock, on_event, NULL);
}

static void feed(unsigned type, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len); /* without a NUL: a sanitizer sees a read beyond it */

	memcpy(copy, text, len);
	audit_assembler_feed(&assembler, type, copy, len);
	free(copy);
}

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

static void expect(unsigned index, const char *line)
{
	if (index >= seen.count)
		fail_msg("event %u is missing: %s", index, line);
	assert_string_equal(seen.line[index], line);
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

#define HEAD "audit(1795293795.397:7): "
#define CALL(nr, a) HEAD "arch=c000003e syscall=" nr " success=yes exit=0 " a " items=0 ppid=1 pid=20 auid=1000 uid=5 gid=6 " \
	"euid=7 tty=pts3 ses=4 comm=\"x\" exe=\"/x\" key=(null)"
#define KILL CALL("62", "a0=1e a1=f a2=0 a3=0")

static void test_ids_and_login(void **state)
{
	(void)state;
	start();
	feed(1300, KILL);
	feed(1318, HEAD "opid=30 oauid=1001 ouid=9 oses=2 obj=unconfined ocomm=\"v\"");
	expect(0, "signal 15 kill sent pid=30 uid=9 auid=1001 ses=2 comm=v <- "
		"pid=20 ppid=1 uid=5 gid=6 auid=1000 ses=4 tty=pts3 comm=x exe=/x");
}

static void test_a_signal_that_was_fetched(void **state)
{
	(void)state;
	start();
	feed(1300, HEAD "arch=c000003e syscall=128 success=yes exit=10 a0=7ffd1 a1=0 a2=0 a3=8 items=0 ppid=1 pid=20 uid=0 comm=\"v\" exe=\"/v\" key=\"epitaph\"");
	assert_int_equal(seen.count, 1);
	assert_non_null(strstr(seen.line[0], "cleared 10 rt_sigtimedwait"));
	start();
	feed(1300, HEAD "arch=40000003 syscall=421 success=yes exit=64 a0=1 items=0 ppid=1 pid=20 comm=\"v\" exe=\"/v\" key=(null)");
	assert_non_null(strstr(seen.line[0], "cleared 64 rt_sigtimedwait_time64"));
	/* none came; no signal has such a number; no record of a call that can fetch one */
	start();
	feed(1300, HEAD "arch=c000003e syscall=128 success=no exit=-11 a0=7ffd1 items=0 ppid=1 pid=20 comm=\"v\" exe=\"/v\" key=(null)");
	feed(1300, "audit(1795293795.397:8): " "arch=c000003e syscall=128 success=yes exit=200 a0=7ffd1 items=0 ppid=1 pid=20 comm=\"v\" exe=\"/v\" key=(null)");
	assert_int_equal(seen.count, 0);
	assert_int_equal(assembler.counts.dropped, 2);
}

static void test_absent_values(void **state)
{
	(void)state;
	start();
	feed(1300, HEAD "arch=40000003 syscall=252 a0=ffffff01 a1=0 items=0 ppid=0 pid=20 auid=-1 uid=4294967295 "
		"tty=(none) ses=4294967295 comm=\"\" exe=(null) key=\"other\"");
	expect(0, "exiting 1 exit_group pid=20");
	feed(1300, HEAD "arch=40000003 syscall=1 a0=3 pid=21 comm=ABC exe=? key=\"other\"");
	expect(1, "exiting 3 exit pid=21");
}

static void test_hostile_fields(void **state)
{
	(void)state;
	start();
	/* no field within a quoted value, none at a part of a word, the first counts */
	feed(1300, HEAD "arch=c000003e syscall=231 a0=2 xpid=9 ppid=3 comm=\"a pid=1 uid=0\" pid=20 pid=21 exe=\"/b uid=0\" key=(null)");
	expect(0, "exiting 2 exit_group pid=20 ppid=3 comm=a pid=1 uid=0 exe=/b uid=0");
	/* an open quote, junk behind a quote, numbers that are none */
	feed(1300, HEAD "arch=c000003e syscall=231 a0=2 pid=20 comm=\"a\"b exe=\"/open key=(null)");
	expect(1, "exiting 2 exit_group pid=20");
	feed(1300, HEAD "arch=c000003e syscall=231 a0=2 pid=20x uid=0 key=(null)");
	feed(1300, HEAD "arch=c000003e syscall=231 a0=2 pid=99999999999 key=(null)");
	feed(1300, HEAD "arch=c000003e syscall=231 a0=2 pid=-5 key=(null)");
	assert_int_equal(seen.count, 2);
	assert_int_equal(assembler.counts.dropped, 3);
	/* records of user space are never the kernel's */
	feed(1112, HEAD "arch=c000003e syscall=231 a0=2 pid=20 key=(null)");
	feed(2300, HEAD "arch=c000003e syscall=231 a0=2 pid=20 key=(null)");
	feed(1300, "audit(1.2x:7): arch=c000003e");
	assert_int_equal(seen.count, 2);
}

static void test_signal_zero_and_unknown_calls_are_left_out(void **state)
{
	(void)state;
	start();
	feed(1300, CALL("62", "a0=1e a1=0 a2=0 a3=0"));
	feed(1318, HEAD "opid=30 ouid=9 ocomm=\"v\"");
	feed(1300, CALL("257", "a0=1e a1=f a2=0 a3=0"));                   /* openat */
	feed(1300, CALL("1073741886", "a0=1e a1=f a2=0 a3=0"));            /* x32 kill */
	feed(1318, HEAD "opid=30 ouid=9 ocomm=\"v\"");
	assert_int_equal(seen.count, 0);
	assert_int_equal(assembler.high, 0);
}

static void test_register_text_is_cut_to_an_int(void **state)
{
	(void)state;
	start();
	feed(1300, CALL("62", "a0=1e a1=7fff0000000f a2=0 a3=0"));
	feed(1318, HEAD "opid=30 ouid=9 ocomm=\"v\"");
	assert_int_equal(seen.count, 1);
	assert_memory_equal(seen.line[0], "signal 15 ", 10);
}

static void test_kill_of_init_from_inside_does_nothing(void **state)
{
	(void)state;
	start();
	feed(1300, CALL("62", "a0=1 a1=9 a2=0 a3=0"));
	feed(1318, HEAD "opid=300 ouid=9 ocomm=\"init\"");
	feed(1300, CALL("62", "a0=1 a1=f a2=0 a3=0"));
	feed(1318, HEAD "opid=300 ouid=9 ocomm=\"init\"");
	feed(1300, CALL("234", "a0=1 a1=1 a2=9 a3=0"));
	feed(1318, HEAD "opid=300 ouid=9 ocomm=\"init\"");
	feed(1300, CALL("424", "a0=1 a1=9 a2=0 a3=0")); /* a descriptor, not a pid */
	feed(1318, HEAD "opid=300 ouid=9 ocomm=\"init\"");
	assert_int_equal(seen.count, 4);
	assert_non_null(strstr(seen.line[0], "ignored"));
	assert_null(strstr(seen.line[1], "ignored"));
	assert_non_null(strstr(seen.line[2], "ignored"));
	assert_null(strstr(seen.line[3], "ignored"));
}

/* Each member of a group has a record, also one that the sender may not signal. */
static void test_signal_to_a_group_of_others(void **state)
{
	static const struct { const char *call, *receiver, *want; } cases[] = {
		{ "a0=ffffffff a1=9 a2=0 a3=0 ppid=1 pid=20 uid=65534 euid=65534", "ouid=0", "perhaps" },
		{ "a0=ffffffff a1=9 a2=0 a3=0 ppid=1 pid=20 uid=65534 euid=65534", "ouid=65534", "sent" },
		{ "a0=0 a1=9 a2=0 a3=0 ppid=1 pid=20 uid=1000 euid=0", "ouid=7", "sent" },
		{ "a0=0 a1=9 a2=0 a3=0 ppid=1 pid=20 uid=1000 euid=7", "ouid=7", "sent" },
		{ "a0=fffffff0 a1=9 a2=0 a3=0 ppid=1 pid=20 uid=7 euid=1000", "ouid=7", "sent" },
		{ "a0=fffffff0 a1=9 a2=0 a3=0 ppid=1 pid=20 uid=1000 euid=1000", "ouid=7", "perhaps" },
		{ "a0=1e a1=9 a2=0 a3=0 ppid=1 pid=20 uid=1000 euid=1000", "ouid=7", "sent" }, /* one process: it would have failed */
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start();
		snprintf(text, sizeof(text), HEAD "arch=c000003e syscall=62 success=yes exit=0 %s comm=\"k\" exe=\"/k\" key=(null)",
			cases[i].call);
		feed(1300, text);
		snprintf(text, sizeof(text), HEAD "opid=30 oauid=1 %s oses=1 ocomm=\"r\"", cases[i].receiver);
		feed(1318, text);
		assert_int_equal(seen.count, 1);
		if (!strstr(seen.line[0], cases[i].want))
			fail_msg("%s, %s: %s", cases[i].call, cases[i].receiver, seen.line[0]);
	}
}

static void test_signal_without_its_receiver_is_counted(void **state)
{
	(void)state;
	start();
	feed(1300, CALL("62", "a0=1e a1=f a2=0 a3=0"));
	audit_assembler_flush(&assembler, test_clock.now + 1); /* its sender may be held up for long */
	assert_int_equal(assembler.high, 1);
	audit_assembler_flush(&assembler, UINT64_MAX);
	assert_int_equal(seen.count, 0);
	assert_int_equal(assembler.counts.unfinished, 1);
	feed(1300, CALL("62", "a0=fffffff0 a1=f a2=0 a3=0"));
	feed(1318, HEAD "opid=30 ouid=9 ocomm=\"v\"");
	audit_assembler_flush(&assembler, UINT64_MAX);
	assert_int_equal(assembler.counts.unfinished, 1);
}

#define EXEC HEAD "arch=c000003e syscall=59 success=yes exit=0 a0=1 items=2 ppid=1 pid=20 uid=0 comm=\"t\" exe=\"/t\" key=\"epitaph\""

static void test_arguments_in_pieces(void **state)
{
	(void)state;
	start();
	feed(1300, EXEC);
	feed(1309, HEAD "argc=3 a0=\"t\" a1_len=8 a1[0]=61");
	assert_int_equal(seen.count, 0);
	feed(1309, HEAD "a1[1]=62 a1[2]=6364");
	feed(1309, HEAD "a2=\"end\"");
	expect(0, "exec execve pid=20 ppid=1 uid=0 comm=t exe=/t args=t|abcd|end|");
	assert_int_equal(audit_assembler_due(&assembler), 0);
}

static void test_arguments_with_a_gap_are_left_out(void **state)
{
	(void)state;
	start();
	feed(1300, EXEC);
	feed(1309, HEAD "argc=4 a0=\"t\" a1_len=8 a1[0]=61");
	feed(1309, HEAD "a3=\"end\"");
	expect(0, "exec execve pid=20 ppid=1 uid=0 comm=t exe=/t");
}

static void test_arguments_are_cut_at_the_bound(void **state)
{
	static char text[16384];
	int n = snprintf(text, sizeof(text), HEAD "argc=2 a0=\"");

	(void)state;
	memset(text + n, 'x', 9000);
	snprintf(text + n + 9000, 32, "\" a1=\"y\"");
	start();
	feed(1300, EXEC);
	feed(1309, text);
	assert_int_equal(seen.count, 1);
	assert_int_equal(assembler.args[0].len, AUDIT_ARGS_MAX);
	assert_int_equal(assembler.args[0].bytes[AUDIT_ARGS_MAX - 1], 0);
}

static void test_exec_without_its_arguments_comes_when_due(void **state)
{
	(void)state;
	start();
	feed(1300, EXEC);
	assert_int_equal(audit_assembler_due(&assembler), test_clock.now + AUDIT_AGE);
	audit_assembler_flush(&assembler, test_clock.now);
	assert_int_equal(seen.count, 0);
	audit_assembler_flush(&assembler, test_clock.now + 1);
	expect(0, "exec execve pid=20 ppid=1 uid=0 comm=t exe=/t");
	assert_int_equal(audit_assembler_due(&assembler), 0);
}

#define EXEC_FAILED(items) HEAD "arch=c000003e syscall=59 success=no exit=-2 a0=1 items=" items " pid=20 comm=\"t\" exe=\"/t\" key=(null)"

static void test_failed_exec(void **state)
{
	(void)state;
	start();
	feed(1300, EXEC_FAILED("0"));
	expect(0, "exec_failed execve errno=2 pid=20 comm=t exe=/t");
	feed(1300, EXEC_FAILED("1"));
	feed(1302, HEAD "item=0 name=2F6E6F20706174682F78 nametype=UNKNOWN cap_fp=0");
	expect(1, "exec_failed execve errno=2 path=/no path/x pid=20 comm=t exe=/t");
	feed(1300, EXEC_FAILED("1"));
	audit_assembler_flush(&assembler, UINT64_MAX);
	expect(2, "exec_failed execve errno=2 pid=20 comm=t exe=/t");
}

static void test_full_table_finishes_the_oldest_early(void **state)
{
	char text[512];

	(void)state;
	start();
	for (unsigned i = 0; i < AUDIT_OPEN_MAX + 1; i++) {
		snprintf(text, sizeof(text), "audit(1.000:%u): arch=c000003e syscall=59 success=yes exit=0 items=2 pid=%u key=(null)", i, i + 1);
		feed(1300, text);
		test_clock.now++;
	}
	assert_int_equal(seen.count, 1);
	expect(0, "exec execve pid=1");
	assert_int_equal(assembler.counts.early, 1);
	/* more execs with their arguments on the way than there are buffers */
	for (unsigned i = 1; i < AUDIT_ARGS_BUFFERS + 2; i++) {
		snprintf(text, sizeof(text), "audit(1.000:%u): argc=2 a0=\"a\"", i);
		feed(1309, text);
		test_clock.now++;
	}
	expect(1, "exec execve pid=2");
	audit_assembler_flush(&assembler, UINT64_MAX);
	assert_int_equal(seen.count, AUDIT_OPEN_MAX + 1);
}

static void test_deaths(void **state)
{
	(void)state;
	start();
	feed(1701, HEAD "auid=4294967295 uid=0 gid=0 ses=4294967295 pid=9 comm=\"old\" reason=\"memory violation\" sig=11");
	expect(0, "abend 11 reason=memory violation pid=9 uid=0 gid=0 comm=old");
	feed(1326, HEAD "auid=1000 uid=0 gid=0 ses=2 pid=9 comm=\"j\" exe=\"/j\" sig=31 arch=c000003e syscall=62 compat=0 ip=0x7f code=0x80000000");
	expect(1, "abend 31 seccomp pid=9 uid=0 gid=0 auid=1000 ses=2 comm=j exe=/j");
	feed(1326, HEAD "pid=9 comm=\"j\" exe=\"/j\" sig=0 arch=c000003e syscall=62 code=0x50000");
	feed(1701, HEAD "pid=9 comm=\"j\" sig=0 res=1");
	assert_int_equal(seen.count, 2);
	assert_int_equal(assembler.counts.dropped, 1);
}

/* An AppArmor profile has the name that whoever loads it chooses, blanks and all; in a container that is its root. */
static void test_hostile_labels(void **state)
{
	(void)state;
	start();
	feed(1300, HEAD "arch=c000003e syscall=231 a0=3 a1=e7 a2=3c a3=0 items=0 ppid=5 pid=9 auid=4294967295 uid=33 gid=33 euid=33 suid=33 "
		"fsuid=33 egid=33 sgid=33 fsgid=33 tty=(none) ses=4294967295 comm=\"d\" exe=\"/d\" subj=a auid=1000 ses=7 tty=pts0 (enforce) key=\"epitaph\"");
	expect(0, "exiting 3 exit_group pid=9 ppid=5 uid=33 gid=33 comm=d exe=/d");
	feed(1300, HEAD "arch=c000003e syscall=62 success=yes exit=0 a0=15 a1=9 a2=0 a3=0 items=0 ppid=5 pid=9 auid=0 uid=0 gid=0 euid=0 suid=0 "
		"fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm=\"s\" exe=\"/s\" subj=unconfined key=\"epitaph\"");
	feed(1318, HEAD "opid=21 oauid=-1 ouid=0 oses=-1 obj=a opid=1 ouid=1000 oauid=1000 ocomm=\"init\" (enforce) ocomm=\"victim\"");
	expect(1, "signal 9 kill sent pid=21 uid=0 comm=victim <- pid=9 ppid=5 uid=0 gid=0 auid=0 ses=1 comm=s exe=/s");
	feed(1701, HEAD "auid=4294967295 uid=33 gid=33 ses=4294967295 subj=a pid=1 comm=\"x\" (enforce) pid=9 comm=\"d\" exe=\"/d\" sig=11 res=1");
	expect(2, "abend 11 pid=9 uid=33 gid=33 comm=d exe=/d");
}

/* SECCOMP_RET_KILL_THREAD: one thread ends, the process may go on */
static void test_seccomp_kills_a_thread(void **state)
{
	(void)state;
	start();
	feed(1326, HEAD "auid=1000 uid=0 gid=0 ses=2 pid=9 comm=\"j\" exe=\"/j\" sig=31 arch=c000003e syscall=62 compat=0 ip=0x7f code=0x0");
	assert_int_equal(seen.count, 1);
	assert_true(last_has & HAS_TID);
}

static void test_stamp_is_the_kernels(void **state)
{
	struct audit_stamp s;

	(void)state;
	assert_int_equal(audit_stamp_parse("audit(1795293795.397:7): x", 26, &s), 24);
	assert_int_equal(s.wall, 1795293795397ull * NSEC_PER_MSEC);
	assert_int_equal(s.serial, 7);
	assert_int_equal(audit_stamp_parse("audit(99999999999999999999.397:7): x", 36, &s), 0);
}

static unsigned feed_line(const char *line)
{
	unsigned type;
	const char *text;
	size_t len;
	int rc = audit_line_parse(line, strlen(line), &type, &text, &len);

	if (!rc)
		audit_assembler_feed(&assembler, type, text, len);
	return (unsigned)rc;
}

static void test_lines_of_auditd(void **state)
{
	(void)state;
	start();
	assert_int_equal(feed_line("node=web type=SYSCALL msg=" KILL "\x1d" "ARCH=x86_64 SYSCALL=kill AUID=\"root\" UID=\"root\" pid=99\n"), 0);
	assert_int_equal(feed_line("node=web type=UNKNOWN[1318] msg=" HEAD "opid=30 ouid=9 ocomm=\"v\"\x1d" "OUID=\"x\" opid=1"), 0);
	expect(0, "signal 15 kill sent pid=30 uid=9 comm=v <- pid=20 ppid=1 uid=5 gid=6 auid=1000 ses=4 tty=pts3 comm=x exe=/x");
	assert_int_equal(feed_line("type=USER_CMD msg=" HEAD "pid=1 msg='type=SYSCALL msg=" KILL "'"), 1);
	assert_int_equal(feed_line("type=DAEMON_START msg=" HEAD "op=start"), 1);
	assert_int_equal((int)feed_line("type=SYSCALL"), -EINVAL);
	assert_int_equal((int)feed_line("type=SYSCALL msg=audit(x): a=b"), -EINVAL);
	assert_int_equal((int)feed_line(" type=SYSCALL msg=" KILL), -EINVAL);
	assert_int_equal((int)feed_line(""), -EINVAL);
	assert_int_equal((int)feed_line("----"), -EINVAL);
	assert_int_equal(seen.count, 1);
}

static void test_call_numbers_both_ways(void **state)
{
	static const uint32_t arches[] = { 0xc000003e, 0x40000003, 0x40000028, 0xc00000b7, 0xc00000f3, 0xc0000015 };

	(void)state;
	for (size_t i = 0; i < sizeof(arches) / sizeof(*arches); i++)
		for (int call = CALL_NONE + 1; call < CALLS; call++)
			assert_int_equal(audit_call_of(arches[i], (uint64_t)audit_call_number(arches[i], (enum audit_call)call)), call);
	assert_int_equal(audit_call_of(0xc000003e, 62), CALL_KILL);
	assert_int_equal(audit_call_of(0x40000003, 270), CALL_TGKILL);
	assert_int_equal(audit_call_of(0x12345678, 62), CALL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_signal_that_was_fetched),
		cmocka_unit_test(test_capture_of_6_12),
		cmocka_unit_test(test_capture_of_5_10),
		cmocka_unit_test(test_same_events_when_eoe_is_filtered),
		cmocka_unit_test(test_cut_at_each_byte),
		cmocka_unit_test(test_interleaved_events),
		cmocka_unit_test(test_ids_and_login),
		cmocka_unit_test(test_absent_values),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_signal_zero_and_unknown_calls_are_left_out),
		cmocka_unit_test(test_register_text_is_cut_to_an_int),
		cmocka_unit_test(test_arguments_in_pieces),
		cmocka_unit_test(test_arguments_with_a_gap_are_left_out),
		cmocka_unit_test(test_kill_of_init_from_inside_does_nothing),
		cmocka_unit_test(test_signal_to_a_group_of_others),
		cmocka_unit_test(test_signal_without_its_receiver_is_counted),
		cmocka_unit_test(test_arguments_are_cut_at_the_bound),
		cmocka_unit_test(test_exec_without_its_arguments_comes_when_due),
		cmocka_unit_test(test_failed_exec),
		cmocka_unit_test(test_full_table_finishes_the_oldest_early),
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_hostile_labels),
		cmocka_unit_test(test_seccomp_kills_a_thread),
		cmocka_unit_test(test_stamp_is_the_kernels),
		cmocka_unit_test(test_lines_of_auditd),
		cmocka_unit_test(test_call_numbers_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

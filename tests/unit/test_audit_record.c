/* test_audit_record.c - audit records to events, record by record: what each field means, and hostile ones */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "audit_world.h"

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

/* Beside auditd each record comes for all; what auditd did not take before it ended comes again to who is there next. */
static void test_a_copy_that_comes_late(void **state)
{
	(void)state;
	start();
	assembler.copies = true;
	feed(1300, KILL);
	feed(1318, HEAD "opid=30 oauid=1001 ouid=9 oses=2 obj=unconfined ocomm=\"v\"");
	assert_int_equal(seen.count, 1);
	test_clock.now += 5 * NSEC_PER_SEC;
	feed(1300, KILL);
	feed(1318, HEAD "opid=30 oauid=1001 ouid=9 oses=2 obj=unconfined ocomm=\"v\"");
	test_clock.now += 5 * NSEC_PER_SEC;
	audit_assembler_flush(&assembler, test_clock.now);
	assert_int_equal(seen.count, 1);
	assert_int_equal(assembler.counts.dropped, 0);
}

static void test_serials_that_were_seen(void **state)
{
	static struct audit_seen s;

	(void)state;
	assert_false(audit_seen_before(&s, 5000000));
	assert_true(audit_seen_before(&s, 5000000));
	assert_false(audit_seen_before(&s, 4999999)); /* processors are not in order */
	assert_true(audit_seen_before(&s, 4999999));
	assert_false(audit_seen_before(&s, 5000000 - AUDIT_SEEN));
	assert_false(audit_seen_before(&s, 5000000 - AUDIT_SEEN)); /* too long ago to know */
	for (uint32_t i = 1; i < AUDIT_SEEN; i++)
		assert_false(audit_seen_before(&s, 5000000 + i));
	assert_true(audit_seen_before(&s, 5000001));
	assert_true(audit_seen_before(&s, 5000000));
	assert_false(audit_seen_before(&s, 9000000)); /* all of before is forgotten */
	assert_false(audit_seen_before(&s, 9000000 - AUDIT_SEEN + 1));
	s.newest = UINT32_MAX - 1; /* on by 32 bits, as the kernel counts */
	assert_false(audit_seen_before(&s, UINT32_MAX));
	assert_false(audit_seen_before(&s, 0));
	assert_true(audit_seen_before(&s, UINT32_MAX));
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

/* rt_sigqueueinfo with a code of 0: refused before a receiver is looked at, and anybody can do so as often as he likes. */
static void feed_half(unsigned serial)
{
	char text[512];

	snprintf(text, sizeof(text), "audit(1.000:%u): arch=c000003e syscall=129 success=no exit=-1 a0=1e a1=f a2=7ff a3=0 items=0 ppid=1 pid=99 uid=65534 "
	         "euid=65534 comm=\"x\" exe=\"/x\" key=(null)", serial);
	feed(1300, text);
}

static void test_signals_that_failed_give_way_first(void **state)
{
	(void)state;
	start();
	feed(1300, KILL);
	for (unsigned i = 0; i < 1000; i++) {
		test_clock.now++;
		feed_half(1000 + i);
	}
	assert_int_equal(seen.count, 0);
	assert_int_equal(assembler.counts.unfinished, 0);
	feed(1318, HEAD "opid=30 oauid=-1 ouid=0 oses=-1 ocomm=\"t\"");
	assert_int_equal(seen.count, 1); /* and it had not been finished early */
	/* Of those whose receiver has been told, more may come; a signal that was sent waits for its first one. */
	for (unsigned i = 0; i < AUDIT_OPEN_MAX; i++) {
		char text[512];

		snprintf(text, sizeof(text), "audit(2.000:%u): arch=c000003e syscall=62 success=yes exit=0 a0=ffffffff a1=f a2=0 a3=0 items=0 ppid=1 pid=98 uid=0 "
		         "comm=\"k\" exe=\"/k\" key=(null)", i);
		feed(1300, text);
		snprintf(text, sizeof(text), "audit(2.000:%u): opid=31 oauid=-1 ouid=0 oses=-1 ocomm=\"t\"", i);
		if (i)
			feed(1318, text);
		test_clock.now++;
	}
	feed_half(5000);
	feed_half(5001);
	assert_int_equal(assembler.counts.unfinished, 0);
	unsigned before = seen.count;
	feed(1318, "audit(2.000:0): opid=31 oauid=-1 ouid=0 oses=-1 ocomm=\"t\"");
	assert_int_equal(seen.count, before + 1);
}

static void test_signal_that_failed_waits_no_longer_than_an_exec(void **state)
{
	(void)state;
	start();
	feed_half(1000);
	feed(1300, KILL);
	audit_assembler_flush(&assembler, test_clock.now);
	assert_int_equal(assembler.high, 2);
	audit_assembler_flush(&assembler, test_clock.now + 1); /* nothing came for AUDIT_AGE */
	assert_int_equal(assembler.open[0].call, CALL_NONE);
	assert_int_equal(assembler.open[1].call, CALL_KILL);
	assert_int_equal(assembler.counts.unfinished, 0);
	audit_assembler_flush(&assembler, test_clock.now + AUDIT_SIGNAL_AGE + 1);
	assert_int_equal(assembler.counts.unfinished, 1);
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
/* Only a log that somebody made has a second name: one that cannot be read is none, and leaves nothing of the first. */
static void test_receiver_with_two_names(void **state)
{
	static const char *const names[] = {
		"ocomm=\"v\" ocomm=\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
		"ocomm=\"v\" ocomm=61626", "ocomm=\"v\" ocomm=6162zz", "ocomm=\"v\" ocomm=\"\"", "ocomm=\"v\" ocomm=(null)", "ocomm=\"v\" ocomm=00",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		start();
		feed(1300, CALL("62", "a0=1e a1=f a2=0 a3=0"));
		snprintf(text, sizeof(text), HEAD "opid=30 ouid=9 %s", names[i]);
		feed(1318, text);
		expect(0, "signal 15 kill sent pid=30 uid=9 <- pid=20 ppid=1 uid=5 gid=6 auid=1000 ses=4 tty=pts3 comm=x exe=/x");
	}
}

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
		cmocka_unit_test(test_ids_and_login),
		cmocka_unit_test(test_a_copy_that_comes_late),
		cmocka_unit_test(test_serials_that_were_seen),
		cmocka_unit_test(test_a_signal_that_was_fetched),
		cmocka_unit_test(test_absent_values),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_signal_zero_and_unknown_calls_are_left_out),
		cmocka_unit_test(test_register_text_is_cut_to_an_int),
		cmocka_unit_test(test_kill_of_init_from_inside_does_nothing),
		cmocka_unit_test(test_signal_to_a_group_of_others),
		cmocka_unit_test(test_signal_without_its_receiver_is_counted),
		cmocka_unit_test(test_arguments_in_pieces),
		cmocka_unit_test(test_arguments_with_a_gap_are_left_out),
		cmocka_unit_test(test_arguments_are_cut_at_the_bound),
		cmocka_unit_test(test_exec_without_its_arguments_comes_when_due),
		cmocka_unit_test(test_failed_exec),
		cmocka_unit_test(test_full_table_finishes_the_oldest_early), cmocka_unit_test(test_signals_that_failed_give_way_first),
		cmocka_unit_test(test_signal_that_failed_waits_no_longer_than_an_exec),
		cmocka_unit_test(test_deaths),
		cmocka_unit_test(test_hostile_labels), cmocka_unit_test(test_receiver_with_two_names),
		cmocka_unit_test(test_seccomp_kills_a_thread),
		cmocka_unit_test(test_stamp_is_the_kernels),
		cmocka_unit_test(test_lines_of_auditd),
		cmocka_unit_test(test_call_numbers_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

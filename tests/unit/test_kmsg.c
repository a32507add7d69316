#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/kmsg.h"

static struct event got;
static char got_comm[64], got_place[256];
static int count;

static void keep(void *ctx, const struct event *e)
{
	(void)ctx;
	got = *e;
	snprintf(got_comm, sizeof(got_comm), "%s", e->process.comm);
	snprintf(got_place, sizeof(got_place), "%s", (e->has & HAS_PATH) ? e->path : "none");
	count++;
}

/* A copy of exactly that size, so that a sanitizer sees a read beyond it. */
static bool decode_bytes(const char *record, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, record, len);
	count = 0;
	bool told = kmsg_decode(copy, len, keep, NULL);
	free(copy);
	assert_int_equal(told, count);
	return told;
}

static bool decode(const char *text)
{
	char record[2048];
	int n = snprintf(record, sizeof(record), "6,339,5140900,-;%s\n SUBSYSTEM=x\n", text);

	return decode_bytes(record, (size_t)n);
}

static void expect(const char *text, enum event_kind kind, pid_t pid, const char *comm)
{
	if (!decode(text))
		fail_msg("not taken: %s", text);
	assert_int_equal(got.kind, kind);
	assert_int_equal(got.sources, SOURCE_KMSG);
	assert_int_equal(got.process.has, FACT_PID | FACT_COMM);
	assert_int_equal(got.process.pid, pid);
	assert_int_equal(got.tid, pid);
	assert_string_equal(got_comm, comm);
}

static void expect_nothing(const char *text)
{
	if (decode(text))
		fail_msg("taken as %s of %d (%s): %s", event_kind_name(got.kind), (int)got.process.pid, got_comm, text);
}

#define SIZES "total-vm:10kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:76kB oom_score_adj:0"

/* One of each format that a kernel from 3.5 to 7.3 writes. */
static const struct line {
	const char *text;
	enum event_kind kind;
	pid_t pid;
	const char *comm;
} lines[] = {
	{"Memory cgroup out of memory: Killed process 84 (bad) " SIZES, EVENT_OOM, 84, "bad"},
	{"Out of memory: Killed process 84 (bad) " SIZES, EVENT_OOM, 84, "bad"},
	{"Out of memory (oom_kill_allocating_task): Killed process 84 (bad) " SIZES, EVENT_OOM, 84, "bad"},
	{"Killed process 84 (bad) total-vm:10kB, anon-rss:4kB, file-rss:0kB", EVENT_OOM, 84, "bad"},
	{"Killed process 84 (bad), UID 33, total-vm:10kB, anon-rss:4kB, file-rss:0kB", EVENT_OOM, 84, "bad"},
	{"bad[78]: segfault at 8 ip 0000000000401136 sp 00007ffd error 6 in bad[401000+78000]", EVENT_FAULT, 78, "bad"},
	{"bad[78]: segfault at 8 ip 00401136 sp 00007ffd error 6 in bad[16e2,401000+78000] likely on CPU 0 (core 0, socket 0)",
	 EVENT_FAULT, 78, "bad"},
	{"traps: bad[75] trap invalid opcode ip:401136 sp:7ffd error:0 in bad[401000+78000]", EVENT_FAULT, 75, "bad"},
	{"traps: bad[76] general protection fault ip:401136 sp:7ffd error:0", EVENT_FAULT, 76, "bad"},
	{"traps: bad[76] general protection ip:401136 sp:7ffd error:0 in bad[400000+1000]", EVENT_FAULT, 76, "bad"},
	{"traps: bad[79] trap int3 ip:401136 sp:7ffd error:0", EVENT_FAULT, 79, "bad"},
	{"bad[80] bad frame in rt_sigreturn frame:00000000deadbeef ip:401136 sp:7ffd orax:ffffffffffffffff in bad[400000+1000]", EVENT_FAULT, 80, "bad"},
	{"bad[80]: bad frame in sys_rt_sigreturn: pc=00401136 sp=7ffd0000", EVENT_FAULT, 80, "bad"},
	{"bad[79] trap divide error ip:401136 sp:7ffd error:0 in bad[400000+1000]", EVENT_FAULT, 79, "bad"},
};

static void test_every_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(lines[i].text, lines[i].kind, lines[i].pid, lines[i].comm);
}

/* No part of a line is taken for another process than the whole line names. */
static void test_cut_at_every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char record[512];
		int n = snprintf(record, sizeof(record), "6,339,5140900,-;%s\n", lines[i].text);

		for (int cut = 0; cut < n; cut++)
			if (decode_bytes(record, (size_t)cut)) {
				assert_int_equal(got.kind, lines[i].kind);
				assert_int_equal(got.process.pid, lines[i].pid);
				assert_string_equal(got_comm, lines[i].comm);
			}
	}
}

#define CHOICE "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0"

static void expect_place(const char *text, pid_t pid, const char *comm, const char *place)
{
	expect(text, EVENT_OOM, pid, comm);
	assert_int_equal(!!(got.has & HAS_PATH), place != NULL);
	if (place)
		assert_string_equal(got_place, place);
}

static void test_where_the_memory_was_used_up(void **state)
{
	(void)state;
	expect_place(CHOICE ",oom_memcg=/x,task_memcg=/x/y,task=bad,pid=84,uid=0", 84, "bad", "/x");
	expect_place(CHOICE ",oom_memcg=/a b\\x0ac,task_memcg=/,task=bad,pid=84,uid=0", 84, "bad", "/a b\nc");
	expect_place("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/x,task=bad,pid=84,uid=0", 84, "bad", "");
	expect_place(CHOICE ",task=bad,pid=84,uid=0", 84, "bad", NULL);
	/* names that look like what is around them */
	expect_place(CHOICE ",oom_memcg=/x,task_memcg=/x,task=,pid=1,uid=0,pid=84,uid=0", 84, ",pid=1,uid=0", "/x");
	expect_place(CHOICE ",oom_memcg=/x,task_memcg=/x,task=,task=x,pid=84,uid=0", 84, ",task=x", "/x");
	expect_nothing(CHOICE ",oom_memcg=/x,task_memcg=/x,task=bad");
	expect_nothing(CHOICE ",oom_memcg=/x,task_memcg=/x,task=longer-than-a-comm-can-be,pid=84,uid=0");
	expect_nothing(CHOICE ",oom_memcg=/x,task_memcg=/x,task=bad,pid=0,uid=0");
	char filled[1200]; /* a path that leaves no room for what the kernel says behind it */
	int n = snprintf(filled, sizeof(filled), "%s,oom_memcg=/x,task_memcg=/x,task=daemon,pid=1234,", CHOICE);
	memset(filled + n, 'y', sizeof(filled) - (size_t)n - 1);
	filled[sizeof(filled) - 1] = '\0';
	expect_nothing(filled);
	expect_nothing("x oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/x,task_memcg=/x,task=bad,pid=84,uid=0");
}

static void test_lines_that_tell_of_no_death(void **state)
{
	(void)state;
	expect_nothing("Out of memory: Kill process 84 (bad) score 900 or sacrifice child"); /* a child may die instead */
	expect_nothing("oom_reaper: reaped process 84 (bad), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB");
	expect_nothing("bad invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	expect_nothing("tmpfs: Unknown parameter 'Out of memory: Killed process 84 (bad) " SIZES); /* anybody can have it written */
	expect_nothing("x\\x0aOut of memory: Killed process 84 (bad) " SIZES);
	expect_nothing("Killed process -84 (bad) " SIZES);
	expect_nothing("Killed process 0 (bad) " SIZES);
	expect_nothing("Killed process 99999999999 (bad) " SIZES);
	expect_nothing("Killed process 84 bad " SIZES);
	expect_nothing("Killed process 84 (a name that no kernel can write) " SIZES);
	expect_nothing("bad[0]: segfault at 8 ip 1");
	expect_nothing("bad[-1]: segfault at 8 ip 1");
	expect_nothing("bad[x]: segfault at 8 ip 1");
	expect_nothing("bad: segfault at 8 ip 1");
	expect_nothing("usb 1-1: new device trap");
	expect_nothing("");
}

/* Fifteen bytes that a process chooses itself, to hide or to point at another. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"x) total-vm:", ") (", "a) b (c", "(", ")))))))))))))))", "a]: segfault at", "]: segfault at ", "[1] trap y",
		"x[123] trap y", "[9]: segfault", "traps: a[1]", "%s%n", "a;b,c", "Killed process", "x), UID 0",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "Memory cgroup out of memory: Killed process 84 (%s) " SIZES, names[i]);
		expect(text, EVENT_OOM, 84, names[i]);
		snprintf(text, sizeof(text), "Killed process 84 (%s), UID 33, total-vm:10kB, anon-rss:4kB, file-rss:0kB", names[i]);
		expect(text, EVENT_OOM, 84, names[i]);
		snprintf(text, sizeof(text), "traps: %s[78] trap invalid opcode ip:1 sp:2 error:0 in %s[400000+1000]", names[i], names[i]);
		expect(text, EVENT_FAULT, 78, names[i]);
		if (strncmp(names[i], "traps: ", 7) == 0)
			continue; /* its prefix is taken for the kernel's: evidence for nobody */
		snprintf(text, sizeof(text), "%s[78]: segfault at 8 ip 1 sp 2 error 6 in %s[400000+1000]", names[i], names[i]);
		expect(text, EVENT_FAULT, 78, names[i]);
	}
	/* The name of the mapped file has no such limit. */
	expect("x[78]: segfault at 8 ip 1 sp 2 error 6 in cron[123]: segfault at 8[400000+1000]", EVENT_FAULT, 78, "x");
	expect("traps: x[78] trap int3 ip:1 sp:2 error:0 in cron[123] trap int3[400000+1000]", EVENT_FAULT, 78, "x");
}

/* A number in brackets that a process chose, and the kernel's words behind it, do not hide the thread that the kernel names. */
static void test_a_name_that_names_another(void **state)
{
	(void)state;
	expect("sshd[812] trap [4242] bad frame in rt_sigreturn frame:1 ip:2 sp:3 orax:f in x[400000+1000]", EVENT_FAULT, 4242, "sshd[812] trap ");
	expect("[812]: segfault[4242]: segfault at 8 ip 1 sp 2", EVENT_FAULT, 4242, "[812]: segfault");
	expect("traps: [812] trap [4242] trap int3 ip:1 sp:2 error:0", EVENT_FAULT, 4242, "[812] trap ");
	/* lines that are about [4242], and of no fault that ends it */
	expect_nothing("sshd[812] trap [4242] overflowed sigaltstack ip:1");
	expect_nothing("sshd[812] trap [4242] vsyscall attempted with vsyscall=none ip:1 cs:33 sp:3 ax:4 si:5 di:6");
	expect_nothing("sshd[812] trap [4242]: drop_caches: 3 ip:1");
	/* words that are cut, or in no format of the kernel's */
	expect_nothing("bad[78]: segfault at 8");
	expect_nothing("bad[78] trap and no more");
	expect_nothing("bad[78] trapped ip:1");
	expect_nothing("bad[78] bad frame in rt_sigreturn");
}

/* The kernel writes what does not print as \xNN, and a name is compared with the raw one. */
static void test_escaped_names(void **state)
{
	(void)state;
	expect("Out of memory: Killed process 84 (a\\x0ab\\xc3\\xa9\\x5c) " SIZES, EVENT_OOM, 84, "a\nb\xc3\xa9\\");
	expect("\\x5cx41[78]: segfault at 8 ip 1", EVENT_FAULT, 78, "\\x41");
	expect("\\x00\\xzz[78]: segfault at 8 ip 1", EVENT_FAULT, 78, "\\x00\\xzz"); /* no kernel does */
	expect("\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff[78]: segfault at 8 ip 1", EVENT_FAULT,
	       78, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

/* Anybody may write to /dev/kmsg as root in a container: such records have another facility. */
static void test_only_the_kernels_own(void **state)
{
	static const char text[] = ";Out of memory: Killed process 84 (bad) " SIZES "\n";
	static const struct { const char *header; bool taken; } headers[] = {
		{"6,339,5140900,-", true}, {"0,1,1,-", true}, {"7,1,1,c", true}, {"3,1,1,-,caller=T84", true}, {"8,1,1,-", false},
		{"12,1,1,-", false}, {"14,339,5140900,-", false}, {"190,1,1,-", false}, {"-2,1,1,-", false}, {"", false}, {",1,1,-", false}, {" 6,1,1,-", false},
		{"x", false}, {"6", false},
	};
	char record[512];

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		int n = snprintf(record, sizeof(record), "%s%s", headers[i].header, text);

		assert_int_equal(decode_bytes(record, (size_t)n), headers[i].taken);
	}
	assert_false(decode_bytes(text + 1, sizeof(text) - 2)); /* no header at all */
	assert_false(decode_bytes("", 0));
	assert_false(decode_bytes(";", 1));
}

/* What stands behind the first newline are the record's variables. */
static void test_only_the_first_line(void **state)
{
	static const char record[] = "6,1,1,-;hello\n Killed process 84 (bad) total-vm:1kB\n";

	(void)state;
	assert_false(decode_bytes(record, sizeof(record) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format),           cmocka_unit_test(test_cut_at_every_length),
		cmocka_unit_test(test_where_the_memory_was_used_up), cmocka_unit_test(test_lines_that_tell_of_no_death), cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_a_name_that_names_another),
		cmocka_unit_test(test_escaped_names),          cmocka_unit_test(test_only_the_kernels_own),
		cmocka_unit_test(test_only_the_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

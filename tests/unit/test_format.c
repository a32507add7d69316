#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/output/format.h"
#include "check_text.h"

#define ALL_FACTS ((1u << 13) - 1)

static const struct line_context context = { .host = "host", .seq = 7 };
static const struct facts nginx = { .has = FACT_PID | FACT_COMM, .pid = 812, .comm = "nginx" };
static const struct facts bash = {
	.has = FACT_PID | FACT_PPID | FACT_UID | FACT_AUID | FACT_COMM | FACT_EXE | FACT_ARGS | FACT_FOREIGN,
	.pid = 455, .ppid = 400, .uid = 0, .auid = 1000, .comm = "bash", .exe = "/usr/bin/bash",
	.args = "kill\0-9\0" "812", .args_len = 12,
};

/* A strict reader of one JSON value (RFC 8259); NULL if it is none. */
static const char *json_value(const char *s, int depth);

static const char *json_string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < 0x20)
			return NULL;
		if (*s != '\\')
			continue;
		if (*++s == 'u') {
			int c = check_hex(s + 1, 4);

			if (c >= 0xd800 && c <= 0xdbff && s[5] == '\\' && s[6] == 'u') { /* the first of two */
				c = check_hex(s + 7, 4) - 0xdc00;
				c = c >= 0 && c < 0x400 ? 0 : -1;
				s += 6;
			}
			if (c < 0 || (c >= 0xd800 && c <= 0xdfff))
				return NULL;
			s += 4;
		} else if (!*s || !strchr("\"\\/bfnrt", *s)) {
			return NULL;
		}
	}
	return s + 1;
}

static const char *json_members(const char *s, char end, int depth)
{
	if (*s == end)
		return s + 1;
	for (;; s++) {
		if (end == '}') {
			s = json_string(s);
			if (!s || *s++ != ':')
				return NULL;
		}
		s = json_value(s, depth + 1);
		if (!s || (*s != ',' && *s != end))
			return NULL;
		if (*s == end)
			return s + 1;
	}
}

static const char *json_value(const char *s, int depth)
{
	if (depth > 3)
		return NULL;
	if (*s == '{')
		return json_members(s + 1, '}', depth);
	if (*s == '[')
		return json_members(s + 1, ']', depth);
	if (*s == '"')
		return json_string(s);
	if (!strncmp(s, "true", 4))
		return s + 4;
	if (!strncmp(s, "false", 5))
		return s + 5;
	s += *s == '-';
	size_t n = strspn(s, "0123456789");
	if (n == 0 || (n > 1 && *s == '0'))
		return NULL;
	s += n;
	if (*s != '.')
		return s;
	n = strspn(++s, "0123456789");
	return n ? s + n : NULL;
}

static void check_json(const char *line, size_t len)
{
	const char *end = json_value(line, 0);

	assert_int_equal(strlen(line), len);
	assert_true(check_clean(line, len));
	if (!end || *end)
		fail_msg("not JSON: %s", line);
}

static void expect(const struct event *e, const char *text, const char *json)
{
	char line[LINE_MAX_BYTES];
	size_t len = format_text(e, &context, line, sizeof(line));

	assert_string_equal(line, text);
	assert_int_equal(len, strlen(text));
	len = format_json(e, &context, line, sizeof(line));
	check_json(line, len);
	assert_string_equal(line, json);
}

static struct event event(enum event_kind kind)
{
	return (struct event){
		.kind = kind, .sources = SOURCE_AUDIT | SOURCE_CN_PROC, .at = 1000 * NSEC_PER_SEC, .target = "web",
		.wall_offset = 1795321718123456789 - 1000 * (int64_t)NSEC_PER_SEC, .process = nginx,
	};
}

#define TEXT(rest) "2026-11-22T04:28:38.123456Z host " rest
#define JSON(rest) "{\"v\":1,\"time\":\"2026-11-22T04:28:38.123456Z\",\"host\":\"host\",\"seq\":7," rest "}"
#define WHO "\"sources\":[\"audit\",\"cn_proc\"],\"target\":\"web\",\"pid\":812,\"comm\":\"nginx\","

static void test_exit_when_killed(void **state)
{
	struct event e = event(EVENT_EXIT);

	(void)state;
	e.has = HAS_SIGNO | HAS_CORE | HAS_CAUSE | HAS_CONFIDENCE | HAS_VIA | HAS_UPTIME;
	e.signo = SIGKILL;
	e.cause = CAUSE_KILLED;
	e.confidence = CONFIDENCE_CERTAIN;
	e.via = "kill";
	e.sender = bash;
	e.uptime = 3 * 86400 + 4 * 3600 + 5 * 60 + 6.5;
	expect(&e, TEXT("exit web: nginx[812] killed by SIGKILL from bash[455] ppid=400 uid=0 auid=1000 args=\"kill -9 812\" "
	                "via kill (certain), up 3d4h5m, sources=audit,cn_proc"),
	       JSON("\"event\":\"exit\"," WHO "\"signal\":\"SIGKILL\",\"signo\":9,\"core_dumped\":false,"
	            "\"sender_pid\":455,\"sender_ppid\":400,\"sender_uid\":0,\"sender_auid\":1000,\"sender_comm\":\"bash\","
	            "\"sender_exe\":\"/usr/bin/bash\",\"sender_args\":[\"kill\",\"-9\",\"812\"],"
	            "\"cause\":\"killed\",\"confidence\":\"certain\",\"uptime_seconds\":273906.500"));
}

/* The path of a system's program is told where it may be that of another file. */
static void test_exe_of_a_sender_is_left_out_only_where_it_says_nothing(void **state)
{
	static const struct {
		const char *comm, *exe;
		unsigned    has;
		bool        foreign;
		const char *told;
	} cases[] = {
		{ "bash", "/usr/bin/bash", FACT_FOREIGN, false, " args=" },
		{ "a-name-that-is-c", "/usr/lib/x/a-name-that-is-cut", FACT_FOREIGN, false, " args=" },
		{ "bash", "/usr/bin/bash", 0, false, " exe=/usr/bin/bash args=" },
		{ "bash", "/usr/bin/bash", FACT_FOREIGN, true, " exe=/usr/bin/bash (of another mount namespace) args=" },
		{ "systemd", "/tmp/x/systemd", FACT_FOREIGN, false, " exe=/tmp/x/systemd args=" },
		{ "systemd", "/usr/local/bin/systemd", FACT_FOREIGN, false, " exe=/usr/local/bin/systemd args=" },
		{ "systemd", "/home/u/usr/bin/systemd", FACT_FOREIGN, false, " exe=/home/u/usr/bin/systemd args=" },
		{ "systemd", "/usr/bin/bash", FACT_FOREIGN, false, " exe=/usr/bin/bash args=" },
		{ "systemd", "systemd", FACT_FOREIGN, false, " exe=systemd args=" },
	};
	char line[4096], want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event e = event(EVENT_EXIT);

		e.has = HAS_SIGNO | HAS_CAUSE | HAS_CONFIDENCE;
		e.signo = SIGKILL;
		e.cause = CAUSE_KILLED;
		e.sender = bash;
		e.sender.has = (e.sender.has & ~(unsigned)FACT_FOREIGN) | cases[i].has;
		e.sender.comm = cases[i].comm;
		e.sender.exe = cases[i].exe;
		e.sender.foreign = cases[i].foreign;
		format_text(&e, &context, line, sizeof(line));
		snprintf(want, sizeof(want), " from %s[455] ppid=400 uid=0 auid=1000%s", cases[i].comm, cases[i].told);
		if (!strstr(line, want))
			fail_msg("%s is not in %s", want, line);
		format_json(&e, &context, line, sizeof(line));
		assert_int_equal(strstr(line, ",\"sender_foreign\":true,") != NULL, cases[i].foreign);
	}
}

static void test_exit_when_stopped_on_request(void **state)
{
	struct event e = event(EVENT_EXIT);

	(void)state;
	e.has = HAS_EXIT_CODE | HAS_AFTER_SIGNO | HAS_CAUSE | HAS_CONFIDENCE | HAS_UPTIME;
	e.exit_code = 0;
	e.after_signo = SIGTERM;
	e.cause = CAUSE_STOPPED;
	e.uptime = 61;
	e.sender = (struct facts){ .has = FACT_PID | FACT_COMM, .pid = 1, .comm = "systemd" };
	e.requester = (struct facts){ .has = FACT_PID | FACT_UID | FACT_COMM | FACT_ARGS, .pid = 77, .uid = 0,
	                              .comm = "systemctl" };
	e.requester.args = "systemctl\0stop\0my web";
	e.requester.args_len = sizeof("systemctl\0stop\0my web");
	expect(&e, TEXT("exit web: nginx[812] ended with exit code 0 after SIGTERM from systemd[1] (likely), "
	                "requested by systemctl[77] uid=0 args=\"systemctl stop 'my web'\" (likely), up 1m1s, sources=audit,cn_proc"),
	       JSON("\"event\":\"exit\"," WHO "\"exit_code\":0,\"after_signal\":\"SIGTERM\",\"after_signo\":15,"
	            "\"sender_pid\":1,\"sender_comm\":\"systemd\",\"requested_by_pid\":77,\"requested_by_uid\":0,"
	            "\"requested_by_comm\":\"systemctl\",\"requested_by_args\":[\"systemctl\",\"stop\",\"my web\"],"
	            "\"cause\":\"stopped\",\"confidence\":\"likely\",\"uptime_seconds\":61.000"));
}

static void test_exit_sentence_of_each_cause(void **state)
{
	static const struct {
		enum cause  cause;
		unsigned    has;
		const char *sentence;
	} cases[] = {
		{ CAUSE_EXIT, HAS_CAUSE | HAS_CONFIDENCE | HAS_EXIT_CODE, "ended with exit code 3 by itself (likely)" },
		{ CAUSE_SELF, HAS_CAUSE | HAS_CONFIDENCE | HAS_SIGNO | HAS_VIA, "ended by SIGSEGV that it sent to itself via tgkill (likely)" },
		{ CAUSE_FAULT, HAS_CAUSE | HAS_CONFIDENCE | HAS_SIGNO | HAS_CORE, "ended by SIGSEGV, a fault of its own (likely), core dumped" },
		{ CAUSE_OOM, HAS_CAUSE | HAS_CONFIDENCE | HAS_SIGNO, "killed by SIGSEGV from the kernel, out of memory (likely)" },
		{ CAUSE_OOM, HAS_CAUSE | HAS_CONFIDENCE, "vanished, killed by the kernel, out of memory (likely)" },
		{ CAUSE_KERNEL, HAS_CAUSE | HAS_CONFIDENCE | HAS_SIGNO | HAS_REASON, "ended by SIGSEGV from the kernel (likely), reason=\"no audit\"" },
		{ CAUSE_KILLED, HAS_CAUSE | HAS_CONFIDENCE | HAS_SIGNO, "killed by SIGSEGV from an unknown sender (likely)" },
		{ CAUSE_UNKNOWN, HAS_CAUSE | HAS_SIGNO | HAS_CORE | HAS_REASON, "ended by SIGSEGV, core dumped; who sent it is unknown: \"no audit\"" },
		{ CAUSE_UNKNOWN, HAS_CAUSE | HAS_REASON, "vanished; how it ended is unknown: \"no audit\"" },
		{ CAUSE_KILLED, HAS_EXIT_CODE, "ended with exit code 3; why is unknown" },
	};
	char line[4096], want[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event e = event(EVENT_EXIT);

		e.has = cases[i].has;
		e.cause = cases[i].cause;
		e.exit_code = 3;
		e.signo = SIGSEGV;
		e.core_dumped = true;
		e.via = "tgkill";
		e.reason = "no audit";
		format_text(&e, &context, line, sizeof(line));
		snprintf(want, sizeof(want), TEXT("exit web: nginx[812] %s, sources=audit,cn_proc"), cases[i].sentence);
		assert_string_equal(line, want);
	}
}

/* What is not known is never blamed, even if the struct holds something. */
static void test_exit_when_unknown_names_nobody(void **state)
{
	struct event e = event(EVENT_EXIT);
	char line[4096];

	(void)state;
	e.has = HAS_SIGNO | HAS_CAUSE;
	e.signo = SIGKILL;
	e.sender = bash;
	format_text(&e, &context, line, sizeof(line));
	assert_null(strstr(line, "bash"));
	assert_non_null(strstr(line, "who sent it is unknown"));
}

static void test_exec(void **state)
{
	static const char ancestry[] = "systemd\0init";
	struct event e = event(EVENT_EXEC);

	(void)state;
	e.has = HAS_PARENT_COMM | HAS_STARTS;
	e.parent_comm = "systemd";
	e.starts = 3;
	e.process.has |= FACT_PPID | FACT_UID | FACT_GID | FACT_ARGS | FACT_ANCESTRY | FACT_STARTED | FACT_EXE | FACT_CGROUP |
	                 FACT_TTY | FACT_SES;
	e.process.ppid = 1;
	e.process.uid = e.process.gid = 33;
	e.process.ses = 4;
	e.process.tty = "pts/0";
	e.process.exe = "/usr/sbin/nginx";
	e.process.cgroup = "/system.slice/web";
	e.process.started = 999 * NSEC_PER_SEC;
	e.process.args = "nginx\0-g\0daemon off;\0\0it's\0...";
	e.process.args_len = sizeof("nginx\0-g\0daemon off;\0\0it's\0...");
	e.process.ancestry = ancestry;
	e.process.ancestry_len = sizeof(ancestry);
	expect(&e, TEXT("exec web: nginx[812] started by systemd[1] < init, uid=33, start 3, exe=/usr/sbin/nginx, "
	                "args=\"nginx -g 'daemon off;' '' 'it'\\\\''s' '...'\", sources=audit,cn_proc"),
	       JSON("\"event\":\"exec\",\"sources\":[\"audit\",\"cn_proc\"],\"target\":\"web\",\"pid\":812,\"ppid\":1,\"uid\":33,"
	            "\"ses\":4,\"tty\":\"pts/0\",\"comm\":\"nginx\",\"exe\":\"/usr/sbin/nginx\","
	            "\"args\":[\"nginx\",\"-g\",\"daemon off;\",\"\",\"it's\",\"...\"],\"gid\":33,\"cgroup\":\"/system.slice/web\","
	            "\"started\":\"2026-11-22T04:28:37.123456Z\",\"parent_comm\":\"systemd\",\"ancestry\":[\"systemd\",\"init\"],"
	            "\"starts\":3"));
	e.process = nginx;
	e.has = 0;
	expect(&e, TEXT("exec web: nginx[812] started by an unknown process, sources=audit,cn_proc"),
	       JSON("\"event\":\"exec\",\"sources\":[\"audit\",\"cn_proc\"],\"target\":\"web\",\"pid\":812,\"comm\":\"nginx\""));
}

static void test_exec_failed(void **state)
{
	struct event e = event(EVENT_EXEC_FAILED);

	(void)state;
	e.has = HAS_PATH | HAS_ERRNO;
	e.path = "/opt/a b";
	e.error = ENOENT;
	expect(&e, TEXT("exec_failed web: nginx[812] could not execute \"/opt/a b\": ENOENT, sources=audit,cn_proc"),
	       JSON("\"event\":\"exec_failed\"," WHO "\"path\":\"/opt/a b\",\"errno\":\"ENOENT\""));
}

static void test_signal(void **state)
{
	struct event e = event(EVENT_SIGNAL);

	(void)state;
	e.has = HAS_SIGNO | HAS_VIA | HAS_RESULT | HAS_REPEAT | HAS_SI_CODE;
	e.signo = SIGTERM;
	e.via = "kill";
	e.si_code = 0;
	e.repeat = 3;
	e.sender = (struct facts){ .has = FACT_PID | FACT_COMM | FACT_EXE | FACT_ANCESTRY | FACT_TTY, .pid = 455,
	                           .comm = "good name", .exe = "/tmp/evil", .tty = "pts/1" };
	e.sender.ancestry = "sshd\0init";
	e.sender.ancestry_len = sizeof("sshd\0init");
	expect(&e, TEXT("signal web: SIGTERM from \"good name\"[455] < sshd < init tty=pts/1 exe=/tmp/evil to nginx[812] via kill, "
	                "sent x3, sources=audit,cn_proc"),
	       JSON("\"event\":\"signal\"," WHO "\"signal\":\"SIGTERM\",\"signo\":15,\"via\":\"kill\",\"si_code\":0,"
	            "\"result\":\"sent\",\"repeat\":3,\"sender_pid\":455,\"sender_tty\":\"pts/1\",\"sender_comm\":\"good name\","
	            "\"sender_exe\":\"/tmp/evil\",\"sender_ancestry\":[\"sshd\",\"init\"]"));
	e.has = HAS_SIGNO | HAS_VIA | HAS_RESULT | HAS_ERRNO;
	e.signo = 37;
	e.via = "kernel";
	e.result = RESULT_FAILED;
	e.error = EPERM;
	e.sender.has = 0;
	expect(&e, TEXT("signal web: SIGRTMIN+3 from the kernel to nginx[812], failed with EPERM, sources=audit,cn_proc"),
	       JSON("\"event\":\"signal\"," WHO "\"signal\":\"SIGRTMIN+3\",\"signo\":37,\"via\":\"kernel\",\"result\":\"failed\","
	            "\"errno\":\"EPERM\""));
}

static void test_fork_and_threads(void **state)
{
	struct event e = event(EVENT_THREAD_END);

	(void)state;
	e.has = HAS_TID;
	e.tid = 900;
	expect(&e, TEXT("thread_end web: nginx[812] thread 900 ended, sources=audit,cn_proc"), JSON("\"event\":\"thread_end\"," WHO "\"tid\":900"));
	e.kind = EVENT_FORK;
	e.process.has |= FACT_PPID;
	e.process.ppid = 800;
	expect(&e, TEXT("fork web: nginx[812] forked by pid 800, sources=audit,cn_proc"),
	       JSON("\"event\":\"fork\",\"sources\":[\"audit\",\"cn_proc\"],\"target\":\"web\",\"pid\":812,\"ppid\":800,\"comm\":\"nginx\""));
}

static void test_lost(void **state)
{
	struct event e = { .kind = EVENT_LOST, .has = HAS_COUNT | HAS_REASON | HAS_BACKEND, .at = 0, .sources = SOURCE_AUDIT,
	                   .wall_offset = 1795321718123456789, .backend = SOURCE_AUDIT, .count = 123, .reason = "ENOBUFS" };

	(void)state;
	expect(&e, TEXT("lost audit: 123 events: \"ENOBUFS\", sources=audit"),
	       JSON("\"event\":\"lost\",\"sources\":[\"audit\"],\"backend\":\"audit\",\"count\":123,\"reason\":\"ENOBUFS\""));
	e.has = 0;
	e.sources = 0;
	e.lost_in = "my out";
	expect(&e, TEXT("lost \"my out\": an unknown number of records"), JSON("\"event\":\"lost\",\"backend\":\"my out\""));
}

static void test_agent(void **state)
{
	struct event e = { .kind = EVENT_AGENT, .has = HAS_UNAUDITED | HAS_REASON, .wall_offset = 1795321718123456789,
	                   .backends = SOURCE_CN_PROC | SOURCE_PROC, .sees = SEES_EXEC | SEES_EXIT, .unaudited = 31,
	                   .reason = "audit: no permission" };

	(void)state;
	expect(&e, TEXT("agent started: backends=cn_proc,proc; sees exec, exit, not signal; live processes whose signals it "
	                "cannot see: 31; \"audit: no permission\""),
	       JSON("\"event\":\"agent\",\"state\":\"started\",\"backends\":[\"cn_proc\",\"proc\"],\"sees_exec\":true,"
	            "\"sees_signal\":false,\"sees_exit\":true,\"unaudited\":31,\"reason\":\"audit: no permission\""));
	e.has = 0;
	e.backends = 0;
	e.sees = 0;
	e.state = AGENT_DEGRADED;
	expect(&e, TEXT("agent degraded: backends=none; does not see exec, exit, signal"),
	       JSON("\"event\":\"agent\",\"state\":\"degraded\",\"backends\":[],\"sees_exec\":false,\"sees_signal\":false,"
	            "\"sees_exit\":false"));
}

static void test_uptime_that_is_no_number_is_left_out(void **state)
{
	static const double bad[] = { -1, 1e300, NAN, INFINITY };
	char line[4096];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct event e = event(EVENT_EXIT);

		e.has = HAS_UPTIME | HAS_EXIT_CODE;
		e.uptime = bad[i];
		check_json(line, format_json(&e, &context, line, sizeof(line)));
		assert_null(strstr(line, "uptime"));
	}
}

/* Every field set, every string as given, of every kind. */
static struct event full_event(enum event_kind kind, const char *s, const char *list, size_t list_len)
{
	struct facts f = { .has = ALL_FACTS | FACT_FOREIGN, .foreign = true, .pid = 4194304, .ppid = 4194303, .uid = 4294967294u, .gid = 4294967294u,
	                   .auid = 4294967294u, .ses = 4294967294u, .started = 1, .tty = s, .comm = s, .exe = s, .cgroup = s,
	                   .args = list, .args_len = list_len, .ancestry = list, .ancestry_len = list_len };
	static const struct used used = { .user_us = UINT64_MAX, .system_us = UINT64_MAX, .max_rss_kib = UINT64_MAX, .read_bytes = UINT64_MAX,
	                                  .write_bytes = UINT64_MAX, .counts_bytes = true };
	static const struct alert alert = { .restarts = 1001, .window = UINT64_MAX, .since = UINT64_MAX / 4, .last_pid = 4194304, .last_cause = CAUSE_STOPPED };
	struct event e = event(kind);

	e.alert = &alert;
	e.has = ~0u;
	if (kind == EVENT_EXIT)
		e.has &= ~(unsigned)HAS_EXIT_CODE;
	e.sources = e.backends = (1u << SOURCES) - 1;
	e.target = e.path = e.reason = e.parent_comm = e.lost_in = s;
	e.process = e.sender = e.requester = f;
	e.tid = 4194304;
	e.signo = e.after_signo = 60;
	e.via = "rt_tgsigqueueinfo";
	e.error = EPROTONOSUPPORT;
	e.si_code = -6;
	e.repeat = e.count = e.starts = e.unaudited = UINT64_MAX;
	e.cause = CAUSE_KILLED;
	e.result = RESULT_PENDING;
	e.backend = SOURCE_TRACEPOINT;
	e.uptime = 99999999;
	e.used = &used;
	e.state = AGENT_HEARTBEAT;
	return e;
}

static void check_both(const struct event *e, const struct line_context *c, size_t size, bool must)
{
	char *line = malloc(size + 1);
	size_t len;

	assert_non_null(line);
	line[size] = '#';
	len = format_json(e, c, line, size);
	if (must)
		assert_true(len > 0);
	if (len > 0)
		check_json(line, len);
	len = format_text(e, c, line, size);
	assert_true(len < size);
	assert_true(check_clean(line, len));
	assert_int_equal(line[size], '#');
	if (must) /* the last words are there, so it was not just cut off */
		assert_non_null(strstr(line, e->kind == EVENT_AGENT ? "\"" : "taskstats,kmsg"));
	free(line);
}

static void random_name(char *s, size_t len)
{
	static const char *const bits[] = { "\"", "\\", "\n", "\x1d", "\xc3", "\xe2\x80", "\xe2\x80\xae", "\xf0\x9f\x92\xa9", "\x1b[2J",
	                                    "\\xc3", "'", " ", "]", "a", "nginx[1]", "\x7f", "\xc2\x85", "}", ",", "\xff", "\r", "..." };
	size_t n = 0;

	s[0] = '\0';
	while (n + 9 < len) {
		const char *bit = bits[(size_t)random() % (sizeof(bits) / sizeof(bits[0]))];

		memcpy(s + n, bit, strlen(bit) + 1);
		n += strlen(bit);
	}
}

static void test_lines_when_names_are_hostile(void **state)
{
	char s[200], list[400];

	(void)state;
	srandom(42);
	for (int i = 0; i < 200; i++) {
		random_name(s, 12 + (size_t)random() % (sizeof(s) - 12));
		random_name(list, sizeof(list));
		for (size_t k = 30; k < sizeof(list); k += 30)
			list[k] = '\0';
		struct line_context c = { .host = s, .run = UINT32_MAX, .seq = UINT64_MAX };
		for (int kind = 0; kind < EVENT_RECORDS; kind++) {
			struct event e = full_event((enum event_kind)kind, s, list, sizeof(list));

			check_both(&e, &c, LINE_MAX_BYTES, true);
			check_both(&e, &c, 1024, true);
			check_both(&e, &c, 1 + (size_t)random() % 2048, false);
		}
	}
}

static void test_lines_when_too_long_are_cut_and_say_so(void **state)
{
	size_t big = 300000;
	char *s = malloc(big), *list = malloc(big), line[LINE_MAX_BYTES];

	(void)state;
	assert_true(s && list);
	memset(s, '\x01', big - 1);
	s[big - 1] = '\0';
	for (size_t i = 0; i < big; i++)
		list[i] = i % 100 == 99 ? '\0' : 'x';
	for (size_t size = 1024; size <= LINE_MAX_BYTES; size *= 2)
		for (int kind = 0; kind < EVENT_RECORDS; kind++) {
			struct event e = full_event((enum event_kind)kind, s, list, big);

			check_both(&e, &(struct line_context){ .host = s, .seq = 1 }, size, true);
		}
	struct event e = event(EVENT_EXEC);
	e.process.has |= FACT_ARGS;
	e.process.args = list;
	e.process.args_len = big;
	check_json(line, format_json(&e, &context, line, sizeof(line)));
	assert_non_null(strstr(line, "xxx...\",\"...\"]"));
	assert_true(strlen(line) > 16384);
	format_text(&e, &context, line, sizeof(line));
	assert_non_null(strstr(line, "xxx... ...\", sources="));
	free(s);
	free(list);
}

/* Other people's parsers take it too, and see the bytes. */
static void test_json_when_jq_reads_it(void **state)
{
	struct event e = event(EVENT_EXIT);
	char line[4096];
	FILE *f;

	(void)state;
	if (access("/usr/bin/jq", X_OK) != 0) {
		print_message("SKIP: no jq here\n");
		skip();
	}
	e.process.comm = "a\"b\\\x1d\xc3\xe2\x82\xac";
	format_json(&e, &context, line, sizeof(line));
	char path[] = "/tmp/epitaph-format-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", line);
	fclose(f);
	pid_t child = fork();
	if (child == 0) {
		(void)!freopen("/dev/null", "w", stdout);
		execl("/usr/bin/jq", "jq", "-e", ".comm == \"a\\\"b\\\\\\u001d\\\\xc3\\u20ac\" and .pid == 812", path, (char *)NULL);
		_exit(127);
	}
	int status = -1;
	waitpid(child, &status, 0);
	unlink(path);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_when_killed),
		cmocka_unit_test(test_exe_of_a_sender_is_left_out_only_where_it_says_nothing),
		cmocka_unit_test(test_exit_when_stopped_on_request),
		cmocka_unit_test(test_exit_sentence_of_each_cause),
		cmocka_unit_test(test_exit_when_unknown_names_nobody),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_exec_failed),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_fork_and_threads),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_uptime_that_is_no_number_is_left_out),
		cmocka_unit_test(test_lines_when_names_are_hostile),
		cmocka_unit_test(test_lines_when_too_long_are_cut_and_say_so),
		cmocka_unit_test(test_json_when_jq_reads_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

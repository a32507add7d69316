/* test_config_keys.c - every key of agent.ini: its default, the values that it takes and those that it refuses */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "config_world.h"

#define MS 1000000ull
#define SEC (1000 * MS)
#define BIT(signo) (1ull << ((signo) - 1))

/* One good key, and what it makes of the configuration c, its first output o and its first target t. */
#define KEY(section, rest, key, value, expect) do { \
	struct config *c = good_key(section, rest, key, value); \
	const struct output_config *o = &c->outputs[0]; \
	const struct target_config *t = &c->targets[0]; \
	(void)o; \
	(void)t; \
	assert_true(expect); \
	config_free(c); \
} while (0)
#define AGENT(key, value, expect) KEY("agent", "", key, value, expect)
#define AUDIT(key, value, expect) KEY("audit", "", key, value, expect)
#define FILE_OUTPUT(key, value, expect) KEY("output o", "type = file\npath = /p\n", key, value, expect)
#define SYSLOG_OUTPUT(key, value, expect) KEY("output o", "type = syslog\n", key, value, expect)
#define TARGET_KEY(key, value, expect) KEY("target t", "user = u\n", key, value, expect)
#define MATCH_KEY(key, value, expect) KEY("target t", "", key, value, expect)

static void test_defaults_when_only_a_target_stands_there(void **state)
{
	(void)state;
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	struct config *c = good(TARGET);
	const struct output_config *o = c->outputs;
	const struct target_config *t = c->targets;

	assert_string_equal(c->path, "t.ini");
	assert_int_equal(c->backends, (1 << SOURCES) - 1);
	assert_true(c->backends_auto);
	assert_true(c->ring == 65536 && c->poll_interval == SEC && c->grace == 250 * MS && c->stop_window == 10 * SEC);
	assert_true(c->coalesce == SEC && c->budget == 1 << 20 && c->heartbeat == 0);
	assert_string_equal(c->state_dir, "/var/lib/epitaph");
	assert_string_equal(c->control, "/run/epitaph.sock");
	assert_int_equal(c->max_processes, 4096);
	assert_string_equal(c->host, host);
	assert_int_equal(c->transport, AUDIT_TRANSPORT_AUTO);
	assert_false(c->exec_failures);
	assert_int_equal(c->given, 0);

	assert_int_equal(c->outputs_count, 1);
	assert_string_equal(o->name, "stdout");
	assert_int_equal(o->type, OUTPUT_STDOUT);
	assert_int_equal(o->format, FORMAT_TEXT);
	assert_null(o->path);

	assert_int_equal(c->targets_count, 1);
	assert_string_equal(t->name, "t");
	assert_int_equal(t->line, 1);
	assert_string_equal(t->comm, "x");
	assert_true(!t->exe && !t->args && !t->user && !t->cgroup && !t->pidfile);
	assert_int_equal(t->events, 1 << EVENT_EXEC | 1 << EVENT_EXIT | 1 << EVENT_SIGNAL);
	assert_true(t->signals == ~(BIT(17) | BIT(23) | BIT(28)));
	assert_int_equal(t->outputs, 1);
	assert_int_equal(t->rate, 100);
	assert_int_equal(t->record_args, RECORD_ARGS_YES);
	assert_false(t->any_namespace);
	assert_int_equal(t->severity[EVENT_EXEC], LOG_INFO);
	assert_int_equal(t->severity[EVENT_EXEC_FAILED], LOG_WARNING);
	assert_int_equal(t->severity[EVENT_EXIT], SEVERITY_BY_VERDICT);
	assert_int_equal(t->severity[EVENT_SIGNAL], LOG_INFO);
	assert_int_equal(t->severity[EVENT_FORK], LOG_DEBUG);
	assert_int_equal(t->severity[EVENT_THREAD_START], LOG_DEBUG);
	assert_int_equal(t->severity[EVENT_THREAD_END], LOG_DEBUG);
	assert_int_equal(t->severity[EVENT_LOST], LOG_ERR);
	assert_int_equal(t->severity[EVENT_AGENT], LOG_NOTICE);
	config_free(c);

	c = good("[output o]\ntype = syslog\n" TARGET);
	o = c->outputs;
	assert_true(o->transport == SYSLOG_LOCAL && !o->host && !o->port && o->protocol == SYSLOG_RFC5424);
	assert_true(o->facility == LOG_DAEMON && o->queue == 1000 && !o->spool && o->spool_size == 16 << 20);
	assert_true(o->max_message == 8192 && o->mode == 0640 && o->keep == 5 && !o->max_size && !o->sync_exit);
	assert_string_equal(o->tag, "epitaph");
	config_free(c);
}

static void test_backends_when_auto_or_a_list(void **state)
{
	(void)state;
	AGENT("backends", "auto", c->backends_auto && c->backends == (1 << SOURCES) - 1);
	AGENT("backends", "proc", !c->backends_auto && c->backends == SOURCE_PROC);
	AGENT("backends", "audit,cn_proc, proc ,tracepoint,taskstats,kmsg", !c->backends_auto && c->backends == (1 << SOURCES) - 1);
	bad_key("agent", "", "backends", "audt", "\"audt\" is no backend; did you mean audit? Known: audit, cn_proc, proc, tracepoint, taskstats or kmsg");
	bad_key("agent", "", "backends", "proc, auto", "auto stands alone, since it leaves the choice to the agent; write auto or a list");
	bad_key("agent", "", "backends", "proc,,audit", "nothing stands between two commas, or beside one; take the comma out");
}

static void test_duration_when_given_in_each_unit(void **state)
{
	static const char how[] = "write a duration such as 250ms, 5s, 10m or 1h";
	char what[256];
	(void)state;

	AGENT("grace", "0", c->grace == 0);
	AGENT("grace", "0s", c->grace == 0);
	AGENT("grace", "1ms", c->grace == MS);
	AGENT("stop_window", "5s", c->stop_window == 5 * SEC);
	AGENT("coalesce", "10m", c->coalesce == 600 * SEC);
	AGENT("budget", "256K", c->budget == 256 << 10);
	AGENT("budget", "0", c->budget == 0);
	AGENT("heartbeat", "1h", c->heartbeat == 3600 * SEC && c->given == GIVEN_HEARTBEAT);
	AGENT("ring", "1M", c->ring == 1 << 20);
	bad_key("agent", "", "ring", "1K", "1K is too little; at least 4K");
	bad_key("agent", "", "ring", "65M", "65M is too much; at most 64M");
	AGENT("poll_interval", "10ms", c->poll_interval == 10 * MS);
	bad_key("agent", "", "poll_interval", "9ms", "9ms is too little; at least 10ms");
	bad_key("agent", "", "poll_interval", "0", "0 is too little; at least 10ms");
	bad_key("agent", "", "budget", "256k/min", "\"256k/min\" is not understood; write bytes, or a size such as 64K, 16M or 1G");
	bad_key("agent", "", "heartbeat", "8785h", "8785h is too much; at most 8784h");
	bad_key("agent", "", "grace", "18446744073709551616ms", "18446744073709551616ms is too much; at most 8784h");
	bad_key("agent", "", "grace", "5124095576030432h", "5124095576030432h is too much; at most 8784h");
	snprintf(what, sizeof(what), "\"5\" has no unit; %s", how);
	bad_key("agent", "", "grace", "5", what);
	snprintf(what, sizeof(what), "\"99999999999999999999\" has no unit; %s", how);
	bad_key("agent", "", "grace", "99999999999999999999", what);
	static const char *const no[] = { "s", "-1s", "1.5s", "5 s", "5x", "1h30m", "soon" };
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		snprintf(what, sizeof(what), "\"%s\" is not understood; %s", no[i], how);
		bad_key("agent", "", "grace", no[i], what);
	}
}

static void test_agent_paths_when_absolute_none_or_neither(void **state)
{
	(void)state;
	AGENT("state_dir", "/x/y z", strcmp(c->state_dir, "/x/y z") == 0 && c->given == GIVEN_STATE_DIR);
	AGENT("state_dir", "none", !c->state_dir);
	AGENT("control", "/c", strcmp(c->control, "/c") == 0 && c->given == GIVEN_CONTROL);
	AGENT("control", "none", !c->control);
	bad_key("agent", "", "state_dir", "var", "\"var\" is no absolute path; begin it with /, or write none");
	bad_key("agent", "", "control", "./s", "\"./s\" is no absolute path; begin it with /, or write none");

	char path[110] = "/";
	memset(path + 1, 'a', 106);
	AGENT("control", path, strlen(c->control) == 107);
	path[107] = 'a';
	char what[256];
	snprintf(what, sizeof(what), "\"%.64s...\" is too long for a socket; at most 107 bytes", path);
	bad_key("agent", "", "control", path, what);
}

static void test_max_processes_when_in_and_out_of_range(void **state)
{
	(void)state;
	AGENT("max_processes", "64", c->max_processes == 64);
	AGENT("max_processes", "1048576", c->max_processes == 1048576);
	bad_key("agent", "", "max_processes", "63", "63 is too little; at least 64");
	bad_key("agent", "", "max_processes", "1048577", "1048577 is too much; at most 1048576");
	bad_key("agent", "", "max_processes", "18446744073709551680", "18446744073709551680 is too much; at most 1048576");
	bad_key("agent", "", "max_processes", "4K", "\"4K\" is no whole number; write digits only");
	bad_key("agent", "", "max_processes", "-64", "\"-64\" is no whole number; write digits only");
}

static void test_host_when_fit_for_a_header_or_not(void **state)
{
	(void)state;
	AGENT("host", "www1.example.org", strcmp(c->host, "www1.example.org") == 0);
	bad_key("agent", "", "host", "my host", "\"my host\" cannot stand in a syslog header; use printable ASCII without blanks");
	bad_key("agent", "", "host", "h\xc3\xa4", "\"h\xc3\xa4\" cannot stand in a syslog header; use printable ASCII without blanks");
}

static void test_audit_keys_when_good_and_bad(void **state)
{
	(void)state;
	AUDIT("transport", "auto", c->transport == AUDIT_TRANSPORT_AUTO);
	AUDIT("transport", "unicast", c->transport == AUDIT_TRANSPORT_UNICAST);
	AUDIT("transport", "multicast", c->transport == AUDIT_TRANSPORT_MULTICAST);
	AUDIT("transport", "stdin", c->transport == AUDIT_TRANSPORT_STDIN);
	bad_key("audit", "", "transport", "multcast", "\"multcast\" is no transport; did you mean multicast? Known: auto, unicast, multicast or stdin");
	bad_key("audit", "", "transport", "?", "\"?\" is no transport; write auto, unicast, multicast or stdin");
	static const char *const words[] = { "yes", "no", "true", "false", "on", "off", "1", "0", "YES", "Off" };
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		AUDIT("exec_failures", words[i], c->exec_failures == !(i & 1));
	AUDIT("rules", "auto", c->audit_rules == 0);
	AUDIT("rules", "signals , exits", c->audit_rules == (AUDIT_RULES_SIGNALS | AUDIT_RULES_EXITS));
	AUDIT("rules", "execs", c->audit_rules == AUDIT_RULES_EXECS);
	bad_key("audit", "", "rules", "signal", "\"signal\" is no kind of rule; did you mean signals? Known: signals, execs or exits");
	bad_key("audit", "", "rules", "signals, auto", "auto stands alone, since it leaves the choice to the agent; write auto or a list");
	bad_key("audit", "", "exec_failures", "maybe", "\"maybe\" is neither yes nor no; write yes or no");
	bad_key("audit", "", "exec_failures", "2", "\"2\" is neither yes nor no; write yes or no");
}

static void test_file_keys_when_good_and_bad(void **state)
{
	static const char file[] = "type = file\npath = /p\n";
	(void)state;
	FILE_OUTPUT("mode", "0600", o->mode == 0600);
	FILE_OUTPUT("mode", "644", o->mode == 0644);
	FILE_OUTPUT("max_size", "0", o->max_size == 0);
	FILE_OUTPUT("max_size", "12345", o->max_size == 12345);
	FILE_OUTPUT("max_size", "64K", o->max_size == 65536);
	FILE_OUTPUT("max_size", "16m", o->max_size == 16 << 20);
	FILE_OUTPUT("max_size", "3G", o->max_size == 3ull << 30);
	FILE_OUTPUT("keep", "0", o->keep == 0);
	FILE_OUTPUT("keep", "1000", o->keep == 1000);
	FILE_OUTPUT("sync", "exit", o->sync_exit);
	FILE_OUTPUT("sync", "none", !o->sync_exit);
	FILE_OUTPUT("format", "json", o->type == OUTPUT_FILE && strcmp(o->path, "/p") == 0);
	bad_key("output o", file, "mode", "0648", "\"0648\" is no file mode; write permission bits in octal, such as 0640");
	bad_key("output o", file, "mode", "04755", "\"04755\" is no file mode; write permission bits in octal, such as 0640");
	bad_key("output o", file, "mode", "rw", "\"rw\" is no file mode; write permission bits in octal, such as 0640");
	bad_key("output o", file, "max_size", "16T", "\"16T\" is not understood; write bytes, or a size such as 64K, 16M or 1G");
	bad_key("output o", file, "max_size", "17179869184G", "17179869184G is too much; at most 9223372036854775807");
	bad_key("output o", file, "keep", "1001", "1001 is too much; at most 1000");
	bad_key("output o", file, "sync", "all", "\"all\" is no sync; write none or exit");
	bad_key("output o", "type = file\n", "path", "log", "\"log\" is no absolute path; begin it with /");
	bad_key("output o", "type = file\n", "path", "none", "\"none\" is no absolute path; begin it with /");
	bad("[output o]\ntype = file\n" TARGET, "t.ini:1: [output o]: has no path; write path = /var/log/epitaph.log or the like\n");
}

static void test_syslog_keys_when_good_and_bad(void **state)
{
	static const char syslog_[] = "type = syslog\n";
	(void)state;
	SYSLOG_OUTPUT("protocol", "rfc3164", o->protocol == SYSLOG_RFC3164);
	SYSLOG_OUTPUT("facility", "kern", o->facility == LOG_KERN);
	SYSLOG_OUTPUT("facility", "authpriv", o->facility == LOG_AUTHPRIV);
	SYSLOG_OUTPUT("facility", "local7", o->facility == LOG_LOCAL7);
	SYSLOG_OUTPUT("tag", "watch-1", strcmp(o->tag, "watch-1") == 0);
	SYSLOG_OUTPUT("queue", "1", o->queue == 1);
	SYSLOG_OUTPUT("spool", "/s", strcmp(o->spool, "/s") == 0);
	SYSLOG_OUTPUT("spool", "none", !o->spool);
	SYSLOG_OUTPUT("spool_size", "1G", o->spool_size == 1 << 30);
	SYSLOG_OUTPUT("max_message", "480", o->max_message == 480);
	SYSLOG_OUTPUT("max_message", "64K", o->max_message == 65536);
	bad_key("output o", syslog_, "protocol", "rfc5425", "\"rfc5425\" is no protocol; did you mean rfc5424? Known: rfc5424 or rfc3164");
	bad_key("output o", syslog_, "facility", "local8",
	        "\"local8\" is no facility; did you mean local0? Known: kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, "
	        "authpriv, ftp, local0, local1, local2, local3, local4, local5, local6 or local7");
	bad_key("output o", syslog_, "tag", "my tag", "\"my tag\" cannot stand in a syslog header; use printable ASCII without blanks");
	bad_key("output o", syslog_, "tag", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeee",
	        "\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeee\" is too long; at most 48 bytes");
	bad_key("output o", syslog_, "queue", "0", "0 is too little; at least 1");
	bad_key("output o", syslog_, "queue", "many", "\"many\" is no whole number; write digits only");
	bad_key("output o", syslog_, "spool", "s", "\"s\" is no absolute path; begin it with /, or write none");
	bad_key("output o", syslog_, "spool_size", "1", "1 is too little; at least 1K");
	bad_key("output o", syslog_, "max_message", "65537", "65537 is too much; at most 64K");
	bad_key("output o", syslog_, "max_message", "479", "479 is too little; at least 480");
}

static void test_address_when_good_and_bad(void **state)
{
	static const char syslog_[] = "type = syslog\n";
	(void)state;
	SYSLOG_OUTPUT("address", "local", o->transport == SYSLOG_LOCAL && !o->host);
	SYSLOG_OUTPUT("address", "udp://log.example.org:514", o->transport == SYSLOG_UDP && o->port == 514 && strcmp(o->host, "log.example.org") == 0);
	SYSLOG_OUTPUT("address", "tcp://10.0.0.1:1", o->transport == SYSLOG_TCP && o->port == 1 && strcmp(o->host, "10.0.0.1") == 0);
	SYSLOG_OUTPUT("address", "tcp://[2001:db8::1]:65535", o->port == 65535 && strcmp(o->host, "2001:db8::1") == 0);
	SYSLOG_OUTPUT("address", "udp://[fe80::1%eth0]:514", strcmp(o->host, "fe80::1%eth0") == 0);

	static const struct { const char *value, *what; } no[] = {
		{ "remote", "\"remote\" is no address; write local, udp://HOST:PORT, tcp://HOST:PORT or relp://HOST:PORT" },
		{ "http://h:1", "\"http://h:1\" is no address; write local, udp://HOST:PORT, tcp://HOST:PORT or relp://HOST:PORT" },
		{ "udp://h", "\"udp://h\" has no port or no host; write udp://HOST:PORT, such as udp://log.example.org:514" },
		{ "tcp://:514", "\"tcp://:514\" has no port or no host; write tcp://HOST:PORT, such as tcp://log.example.org:514" },
		{ "udp://", "\"udp://\" has no port or no host; write udp://HOST:PORT, such as udp://log.example.org:514" },
		{ "udp://h:0", "\"udp://h:0\" has no valid port; write a number from 1 to 65535" },
		{ "udp://h:65536", "\"udp://h:65536\" has no valid port; write a number from 1 to 65535" },
		{ "udp://h:70000", "\"udp://h:70000\" has no valid port; write a number from 1 to 65535" },
		{ "udp://h:99999999999999999999", "\"udp://h:99999999999999999999\" has no valid port; write a number from 1 to 65535" },
		{ "udp://h:", "\"udp://h:\" has no valid port; write a number from 1 to 65535" },
		{ "udp://h:+5", "\"udp://h:+5\" has no valid port; write a number from 1 to 65535" },
		{ "tcp://2001:db8::1:514", "\"tcp://2001:db8::1:514\" has no valid host; write a name, an IPv4 address, or an IPv6 address in brackets: tcp://[2001:db8::1]:514" },
		{ "tcp://[nonsense]:514", "\"tcp://[nonsense]:514\" has no valid host; write a name, an IPv4 address, or an IPv6 address in brackets: tcp://[2001:db8::1]:514" },
		{ "tcp://a b:514", "\"tcp://a b:514\" has no valid host; write a name, an IPv4 address, or an IPv6 address in brackets: tcp://[2001:db8::1]:514" },
	};
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		bad_key("output o", syslog_, "address", no[i].value, no[i].what);
}

static void test_match_keys_when_good_and_bad(void **state)
{
	(void)state;
	MATCH_KEY("comm", "ngin[xy]*", strcmp(t->comm, "ngin[xy]*") == 0);
	MATCH_KEY("comm", "123456789012345", strlen(t->comm) == 15);
	MATCH_KEY("comm", "systemd-journald*", t->comm != NULL);
	MATCH_KEY("exe", "/usr/sbin/nginx", strcmp(t->exe, "/usr/sbin/nginx") == 0);
	MATCH_KEY("exe", "*/nginx", strcmp(t->exe, "*/nginx") == 0);
	MATCH_KEY("args", "nginx: * # master=1", strcmp(t->args, "nginx: * # master=1") == 0);
	MATCH_KEY("user", "www-*", strcmp(t->user, "www-*") == 0);
	MATCH_KEY("cgroup", "/system.slice/*", strcmp(t->cgroup, "/system.slice/*") == 0);
	MATCH_KEY("pidfile", "/run/x.pid", strcmp(t->pidfile, "/run/x.pid") == 0);
	bad_key("target t", "", "comm", "systemd-journald",
	        "\"systemd-journald\" has 16 bytes and can never match, since the kernel cuts comm at 15; "
	        "write comm = systemd-journal and exe = */systemd-journald");
	bad_key("target t", "", "exe", "nginx", "\"nginx\" can never match, since exe is the whole path; begin it with / or *, such as */nginx");
	bad_key("target t", "", "pidfile", "x.pid", "\"x.pid\" is no absolute path; begin it with /");
	bad_key("target t", "", "comm", "x # web", "a # begins a comment only at the start of a line; write a blank and ; before the comment");
	static const char *const keys[] = { "comm", "exe", "args", "user", "cgroup", "pidfile" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		bad_key("target t", "", keys[i], "", "has no value; write one, or take the line out");
}

static void test_events_when_good_and_bad(void **state)
{
	const unsigned threads = 1 << EVENT_THREAD_START | 1 << EVENT_THREAD_END;
	const unsigned taken = 1 << EVENT_DELIVERED | 1 << EVENT_CLEARED;
	const unsigned all = 1 << EVENT_EXEC | 1 << EVENT_EXEC_FAILED | 1 << EVENT_EXIT | 1 << EVENT_SIGNAL | 1 << EVENT_FORK | taken | threads;
	(void)state;
	TARGET_KEY("events", "exec", t->events == 1 << EVENT_EXEC);
	TARGET_KEY("events", "exec_failed, exit", t->events == (1 << EVENT_EXEC_FAILED | 1 << EVENT_EXIT));
	TARGET_KEY("events", "signal,fork", t->events == (1 << EVENT_SIGNAL | 1 << EVENT_FORK));
	TARGET_KEY("events", "thread", t->events == threads);
	TARGET_KEY("events", "delivered", t->events == taken);
	TARGET_KEY("events", "all", t->events == all);
	TARGET_KEY("events", "!thread, !delivered", t->events == (all & ~threads & ~taken));
	TARGET_KEY("events", "!fork, all", t->events == (all & ~(1u << EVENT_FORK)));
	bad_key("target t", "user = u\n", "events", "exits",
	        "\"exits\" is no event; did you mean exit? Known: exec, exec_failed, exit, signal, fork, thread or delivered");
	bad_key("target t", "user = u\n", "events", "exit,", "nothing stands between two commas, or beside one; take the comma out");
	bad_key("target t", "user = u\n", "events", "exit, !exit", "nothing is left when all the excluded are taken away; name what is wanted");
}

static void test_signals_when_good_and_bad(void **state)
{
	(void)state;
	TARGET_KEY("signals", "TERM", t->signals == BIT(15));
	TARGET_KEY("signals", "SIGTERM, sigkill, Hup", t->signals == (BIT(15) | BIT(9) | BIT(1)));
	TARGET_KEY("signals", "SIGRTMIN+1, rtmin, 64", t->signals == (BIT(35) | BIT(34) | BIT(64)));
	TARGET_KEY("signals", "all", t->signals == UINT64_MAX);
	TARGET_KEY("signals", "!CHLD", t->signals == ~BIT(17));
	TARGET_KEY("signals", "! CHLD, all", t->signals == ~BIT(17));
	TARGET_KEY("signals", "TERM, KILL, !KILL", t->signals == BIT(15));
	static const char *const no[] = { "FOO", "0", "65", "-1", "SIG", "RTMIN+31" };
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		char what[256];
		snprintf(what, sizeof(what), "\"%s\" is no signal; write names such as TERM or SIGTERM, !NAME to exclude, or all", no[i]);
		bad_key("target t", "user = u\n", "signals", no[i], what);
	}
	bad_key("target t", "user = u\n", "signals", "TERM,!", "nothing stands between two commas, or beside one; take the comma out");
	bad_key("target t", "user = u\n", "signals", "!all", "\"all\" is no signal; write names such as TERM or SIGTERM, !NAME to exclude, or all");
}

static void test_severity_when_good_and_bad(void **state)
{
	(void)state;
	TARGET_KEY("severity", "exit=notice, signal = info", t->severity[EVENT_EXIT] == LOG_NOTICE && t->severity[EVENT_SIGNAL] == LOG_INFO &&
	           t->severity[EVENT_EXEC_FAILED] == LOG_WARNING && t->severity[EVENT_LOST] == LOG_ERR);
	TARGET_KEY("severity", "thread=emerg,fork=alert", t->severity[EVENT_THREAD_START] == LOG_EMERG &&
	           t->severity[EVENT_THREAD_END] == LOG_EMERG && t->severity[EVENT_FORK] == LOG_ALERT);
	TARGET_KEY("severity", "exec=crit,exec_failed=err", t->severity[EVENT_EXEC] == LOG_CRIT && t->severity[EVENT_EXEC_FAILED] == LOG_ERR);
	TARGET_KEY("severity", "exec=warning,exit=debug", t->severity[EVENT_EXEC] == LOG_WARNING && t->severity[EVENT_EXIT] == LOG_DEBUG);
	TARGET_KEY("severity", "flapping=alert, absent = info", t->severity[EVENT_FLAPPING] == LOG_ALERT && t->severity[EVENT_ABSENT] == LOG_INFO && t->severity[EVENT_CALM] == LOG_NOTICE);
	TARGET_KEY("severity", "signal=err", t->severity[EVENT_EXIT] == SEVERITY_BY_VERDICT && t->severity[EVENT_SIGNAL] == LOG_ERR);
	TARGET_KEY("severity", "exit=verdict", t->severity[EVENT_EXIT] == SEVERITY_BY_VERDICT);
	bad_key("target t", "user = u\n", "severity", "exec=verdict",
	        "\"verdict\" is no severity; write emerg, alert, crit, err, warning, notice, info or debug");
	bad_key("target t", "user = u\n", "severity", "exit", "\"exit\" is no EVENT=SEVERITY; write such as exit=notice, signal=info");
	bad_key("target t", "user = u\n", "severity", "exit=warn",
	        "\"warn\" is no severity; did you mean warning? Known: emerg, alert, crit, err, warning, notice, info or debug");
	bad_key("target t", "user = u\n", "severity", "lost=err",
	        "\"lost\" is no event; write exec, exec_failed, exit, signal, fork, thread or delivered");
	TARGET_KEY("severity", "delivered=err", t->severity[EVENT_DELIVERED] == LOG_ERR && t->severity[EVENT_FORK] == LOG_DEBUG);
	bad_key("target t", "user = u\n", "severity", "exit=err, exit=info", "exit has two severities; take one out");
	bad_key("target t", "user = u\n", "severity", "exit=err,", "nothing stands between two commas, or beside one; take the comma out");
}

static void test_restarts_and_absent_when_good_and_bad(void **state)
{
	(void)state;
	TARGET_KEY("restarts", "5/1m", t->restarts == 5 && t->restarts_window == 60000 * MS);
	TARGET_KEY("restarts", "1000/24h", t->restarts == 1000 && t->restarts_window == 86400000ull * MS);
	TARGET_KEY("restarts", "0", t->restarts == 0 && t->restarts_window == 0);
	bad_key("target t", "user = u\n", "restarts", "5", "\"5\" is not understood; write a number of starts and a time, such as 5/1m, or 0");
	bad_key("target t", "user = u\n", "restarts", "5/", "\"\" is not understood; write a number of starts and a time, such as 5/1m, or 0");
	bad_key("target t", "user = u\n", "restarts", "5/7", "\"7\" has no unit; write a number of starts and a time, such as 5/1m, or 0");
	bad_key("target t", "user = u\n", "restarts", "5/0", "0 is too little; at least 1ms");
	bad_key("target t", "user = u\n", "restarts", "0/1m", "0/1m: 1 to 1000 starts can be allowed");
	bad_key("target t", "user = u\n", "restarts", "1001/1m", "1001/1m: 1 to 1000 starts can be allowed");
	TARGET_KEY("absent", "30s", t->absent == 30000 * MS);
	TARGET_KEY("absent", "0", t->absent == 0);
}

static void test_rate_when_good_and_bad(void **state)
{
	(void)state;
	TARGET_KEY("rate", "0", t->rate == 0);
	TARGET_KEY("rate", "1000000", t->rate == 1000000);
	bad_key("target t", "user = u\n", "rate", "1000001", "1000001 is too much; at most 1000000");
	bad_key("target t", "user = u\n", "rate", "10/s", "\"10/s\" is no whole number; write digits only");
}

static void test_record_args_when_good_and_bad(void **state)
{
	(void)state;
	TARGET_KEY("record_args", "no", t->record_args == RECORD_ARGS_NO);
	TARGET_KEY("record_args", "first", t->record_args == RECORD_ARGS_FIRST);
	bad_key("target t", "user = u\n", "record_args", "some", "\"some\" is no record_args; write yes, first or no");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_when_only_a_target_stands_there),
		cmocka_unit_test(test_backends_when_auto_or_a_list),
		cmocka_unit_test(test_duration_when_given_in_each_unit),
		cmocka_unit_test(test_agent_paths_when_absolute_none_or_neither),
		cmocka_unit_test(test_max_processes_when_in_and_out_of_range),
		cmocka_unit_test(test_host_when_fit_for_a_header_or_not),
		cmocka_unit_test(test_audit_keys_when_good_and_bad),
		cmocka_unit_test(test_file_keys_when_good_and_bad),
		cmocka_unit_test(test_syslog_keys_when_good_and_bad),
		cmocka_unit_test(test_address_when_good_and_bad),
		cmocka_unit_test(test_match_keys_when_good_and_bad),
		cmocka_unit_test(test_events_when_good_and_bad),
		cmocka_unit_test(test_signals_when_good_and_bad),
		cmocka_unit_test(test_severity_when_good_and_bad),
		cmocka_unit_test(test_restarts_and_absent_when_good_and_bad),
		cmocka_unit_test(test_rate_when_good_and_bad), cmocka_unit_test(test_record_args_when_good_and_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

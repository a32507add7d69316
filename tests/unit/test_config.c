/* test_config.c - agent.ini: every key, every mistake, every trap of inih */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "config/config.h"
#include "config/option.h"

#define MS 1000000ull
#define SEC (1000 * MS)
#define BIT(signo) (1ull << ((signo) - 1))
#define TARGET "[target t]\ncomm = x\n"

/* What came of a parse: a configuration, or messages, one a line. */
struct result {
	struct config *config;
	int            err;
	unsigned       messages;
	char           text[65536];
};

static void gather(void *ctx, const char *message)
{
	struct result *r = ctx;
	size_t len = strlen(r->text);
	assert_null(strchr(message, '\n'));
	snprintf(r->text + len, sizeof(r->text) - len, "%s\n", message);
	r->messages++;
}

static struct result *parse_bytes(const char *bytes, size_t size)
{
	static struct result r;
	r = (struct result){ 0 };
	FILE *f = fmemopen((void *)(uintptr_t)bytes, size, "r");
	assert_non_null(f);
	r.err = config_parse(f, "t.ini", gather, &r, &r.config);
	fclose(f);
	assert_true((r.err == 0) == (r.config != NULL));
	assert_true((r.err != 0) == (r.messages != 0));
	return &r;
}

static struct config *good(const char *text)
{
	struct result *r = parse_bytes(text, strlen(text));
	if (r->err)
		fail_msg("refused: %s\n%s", text, r->text);
	return r->config;
}

static void bad_bytes(const char *bytes, size_t size, const char *messages)
{
	struct result *r = parse_bytes(bytes, size);
	config_free(r->config);
	assert_int_equal(r->err, -EINVAL);
	assert_string_equal(r->text, messages);
}

static void bad(const char *text, const char *messages)
{
	bad_bytes(text, strlen(text), messages);
}

/* One key in a section that is otherwise right; formats are the tests' own. */
static struct config *good_key(const char *section, const char *rest, const char *key, const char *value)
{
	char text[4096];
	snprintf(text, sizeof(text), "[%s]\n%s = %s\n%s%s", section, key, value, rest, strncmp(section, "target", 6) ? "\n" TARGET : "");
	return good(text);
}

static void bad_key(const char *section, const char *rest, const char *key, const char *value, const char *what)
{
	char text[4096], message[4096];
	snprintf(text, sizeof(text), "[%s]\n%s = %s\n%s%s", section, key, value, rest, strncmp(section, "target", 6) ? "\n" TARGET : "");
	snprintf(message, sizeof(message), "t.ini:2: [%s] %s: %s\n", section, key, what);
	bad(text, message);
}

#define AGENT(key, value, expect) do { \
	struct config *c = good_key("agent", "", key, value); \
	assert_true(expect); \
	config_free(c); \
} while (0)
#define AUDIT(key, value, expect) do { \
	struct config *c = good_key("audit", "", key, value); \
	assert_true(expect); \
	config_free(c); \
} while (0)
#define FILE_OUTPUT(key, value, expect) do { \
	struct config *c = good_key("output o", "type = file\npath = /p\n", key, value); \
	const struct output_config *o = &c->outputs[0]; \
	assert_true(expect); \
	config_free(c); \
} while (0)
#define SYSLOG_OUTPUT(key, value, expect) do { \
	struct config *c = good_key("output o", "type = syslog\n", key, value); \
	const struct output_config *o = &c->outputs[0]; \
	assert_true(expect); \
	config_free(c); \
} while (0)
#define TARGET_KEY(key, value, expect) do { \
	struct config *c = good_key("target t", "user = u\n", key, value); \
	const struct target_config *t = &c->targets[0]; \
	assert_true(expect); \
	config_free(c); \
} while (0)
#define MATCH_KEY(key, value, expect) do { \
	struct config *c = good_key("target t", "", key, value); \
	const struct target_config *t = &c->targets[0]; \
	assert_true(expect); \
	config_free(c); \
} while (0)

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
	assert_true(c->coalesce == SEC && c->heartbeat == 0);
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
	assert_int_equal(t->severity[EVENT_EXEC], LOG_INFO);
	assert_int_equal(t->severity[EVENT_EXEC_FAILED], LOG_WARNING);
	assert_int_equal(t->severity[EVENT_EXIT], LOG_WARNING);
	assert_int_equal(t->severity[EVENT_SIGNAL], LOG_NOTICE);
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
	AGENT("heartbeat", "1h", c->heartbeat == 3600 * SEC && c->given == GIVEN_HEARTBEAT);
	AGENT("ring", "1M", c->ring == 1 << 20);
	bad_key("agent", "", "ring", "1K", "1K is too little; at least 4K");
	bad_key("agent", "", "ring", "65M", "65M is too much; at most 64M");
	AGENT("poll_interval", "10ms", c->poll_interval == 10 * MS);
	bad_key("agent", "", "poll_interval", "9ms", "9ms is too little; at least 10ms");
	bad_key("agent", "", "poll_interval", "0", "0 is too little; at least 10ms");
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

static void test_output_type_and_format_when_good_and_bad(void **state)
{
	(void)state;
	struct config *c = good("[output a]\ntype = stdout\nformat = json\n[output b]\nformat = text\ntype = syslog\n" TARGET);
	assert_int_equal(c->outputs_count, 2);
	assert_true(c->outputs[0].type == OUTPUT_STDOUT && c->outputs[0].format == FORMAT_JSON && c->outputs[0].line == 1);
	assert_true(c->outputs[1].type == OUTPUT_SYSLOG && c->outputs[1].format == FORMAT_TEXT && c->outputs[1].line == 4);
	config_free(c);
	bad("[output a]\n" TARGET, "t.ini:1: [output a]: has no type; write type = stdout, file or syslog\n");
	bad("[output a]\ntype = fil\npath = /x\n" TARGET,
	    "t.ini:2: [output a] type: \"fil\" is no type; did you mean file? Known: stdout, file or syslog\n");
	bad_key("output o", "type = stdout\n", "format", "xml", "\"xml\" is no format; write text or json");
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
		{ "remote", "\"remote\" is no address; write local, udp://HOST:PORT or tcp://HOST:PORT" },
		{ "http://h:1", "\"http://h:1\" is no address; write local, udp://HOST:PORT or tcp://HOST:PORT" },
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

static void test_output_key_when_of_another_type(void **state)
{
	(void)state;
	bad("[output a]\npath = /x\ntype = syslog\nkeep = 1\n[output b]\ntype = stdout\ntag = x\n[output c]\ntype = file\npath = /y\nspool = /s\n" TARGET,
	    "t.ini:2: [output a] path: belongs to outputs of type file, and this is one of type syslog; take it out\n"
	    "t.ini:4: [output a] keep: belongs to outputs of type file, and this is one of type syslog; take it out\n"
	    "t.ini:7: [output b] tag: belongs to outputs of type syslog, and this is one of type stdout; take it out\n"
	    "t.ini:11: [output c] spool: belongs to outputs of type syslog, and this is one of type file; take it out\n");
}

static void test_outputs_when_two_write_one_file(void **state)
{
	(void)state;
	bad("[output a]\ntype = file\npath = /x\n[output b]\npath = /x\ntype = file\n[output c]\ntype = syslog\nspool = /x\n" TARGET,
	    "t.ini:5: [output b] path: \"/x\" is written by [output a] of line 1 already; give it another path\n"
	    "t.ini:9: [output c] spool: \"/x\" is written by [output a] of line 1 already; give it another path\n");
}

static void test_outputs_when_32_and_33(void **state)
{
	char text[4096] = "";
	size_t len = 0;
	(void)state;
	for (int i = 0; i < 32; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "[output o%d]\ntype = stdout\n", i);
	snprintf(text + len, sizeof(text) - len, TARGET "output = o31, o0\n" "[target u]\ncomm = y\n");
	struct config *c = good(text);
	assert_true(c->targets[0].outputs == 0x80000001u);
	assert_true(c->targets[1].outputs == UINT32_MAX);
	config_free(c);
	snprintf(text + len, sizeof(text) - len, "[output one]\ntype = stdout\n" TARGET);
	bad(text, "t.ini:65: [output one]: one output too many; at most 32 are possible\n");
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
	bad_key("target t", "user = u\n", "severity", "exit", "\"exit\" is no EVENT=SEVERITY; write such as exit=notice, signal=info");
	bad_key("target t", "user = u\n", "severity", "exit=warn",
	        "\"warn\" is no severity; did you mean warning? Known: emerg, alert, crit, err, warning, notice, info or debug");
	bad_key("target t", "user = u\n", "severity", "lost=err",
	        "\"lost\" is no event; write exec, exec_failed, exit, signal, fork, thread or delivered");
	TARGET_KEY("severity", "delivered=err", t->severity[EVENT_DELIVERED] == LOG_ERR && t->severity[EVENT_FORK] == LOG_DEBUG);
	bad_key("target t", "user = u\n", "severity", "exit=err, exit=info", "exit has two severities; take one out");
	bad_key("target t", "user = u\n", "severity", "exit=err,", "nothing stands between two commas, or beside one; take the comma out");
}

static void test_rate_when_good_and_bad(void **state)
{
	(void)state;
	TARGET_KEY("rate", "0", t->rate == 0);
	TARGET_KEY("rate", "1000000", t->rate == 1000000);
	bad_key("target t", "user = u\n", "rate", "1000001", "1000001 is too much; at most 1000000");
	bad_key("target t", "user = u\n", "rate", "10/s", "\"10/s\" is no whole number; write digits only");
}

static void test_target_output_when_defined_before_after_or_never(void **state)
{
	(void)state;
	struct config *c = good("[output a]\ntype = stdout\n" TARGET "output = c, a,c\n[target u]\nuser = u\noutput = all\n"
	                        "[target v]\nuser = v\n[output b]\ntype = stdout\n[output c]\ntype = stdout\n");
	assert_int_equal(c->targets[0].outputs, 5);
	assert_int_equal(c->targets[1].outputs, 7);
	assert_int_equal(c->targets[2].outputs, 7);
	config_free(c);
	bad("[output centrl]\ntype = stdout\n" TARGET "output = central\n[target u]\nuser = u\noutput = x\n",
	    "t.ini:5: [target t] output: there is no [output central] in this file; did you mean centrl?\n"
	    "t.ini:8: [target u] output: there is no [output x] in this file; write the names of outputs, or all\n");
	c = good(TARGET "output = stdout\n");
	assert_int_equal(c->targets[0].outputs, 1);
	config_free(c);
}

static void test_target_when_none_or_without_match(void **state)
{
	(void)state;
	bad("[agent]\n", "t.ini: no [target NAME] section, so there is nothing to do; write one, such as [target web] and below it comm = nginx\n");
	bad("\n", "t.ini: no [target NAME] section, so there is nothing to do; write one, such as [target web] and below it comm = nginx\n");
	bad("\n[target x]\n", "t.ini:2: [target x]: does not say which processes it watches; write comm, exe, args, user, cgroup or pidfile\n");
	bad("[target x]\nrate = 1\n" TARGET, "t.ini:1: [target x]: does not say which processes it watches; write comm, exe, args, user, cgroup or pidfile\n");
}

static void test_names_when_bad(void **state)
{
	(void)state;
	struct config *c = good("[target  a_B-9.x ]\nuser = u\n[\ttarget aaaaaaaaaabbbbbbbbbbccccccccccdd]\nuser = u\n");
	assert_string_equal(c->targets[0].name, "a_B-9.x");
	assert_int_equal(strlen(c->targets[1].name), CONFIG_NAME_MAX);
	config_free(c);
	bad("[target aaaaaaaaaabbbbbbbbbbccccccccccdde]\nuser = u\n",
	    "t.ini:1: [target aaaaaaaaaabbbbbbbbbbccccccccccdde]: name of 33 bytes; at most 32 are possible\n");
	bad("[target my web]\nuser = u\n", "t.ini:1: [target my web]: a name has only letters, digits and _ . - in it\n");
	bad("[target]\nuser = u\n", "t.ini:1: [target]: has no name; write [target NAME]\n");
	bad("[output]\ntype = stdout\n" TARGET, "t.ini:1: [output]: has no name; write [output NAME]\n");
	bad("[output all]\ntype = stdout\n" TARGET, "t.ini:1: [output all]: all means all outputs; give it another name\n");
	bad("[agent x]\n" TARGET, "t.ini:1: [agent x]: [agent] takes no name\n");
	bad("[target \x1b[2J]\nuser = u\n", "t.ini:1: [target \\x1b[2J]: a name has only letters, digits and _ . - in it\n");
}

static void test_sections_when_repeated_or_unknown(void **state)
{
	(void)state;
	bad("[agent]\ngrace = 1s\n[audit]\n[agent]\ngrace = 1x\n[audit]\n" TARGET "[target t]\nuser = u\n[output o]\ntype = stdout\n[output o]\ntype = stdout\n",
	    "t.ini:4: [agent]: stands at line 1 already; put the keys of both into one section\n"
	    "t.ini:5: [agent] grace: \"1x\" is not understood; write a duration such as 250ms, 5s, 10m or 1h\n"
	    "t.ini:6: [audit]: stands at line 3 already; put the keys of both into one section\n"
	    "t.ini:9: [target t]: stands at line 7 already; put the keys of both into one section\n"
	    "t.ini:13: [output o]: stands at line 11 already; put the keys of both into one section\n");
	bad("[traget web]\ncomm = x\n",
	    "t.ini:1: [traget web]: unknown section, did you mean [target]?; known: [agent], [audit], [output NAME], [target NAME]\n");
	bad("[Agent]\n" TARGET, "t.ini:1: [Agent]: unknown section, did you mean [agent]?; known: [agent], [audit], [output NAME], [target NAME]\n");
	bad("[]\n[nothing]\n" TARGET,
	    "t.ini:1: []: unknown section; known: [agent], [audit], [output NAME], [target NAME]\n"
	    "t.ini:2: [nothing]: unknown section; known: [agent], [audit], [output NAME], [target NAME]\n");
}

static void test_section_line_when_malformed(void **state)
{
	(void)state;
	bad("[target t\ncomm = x\nrate = x\n", "t.ini:1: [target t]: has no ] at its end\n"
	                                       "t.ini:3: [target t] rate: \"x\" is no whole number; write digits only\n");
	bad("[target t ; ]\ncomm = x\n", "t.ini:1: [target t]: has no ] at its end\n");
	bad("[target t] comm = x\nuser = u\n", "t.ini:1: [target t]: \"comm = x\" stands after the ]; give it a line of its own\n");
	config_free(good("[target t] ; comment ]\ncomm = x\n"));
	config_free(good("  [target t]  \r\ncomm = x\n"));
}

static void test_keys_when_unknown_or_misplaced(void **state)
{
	(void)state;
	bad(TARGET "signal = TERM\n", "t.ini:3: [target t] signal: unknown key, did you mean signals?\n");
	bad("[target t]\nCOMM = x\n", "t.ini:2: [target t] COMM: unknown key, did you mean comm?\n");
	bad("[agent]\nbackend = proc\ncomm = x\nzzzzzzzzzz = 1\n" TARGET,
	    "t.ini:2: [agent] backend: unknown key, did you mean backends?\n"
	    "t.ini:3: [agent] comm: unknown key; it belongs to [target NAME]\n"
	    "t.ini:4: [agent] zzzzzzzzzz: unknown key; known: backends, ring, poll_interval, grace, stop_window, coalesce, heartbeat, "
	    "state_dir, control, max_processes, host\n");
	bad("grace = 1s\nnonsense = 1\n" TARGET,
	    "t.ini:1: grace: stands before any section; put it below a line such as [agent]\n"
	    "t.ini:2: nonsense: stands before any section; put it below a line such as [agent]\n");
}

static void test_key_when_given_twice(void **state)
{
	(void)state;
	bad(TARGET "\ncomm = y\n", "t.ini:4: [target t] comm: is given at line 2 already; take one of them out\n");
	bad(TARGET "output = stdout\noutput = stdout\n", "t.ini:4: [target t] output: is given at line 3 already; take one of them out\n");
	config_free(good("[target a]\ncomm = x\n[target b]\ncomm = x\n"));
}

static void test_lines_when_no_key_and_value(void **state)
{
	(void)state;
	bad(TARGET "one\ntwo ; = x\n= three\n[agent]\n four\n",
	    "t.ini:3: [target t]: \"one\" is no key = value, no [section] and no comment\n"
	    "t.ini:4: [target t]: \"two\" is no key = value, no [section] and no comment\n"
	    "t.ini:5: [target t]: \"= three\" has no key in front of the =; write key = value\n"
	    "t.ini:7: [agent]: \"four\" is no key = value, no [section] and no comment\n");
	bad("junk\n[target t]\ncomm\n", "t.ini:1: \"junk\" is no key = value, no [section] and no comment\n"
	                                "t.ini:3: [target t]: \"comm\" is no key = value, no [section] and no comment\n");
}

static void test_indented_line_when_key_and_when_continuation(void **state)
{
	(void)state;
	struct config *c = good("[target t]\ncomm = x\n  exe = /x\n\tuser = u\n   # comment\n\n  ; comment\n");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].exe, "/x");
	assert_string_equal(c->targets[0].user, "u");
	config_free(c);
	bad(TARGET "signals = TERM,\n\tKILL\n   !HUP\n",
	    "t.ini:3: [target t] signals: nothing stands between two commas, or beside one; take the comma out\n"
	    "t.ini:4: [target t] signals: \"KILL\" seems to continue the value above; a value must stand on one line\n"
	    "t.ini:5: [target t] signals: \"!HUP\" seems to continue the value above; a value must stand on one line\n");
	bad("[output o]\ntype = syslog\naddress =\n  udp://h:514\n" TARGET,
	    "t.ini:3: [output o] address: has no value; write one, or take the line out\n"
	    "t.ini:4: [output o] address: \"udp://h:514\" seems to continue the value above; a value must stand on one line\n");
}

static void test_colon_when_in_place_of_equals(void **state)
{
	(void)state;
	struct config *c = good("[target t]\ncomm: x\n  args : a=b:c\n");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].args, "a=b:c");
	config_free(c);
	bad("[output o]\ntype = syslog\naddress udp://h:1\n" TARGET,
	    "t.ini:3: [output o]: \"address udp://h:1\" is no key = value, no [section] and no comment\n");
}

static void test_comments_when_inline_and_alone(void **state)
{
	(void)state;
	struct config *c = good("; one\n#two\n[target t]\ncomm = x ; three = 3\nargs = a;b\t; four\nuser=;u\n");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].args, "a;b");
	assert_string_equal(c->targets[0].user, ";u");
	config_free(c);
	bad(TARGET "args = ; nothing\n", "t.ini:3: [target t] args: has no value; write one, or take the line out\n");
}

static void test_file_when_bom_crlf_and_no_last_newline(void **state)
{
	(void)state;
	struct config *c = good("\xef\xbb\xbf[target t]\r\ncomm = x\r\nexe = /x");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].exe, "/x");
	config_free(c);
	bad("[target t]\ncomm = x\n\xef\xbb\xbf" "exe = /x\n",
	    "t.ini:3: [target t] \\xef\\xbb\\xbf" "exe: unknown key; known: comm, exe, args, user, cgroup, pidfile, events, signals, output, rate, severity\n");
}

static void test_nul_and_control_bytes_when_in_the_file(void **state)
{
	static const char nul[] = "[target t]\ncomm = x\nexe = /a\0b\n# \0\n[agent\0]\ngrace = never\n";
	(void)state;
	bad_bytes(nul, sizeof(nul) - 1,
	          "t.ini:3: NUL byte in the line; write the file as plain text in UTF-8\n"
	          "t.ini:4: NUL byte in the line; write the file as plain text in UTF-8\n"
	          "t.ini:5: NUL byte in the line; write the file as plain text in UTF-8\n");
	bad("[target t]\ncomm = \x1b[31mx\nargs = a\rb\nuser = u\x7f\n",
	    "t.ini:2: [target t]: control byte \\x1b in the line; take it out\n"
	    "t.ini:3: [target t]: control byte \\x0d in the line; take it out\n"
	    "t.ini:4: [target t]: control byte \\x7f in the line; take it out\n");
}

static void test_messages_when_bytes_are_not_printable(void **state)
{
	(void)state;
	bad_key("target t", "user = u\n", "signals", "\xc3\x28\xff\xc3\xbc\xe2\x80\xae\xed\xa0\x80\xc0\xaf\xc2\x85",
	        "\"\\xc3(\\xff\xc3\xbc\\xe2\\x80\\xae\\xed\\xa0\\x80\\xc0\\xaf\\xc2\\x85\" is no signal; "
	        "write names such as TERM or SIGTERM, !NAME to exclude, or all");
	bad("[agent]\n\xff\xfe\xfd\xfc\xfb = 1\n" TARGET,
	    "t.ini:2: [agent] \\xff\\xfe\\xfd\\xfc\\xfb: unknown key; known: backends, ring, poll_interval, grace, stop_window, coalesce, heartbeat, "
	    "state_dir, control, max_processes, host\n");
}

/* The limit is inih's and is found by asking for more and more. */
static void test_line_when_as_long_as_possible_and_one_longer(void **state)
{
	static char text[CONFIG_LINE_MAX + 256];
	char expect[256];
	size_t most = 0;
	(void)state;

	for (size_t len = 100; len <= CONFIG_LINE_MAX + 1 && !most; len++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, "[target t]\nargs=", 16);
		snprintf(text + 11 + len, 32, "\nrate = x\n");
		struct result *r = parse_bytes(text, strlen(text));
		assert_non_null(strstr(r->text, ":3: [target t] rate:"));
		if (r->messages == 2) {
			most = len - 1;
			snprintf(expect, sizeof(expect), "t.ini:2: [target t] args: line of %zu bytes, at most %zu are possible\n", len, most);
			assert_memory_equal(r->text, expect, strlen(expect));
		}
	}
	assert_in_range(most, 190, CONFIG_LINE_MAX);

	/* The longest of them is taken whole, indentation and comment not counted. */
	memset(text, 'a', sizeof(text));
	memcpy(text, "[target t]\n     args=", 21);
	snprintf(text + 16 + most, 32, "  ; comment beyond it\n");
	struct config *c = good(text);
	assert_int_equal(strlen(c->targets[0].args), most - 5);
	config_free(c);
}

static void test_line_when_far_too_long(void **state)
{
	enum { LONG = 100000 };
	char *text = malloc(LONG + 256), expect[512];
	(void)state;
	assert_non_null(text);

	memset(text, 'x', LONG);
	text[0] = '#';
	snprintf(text + LONG, 256, "\n" TARGET);
	config_free(good(text)); /* a comment may be of any length */

	memcpy(text, "[target t]\ncomm = ", 18);
	snprintf(text + LONG, 256, "\nrate = x\n");
	struct result *r = parse_bytes(text, strlen(text));
	snprintf(expect, sizeof(expect), "t.ini:2: [target t] comm: line of %d bytes, at most ", LONG - 11);
	assert_memory_equal(r->text, expect, strlen(expect));
	assert_non_null(strstr(r->text, "t.ini:3: [target t] rate: \"x\" is no whole number; write digits only\n"));
	assert_int_equal(r->messages, 2);

	memcpy(text, "[target xxxxxxxxxxxxxxxxx", 25);
	snprintf(text + LONG, 256, "]\nrate = x\n[target u]\nrate = y\nuser = u\n");
	snprintf(expect, sizeof(expect), "t.ini:1: line of %d bytes, at most %d are possible\n"
	         "t.ini:4: [target u] rate: \"y\" is no whole number; write digits only\n", LONG + 1, CONFIG_LINE_MAX);
	bad(text, expect);

	/* inih alone would cut the name at 49 bytes and take it. */
	snprintf(text, 256, "[target %060d]\ncomm = x\n", 1);
	snprintf(expect, sizeof(expect), "t.ini:1: [target %057d...]: name of 60 bytes; at most 32 are possible\n", 0);
	bad(text, expect);
	free(text);
}

static void test_errors_when_six_in_one_file(void **state)
{
	(void)state;
	bad("# six mistakes\n"
	    "[agent]\n"
	    "poll_interval = 1\n"
	    "[output log]\n"
	    "type = file\n"
	    "\n"
	    "[target web]\n"
	    "com = nginx\n"
	    "signals = FOO\n"
	    "output = logs\n"
	    "just words\n",
	    "t.ini:3: [agent] poll_interval: \"1\" has no unit; write a duration such as 250ms, 5s, 10m or 1h\n"
	    "t.ini:4: [output log]: has no path; write path = /var/log/epitaph.log or the like\n"
	    "t.ini:8: [target web] com: unknown key, did you mean comm?\n"
	    "t.ini:9: [target web] signals: \"FOO\" is no signal; write names such as TERM or SIGTERM, !NAME to exclude, or all\n"
	    "t.ini:10: [target web] output: there is no [output logs] in this file; did you mean log?\n"
	    "t.ini:11: [target web]: \"just words\" is no key = value, no [section] and no comment\n");
}

static void test_errors_when_more_than_are_told(void **state)
{
	char text[8192];
	size_t len = (size_t)snprintf(text, sizeof(text), "[target t]\n");
	(void)state;
	for (int i = 0; i < 250; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "nonsense %d\n", i);
	struct result *r = parse_bytes(text, len);
	assert_int_equal(r->messages, ERRORS_MAX + 1);
	/* The first line's error is found last, when the section ends, and told first. */
	assert_memory_equal(r->text, "t.ini:1: [target t]: does not say", 33);
	assert_non_null(strstr(r->text, "t.ini:100: [target t]: \"nonsense 98\""));
	assert_null(strstr(r->text, "nonsense 99\""));
	assert_non_null(strstr(r->text, "t.ini: and 151 more\n"));
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void assert_same_output(const struct output_config *a, const struct output_config *b)
{
	assert_true(same(a->name, b->name) && same(a->path, b->path) && same(a->host, b->host));
	assert_true(same(a->tag, b->tag) && same(a->spool, b->spool));
	assert_true(a->type == b->type && a->format == b->format && a->mode == b->mode && a->max_size == b->max_size);
	assert_true(a->keep == b->keep && a->sync_exit == b->sync_exit && a->transport == b->transport && a->port == b->port);
	assert_true(a->protocol == b->protocol && a->facility == b->facility && a->queue == b->queue);
	assert_true(a->spool_size == b->spool_size && a->max_message == b->max_message);
}

static void assert_same_target(const struct target_config *a, const struct target_config *b)
{
	assert_true(same(a->name, b->name) && same(a->comm, b->comm) && same(a->exe, b->exe) && same(a->args, b->args));
	assert_true(same(a->user, b->user) && same(a->cgroup, b->cgroup) && same(a->pidfile, b->pidfile));
	assert_true(a->events == b->events && a->signals == b->signals);
	assert_true(a->outputs == b->outputs && a->rate == b->rate);
	assert_memory_equal(a->severity, b->severity, sizeof(a->severity));
}

/* All but the line numbers. */
static void assert_same_config(const struct config *a, const struct config *b)
{
	assert_true(a->backends == b->backends && a->backends_auto == b->backends_auto && a->given == b->given);
	assert_true(a->ring == b->ring && a->poll_interval == b->poll_interval && a->grace == b->grace && a->stop_window == b->stop_window);
	assert_true(a->coalesce == b->coalesce && a->heartbeat == b->heartbeat && a->max_processes == b->max_processes);
	assert_true(same(a->state_dir, b->state_dir) && same(a->control, b->control) && same(a->host, b->host));
	assert_true(a->transport == b->transport && a->exec_failures == b->exec_failures);
	assert_int_equal(a->outputs_count, b->outputs_count);
	assert_int_equal(a->targets_count, b->targets_count);
	for (unsigned i = 0; i < a->outputs_count; i++)
		assert_same_output(&a->outputs[i], &b->outputs[i]);
	for (unsigned i = 0; i < a->targets_count; i++)
		assert_same_target(&a->targets[i], &b->targets[i]);
}

static char *printed(const struct config *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	config_print(c, f);
	fclose(f);
	return text;
}

static void assert_round_trip(struct config *c)
{
	char *text = printed(c);
	struct config *again = good(text);
	assert_same_config(c, again);
	free(text);
	config_free(again);
	config_free(c);
}

static const char everything[] =
	"[agent]\nbackends = tracepoint, cn_proc, proc\npoll_interval = 1500ms\ngrace = 0\nstop_window = 1h\ncoalesce = 90s\n"
	"heartbeat = 5m\nstate_dir = none\ncontrol = /run/other.sock\nmax_processes = 64\nhost = www1\n"
	"[audit]\ntransport = stdin\nrules = exits, signals\nexec_failures = on\n"
	"[output out]\ntype = stdout\nformat = json\n"
	"[output f]\ntype = file\nformat = json\npath = /var/log/e.json\nmode = 0\nmax_size = 65537\nkeep = 0\nsync = exit\n"
	"[output s6]\ntype = syslog\naddress = tcp://[2001:db8::1]:601\nprotocol = rfc3164\nfacility = local3\ntag = watch\n"
	"queue = 1\nspool = /var/spool/e\nspool_size = 1G\nmax_message = 480\n"
	"[output s4]\ntype = syslog\naddress = udp://log.example.org:00514\nfacility = kern\n"
	"[target one]\ncomm = a*\nexe = */a\nargs=;a # b=c:d\nuser = www-*\ncgroup = /system.slice/*\npidfile = /run/a.pid\n"
	"events = all, !fork\nsignals = !CHLD, !RTMIN+3, !33\noutput = s6, f\nrate = 0\n"
	"severity = exec=emerg, exec_failed=alert, exit=crit, signal=err, fork=info, thread=notice\n"
	"[target two]\nuser = \xc3\xbc\xff\nevents = thread\nsignals = TERM, 32, RTMAX\n";

static void test_print_when_parsed_again(void **state)
{
	(void)state;
	assert_round_trip(good(TARGET));
	assert_round_trip(good(everything));
	assert_round_trip(good("[agent]\nheartbeat = 0\nstate_dir = /var/lib/epitaph\n" TARGET));
}

static void test_print_when_lists_are_longest(void **state)
{
	char text[4096] = "";
	size_t len = 0;
	(void)state;
	/* A list of outputs that fits into a line only without blanks. */
	for (int i = 0; i < 7; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "[output number_%018d]\ntype = stdout\n", i);
	len += (size_t)snprintf(text + len, sizeof(text) - len, TARGET "output=");
	for (int i = 0; i < 6; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%snumber_%018d", i ? "," : "", i);
	assert_round_trip(good(text));

	/* Half of all signals, whose names together are longer than a line. */
	snprintf(text, sizeof(text), TARGET "signals = 33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64\n");
	assert_round_trip(good(text));
	snprintf(text, sizeof(text), TARGET "signals = !34,!35,!36,!37,!38,!39,!40,!41,!42,!43,!44,!45,!46,!47,!48,!49,!50,!51,!52,!53,!54,!55,!56,!57,!58,!59,!60\n");
	assert_round_trip(good(text));
	/* A value that leaves no room for the blanks around =. */
	snprintf(text, sizeof(text), "[target t]\nargs=%0193d\n", 7);
	assert_round_trip(good(text));
}

static void test_print_when_keys_were_not_given(void **state)
{
	(void)state;
	struct config *c = good("[agent]\ncontrol = /run/epitaph.sock\n" TARGET);
	char *text = printed(c);
	assert_non_null(strstr(text, "\ncontrol = /run/epitaph.sock\n"));
	assert_non_null(strstr(text, "\n; state_dir = /var/lib/epitaph\n"));
	assert_non_null(strstr(text, "\n; heartbeat = 0\n"));
	assert_null(strstr(text, "\nexe ="));
	free(text);
	config_free(c);
}

/* Keeps the table honest: options_preset() takes a refused default for a lack of memory. */
static void test_options_when_parsed_from_their_defaults(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		union {
			struct config c;
			struct output_config o;
			struct target_config t;
		} *object = calloc(1, sizeof(*object));
		struct wrong w = { "" };
		const struct option *o = &options[i];
		assert_non_null(object);
		if (o->preset && o->value->parse(o, object, o->preset, &w))
			fail_msg("%s = %s: %s", o->key, o->preset, w.text);
		assert_true(o->help && strlen(o->help) > 10 && o->key && o->value);
		if (o->value == &value_path || o->value == &value_text)
			free(*(char **)(void *)((char *)object + o->at));
		free(object);
	}
}

static char *option_list(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	config_print_options(f);
	fclose(f);
	return text;
}

static void test_print_options_when_asked(void **state)
{
	(void)state;
	char *text = option_list();
	for (size_t i = 0; i < options_count; i++) {
		assert_non_null(strstr(text, options[i].key));
		assert_non_null(strstr(text, options[i].help));
		assert_non_null(strstr(text, section_heading(options[i].section)));
	}
	free(text);
}

/* Keys of the table in DESIGN, by section. */
static void test_options_when_compared_with_the_design(void **state)
{
	static const char *const keys[SECTIONS] = {
		[SECTION_AGENT] = "backends ring poll_interval grace stop_window coalesce heartbeat state_dir control max_processes host",
		[SECTION_AUDIT] = "transport rules exec_failures",
		[SECTION_OUTPUT] = "type format path mode max_size keep sync address protocol facility tag queue spool spool_size max_message",
		[SECTION_TARGET] = "comm exe args user cgroup pidfile events signals output rate severity",
	};
	size_t count = 0;
	(void)state;
	for (int s = 0; s < SECTIONS; s++) {
		for (const char *p = keys[s]; *p; count++) {
			char key[32];
			size_t len = strcspn(p, " ");
			snprintf(key, sizeof(key), "%.*s", (int)len, p);
			assert_non_null(option_find((enum section)s, key));
			p += len + (p[len] == ' ');
		}
	}
	assert_int_equal(count, options_count);
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "r");
	assert_non_null(text);
	if (!f || !fread(text, 1, 65535, f))
		fail_msg("%s cannot be read; run the tests in the top folder", path);
	fclose(f);
	return text;
}

static void test_example_when_loaded(void **state)
{
	static struct result r;
	(void)state;
	r = (struct result){ 0 };
	int err = config_load("agent.ini.example", gather, &r, &r.config);
	if (err)
		fail_msg("%s", r.text);
	assert_int_equal(r.config->outputs[0].type, OUTPUT_STDOUT);
	assert_int_equal(r.config->given, 0);
	assert_round_trip(r.config);

	/* Every key stands in it with its default, as a comment or not. */
	char *text = slurp("agent.ini.example");
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		const char *at = text;
		char line[256];
		size_t len = (size_t)snprintf(line, sizeof(line), "%s = %s", o->key, o->preset ? o->preset : "");
		while ((at = strstr(at, line)) && (at[-1] != '\n' && (at[-1] != '#' || at[-2] != '\n')))
			at++;
		if (!at || (o->preset && !strchr(" \n", at[len])))
			fail_msg("agent.ini.example has no line %s", line);
	}

	/* Its commented-out lines are right as well: all but prose can be switched on. */
	for (char *p = text; (p = strstr(p, "\n#"));) {
		if (p[2] == '[' || (p[2] >= 'a' && p[2] <= 'z'))
			memmove(p + 1, p + 2, strlen(p + 2) + 1);
		p++;
	}
	struct config *c = good(text);
	assert_int_equal(c->outputs_count, 3);
	assert_int_equal(c->given, GIVEN_STATE_DIR | GIVEN_CONTROL | GIVEN_HEARTBEAT);
	assert_round_trip(c);
	free(text);
}

static int load(const char *path, struct result *r)
{
	*r = (struct result){ 0 };
	return config_load(path, gather, r, &r->config);
}

static void test_load_when_the_file_cannot_be_read(void **state)
{
	static struct result r;
	char dir[] = "/tmp/test_config.XXXXXX", fifo[64];
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(load(dir, &r), -EISDIR);
	assert_non_null(strstr(r.text, ": cannot be read: Is a directory\n"));
	assert_int_equal(load("/dev/null", &r), -EINVAL);
	assert_string_equal(r.text, "/dev/null: cannot be read: it is no regular file\n");
	assert_int_equal(load("/nonexistent/agent.ini", &r), -ENOENT);
	assert_string_equal(r.text, "/nonexistent/agent.ini: cannot be read: No such file or directory; "
	                            "write one (agent.ini.example is a start), or name another with -c\n");
	assert_null(r.config);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(load(fifo, &r), -EINVAL); /* and does not wait for a writer */
	assert_non_null(strstr(r.text, "it is no regular file"));
	unlink(fifo);
	rmdir(dir);
}

static ssize_t broken_read(void *cookie, char *to, size_t size)
{
	(void)cookie;
	(void)to;
	(void)size;
	errno = EIO;
	return -1;
}

static void test_parse_when_reading_fails(void **state)
{
	static struct result r;
	(void)state;
	r = (struct result){ 0 };
	FILE *f = fopencookie(NULL, "r", (cookie_io_functions_t){ .read = broken_read });
	assert_non_null(f);
	assert_int_equal(config_parse(f, "t.ini", gather, &r, &r.config), -EIO);
	assert_string_equal(r.text, "t.ini: cannot be read: Input/output error\n");
	assert_null(r.config);
	fclose(f);
}

static void test_free_when_null(void **state)
{
	(void)state;
	config_free(NULL);
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
		cmocka_unit_test(test_output_type_and_format_when_good_and_bad),
		cmocka_unit_test(test_file_keys_when_good_and_bad),
		cmocka_unit_test(test_syslog_keys_when_good_and_bad),
		cmocka_unit_test(test_address_when_good_and_bad),
		cmocka_unit_test(test_output_key_when_of_another_type),
		cmocka_unit_test(test_outputs_when_two_write_one_file),
		cmocka_unit_test(test_outputs_when_32_and_33),
		cmocka_unit_test(test_match_keys_when_good_and_bad),
		cmocka_unit_test(test_events_when_good_and_bad),
		cmocka_unit_test(test_signals_when_good_and_bad),
		cmocka_unit_test(test_severity_when_good_and_bad),
		cmocka_unit_test(test_rate_when_good_and_bad),
		cmocka_unit_test(test_target_output_when_defined_before_after_or_never),
		cmocka_unit_test(test_target_when_none_or_without_match),
		cmocka_unit_test(test_names_when_bad),
		cmocka_unit_test(test_sections_when_repeated_or_unknown),
		cmocka_unit_test(test_section_line_when_malformed),
		cmocka_unit_test(test_keys_when_unknown_or_misplaced),
		cmocka_unit_test(test_key_when_given_twice),
		cmocka_unit_test(test_lines_when_no_key_and_value),
		cmocka_unit_test(test_indented_line_when_key_and_when_continuation),
		cmocka_unit_test(test_colon_when_in_place_of_equals),
		cmocka_unit_test(test_comments_when_inline_and_alone),
		cmocka_unit_test(test_file_when_bom_crlf_and_no_last_newline),
		cmocka_unit_test(test_nul_and_control_bytes_when_in_the_file),
		cmocka_unit_test(test_messages_when_bytes_are_not_printable),
		cmocka_unit_test(test_line_when_as_long_as_possible_and_one_longer),
		cmocka_unit_test(test_line_when_far_too_long),
		cmocka_unit_test(test_errors_when_six_in_one_file),
		cmocka_unit_test(test_errors_when_more_than_are_told),
		cmocka_unit_test(test_print_when_parsed_again),
		cmocka_unit_test(test_print_when_lists_are_longest),
		cmocka_unit_test(test_print_when_keys_were_not_given),
		cmocka_unit_test(test_options_when_parsed_from_their_defaults),
		cmocka_unit_test(test_print_options_when_asked),
		cmocka_unit_test(test_options_when_compared_with_the_design),
		cmocka_unit_test(test_example_when_loaded),
		cmocka_unit_test(test_load_when_the_file_cannot_be_read),
		cmocka_unit_test(test_parse_when_reading_fails),
		cmocka_unit_test(test_free_when_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

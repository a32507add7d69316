/* options.c - the one table of every key of agent.ini, and what is read off it */
#include "config/option.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#define FIELD(type, member) .at = offsetof(struct type, member), .size = sizeof(((struct type *)NULL)->member)
#define AGENT(k)  .section = SECTION_AGENT, .key = (k)
#define AUDIT(k)  .section = SECTION_AUDIT, .key = (k)
#define OUTPUT(k) .section = SECTION_OUTPUT, .key = (k)
#define TARGET(k) .section = SECTION_TARGET, .key = (k)
#define ONLY_FILE   .types = 1u << OUTPUT_FILE
#define ONLY_SYSLOG .types = 1u << OUTPUT_SYSLOG
#define ONLY_QUEUED .types = 1u << OUTPUT_SYSLOG | 1u << OUTPUT_JOURNAL
#define ONLY_PROGRAM .types = 1u << OUTPUT_PROGRAM

/* So that a time plus a duration never overflows. */
#define DURATION_MAX (8784ull * 3600 * 1000000000)

const char *const section_names[SECTIONS] = { "agent", "audit", "output", "target" };

static const struct word transports[] = {
	{ "auto", AUDIT_TRANSPORT_AUTO }, { "unicast", AUDIT_TRANSPORT_UNICAST },
	{ "multicast", AUDIT_TRANSPORT_MULTICAST }, { "stdin", AUDIT_TRANSPORT_STDIN }, { NULL, 0 },
};
static const struct word types[] = {
	{ "stdout", OUTPUT_STDOUT }, { "file", OUTPUT_FILE }, { "syslog", OUTPUT_SYSLOG }, { "journal", OUTPUT_JOURNAL }, { "program", OUTPUT_PROGRAM }, { NULL, 0 },
};
static const struct word formats[] = { { "text", FORMAT_TEXT }, { "json", FORMAT_JSON }, { NULL, 0 } };
static const struct word record_args[] = {
	{ "yes", RECORD_ARGS_YES }, { "first", RECORD_ARGS_FIRST }, { "no", RECORD_ARGS_NO }, { NULL, 0 },
};
static const struct word syncs[] = { { "none", false }, { "exit", true }, { NULL, 0 } };
static const struct word protocols[] = { { "rfc5424", SYSLOG_RFC5424 }, { "rfc3164", SYSLOG_RFC3164 }, { NULL, 0 } };
static const struct word facilities[] = {
	{ "kern", LOG_KERN }, { "user", LOG_USER }, { "mail", LOG_MAIL }, { "daemon", LOG_DAEMON },
	{ "auth", LOG_AUTH }, { "syslog", LOG_SYSLOG }, { "lpr", LOG_LPR }, { "news", LOG_NEWS },
	{ "uucp", LOG_UUCP }, { "cron", LOG_CRON }, { "authpriv", LOG_AUTHPRIV }, { "ftp", LOG_FTP },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
	{ NULL, 0 },
};

const struct option options[] = {
	{ AGENT("backends"), .preset = "auto", .value = &value_backends, .flags = OPTION_LIST,
	  .help = "auto = all that are usable, or a list of audit, cn_proc, proc, tracepoint, taskstats, kmsg" },
	{ AGENT("user"), .value = &value_text, FIELD(config, user),
	  .help = "whom the part that reads and decides runs as: epitaph if there is one, else 65533; root keeps all rights" },
	{ AGENT("ring"), .preset = "64K", .value = &value_size, FIELD(config, ring), .min = 4096, .max = 64 << 20,
	  .help = "memory for each processor's signals until they are read, 4K to 64M" },
	{ AGENT("poll_interval"), .preset = "1s", .value = &value_duration, FIELD(config, poll_interval),
	  .min = 10000000, .max = DURATION_MAX, .help = "how often the proc backend looks, 10ms or more" },
	{ AGENT("grace"), .preset = "250ms", .value = &value_duration, FIELD(config, grace), .max = DURATION_MAX,
	  .help = "how long an exit waits for the record of who sent the signal" },
	{ AGENT("stop_window"), .preset = "10s", .value = &value_duration, FIELD(config, stop_window), .max = DURATION_MAX,
	  .help = "an exit so soon after TERM, INT, QUIT or HUP counts as stopped" },
	{ AGENT("coalesce"), .preset = "1s", .value = &value_duration, FIELD(config, coalesce), .max = DURATION_MAX,
	  .help = "equal signals from one sender within this time are one record" },
	{ AGENT("budget"), .preset = "1M", .value = &value_size, FIELD(config, budget), .max = INT64_MAX,
	  .help = "bytes of records that each user but root may cause in a minute, 0 = no limit: above, they are short; above twice as much, only ends are written" },
	{ AGENT("heartbeat"), .preset = "0", .value = &value_duration, FIELD(config, heartbeat), .max = DURATION_MAX,
	  .given = GIVEN_HEARTBEAT, .help = "how often to write that the agent lives, 0 = never" },
	{ AGENT("state_dir"), .preset = "/var/lib/epitaph", .value = &value_path, FIELD(config, state_dir), .flags = OPTION_NONE,
	  .given = GIVEN_STATE_DIR, .help = "where the agent remembers across restarts, or none" },
	{ AGENT("control"), .preset = "/run/epitaph.sock", .value = &value_path, FIELD(config, control), .flags = OPTION_NONE,
	  .check = check_socket, .given = GIVEN_CONTROL, .help = "socket that `epitaph status` asks, or none" },
	{ AGENT("max_processes"), .preset = "4096", .value = &value_number, FIELD(config, max_processes), .min = 64, .max = 1048576,
	  .help = "processes remembered at most, 64 to 1048576" },
	{ AGENT("host"), .value = &value_text, FIELD(config, host), .check = check_host,
	  .help = "name of this host in the records; the system's if not given" },

	{ AUDIT("transport"), .preset = "auto", .value = &value_word, FIELD(config, transport), .words = transports,
	  .help = "auto, unicast, multicast (beside auditd) or stdin (as a plugin of auditd)" },
	{ AUDIT("rules"), .preset = "auto", .value = &value_rules, FIELD(config, audit_rules), .flags = OPTION_LIST,
	  .help = "auto = what nobody else tells, or a list of signals, execs, exits: each rule costs every system call" },
	{ AUDIT("exec_failures"), .preset = "no", .value = &value_yes_no, FIELD(config, exec_failures),
	  .help = "also witness programs that could not be executed" },

	{ OUTPUT("type"), .value = &value_word, FIELD(output_config, type), .words = types,
	  .help = "stdout, file, syslog, journal or program; must be given" },
	{ OUTPUT("format"), .preset = "text", .value = &value_word, FIELD(output_config, format), .words = formats,
	  .help = "text = a line for people, json = a line for programs" },
	{ OUTPUT("path"), .value = &value_path, FIELD(output_config, path), ONLY_FILE,
	  .help = "file to append to; must be given for a file" },
	{ OUTPUT("mode"), .preset = "0640", .value = &value_mode, FIELD(output_config, mode), ONLY_FILE,
	  .help = "permission bits of the file, octal" },
	{ OUTPUT("max_size"), .preset = "0", .value = &value_size, FIELD(output_config, max_size), ONLY_FILE, .max = INT64_MAX,
	  .help = "rotate when the file is larger, 0 = never" },
	{ OUTPUT("keep"), .preset = "5", .value = &value_number, FIELD(output_config, keep), ONLY_FILE, .max = 1000,
	  .help = "rotated files that are kept" },
	{ OUTPUT("sync"), .preset = "none", .value = &value_word, FIELD(output_config, sync_exit), .words = syncs, ONLY_FILE,
	  .help = "none, or exit = force the file to disk after each exit" },
	{ OUTPUT("address"), .preset = "local", .value = &value_address, ONLY_SYSLOG,
	  .help = "local = /dev/log, or udp://HOST:PORT, tcp://HOST:PORT or relp://HOST:PORT" },
	{ OUTPUT("protocol"), .preset = "rfc5424", .value = &value_word, FIELD(output_config, protocol), .words = protocols, ONLY_SYSLOG,
	  .help = "rfc5424 or rfc3164" },
	{ OUTPUT("facility"), .preset = "daemon", .value = &value_word, FIELD(output_config, facility), .words = facilities, ONLY_SYSLOG,
	  .help = "facility of syslog(3): kern, user, daemon, auth, local0 to local7 and so on" },
	{ OUTPUT("tag"), .preset = "epitaph", .value = &value_text, FIELD(output_config, tag), .check = check_tag, ONLY_QUEUED,
	  .help = "the program name in the messages" },
	{ OUTPUT("queue"), .preset = "1000", .value = &value_number, FIELD(output_config, queue), ONLY_QUEUED, .min = 1, .max = 1000000,
	  .help = "records held in memory while the receiver is away" },
	{ OUTPUT("spool"), .preset = "none", .value = &value_path, FIELD(output_config, spool), .flags = OPTION_NONE, ONLY_SYSLOG,
	  .help = "file that holds records while the receiver is away, or none" },
	{ OUTPUT("spool_size"), .preset = "16M", .value = &value_size, FIELD(output_config, spool_size), ONLY_SYSLOG,
	  .min = 1024, .max = INT64_MAX, .help = "the spool's largest size" },
	{ OUTPUT("max_message"), .preset = "8K", .value = &value_size, FIELD(output_config, max_message), ONLY_SYSLOG,
	  .min = 480, .max = 65536, .help = "longest message, 480 to 64K, for json 1152 or more; a longer record is cut" },
	{ OUTPUT("command"), .value = &value_text, FIELD(output_config, command), ONLY_PROGRAM,
	  .help = "what sh runs, and gets the records as lines on its standard input; must be given for a program" },
	{ OUTPUT("command_user"), .value = &value_text, FIELD(output_config, command_user), ONLY_PROGRAM,
	  .help = "whom it runs as, a name or number; as the engine does if not given" },

	{ TARGET("comm"), .value = &value_text, FIELD(target_config, comm), .check = check_comm, .flags = OPTION_MATCH,
	  .help = "glob of the process's name, which the kernel cuts at 15 bytes" },
	{ TARGET("exe"), .value = &value_text, FIELD(target_config, exe), .check = check_exe, .flags = OPTION_MATCH,
	  .help = "glob of the executable's whole path" },
	{ TARGET("args"), .value = &value_text, FIELD(target_config, args), .flags = OPTION_MATCH | OPTION_HASH,
	  .help = "glob of the command line, arguments joined by a blank" },
	{ TARGET("user"), .value = &value_text, FIELD(target_config, user), .flags = OPTION_MATCH,
	  .help = "glob of the user's name, or a user id" },
	{ TARGET("cgroup"), .value = &value_text, FIELD(target_config, cgroup), .flags = OPTION_MATCH,
	  .help = "glob of the control group's path" },
	{ TARGET("pidfile"), .value = &value_path, FIELD(target_config, pidfile), .flags = OPTION_MATCH,
	  .help = "file that holds the process's id; one of a user counts for processes of that user" },
	{ TARGET("any_namespace"), .preset = "no", .value = &value_yes_no, FIELD(target_config, any_namespace),
	  .help = "yes: exe also matches files of that path in containers and users' own mount namespaces" },
	{ TARGET("events"), .preset = "exec, exit, signal", .value = &value_events, .flags = OPTION_LIST,
	  .help = "what to write: exec, exec_failed, exit, signal, fork, thread, delivered, all; !X excludes" },
	{ TARGET("signals"), .preset = "all, !CHLD, !URG, !WINCH", .value = &value_signals, .flags = OPTION_LIST,
	  .help = "which signals to write: names such as TERM, all; !X excludes" },
	{ TARGET("output"), .preset = "all", .value = &value_outputs, .flags = OPTION_LIST | OPTION_LATER,
	  .help = "names of the outputs to write to, or all" },
	{ TARGET("rate"), .preset = "100", .value = &value_number, FIELD(target_config, rate), .max = 1000000,
	  .help = "records a second at most, 0 = no limit; exits are never limited, and signals that failed have so many of their own" },
	{ TARGET("record_args"), .preset = "yes", .value = &value_word, FIELD(target_config, record_args), .words = record_args,
	  .help = "arguments in the records: yes, first (only what the program was called) or no" },
	{ TARGET("restarts"), .preset = "0", .value = &value_restarts, FIELD(target_config, restarts_window), .min = 1000000, .max = DURATION_MAX,
	  .help = "starts allowed within a time, such as 5/1m: more are told as flapping, once, until it is calm again; 0 = off" },
	{ TARGET("absent"), .preset = "0", .value = &value_duration, FIELD(target_config, absent), .max = DURATION_MAX,
	  .help = "after how long without a process a target that ran is told as absent, such as 30s; 0 = off" },
	{ TARGET("severity"), .value = &value_severity, .flags = OPTION_LIST,
	  .preset = "exec=info, exec_failed=warning, exit=verdict, signal=info, fork=debug, thread=debug, delivered=debug, flapping=crit, absent=crit",
	  .help = "syslog severity by event: emerg to debug; exit=verdict: crit for a core or OOM, err for a signal, warning for a code but 0, else notice" },
};

const size_t options_count = sizeof(options) / sizeof(*options);
_Static_assert(sizeof(options) / sizeof(*options) <= OPTIONS_MAX, "OPTIONS_MAX is too small");

const char *section_heading(enum section s)
{
	static const char *const headings[SECTIONS] = { "[agent]", "[audit]", "[output NAME]", "[target NAME]" };
	return headings[s];
}

const struct option *option_find(enum section s, const char *key)
{
	for (size_t i = 0; i < options_count; i++)
		if (options[i].section == s && strcmp(options[i].key, key) == 0)
			return &options[i];
	return NULL;
}

size_t option_index(const struct option *o)
{
	return (size_t)(o - options);
}

int options_preset(enum section s, void *object)
{
	for (size_t i = 0; i < options_count; i++) {
		struct wrong w;
		if (options[i].section != s || !options[i].preset)
			continue;
		if (options[i].value->parse(&options[i], object, options[i].preset, &w))
			return -ENOMEM; /* the tests parse every default */
	}
	return 0;
}

void config_print_options(FILE *to)
{
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		if (i == 0 || options[i - 1].section != o->section)
			fprintf(to, "%s%s\n", i ? "\n" : "", section_heading(o->section));
		int width = fprintf(to, "%s%s%s", o->key, o->preset ? " = " : "", o->preset ? o->preset : "");
		fprintf(to, "%*s; %s\n", width < 34 ? 34 - width : 1, "", o->help);
	}
}

/* config.h - agent.ini as one typed struct */
#ifndef EPITAPH_CONFIG_H
#define EPITAPH_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "agent/base/event.h"

enum output_type { OUTPUT_STDOUT, OUTPUT_FILE, OUTPUT_SYSLOG, OUTPUT_JOURNAL, OUTPUT_PROGRAM, OUTPUT_TYPES };
enum output_format { FORMAT_TEXT, FORMAT_JSON };
enum syslog_transport { SYSLOG_LOCAL, SYSLOG_UDP, SYSLOG_TCP, SYSLOG_RELP };
#define SEVERITY_BY_VERDICT (-1)
#define RESTARTS_MAX 1000
enum syslog_protocol { SYSLOG_RFC5424, SYSLOG_RFC3164 };
enum audit_rules { AUDIT_RULES_SIGNALS = 1 << 0, AUDIT_RULES_EXECS = 1 << 1, AUDIT_RULES_EXITS = 1 << 2 };

/* How much of the arguments a record may carry: all, the first (what the program was called), none. */
enum record_args { RECORD_ARGS_YES, RECORD_ARGS_FIRST, RECORD_ARGS_NO };

enum audit_transport { AUDIT_TRANSPORT_AUTO, AUDIT_TRANSPORT_UNICAST,
                       AUDIT_TRANSPORT_MULTICAST, AUDIT_TRANSPORT_STDIN };

#define CONFIG_OUTPUTS_MAX 32  /* a target's outputs are a 32-bit mask */
#define CONFIG_LINE_MAX 4096   /* bytes of one line of agent.ini without its end */
#define CONFIG_NAME_MAX 32     /* bytes of the NAME in [output NAME] and [target NAME] */

struct output_config {
	uint32_t            id;        /* config_number */
	char               *name;
	unsigned            line;      /* where its section starts */
	enum output_type    type;      /* no default: must be given */
	enum output_format  format;    /* text */
	char               *path;      /* file: must be given */
	mode_t              mode;
	uint64_t            max_size;  /* bytes; 0 = never rotate */
	unsigned            keep;      /* rotated files kept */
	bool                sync_exit; /* fdatasync after each exit record */
	enum syslog_transport transport;
	char               *host;      /* UDP, TCP: name or address, without brackets */
	uint16_t            port;      /* UDP, TCP */
	enum syslog_protocol protocol;
	int                 facility;  /* LOG_DAEMON, ... as syslog(3) has them (already shifted) */
	char               *tag;
	unsigned            queue;     /* records */
	char               *spool;     /* path, NULL = none */
	uint64_t            spool_size;
	uint64_t            max_message;
	char               *command, *command_user; /* program: must be given; the user, NULL = the engine's */
	bool                patient;   /* stdout: a slow reader is waited for; not in the file, replay sets it */
};

struct target_config {
	uint32_t id;        /* config_number */
	char    *name;
	unsigned line;
	/* globs (fnmatch); NULL = not given; all that are given must match */
	char    *comm, *exe, *args, *user, *cgroup;
	char    *pidfile;
	bool     any_namespace; /* exe is also that of a file which another mount namespace or root has at this path */
	unsigned events;    /* 1 << enum event_kind */
	uint64_t signals;   /* 1 << (signo - 1) */
	uint32_t outputs;   /* 1 << index into config.outputs */
	unsigned rate;      /* records a second, 0 = no limit */
	enum record_args record_args; /* also of who sent a signal, and of who asked for it */
	unsigned restarts;        /* starts within restarts_window that are not told as flapping; 0 = off */
	uint64_t restarts_window; /* ns */
	uint64_t absent;          /* ns without a process that are not told; 0 = off */
	int8_t   severity[EVENT_RECORDS]; /* LOG_EMERG..LOG_DEBUG; by event; of exits also SEVERITY_BY_VERDICT */
};

struct config {
	char    *path;            /* of the file it came from */
	unsigned backends;        /* enum source; auto = all */
	bool     backends_auto;
	uint64_t poll_interval, grace, stop_window, coalesce; /* ns */
	uint64_t heartbeat;       /* ns, 0 = off */
	uint64_t budget;          /* bytes of records of each user and minute, 0 = no limit */
	uint64_t ring;            /* bytes of the tracepoint backend's ring for each processor */
	char    *user;            /* of the engine: a name or number; NULL = not given */
	char    *state_dir;       /* NULL = none */
	char    *control;         /* NULL = none */
	unsigned max_processes;
	char    *host;            /* never NULL: the system's if not given */
	uint32_t generation;      /* config_number */
	enum audit_transport transport;
	unsigned audit_rules;     /* enum audit_rules; 0 = auto: what nobody else tells */
	bool     exec_failures;
	struct output_config *outputs;
	unsigned outputs_count;
	struct target_config *targets;
	unsigned targets_count;
	unsigned given;           /* enum config_given: keys that stand in the file */
};

/* Keys whose feature is not built yet are noticed when they are used. */
enum config_given {
	GIVEN_STATE_DIR = 1 << 0,
	GIVEN_CONTROL   = 1 << 1,
	GIVEN_HEARTBEAT = 1 << 2
};

/* Called once for each error, message as `FILE:LINE: [section] key: what is wrong`, no newline. */
typedef void (*config_tell)(void *ctx, const char *message);

/*
 * Reads the file at path.  Reports every error of the file, then returns
 * -EINVAL; -errno if it cannot be read (also reported).  On 0 *out is to be
 * freed with config_free.  Blocks as far as reading a regular file does.  Refused
 * are a path that is no regular file (-EOPNOTSUPP), and one that others than
 * root and the user himself may change (-EPERM).
 */
int config_load(const char *path, config_tell tell, void *ctx, struct config **out);
/* Opens it, no more.  A descriptor, or -errno, which is reported. */
int config_open(const char *path, config_tell tell, void *ctx);
/* The same from a stream; name stands for FILE in messages.  No check of file type. */
int config_parse(FILE *stream, const char *name, config_tell tell, void *ctx, struct config **out);
void config_free(struct config *c);
/*
 * Gives each output and target an id: CONFIG_GENERATION of it is the number that
 * is given here, which is another for each configuration that is loaded,
 * CONFIG_INDEX its place.  Two processes that have parsed the same text mean the same by it.
 */
void config_number(struct config *c, uint32_t generation);
#define CONFIG_GENERATION(id) ((id) >> 16)
#define CONFIG_INDEX(id) ((id) & 0xffff)
/* max_processes, state_dir and transport stay what they were at the start; true if `now` had others. */
bool config_keep_fixed(struct config *now, struct config *old);
/* For commands: the standard output takes the place of all outputs. */
void config_only_stdout(struct config *c, enum output_format format);

/* Are two values of a key equal, each NULL where it is not given? */
bool config_same_text(const char *x, const char *y);

/* Prints the effective configuration as an agent.ini that gives the same struct again. */
void config_print(const struct config *c, FILE *to);
/* Prints every key with its default and what it is for (for --help=config and the README's table). */
void config_print_options(FILE *to);

#endif

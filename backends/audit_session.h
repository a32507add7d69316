/* audit_session.h - the state of an open audit backend; audit.c opens and closes it, audit_session.c and audit_owner.c run it */
#ifndef EPITAPH_AUDIT_SESSION_H
#define EPITAPH_AUDIT_SESSION_H

#include "backends/audit.h"
#include "backends/audit_reader.h"
#include "backends/audit_record.h"
#include "backends/audit_ruleset.h"

#define AUDIT_LINE_MAX 16384
#define AUDIT_BACKLOG 8192
#define CHECK_EVERY NSEC_PER_SEC /* the status, while records come */

enum audit_how { HOW_NONE, HOW_UNICAST, HOW_MULTICAST, HOW_STDIN };

struct audit_session {
	struct backend    *backend;
	struct audit_view  view;
	struct audit_found found;
	enum audit_how     how;
	int      control;        /* libaudit's socket: rules and settings */
	int      lock;           /* held by the one epitaph that owns settings and leftovers */
	int      epoll, timer;   /* backend->fd is epoll: the records' descriptor and the timer */
	int      stdin_flags;    /* as found, -1: not changed */
	bool     opened;
	bool     enabled_here, tuned;
	bool     rules_gone;     /* ours may be, when rules_at has come */
	bool     panics;         /* the kernel is told to panic when a record is lost */
	bool     registering, yield, eof;
	uint32_t seq;            /* of the last request on the reader's socket */
	uint32_t register_seq;
	uint32_t lost;           /* the kernel's counter, as last read */
	uint64_t incomplete;     /* of the assembler's unfinished, told so far */
	uint64_t armed;          /* when the timer fires, CLOCK_BOOTTIME; 0: not set */
	uint64_t check_at;       /* when to ask for the status; only set while records come */
	uint64_t rules_at;       /* when to load rules again that somebody removed */
	uint64_t retake_at;      /* not before this may the audit pid be taken again */
	int      emitted;        /* by this read */
	struct audit_ruleset   rules;
	struct audit_reader    reader;
	struct audit_assembler assembler;
	size_t   line_len;
	bool     line_skip;      /* too long: to its end it is skipped */
	char     line[AUDIT_LINE_MAX];
};

/* emit of the assembler: counts, and notices an auditd that starts */
void audit_session_emit(void *ctx, const struct event *e);
void audit_session_say(struct audit_session *s, enum agent_state state, const char *reason);
void audit_session_lost(struct audit_session *s, uint64_t count, const char *reason); /* count 0 = not known */
/* A CONFIG_CHANGE record: the rules or settings are not what they were. */
void audit_session_change(struct audit_session *s, const struct audit_message *m);
void audit_session_restore_rules(struct audit_session *s); /* when rules_at has come */
/* Builds the rules and loads them in place of `old`, which is freed; 0 or -errno with note filled in. */
int  audit_session_load_rules(struct audit_session *s, struct audit_ruleset *old, struct reason *note);
/* One read of the backend. */
int  audit_session_read(struct audit_session *s, int budget);
int  audit_session_read_lines(struct audit_session *s, int budget);

/* ---- audit_owner.c */

/* backlog_limit 8192 or more, backlog_wait_time 0: a slow reader never makes a system call wait. */
void audit_session_tune(struct audit_session *s);
void audit_session_untune(struct audit_session *s);
/* Registers as the audit daemon and waits for the answer, which is there when the request returns. */
int  audit_session_register(struct audit_session *s);
/* Makes way for auditd at once; what is on its way to us comes twice or once, never not at all.  0 or -errno. */
int  audit_session_release(struct audit_session *s, bool registered, const char *reason);
/* Nobody listens, and the kernel prints each record into its log: asks for the records.  The answer goes to the next. */
void audit_session_take(struct audit_session *s);
void audit_session_taken(struct audit_session *s, int error);

#endif

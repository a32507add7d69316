/* audit_session.h - the state of an open audit backend, which audit.c opens and closes and audit_read.c runs */
#ifndef EPITAPH_AUDIT_SESSION_H
#define EPITAPH_AUDIT_SESSION_H

#include "backends/audit_reader.h"
#include "backends/audit_record.h"
#include "backends/audit_rights.h"
#include "backends/backend.h"

#define AUDIT_LINE_MAX 16384
#define CHECK_EVERY NSEC_PER_SEC /* the status, while records come */

struct audit_session {
	struct backend    *backend;
	struct audit_view  view;
	enum audit_how     how;
	int      epoll, timer;   /* backend->fd is epoll: the records' descriptor and the timer */
	int      stdin_flags;    /* as found, -1: not changed */
	bool     asked;          /* the half with the rights is open */
	pid_t    pid;            /* of that half: the one that is registered as the audit daemon */
	bool     rules_gone;     /* ours may be, when rules_at has come */
	bool     panics;         /* the kernel is told to panic when a record is lost */
	bool     registering, yield, eof;
	uint32_t register_seq;
	uint32_t lost;           /* the kernel's counter, as last read */
	uint64_t incomplete;     /* of the assembler's unfinished, told so far */
	uint64_t armed;          /* when the timer fires, CLOCK_BOOTTIME; 0: not set */
	uint64_t check_at;       /* when to ask for the status; only set while records come */
	uint64_t rules_at;       /* when to load rules again that somebody removed */
	uint64_t retake_at;      /* not before this may the audit pid be taken again */
	int      emitted;        /* by this read */
	struct audit_reader    reader;
	struct audit_assembler assembler;
	size_t   line_len;
	bool     line_skip;      /* too long: to its end it is skipped */
	char     line[AUDIT_LINE_MAX];
};

#endif

/* audit_call.h - what one SYSCALL record says: the call and its caller */
#ifndef EPITAPH_AUDIT_CALL_H
#define EPITAPH_AUDIT_CALL_H

#include "agent/event.h"
#include "backends/audit_fields.h"
#include "backends/audit_syscalls.h"

#define AUDIT_TEXT_MAX 1024 /* comm, exe and tty of one caller; an exe that does not fit is absent */

/* Start with has and used 0; the facts' strings are in text. */
struct audit_caller {
	struct facts facts;
	size_t       used;
	char         text[AUDIT_TEXT_MAX];
};

struct audit_call_record {
	enum audit_call call;
	uint64_t arch, a0, a1, a2, a3; /* registers, not arguments: an int is their lower half */
	int64_t  exit, items;          /* items: how many PATH records follow, -1 unknown */
	bool     has_arch, has_a0, has_a1, has_a2, has_success, success;
};

/* Takes pid, ppid, uid, gid, auid, ses, tty, comm and exe; the first of each counts. */
void audit_caller_take(struct audit_caller *by, const struct audit_field *f);

/*
 * Reads the fields of a SYSCALL record.  False if it is no call of
 * audit_syscalls.h.  A bare value at the very end is not taken: key= is last
 * in every SYSCALL record, so that one was cut.
 */
bool audit_call_parse(struct audit_call_record *c, struct audit_caller *by, const char *p, const char *end);

#endif

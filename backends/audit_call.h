/* audit_call.h - what one record says of a call or a death, and whose it is */
#ifndef EPITAPH_AUDIT_CALL_H
#define EPITAPH_AUDIT_CALL_H

#include "agent/base/event.h"
#include "backends/audit_fields.h"
#include "backends/audit_syscalls.h"

#define PIDFD_SIGNAL_PROCESS_GROUP 4 /* flag of pidfd_send_signal(2), 6.9 */

#define AUDIT_SIGNALS_MAX 128 /* MIPS has so many */
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

/*
 * Reads ANOM_ABEND or SECCOMP into e, which borrows by's text.  1; 0 if nobody
 * dies (SECCOMP that logged or refused); -EINVAL if what it needs is missing.
 */
int audit_death_parse(struct event *e, struct audit_caller *by, bool seccomp, const char *p, const char *end);

/* Reads OBJ_PID: pid, uid, auid, ses and comm (into comm) of a receiver.  False without a pid. */
bool audit_object_parse(struct facts *to, char *comm, size_t size, const char *p, const char *end);

/*
 * A group's signal is recorded for each member before the kernel looks whether
 * this one may be signalled (check_kill_permission, kernel/signal.c), and the
 * call succeeds if one may.  The saved uid and CAP_KILL are not in the records.
 */
bool audit_may_signal(const struct audit_caller *by, const struct facts *to);

#endif

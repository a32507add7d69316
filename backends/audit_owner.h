/* audit_owner.h - who has the audit pid: taken and given away, while the backend runs */
#ifndef EPITAPH_AUDIT_OWNER_H
#define EPITAPH_AUDIT_OWNER_H

#include "backends/audit_session.h"

/* Makes way for auditd at once; what is on its way to us comes twice or once, never not at all.  0 or -errno. */
int  audit_owner_release(struct audit_session *s, bool registered, const char *reason);
/*
 * While one audit daemon is registered and alive, the kernel refuses another
 * (-EEXIST, audit_receive_msg() in kernel/audit.c), which then ends: so way is made
 * as soon as auditd is executed, before it asks.  0 or -errno.
 */
int  audit_owner_executed(struct audit_session *s, pid_t pid, const char *path);
/* Nobody listens, and the kernel prints each record into its log: asks for the records.  The answer goes to the next. */
void audit_owner_take(struct audit_session *s);
void audit_owner_taken(struct audit_session *s, int error);

#endif

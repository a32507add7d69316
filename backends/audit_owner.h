/* audit_owner.h - who has the audit pid: taken, given away, and the settings that go with it */
#ifndef EPITAPH_AUDIT_OWNER_H
#define EPITAPH_AUDIT_OWNER_H

#include "backends/audit_session.h"

/* backlog_limit 8192 or more, backlog_wait_time 0: a slow reader never makes a system call wait. */
void audit_owner_tune(struct audit_session *s);
void audit_owner_untune(struct audit_session *s);
/* Registers as the audit daemon and waits for the answer, which is there when the request returns. */
int  audit_owner_register(struct audit_session *s);
/* Makes way for auditd at once; what is on its way to us comes twice or once, never not at all.  0 or -errno. */
int  audit_owner_release(struct audit_session *s, bool registered, const char *reason);
/* Nobody listens, and the kernel prints each record into its log: asks for the records.  The answer goes to the next. */
void audit_owner_take(struct audit_session *s);
void audit_owner_taken(struct audit_session *s, int error);

#endif

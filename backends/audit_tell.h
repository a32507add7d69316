/* audit_tell.h - what an open audit backend hands to the core: events, losses, changes of its own state */
#ifndef EPITAPH_AUDIT_TELL_H
#define EPITAPH_AUDIT_TELL_H

#include "backends/audit_session.h"

/* The assembler's emit; ctx is the session.  Notices an auditd that starts. */
/* Is the program of that path, which pid executes, the audit daemon of this machine? */
bool audit_is_daemon(pid_t pid, const char *path);
void audit_tell_record(void *ctx, const struct event *e);
/* Writes what is seen and hidden now into the backend's sight.  The functions below do so themselves. */
void audit_tell_sight(struct audit_session *s);
/* The agent's state changed by something that others did to auditing. */
void audit_tell_state(struct audit_session *s, enum agent_state state, const char *reason);
void audit_tell_lost(struct audit_session *s, uint64_t count, const char *reason); /* count 0 = not known */

#endif

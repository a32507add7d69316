/* audit_stdin.h - audit records as lines, from auditd's dispatcher */
#ifndef EPITAPH_AUDIT_STDIN_H
#define EPITAPH_AUDIT_STDIN_H

#include "backends/audit_session.h"

/* Takes what standard input has, at most about budget events; 0, or -errno with the backend's note filled in. */
int audit_stdin_read(struct audit_session *s, int budget);

#endif

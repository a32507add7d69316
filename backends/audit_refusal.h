/* audit_refusal.h - why auditing cannot be used here, and the cures; all return -errno */
#ifndef EPITAPH_AUDIT_REFUSAL_H
#define EPITAPH_AUDIT_REFUSAL_H

#include "backends/backend.h"

/* The kernel answered err to a request about auditing. */
int audit_refused(struct reason *why, int err);
/* The audit settings are locked (enabled 2). */
int audit_locked(struct reason *why);
/* Nobody's call waits for us, so a full queue loses records, and this kernel is told to panic then. */
int audit_would_panic(struct reason *why);

#endif

/* audit.h - what the audit backend tells besides its events: the settings it found, which a killed agent's successor needs */
#ifndef EPITAPH_AUDIT_H
#define EPITAPH_AUDIT_H

#include "backends/audit_view.h"
#include "backends/backend.h"

/* Another epitaph runs here: settings and leftovers are its own. */
bool audit_is_shared(const struct backend *b);
/* The settings that an open backend_audit found; valid until close. */
const struct audit_found *audit_found(const struct backend *b);
/* The settings have been written down, and were not before this open. */
void audit_found_noted(struct backend *b);
/* Settings that close is to put back instead, as a killed agent had written them down; beside auditd they are put back now. */
void audit_found_set(struct backend *b, const struct audit_found *found);

#endif

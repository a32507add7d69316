/* audit.h - what the audit backend tells besides its events: the settings it found, which a killed agent's successor needs */
#ifndef EPITAPH_AUDIT_H
#define EPITAPH_AUDIT_H

#include "backends/audit_view.h"
#include "backends/backend.h"

/* Another epitaph runs here: settings and leftovers are its own. */
bool audit_is_shared(const struct backend *b);
/* Of an open backend_audit; valid until close. */
const struct audit_found *audit_found(const struct backend *b);
/* It is written down now, and was not before. */
void audit_found_noted(struct backend *b);
/* What close is to put back instead, as a killed agent had written it down; beside auditd it is put back now. */
void audit_found_set(struct backend *b, const struct audit_found *found);

#endif

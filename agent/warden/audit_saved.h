/* audit_saved.h - audit's settings as they were before the agent, kept where a killed agent's successor finds them */
#ifndef EPITAPH_AUDIT_SAVED_H
#define EPITAPH_AUDIT_SAVED_H

#include "backends/audit_control.h"

/*
 * found_hook of the audit control.  Where the settings are those that a killed
 * agent left, the ones that it had found are taken over from
 * STATE_DIR/audit-found; then that file is written for our own successor.
 * Nothing is done with state_dir = none or beside another epitaph.
 */
void audit_saved_found(struct audit_control *c);
/* closed_hook: the settings were put back, so the file is removed; if the open had failed, only where it was written then. */
void audit_saved_closed(struct audit_control *c);

#endif

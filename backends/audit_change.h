/* audit_change.h - our rules are loaded, and loaded again when another program changed the rules or the settings */
#ifndef EPITAPH_AUDIT_CHANGE_H
#define EPITAPH_AUDIT_CHANGE_H

#include "backends/audit_session.h"

/* The rules of the configuration are loaded in place of those that are.  0, or -errno with the backend's note filled in: then those stay. */
int  audit_change_load(struct audit_session *s);
/* What no rule of these kinds (enum audit_rules) asks for is not seen. */
void audit_change_narrow(struct backend *b, unsigned kinds);
/* A CONFIG_CHANGE record: the rules or settings are not what they were. */
void audit_change_seen(struct audit_session *s, const struct audit_message *m);
/* When rules_at has come. */
void audit_change_restore(struct audit_session *s);

#endif

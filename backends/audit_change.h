/* audit_change.h - our rules are loaded, and loaded again when another program changed the rules or the settings */
#ifndef EPITAPH_AUDIT_CHANGE_H
#define EPITAPH_AUDIT_CHANGE_H

#include "backends/audit_session.h"

/* Builds the rules and loads them in place of s->rules.  0, or -errno with note filled in: then those stay, in the kernel as well. */
int  audit_change_load(struct audit_session *s, struct reason *note);
/* A CONFIG_CHANGE record: the rules or settings are not what they were. */
void audit_change_seen(struct audit_session *s, const struct audit_message *m);
/* When rules_at has come. */
void audit_change_restore(struct audit_session *s);

#endif

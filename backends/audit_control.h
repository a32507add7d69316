/*
 * audit_control.h - the half of the audit backend that needs rights: settings, rules, and who gets the records
 *
 * Run by the warden (agent/base/rights.h), which parses nothing but the
 * kernel's answers.  The other half, audit.c and audit_read.c, reads the records
 * and asks for what audit_rights.h lists.
 */
#ifndef EPITAPH_AUDIT_CONTROL_H
#define EPITAPH_AUDIT_CONTROL_H

#include "backends/audit_rights.h"
#include "backends/audit_ruleset.h"
#include "backends/backend.h"

#define AUDIT_BACKLOG 8192

struct audit_control {
	const struct config *config; /* current */
	/* Called when what audit was like is known, before any setting is changed; may be NULL.  And when it has been put back. */
	void  (*found_hook)(struct audit_control *c);
	void  (*closed_hook)(struct audit_control *c);
	struct audit_left *left;     /* kept up to date for who puts audit back if this process is killed; NULL: nobody does */
	struct audit_found found;
	bool     opened;
	bool     begun;          /* and all of it has worked */
	bool     shared;         /* another epitaph runs here: settings and leftovers are its own */
	bool     enabled_here, tuned;
	bool     panics;         /* the kernel is told to panic when a record is lost */
	pid_t    daemon;         /* auditd, 0 if none, as the status said last */
	int      fd;             /* libaudit's socket: rules and settings */
	int      lock;           /* held by the one epitaph that owns settings and leftovers */
	int      records;        /* the socket whose copy the reader has; -1: it reads standard input */
	bool     registered;     /* as the audit daemon */
	uint32_t seq;            /* of the last request on it */
	struct audit_ruleset rules;
};

/* What of audit's settings is other than it was found. */
struct audit_left {
	struct audit_found found;
	bool opened, enabled_here, tuned;
};

/*
 * Finds the machine's auditing, asks for the records, and loads the rules.  0
 * with *out filled in, and *note says what is limited; or -errno and *note says
 * why: audit_control_close is due in any case.
 */
int  audit_control_begin(struct audit_control *c, bool exits_told, struct audit_opened *out, struct reason *note);
/* Leaves auditing as it was found. */
void audit_control_end(struct audit_control *c);
/* The same for a process that was killed, from what it had left. */
void audit_control_clean_up(const struct audit_left *left);

/* Loads the rules of the configuration: enum audit_rules, or -errno and *note. */
int  audit_control_load(struct audit_control *c, bool exits_told, struct reason *note);
/* Rules that somebody removed are loaded again: how many, or -errno; *kinds as audit_control_load returns them, 0 if they are as before. */
int  audit_control_load_again(struct audit_control *c, bool exits_told, unsigned *kinds);

/* backlog_limit 8192 or more, backlog_wait_time 0: a slow reader never makes a system call wait. */
void audit_control_tune(struct audit_control *c);
void audit_control_untune(struct audit_control *c);
/* Makes way for auditd: the records come by multicast from now on; registered: this process is still the one that gets them.  0 or -errno. */
int  audit_control_release(struct audit_control *c, bool registered);
/* Asks to be the audit daemon; the answer comes among the records, with the number that is returned, or -errno. */
int  audit_control_take(struct audit_control *c, uint32_t *seq);
/* It was granted. */
void audit_control_taken(struct audit_control *c);

/* Settings that the end is to put back instead, as a killed agent had written them down; beside auditd they are put back now. */
void audit_control_found_set(struct audit_control *c, const struct audit_found *found);

#endif

/* audit_rules.h - the kernel's audit settings and rules, through libaudit */
#ifndef EPITAPH_AUDIT_RULES_H
#define EPITAPH_AUDIT_RULES_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/audit_ruleset.h"

/*
 * All on a netlink socket of its own, apart from the one that receives
 * records.  Each waits for the kernel's answer, which comes within the call;
 * -ETIME after a second without one.
 */
int audit_netlink_open(void); /* a descriptor or -errno */
void audit_netlink_close(int fd);

/* Fields that an old kernel does not send are 0; *len tells how much came (36 bytes: no backlog_wait_time). */
int audit_status_read(int fd, struct audit_status *status, size_t *len);
int audit_status_enable(int fd, uint32_t enabled);
int audit_status_backlog(int fd, uint32_t limit);
int audit_status_backlog_wait(int fd, uint32_t jiffies);

struct audit_rules_found {
	bool     task_never; /* `-a task,never`: new processes are not audited */
	unsigned hidden;     /* what one before ours may keep from being recorded: SEES_EXEC, SEES_SIGNAL */
	unsigned ours;       /* rules of key epitaph */
};
/* Looks through all loaded rules; remove_ours deletes those of key epitaph. */
int audit_rules_survey(int fd, bool remove_ours, struct audit_rules_found *found);

/*
 * Loads the rules behind those that are there; one that is there already is
 * no error and stays not ours, unless adopt.  How many were not there, or
 * -errno of the first that the kernel refused (what was loaded stays loaded).
 */
int audit_rules_load(int fd, struct audit_ruleset *set, bool adopt);
/*
 * Loads what is new in `by`, then removes what only *set has, which becomes
 * `by`.  0, or -errno of the first rule that the kernel refused: then what was
 * loaded is removed again, and *set is as it was.  `by` is empty after it.
 */
int audit_rules_replace(int fd, struct audit_ruleset *set, struct audit_ruleset *by);
/* Removes those that are ours. */
void audit_rules_unload(int fd, struct audit_ruleset *set);

#endif

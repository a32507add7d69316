/* audit_probe.h - can auditing be used here, and whom can it not see */
#ifndef EPITAPH_AUDIT_PROBE_H
#define EPITAPH_AUDIT_PROBE_H

#include <linux/audit.h>

#include "backends/audit_view.h"
#include "backends/backend.h"

#define AUDIT_LOCKED 2 /* struct audit_status, enabled: no change until the next boot */
#define AUDIT_PANIC  2 /* failure: AUDIT_FAIL_PANIC, kernel/audit.h */

#define AUDIT_RULE_HIDES "a `never` or `exclude` rule keeps the kernel from recording some execs or signals"
#define AUDIT_RULE_HIDES_CURE "load that rule behind epitaph's, or narrow it"

/* probe of backend_audit. */
int audit_probe(const struct config *c, struct reason *why);

/* The ABIs that rules are for, how many; -ENOTSUP where they are not known. */
int  audit_abis_of_machine(uint32_t abis[2], struct reason *why);
/* Is standard input what auditd gives a plugin?  0 or -ENOTSUP. */
int  audit_stdin_is_usable(struct reason *why);
bool audit_multicast_reaches_here(struct reason *why);
/* Fills in who the audit daemon is and since when processes are audited, as the status tells; `now` stands for "only from now on". */
void audit_view_begin(struct audit_view *v, const struct audit_status *status, uint64_t now);

#endif

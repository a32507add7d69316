/* audit_refusal.c - why auditing cannot be used here, and the cures */
#include "backends/audit_refusal.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "backends/capabilities.h"

int audit_refused(struct reason *why, int err)
{
	if (err == -EPROTONOSUPPORT || err == -EAFNOSUPPORT || err == -EINVAL)
		reason_set(why, "a kernel with CONFIG_AUDIT and CONFIG_AUDITSYSCALL",
			"this kernel has no system call auditing");
	else if (err == -ECONNREFUSED)
		reason_set(why, "run epitaph in the initial user and network namespace",
			"the kernel serves audit only to the initial namespaces");
	else if (err == -EPERM && !capability_is_effective(CAP_AUDIT_CONTROL))
		reason_set(why, "run as root, or give CAP_AUDIT_CONTROL and CAP_AUDIT_READ", "CAP_AUDIT_CONTROL is missing");
	else if (err == -EPERM)
		reason_set(why, "run epitaph in the initial pid namespace", "the kernel refuses audit control to this namespace");
	else
		reason_set(why, "", "the kernel does not answer about auditing: %s", strerror(-err));
	return err;
}

int audit_locked(struct reason *why)
{
	reason_set(why, "take -e 2 out of the audit rules and reboot, or load epitaph's rules before it",
		"the audit settings are locked until the next boot (enabled 2)");
	return -EPERM;
}

int audit_would_panic(struct reason *note)
{
	reason_set(note, "auditctl -f 1, or run auditd", "audit's failure flag is 2: the kernel would panic when a record is lost");
	return -EPERM;
}

/* audit_probe.c - can auditing be used here, and whom can it not see */
#include "backends/audit_probe.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends/audit_machine.h"
#include "backends/audit_refusal.h"
#include "backends/audit_rules.h"
#include "backends/audit_syscalls.h"
#include "config/config.h"

int audit_abis_of_machine(uint32_t abis[2], struct reason *why)
{
	struct utsname u;
	int n;

	uname(&u);
	n = (int)audit_machine_abis(u.machine, abis);
	if (n)
		return n;
	reason_set(why, "", "audit rules for the machine %s are not known", u.machine);
	return -ENOTSUP;
}

int audit_stdin_is_usable(struct reason *why)
{
	struct stat st;

	if (!fstat(STDIN_FILENO, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return 0;
	reason_set(why, "start epitaph as a plugin of auditd; for a file there is `epitaph replay`",
		"transport = stdin, and standard input is no pipe");
	return -ENOTSUP;
}

bool audit_multicast_reaches_here(struct reason *why)
{
	if (machine_is_initial_network())
		return true;
	reason_set(why, "run epitaph in the initial network namespace",
		"the kernel sends the multicast of audit records only to the initial network namespace");
	return false;
}

void audit_view_begin(struct audit_view *v, const struct audit_status *status, uint64_t now)
{
	v->daemon = machine_is_alive((pid_t)status->pid) ? (pid_t)status->pid : 0;
	v->cmdline_audit1 = machine_booted_with_audit();
	v->enabled_since = v->cmdline_audit1 && status->enabled ? 0 :
		v->daemon && status->enabled ? machine_process_start(v->daemon) : now;
}

static int check(const struct config *c, const struct audit_status *status, const struct audit_view *v, struct reason *why)
{
	if (status->enabled == AUDIT_LOCKED)
		return audit_locked(why);
	if (c->transport == AUDIT_TRANSPORT_UNICAST && v->daemon) {
		reason_set(why, "transport = auto, or stop auditd",
			"transport = unicast, and an audit daemon runs (pid %u)", status->pid);
		return -EBUSY;
	}
	if (status->failure == AUDIT_PANIC && !v->daemon)
		return audit_would_panic(why);
	if ((c->transport == AUDIT_TRANSPORT_MULTICAST || v->daemon) && !audit_multicast_reaches_here(why))
		return -ENOTSUP;
	return 0;
}

/* Usable, but not all that sends signals can be seen. */
static int note_unaudited(int control, const struct audit_view *v, struct reason *why)
{
	struct audit_rules_found found;
	int err = audit_rules_survey(control, false, &found);

	if (err)
		return audit_refused(why, err);
	unsigned count = machine_count_programs(found.task_never ? UINT64_MAX : v->enabled_since);
	if (found.hidden)
		reason_set(why, AUDIT_RULE_HIDES_CURE, AUDIT_RULE_HIDES);
	else if (count)
		reason_set(why, found.task_never ? "take `-a task,never` out of the audit rules and boot with audit=1" : "boot with audit=1",
			"%u of the processes that run now may be unaudited: their signals leave no record", count);
	return 0;
}

int audit_probe(const struct config *c, struct reason *why)
{
	struct audit_view view = { 0 };
	struct audit_status status;
	uint32_t abis[2];
	size_t len;
	int control, err;

	if (c->transport == AUDIT_TRANSPORT_STDIN)
		return audit_stdin_is_usable(why);
	err = audit_abis_of_machine(abis, why);
	if (err < 0)
		return err;
	control = audit_netlink_open();
	err = control < 0 ? control : audit_status_read(control, &status, &len);
	if (err) {
		audit_refused(why, err);
	} else {
		audit_view_begin(&view, &status, UINT64_MAX);
		err = check(c, &status, &view, why);
		if (!err)
			err = note_unaudited(control, &view, why);
	}
	audit_netlink_close(control);
	return err;
}

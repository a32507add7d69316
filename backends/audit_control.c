/* audit_control.c - finds the machine's auditing, changes what it must, and leaves it as it was */
#include "backends/audit_control.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "backends/audit_machine.h"
#include "backends/audit_probe.h"
#include "backends/audit_refusal.h"
#include "backends/audit_rules.h"
#include "backends/audit_socket.h"
#include "config/config.h"

static void note_left(const struct audit_control *c)
{
	if (c->left)
		*c->left = (struct audit_left){ .found = c->found, .opened = c->opened && !c->shared, .enabled_here = c->enabled_here, .tuned = c->tuned };
}

static void note_found(struct audit_control *c, const struct audit_status *status, size_t len, struct audit_view *view)
{
	struct clock clock = { 0 };

	clock_refresh(&clock);
	c->found.enabled = status->enabled;
	c->found.backlog_limit = status->backlog_limit;
	c->found.backlog_wait_time = status->backlog_wait_time;
	c->found.has_wait_time = len >= offsetof(struct audit_status, backlog_wait_time) + sizeof(uint32_t);
	c->panics = status->failure == AUDIT_PANIC;
	audit_view_begin(view, status, clock.now);
	c->daemon = view->daemon;
}

static int survey(struct audit_control *c, struct audit_view *view, struct reason *note)
{
	struct audit_rules_found found;
	/* the lock is this network namespace's: elsewhere they may be a living agent's, until the audit pid is ours */
	int err = audit_rules_survey(c->fd, !c->shared && machine_is_initial_network(), &found);

	if (err) {
		reason_set(note, "", "the audit rules cannot be listed: %s", strerror(-err));
		return err;
	}
	c->found.leftovers = found.ours && !c->shared;
	view->task_never = found.task_never;
	view->hidden = found.hidden;
	return 0;
}

static int find(struct audit_control *c, struct audit_opened *out, struct reason *note)
{
	struct audit_status status;
	size_t len = 0;
	int err;

	c->fd = audit_netlink_open();
	err = c->fd < 0 ? c->fd : audit_status_read(c->fd, &status, &len);
	if (err)
		return audit_refused(note, err);
	if (status.enabled == AUDIT_LOCKED)
		return audit_locked(note);
	note_found(c, &status, len, &out->view);
	out->lost = status.lost;
	c->lock = machine_take_lock(&c->shared);
	out->view.shared = c->shared;
	err = survey(c, &out->view, note);
	if (!err && status.rate_limit)
		reason_set(note, "auditctl -r 0", "audit's rate limit is %u records a second: more are lost", status.rate_limit);
	return err;
}

static int join(struct audit_control *c, struct audit_opened *out, struct reason *note)
{
	int err = audit_socket_join(c->records);

	if (!audit_multicast_reaches_here(note))
		return -ENOTSUP;
	if (err == -EPERM)
		reason_set(note, "give CAP_AUDIT_READ", "CAP_AUDIT_READ is missing");
	else if (err)
		reason_set(note, "run epitaph as a plugin of auditd, with transport = stdin",
			"this kernel has no multicast of audit records (it came in 3.16)");
	out->how = HOW_MULTICAST;
	if (!err && !c->daemon)
		audit_control_tune(c);
	return err;
}

/* Waits for the answer, which is there when the request returns. */
static int enlist(struct audit_control *c)
{
	int err = audit_socket_send_pid(c->records, (uint32_t)getpid(), ++c->seq);

	if (!err)
		err = audit_socket_answer(c->records, c->seq);
	c->registered = !err;
	return err;
}

static int ask_for_records(struct audit_control *c, struct audit_opened *out, struct reason *note)
{
	const struct config *config = c->config;
	int err;

	c->records = audit_socket_open(config->exec_failures);
	if (c->records < 0)
		return audit_refused(note, c->records);
	if (c->panics && !c->daemon)
		return audit_would_panic(note);
	if (config->transport == AUDIT_TRANSPORT_MULTICAST || c->daemon || c->shared) {
		if (config->transport != AUDIT_TRANSPORT_UNICAST)
			return join(c, out, note);
		reason_set(note, "transport = auto, or stop auditd", "an audit daemon runs (pid %d)", (int)c->daemon);
		return -EBUSY;
	}
	err = enlist(c);
	if (err && config->transport == AUDIT_TRANSPORT_AUTO)
		return join(c, out, note);
	if (err) {
		reason_set(note, "transport = auto", "registering as the audit daemon: %s", strerror(-err));
		return err;
	}
	out->how = HOW_UNICAST;
	audit_control_tune(c);
	return 0;
}

static int take_standard_input(struct audit_opened *out, struct reason *note)
{
	out->how = HOW_STDIN;
	return audit_stdin_is_usable(note);
}

static int start(struct audit_control *c, bool exits_told, struct audit_opened *out, struct reason *note)
{
	struct audit_rules_found found;
	int err;

	if (c->found.leftovers && !machine_is_initial_network())
		audit_rules_survey(c->fd, true, &found);
	if (!c->found.enabled && !c->shared) {
		err = audit_status_enable(c->fd, 1);
		if (err)
			return audit_refused(note, err);
		c->enabled_here = true;
		note_left(c);
	}
	err = audit_control_load(c, exits_told, note);
	if (err < 0)
		return err;
	out->kinds = (unsigned)err;
	if (out->view.hidden)
		reason_set(note, AUDIT_RULE_HIDES_CURE, AUDIT_RULE_HIDES);
	if (out->view.task_never)
		reason_set(note, "take `-a task,never` out of the audit rules",
			"the rule task,never keeps new processes from being audited");
	return 0;
}

int audit_control_begin(struct audit_control *c, bool exits_told, struct audit_opened *out, struct reason *note)
{
	int err;

	*out = (struct audit_opened){ .pid = getpid() };
	c->fd = c->lock = c->records = -1;
	c->opened = true;
	c->begun = c->shared = c->enabled_here = c->tuned = c->registered = false;
	c->found = (struct audit_found){ 0 };
	err = find(c, out, note);
	if (!err) {
		note_left(c);
		if (c->found_hook)
			c->found_hook(c);
		note_left(c);
	}
	if (!err)
		err = c->config->transport == AUDIT_TRANSPORT_STDIN ? take_standard_input(out, note) : ask_for_records(c, out, note);
	if (!err)
		err = start(c, exits_told, out, note);
	out->panics = c->panics;
	c->begun = !err;
	return err;
}

void audit_control_tune(struct audit_control *c)
{
	if (c->tuned || c->shared)
		return;
	c->tuned = true;
	note_left(c);
	if (c->found.has_wait_time)
		audit_status_backlog_wait(c->fd, 0);
	if (c->found.backlog_limit && c->found.backlog_limit < AUDIT_BACKLOG)
		audit_status_backlog(c->fd, AUDIT_BACKLOG);
}

/* What somebody else has set meanwhile is his. */
static void untune(int fd, const struct audit_found *found)
{
	struct audit_status now;
	size_t len;

	if (audit_status_read(fd, &now, &len))
		return;
	if (found->has_wait_time && now.backlog_wait_time == 0)
		audit_status_backlog_wait(fd, found->backlog_wait_time);
	if (found->backlog_limit && found->backlog_limit < AUDIT_BACKLOG && now.backlog_limit == AUDIT_BACKLOG)
		audit_status_backlog(fd, found->backlog_limit);
}

void audit_control_untune(struct audit_control *c)
{
	if (!c->tuned)
		return;
	untune(c->fd, &c->found);
	c->tuned = false;
	note_left(c);
}

/* An auditd that came since wants auditing on, and its settings are its own. */
static bool others_audit(int fd)
{
	struct audit_status status;
	size_t len;

	return !audit_status_read(fd, &status, &len) && status.pid && status.pid != (uint32_t)getpid() && machine_is_alive((pid_t)status.pid);
}

static void restore(struct audit_control *c)
{
	struct audit_status status;
	size_t len;

	audit_rules_unload(c->fd, &c->rules);
	/* before 4.x anybody may take the pid from anybody, also by setting it to 0 */
	if (c->registered && !audit_status_read(c->fd, &status, &len) && status.pid == (uint32_t)getpid())
		audit_socket_send_pid(c->records, 0, ++c->seq);
	audit_control_untune(c);
	if (c->enabled_here && !others_audit(c->fd))
		audit_status_enable(c->fd, c->found.enabled);
}

void audit_control_end(struct audit_control *c)
{
	if (!c->opened)
		return;
	if (c->fd >= 0)
		restore(c);
	c->opened = false;
	note_left(c);
	if (c->closed_hook)
		c->closed_hook(c);
	audit_ruleset_free(&c->rules);
	audit_netlink_close(c->fd);
	if (c->records >= 0)
		close(c->records);
	if (c->lock >= 0)
		close(c->lock);
	c->fd = c->records = c->lock = -1;
}

void audit_control_clean_up(const struct audit_left *left)
{
	struct audit_rules_found found;
	int fd = left->opened ? audit_netlink_open() : -1;

	if (fd < 0)
		return;
	audit_rules_survey(fd, true, &found); /* that this is recorded makes the kernel find that nobody reads the records any more */
	if (left->tuned)
		untune(fd, &left->found);
	if (left->enabled_here && !others_audit(fd))
		audit_status_enable(fd, left->found.enabled);
	audit_netlink_close(fd);
}

/* A kernel before 4.3, or a directory that is not there, refuses exe=: then every exit is recorded. */
int audit_control_load(struct audit_control *c, bool exits_told, struct reason *note)
{
	uint32_t abis[2];
	int n = audit_abis_of_machine(abis, note), err = n < 0 ? n : 0;
	unsigned kinds = audit_rules_wanted(c->config, exits_told);

	for (int narrow = 1; !err && narrow >= 0; narrow--) {
		struct audit_ruleset set;

		err = audit_ruleset_build(c->config, kinds, abis, (size_t)n, narrow, &set);
		if (err)
			break;
		err = audit_rules_replace(c->fd, &c->rules, &set);
		if (!err)
			return (int)kinds;
		if (err == -EPERM || !narrow)
			break;
		err = 0;
	}
	if (err == -EPERM)
		audit_locked(note);
	else if (err != -ENOTSUP)
		reason_set(note, "", "the kernel refused the audit rules: %s", strerror(-err));
	return err;
}

int audit_control_load_again(struct audit_control *c, bool exits_told, unsigned *kinds)
{
	struct reason note;
	int added = audit_rules_load(c->fd, &c->rules, true);

	*kinds = 0;
	if (added >= 0 || added == -EPERM)
		return added;
	/* one may be refused that was not before (its directory is gone): then others do */
	int loaded = audit_control_load(c, exits_told, &note);
	*kinds = loaded > 0 ? (unsigned)loaded : 0;
	return loaded < 0 ? -EIO : 1;
}

int audit_control_release(struct audit_control *c, bool registered)
{
	int err = audit_socket_join(c->records);

	if (registered)
		audit_socket_send_pid(c->records, 0, ++c->seq);
	c->registered = false;
	audit_control_untune(c);
	return err;
}

int audit_control_take(struct audit_control *c, uint32_t *seq)
{
	*seq = ++c->seq;
	return audit_socket_send_pid(c->records, (uint32_t)getpid(), *seq);
}

void audit_control_taken(struct audit_control *c)
{
	c->registered = true;
	audit_socket_leave(c->records);
	audit_control_tune(c);
}

void audit_control_found_set(struct audit_control *c, const struct audit_found *found)
{
	bool still = c->found.has_wait_time ? c->found.backlog_wait_time == 0 && c->found.backlog_limit >= AUDIT_BACKLOG :
		c->found.backlog_limit == AUDIT_BACKLOG;

	c->found.enabled = found->enabled;
	c->enabled_here = c->enabled_here || !found->enabled;
	if (c->daemon && !still) /* the killed one had made way for it, and these are its own */
		return;
	c->found.backlog_limit = found->backlog_limit;
	c->found.backlog_wait_time = found->backlog_wait_time;
	if (c->daemon) { /* its settings are not ours to change: put back at once */
		c->tuned = true;
		audit_control_untune(c);
	}
}

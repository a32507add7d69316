/* audit.c - the audit backend: finds the machine's auditing, joins it, and leaves it as it was */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backends/audit.h"
#include "backends/audit_change.h"
#include "backends/audit_machine.h"
#include "backends/audit_owner.h"
#include "backends/audit_probe.h"
#include "backends/audit_read.h"
#include "backends/audit_refusal.h"
#include "backends/audit_rules.h"
#include "backends/audit_tell.h"
#include "config/config.h"

static int open_descriptors(struct audit_session *s)
{
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->epoll < 0 || s->timer < 0)
		return -errno;
	return backend_watch(s->epoll, s->timer);
}

static void note_found(struct audit_session *s, const struct audit_status *status, size_t len)
{
	s->found.enabled = status->enabled;
	s->found.backlog_limit = status->backlog_limit;
	s->found.backlog_wait_time = status->backlog_wait_time;
	s->found.has_wait_time = len >= offsetof(struct audit_status, backlog_wait_time) + sizeof(uint32_t);
	s->lost = status->lost;
	s->panics = status->failure == AUDIT_PANIC;
	audit_view_begin(&s->view, status, s->backend->clock->now);
}

static int survey(struct audit_session *s, struct reason *note)
{
	struct audit_rules_found found;
	/* the lock is this network namespace's: elsewhere they may be a living agent's, until the audit pid is ours */
	int err = audit_rules_survey(s->control, !s->view.shared && machine_is_initial_network(), &found);

	if (err) {
		reason_set(note, "", "the audit rules cannot be listed: %s", strerror(-err));
		return err;
	}
	s->found.leftovers = found.ours && !s->view.shared;
	s->view.task_never = found.task_never;
	s->view.hidden = found.hidden;
	return 0;
}

static int join(struct audit_session *s, struct reason *note)
{
	int err = audit_reader_join(&s->reader);

	if (!audit_multicast_reaches_here(note))
		return -ENOTSUP;
	if (err == -EPERM)
		reason_set(note, "give CAP_AUDIT_READ", "CAP_AUDIT_READ is missing");
	else if (err)
		reason_set(note, "run epitaph as a plugin of auditd, with transport = stdin",
			"this kernel has no multicast of audit records (it came in 3.16)");
	s->how = HOW_MULTICAST;
	if (!err && !s->view.daemon)
		audit_owner_tune(s);
	return err;
}

static int connect_records(struct audit_session *s, struct reason *note)
{
	const struct config *c = s->backend->config;
	int err = audit_reader_open(&s->reader, c->exec_failures);

	if (err)
		return audit_refused(note, err);
	err = backend_watch(s->epoll, s->reader.fd);
	if (err)
		return err;
	if (s->panics && !s->view.daemon)
		return audit_would_panic(note);
	if (c->transport == AUDIT_TRANSPORT_MULTICAST || s->view.daemon || s->view.shared) {
		if (c->transport != AUDIT_TRANSPORT_UNICAST)
			return join(s, note);
		reason_set(note, "transport = auto, or stop auditd", "an audit daemon runs (pid %d)", (int)s->view.daemon);
		return -EBUSY;
	}
	err = audit_owner_register(s);
	if (err && c->transport == AUDIT_TRANSPORT_AUTO)
		return join(s, note);
	if (err) {
		reason_set(note, "transport = auto", "registering as the audit daemon: %s", strerror(-err));
		return err;
	}
	s->how = HOW_UNICAST;
	audit_owner_tune(s);
	return 0;
}

static int connect_stdin(struct audit_session *s, struct reason *note)
{
	int err = audit_stdin_is_usable(note);

	if (err)
		return err;
	s->how = HOW_STDIN;
	s->stdin_flags = fcntl(STDIN_FILENO, F_GETFL);
	if (s->stdin_flags < 0 || fcntl(STDIN_FILENO, F_SETFL, s->stdin_flags | O_NONBLOCK))
		return -errno;
	return backend_watch(s->epoll, STDIN_FILENO);
}

static int control(struct audit_session *s, struct reason *note)
{
	struct audit_status status;
	size_t len = 0;
	int err;

	s->control = audit_control_open();
	err = s->control < 0 ? s->control : audit_status_read(s->control, &status, &len);
	if (err)
		return audit_refused(note, err);
	if (status.enabled == AUDIT_LOCKED)
		return audit_locked(note);
	note_found(s, &status, len);
	s->lock = machine_take_lock(&s->view.shared);
	err = survey(s, note);
	if (!err && status.rate_limit)
		reason_set(note, "auditctl -r 0", "audit's rate limit is %u records a second: more are lost", status.rate_limit);
	return err;
}

static int start(struct audit_session *s, struct reason *note)
{
	struct audit_rules_found found;
	int err;

	if (s->found.leftovers && !machine_is_initial_network())
		audit_rules_survey(s->control, true, &found);
	if (!s->found.enabled && !s->view.shared) {
		err = audit_status_enable(s->control, 1);
		if (err)
			return audit_refused(note, err);
		s->enabled_here = true;
	}
	err = audit_change_load(s, note);
	if (err)
		return err;
	if (s->view.hidden)
		reason_set(note, AUDIT_RULE_HIDES_CURE, AUDIT_RULE_HIDES);
	if (s->view.task_never)
		reason_set(note, "take `-a task,never` out of the audit rules",
			"the rule task,never keeps new processes from being audited");
	return 0;
}

static int audit_open_backend(struct backend *b)
{
	struct audit_session *s = b->state;
	int err;

	s->backend = b;
	s->control = s->lock = s->epoll = s->timer = s->reader.fd = s->stdin_flags = -1;
	s->opened = true;
	audit_assembler_init(&s->assembler, b->clock, audit_tell_record, s);
	s->assembler.copies = b->config->transport != AUDIT_TRANSPORT_STDIN;
	err = open_descriptors(s);
	if (err) {
		reason_set(&b->note, "", "no descriptor: %s", strerror(-err));
		return err;
	}
	err = control(s, &b->note);
	if (!err && b->found)
		b->found(b);
	if (!err)
		err = b->config->transport == AUDIT_TRANSPORT_STDIN ? connect_stdin(s, &b->note) : connect_records(s, &b->note);
	if (!err)
		err = start(s, &b->note);
	if (err)
		return err;
	s->view.transport = s->how == HOW_UNICAST ? "unicast" : s->how == HOW_MULTICAST ? "multicast" : "stdin";
	b->fd = s->epoll;
	b->interval = 0;
	audit_tell_sight(s);
	return 0;
}

static int audit_read_backend(struct backend *b, int budget)
{
	return audit_read(b->state, budget);
}

static int audit_reload(struct backend *b)
{
	struct audit_session *s = b->state;

	if (s->how != HOW_STDIN)
		audit_reader_filter(&s->reader, b->config->exec_failures);
	return audit_change_load(s, &b->note);
}

/* An auditd that came since wants auditing on, and its settings are its own. */
static void restore(struct audit_session *s)
{
	struct audit_status status, off = { .mask = AUDIT_STATUS_PID };
	size_t len;
	bool others;

	audit_rules_unload(s->control, &s->rules);
	/* before 4.x anybody may take the pid from anybody, also by setting it to 0 */
	if (s->how == HOW_UNICAST && !audit_status_read(s->control, &status, &len) && status.pid == (uint32_t)getpid())
		audit_reader_request(&s->reader, AUDIT_SET, &off, sizeof(off), ++s->seq, false);
	audit_owner_untune(s);
	others = !audit_status_read(s->control, &status, &len) && status.pid && status.pid != (uint32_t)getpid();
	if (s->enabled_here && !others)
		audit_status_enable(s->control, s->found.enabled);
}

static void audit_close_backend(struct backend *b)
{
	struct audit_session *s = b->state;
	const int fds[3] = { s ? s->timer : -1, s ? s->epoll : -1, s ? s->lock : -1 };

	if (!s || !s->opened)
		return;
	if (s->control >= 0)
		restore(s);
	audit_ruleset_free(&s->rules);
	audit_reader_close(&s->reader);
	audit_control_close(s->control);
	if (s->stdin_flags >= 0)
		fcntl(STDIN_FILENO, F_SETFL, s->stdin_flags);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	s->opened = false;
	b->fd = -1;
}

bool audit_is_shared(const struct backend *b)
{
	return ((const struct audit_session *)b->state)->view.shared;
}

const struct audit_found *audit_found(const struct backend *b)
{
	return &((const struct audit_session *)b->state)->found;
}

void audit_found_set(struct backend *b, const struct audit_found *found)
{
	struct audit_session *s = b->state;

	bool still = s->found.has_wait_time ? s->found.backlog_wait_time == 0 && s->found.backlog_limit >= AUDIT_BACKLOG :
		s->found.backlog_limit == AUDIT_BACKLOG;

	s->found.enabled = found->enabled;
	s->enabled_here = s->enabled_here || !found->enabled;
	if (s->view.daemon && !still) /* the killed one had made way for it, and these are its own */
		return;
	s->found.backlog_limit = found->backlog_limit;
	s->found.backlog_wait_time = found->backlog_wait_time;
	if (s->view.daemon) { /* its settings are not ours to change: put back at once */
		s->tuned = true;
		audit_owner_untune(s);
	}
}

void audit_found_noted(struct backend *b)
{
	((struct audit_session *)b->state)->found.noted = true;
}

const struct backend_ops backend_audit = {
	.name       = "audit",
	.source     = SOURCE_AUDIT,
	.sees       = SEES_EXEC | SEES_SIGNAL | SEES_EXEC_FACTS | SEES_EXIT_CALL,
	.price = "adds logins, terminals, system calls, exact arguments and failed execs; costs each system call of the host some 0.3 us, for up to 16 rules",
	.state_size = sizeof(struct audit_session),
	.probe      = audit_probe,
	.open       = audit_open_backend,
	.read       = audit_read_backend,
	.reload     = audit_reload,
	.close      = audit_close_backend,
};

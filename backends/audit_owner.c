#include "backends/audit_owner.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <unistd.h>

#include "backends/audit_rules.h"
#include "backends/audit_tell.h"

#define RETAKE_AFTER (10 * NSEC_PER_SEC)

void audit_owner_tune(struct audit_session *s)
{
	if (s->tuned || s->view.shared)
		return;
	s->tuned = true;
	if (s->found.has_wait_time)
		audit_status_backlog_wait(s->control, 0);
	if (s->found.backlog_limit && s->found.backlog_limit < AUDIT_BACKLOG)
		audit_status_backlog(s->control, AUDIT_BACKLOG);
}

void audit_owner_untune(struct audit_session *s)
{
	struct audit_status now;
	size_t len;

	if (!s->tuned)
		return;
	s->tuned = false;
	/* what somebody else has set meanwhile is his */
	if (audit_status_read(s->control, &now, &len))
		return;
	if (s->found.has_wait_time && now.backlog_wait_time == 0)
		audit_status_backlog_wait(s->control, s->found.backlog_wait_time);
	if (s->found.backlog_limit && s->found.backlog_limit < AUDIT_BACKLOG && now.backlog_limit == AUDIT_BACKLOG)
		audit_status_backlog(s->control, s->found.backlog_limit);
}

static int send_pid(struct audit_session *s, pid_t pid)
{
	struct audit_status status = { .mask = AUDIT_STATUS_PID, .pid = (uint32_t)pid };

	return audit_reader_request(&s->reader, AUDIT_SET, &status, sizeof(status), ++s->seq, true);
}

int audit_owner_register(struct audit_session *s)
{
	struct audit_message m;
	int err = send_pid(s, getpid());

	while (!err) {
		int n = audit_reader_fetch(&s->reader);

		if (n <= 0)
			return n ? n : -ETIME;
		while (audit_reader_next(&s->reader, &m)) {
			struct nlmsgerr answer;

			if (m.type != NLMSG_ERROR || m.seq != s->seq || m.len < sizeof(answer.error))
				continue;
			memcpy(&answer.error, m.data, sizeof(answer.error));
			return answer.error;
		}
	}
	return err;
}

static void be(struct audit_session *s, enum audit_how how)
{
	s->how = how;
	s->view.transport = how == HOW_UNICAST ? "unicast" : "multicast";
}

int audit_owner_release(struct audit_session *s, bool registered, const char *reason)
{
	int err = audit_reader_join(&s->reader);

	s->yield = false;
	s->registering = false;
	s->reader.doubled = true;
	if (registered)
		send_pid(s, 0);
	audit_owner_untune(s);
	s->retake_at = s->backend->clock->now + RETAKE_AFTER;
	s->check_at = s->backend->clock->now + CHECK_EVERY;
	be(s, HOW_MULTICAST);
	audit_tell_state(s, AGENT_DEGRADED, reason);
	if (err)
		reason_set(&s->backend->note, "run epitaph as a plugin of auditd, with transport = stdin",
			"auditd took the audit records over and this kernel has no multicast of them");
	return err;
}

void audit_owner_take(struct audit_session *s)
{
	if (s->panics || send_pid(s, getpid()))
		return;
	s->registering = true;
	s->register_seq = s->seq;
	s->reader.doubled = true;
}

void audit_owner_taken(struct audit_session *s, int err)
{
	s->registering = false;
	s->retake_at = s->backend->clock->now + RETAKE_AFTER;
	if (err)
		return;
	audit_reader_leave(&s->reader);
	audit_owner_tune(s);
	be(s, HOW_UNICAST);
	s->view.daemon = 0;
	audit_tell_state(s, AGENT_RESTORED, "auditd is gone: audit records come to epitaph alone again");
}

#include "backends/audit_owner.h"

#include "backends/audit_tell.h"

#define RETAKE_AFTER (10 * NSEC_PER_SEC)

int audit_owner_release(struct audit_session *s, bool registered, const char *reason)
{
	int err = rights_tell(RIGHTS_AUDIT, AUDIT_ASK_RELEASE, registered);

	s->yield = false;
	s->registering = false;
	s->reader.doubled = true;
	s->retake_at = s->backend->clock->now + RETAKE_AFTER;
	s->check_at = s->backend->clock->now + CHECK_EVERY;
	s->how = HOW_MULTICAST;
	audit_tell_state(s, AGENT_DEGRADED, reason);
	if (err)
		reason_set(&s->backend->note, "run epitaph as a plugin of auditd, with transport = stdin",
			"auditd took the audit records over and this kernel has no multicast of them");
	return err;
}

int audit_owner_executed(struct audit_session *s, pid_t pid, const char *path)
{
	if (s->how != HOW_UNICAST || !audit_is_daemon(pid, path))
		return 0;
	return audit_owner_release(s, true, "auditd starts: made way for it, reading the records beside it");
}

void audit_owner_take(struct audit_session *s)
{
	struct rights_answer a;

	if (s->panics || rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_TAKE, 0, &a))
		return;
	s->registering = true;
	s->register_seq = (uint32_t)a.value;
	s->reader.doubled = true;
}

void audit_owner_taken(struct audit_session *s, int err)
{
	s->registering = false;
	s->retake_at = s->backend->clock->now + RETAKE_AFTER;
	if (err || rights_tell(RIGHTS_AUDIT, AUDIT_ASK_TAKEN, 0))
		return;
	s->how = HOW_UNICAST;
	s->view.daemon = 0;
	audit_tell_state(s, AGENT_RESTORED, "auditd is gone: audit records come to epitaph alone again");
}

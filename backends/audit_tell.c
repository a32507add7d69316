/* audit_tell.c - events, losses and changes of state on their way to the core */
#include "backends/audit_tell.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/path_basename.h"
#include "backends/namespaces.h"
#include "backends/procfs.h"

void audit_tell_sight(struct audit_session *s)
{
	const struct audit_view *v = &s->view;

	s->backend->sight = (struct sight){
		.every_process = v->cmdline_audit1 && !v->task_never,
		.new_processes = !v->task_never,
		.since = v->enabled_since,
		.execs_hidden = v->off || (v->hidden & SEES_EXEC),
		.signals_hidden_by = v->off ? "another program has switched auditing off" :
			v->hidden & SEES_SIGNAL ? "a rule of audit (never or exclude) may keep signals from being recorded" : NULL,
	};
}

static void emit(struct audit_session *s, const struct event *e)
{
	audit_tell_sight(s);
	s->emitted++;
	s->backend->emit(s->backend->ctx, e);
}

/* Out of another pid or user namespace nobody can register for audit's records. */
static bool is_in_namespace_of_audit(pid_t pid)
{
	bool pid_here = true, user_here = true;
	int dirfd = procfs_open(pid);

	if (dirfd < 0)
		return false; /* it has ended */
	int error = namespace_is_here(dirfd, "pid", &pid_here);
	if (!error)
		error = namespace_is_here(dirfd, "user", &user_here);
	close(dirfd);
	return pid_here && user_here && (!error || error == -EACCES);
}

static bool is_auditd(const struct facts *p)
{
	if (!(p->has & FACT_EXE) || !(p->has & FACT_UID) || p->uid != 0) /* it wants to be root's */
		return false;
	return strcmp(path_basename(p->exe), "auditd") == 0 && is_in_namespace_of_audit(p->pid);
}

void audit_tell_record(void *ctx, const struct event *e)
{
	struct audit_session *s = ctx;

	if (s->how == HOW_UNICAST && e->kind == EVENT_EXEC && is_auditd(&e->process))
		s->yield = true;
	emit(s, e);
}

void audit_tell_state(struct audit_session *s, enum agent_state state, const char *reason)
{
	struct event e = {
		.kind = EVENT_AGENT, .has = HAS_REASON, .at = s->backend->clock->now,
		.state = state, .reason = reason,
	};

	reason_set(&s->backend->note, "", "%s", state == AGENT_RESTORED ? "" : reason); /* what is over is no limit */
	emit(s, &e);
}

void audit_tell_lost(struct audit_session *s, uint64_t count, const char *reason)
{
	audit_tell_sight(s);
	s->emitted++;
	backend_lost(s->backend, count, reason);
}

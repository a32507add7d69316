/* audit_tell.c - events, losses and changes of state on their way to the core */
#include "backends/audit_tell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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

/* Out of another pid or user namespace nobody can register for audit's records, and root's alone is believed. */
bool audit_is_daemon(pid_t pid, const char *path)
{
	bool pid_here = true, user_here = true;
	struct stat st;
	int dirfd = strcmp(path_basename(path), "auditd") == 0 ? procfs_open(pid) : -1;

	if (dirfd < 0)
		return false; /* it has ended */
	bool roots = fstatat(dirfd, "", &st, AT_EMPTY_PATH) == 0 && st.st_uid == 0;
	int error = namespace_is_here(dirfd, "pid", &pid_here);
	if (!error)
		error = namespace_is_here(dirfd, "user", &user_here);
	close(dirfd);
	return roots && pid_here && user_here && (!error || error == -EACCES);
}

static bool is_daemon(const struct facts *p)
{
	return (p->has & FACT_EXE) && (p->has & FACT_UID) && p->uid == 0 && audit_is_daemon(p->pid, p->exe);
}

void audit_tell_record(void *ctx, const struct event *e)
{
	struct audit_session *s = ctx;

	if (s->how == HOW_UNICAST && e->kind == EVENT_EXEC && is_daemon(&e->process))
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

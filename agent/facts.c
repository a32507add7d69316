#include "agent/facts.h"

#include <string.h>

static bool same_exe(const struct facts *a, const struct facts *b)
{
	return (a->has & b->has & FACT_EXE) && strcmp(a->exe, b->exe) == 0;
}

bool facts_same_image(const struct facts *a, const struct facts *b)
{
	return same_exe(a, b) || ((a->has & b->has & FACT_COMM) && (a->has & b->has & FACT_ARGS) &&
	                          strcmp(a->comm, b->comm) == 0 && a->args_len == b->args_len &&
	                          memcmp(a->args, b->args, a->args_len) == 0);
}

bool facts_same_exec(const struct facts *a, const struct facts *b)
{
	return facts_same_image(a, b) && (a->has & b->has & FACT_ARGS) && a->args_len == b->args_len &&
	       memcmp(a->args, b->args, a->args_len) == 0;
}

void facts_fill(struct facts *to, const struct facts *from)
{
	struct facts merged = *from;
	unsigned lacks = from->has & ~to->has;

	if (to->has & FACT_PID) merged.pid = to->pid;
	if (to->has & FACT_PPID) merged.ppid = to->ppid;
	if (to->has & FACT_UID) merged.uid = to->uid;
	if (to->has & FACT_GID) merged.gid = to->gid;
	if (to->has & FACT_AUID) merged.auid = to->auid;
	if (to->has & FACT_SES) merged.ses = to->ses;
	if (to->has & FACT_TTY) merged.tty = to->tty;
	if (to->has & FACT_COMM) merged.comm = to->comm;
	if (to->has & FACT_EXE) merged.exe = to->exe;
	if (to->has & FACT_CGROUP) merged.cgroup = to->cgroup;
	if (to->has & FACT_STARTED) merged.started = to->started;
	if (to->has & FACT_ARGS) {
		merged.args = to->args;
		merged.args_len = to->args_len;
	}
	if (to->has & FACT_ANCESTRY) {
		merged.ancestry = to->ancestry;
		merged.ancestry_len = to->ancestry_len;
	}
	merged.has = to->has | lacks;
	*to = merged;
}

#include "agent/output/severity.h"

#include <syslog.h>

static int by_verdict(const struct event *e)
{
	if (e->cause == CAUSE_OOM || ((e->has & HAS_CORE) && e->core_dumped))
		return LOG_CRIT;
	if (e->cause == CAUSE_STOPPED)
		return LOG_NOTICE;
	if (e->has & HAS_SIGNO)
		return LOG_ERR;
	return (e->has & HAS_EXIT_CODE) && e->exit_code == 0 ? LOG_NOTICE : LOG_WARNING;
}

int severity_of(const struct target_config *t, const struct event *e)
{
	return t->severity[e->kind] == SEVERITY_BY_VERDICT ? by_verdict(e) : t->severity[e->kind];
}

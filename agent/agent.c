#include "agent/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/outputs.h"

#if HAVE_AUDIT
#include "backends/audit.h"
#endif

int agent_init(struct agent *a, struct config *c, const struct output_config **failed)
{
	*failed = NULL;
	memset(a, 0, sizeof(*a));
	clock_refresh(&a->clock);
	a->started_at = a->clock.now;
	a->config = c;
	a->pidfds.fd = -1;
	a->one_cpu = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	a->strings = calloc(1, sizeof(*a->strings));
	a->targets = target_states_new(c);
	int error = a->strings && a->targets ? process_table_init(&a->table, c->max_processes) : -ENOMEM;
	if (!error)
		error = deadlines_init(&a->deadlines, c->max_processes);
	if (!error)
		error = outputs_open(a, c, &a->sinks, failed);
	if (error)
		return error;
	pidfd_set_init(&a->pidfds);
	return 0;
}

void agent_fini(struct agent *a)
{
	struct process *p;

	while (a->table.pool && (p = TAILQ_FIRST(&a->table.watches)))
		watch_end(a, p);
	if (a->sinks)
		outputs_close(a, a->sinks, a->config->outputs_count);
	if (a->table.pool)
		process_table_fini(&a->table);
	deadlines_fini(&a->deadlines);
	pidfd_set_fini(&a->pidfds);
	target_states_free(a->targets, a->config->targets_count);
	free(a->strings);
	seen_pids_free(&a->seen_pids);
	config_free(a->config);
	memset(a, 0, sizeof(*a));
}

void agent_settle(struct agent *a)
{
	struct process *p, *next;

	exec_run_due(a, UINT64_MAX);
	for (p = TAILQ_FIRST(&a->table.watches); p; p = next) {
		next = TAILQ_NEXT(p, order);
		exec_flush(a, p);
		signal_flush(a, p, UINT64_MAX);
		if (p->watch->death.witnesses)
			death_resolve(a, p);
		else
			watch_schedule(a, p);
	}
	agent_tell_gaps(a, true);
	agent_tell_unseen(a, true);
	report_rates(a);
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		sink_flush(&a->sinks[i], &a->clock);
}

const char *agent_no_signal_source(const struct agent *a)
{
	if (a->sees & SEES_SIGNAL)
		return "";
	if (a->replaying)
		return "the log has no signal up to here, so who sends signals may not have been recorded";
	return HAVE_AUDIT ? "no audit backend is open, so who sends signals is not seen" :
	                    "this binary is built without audit, so who sends signals is not seen";
}

const char *agent_signals_hidden_by(const struct agent *a)
{
#if HAVE_AUDIT
	const struct audit_view *view = a->audit ? audit_view(a->audit) : NULL;

	if (view && view->off)
		return "another program has switched auditing off";
	if (view && (view->hidden & SEES_SIGNAL))
		return "a rule of audit (never or exclude) may keep signals from being recorded";
#else
	(void)a;
#endif
	return NULL;
}

bool agent_audited_since(const struct agent *a, uint64_t *since)
{
#if HAVE_AUDIT
	const struct audit_view *view = a->audit ? audit_view(a->audit) : NULL;

	*since = view ? view->enabled_since : 0;
	return view && !view->task_never && !view->off && !(view->hidden & SEES_EXEC);
#else
	(void)a;
	*since = 0;
	return false;
#endif
}

bool agent_unaudited(const struct agent *a, uint64_t *count)
{
	*count = 0;
#if HAVE_AUDIT
	const struct audit_view *view = a->audit ? audit_view(a->audit) : NULL;
	const struct process *p;

	if (!view)
		return false;
	if (view->cmdline_audit1 && !view->task_never)
		return true;
	TAILQ_FOREACH(p, &a->table.live, order)
		*count += !p->kernel_thread && (view->task_never || p->born < view->enabled_since);
	TAILQ_FOREACH(p, &a->table.watches, order)
		*count += !p->ended && (view->task_never || p->born < view->enabled_since);
	return true;
#else
	(void)a;
	return false;
#endif
}

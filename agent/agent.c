#include "agent/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/outputs.h"

int agent_init(struct agent *a, struct config *c, const struct output_config **failed)
{
	*failed = NULL;
	memset(a, 0, sizeof(*a));
	clock_refresh(&a->clock);
	a->started_at = a->clock.now;
	a->config = c;
	a->pidfds.fd = -1;
	coverage_init(&a->coverage);
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
		if (p->stage == STAGE_ENDING)
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

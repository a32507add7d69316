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
	a->targets = target_states_new(c);
	int error = a->targets ? process_table_init(&a->table, c->max_processes) : -ENOMEM;
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
	seen_pids_free(&a->scan.seen_pids);
	config_free(a->config);
	memset(a, 0, sizeof(*a));
}

void agent_flush(struct agent *a)
{
	life_flush(a);
	agent_tell_gaps(a, true);
	agent_tell_unseen(a, true);
	report_rates(a);
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		sink_flush(&a->sinks[i], &a->clock);
}

uint64_t agent_next_due(struct agent *a)
{
	uint64_t due = life_next_due(a);

	return a->rates_due && (!due || a->rates_due < due) ? a->rates_due : due;
}

void agent_run_due(struct agent *a)
{
	if (a->rates_due && a->rates_due <= a->clock.now)
		report_rates(a);
	life_run_due(a);
}

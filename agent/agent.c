#include "agent/agent.h"

#include <string.h>

#include "agent/warden/warden.h"

int agent_init(struct agent *a, struct config *c, const struct output_config **failed)
{
	*failed = NULL;
	clock_refresh(&a->clock);
	a->config = c;
	a->pidfds.fd = -1;
	coverage_init(&a->coverage);
	a->life.config = c;
	a->life.clock = &a->clock;
	a->life.table = &a->table;
	a->life.coverage = &a->coverage;
	a->life.pidfds = &a->pidfds;
	a->life.output = &a->output;
	scan_init(&a->scan, &a->life, agent_event, a);
	int error = process_table_init(&a->table, c->max_processes);
	if (!error)
		error = life_init(&a->life);
	if (!error)
		error = output_open(&a->output, c, &a->clock, failed);
	if (error)
		return error;
	a->started = a->clock.now;
	pidfd_set_init(&a->pidfds);
	return 0;
}

void agent_fini(struct agent *a)
{
	life_fini(&a->life);
	output_close(&a->output);
	if (a->table.pool)
		process_table_fini(&a->table);
	pidfd_set_fini(&a->pidfds);
	scan_fini(&a->scan);
	config_free(a->config);
	memset(a, 0, sizeof(*a));
}

void agent_flush(struct agent *a)
{
	life_flush(&a->life);
	scan_tell_unseen(&a->scan, true);
	output_flush(&a->output);
}

uint64_t agent_next_due(struct agent *a)
{
	uint64_t life = life_next_due(&a->life), output = output_due(&a->output);

	return output && (!life || output < life) ? output : life;
}

void agent_run_due(struct agent *a)
{
	output_run_due(&a->output);
	life_run_due(&a->life);
}

void agent_report(struct agent *a, enum agent_state state, const char *reason)
{
	struct event e = {
		.kind = EVENT_AGENT,
		.has = reason ? HAS_REASON : 0,
		.at = a->clock.now,
		.state = state,
		.backends = a->coverage.open,
		.sees = a->coverage.sees,
		.reason = reason,
		.privileges = state == AGENT_STARTED ? warden_privileges() : NULL,
	};

	if (coverage_unaudited(&a->coverage, &a->table, &e.unaudited))
		e.has |= HAS_UNAUDITED;
	output_agent(&a->output, &e);
}

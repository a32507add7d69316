/* report.c - records on their way to the outputs of their target */
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"

void process_facts(const struct process *p, struct facts *f)
{
	memset(f, 0, sizeof(*f));
	if (p->watch && p->watch->details)
		*f = p->watch->details->facts;
	f->pid = p->pid;
	f->has |= FACT_PID;
	if (p->ppid) {
		f->ppid = p->watch && p->watch->last_ppid ? p->watch->last_ppid : p->ppid;
		f->has |= FACT_PPID;
	}
	/* What changes in a life: ids and, by prctl, the comm. */
	if (p->has_uid) {
		f->uid = p->uid;
		f->has |= FACT_UID;
	}
	if (p->has_gid) {
		f->gid = p->gid;
		f->has |= FACT_GID;
	}
	if (p->comm[0]) {
		f->comm = p->comm;
		f->has |= FACT_COMM;
	}
	f->has &= ~(unsigned)FACT_STARTED;
	if (!p->born_unknown) {
		f->started = p->born;
		f->has |= FACT_STARTED;
	}
}

static void write_to(struct agent *a, uint32_t outputs, struct event *e, int severity)
{
	e->wall_offset = a->clock.to_wall;
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		if (outputs & (1u << i))
			sink_write(&a->sinks[i], e, severity, &a->clock);
}

static void lost_to(struct agent *a, uint32_t outputs, const char *in, uint64_t count, const char *reason, int severity)
{
	struct event lost = {
		.kind = EVENT_LOST,
		.has = HAS_REASON | (count ? HAS_COUNT : 0),
		.at = a->clock.now,
		.count = count,
		.reason = reason,
		.lost_in = in,
	};

	write_to(a, outputs, &lost, severity);
}

/* Tells what the target's rate dropped, if anything. */
static void report_rate(struct agent *a, unsigned target)
{
	const struct target_config *t = &a->config->targets[target];
	struct target_state *s = &a->targets[target];
	uint64_t dropped = s->rate_dropped;
	char reason[128];

	if (!dropped)
		return;
	s->rate_dropped = 0;
	snprintf(reason, sizeof(reason), "target %s has more than %u records a second (its rate)", t->name, t->rate);
	lost_to(a, t->outputs, t->name, dropped, reason, t->severity[EVENT_LOST]);
}

/* False if the target has had its records of this second. */
static bool rate_allows(struct agent *a, unsigned target, const struct event *e)
{
	const struct target_config *t = &a->config->targets[target];
	struct target_state *s = &a->targets[target];
	uint64_t second = a->clock.now / NSEC_PER_SEC;

	if (s->rate_second != second) {
		s->rate_second = second;
		s->rate_used = 0;
		report_rate(a, target);
	}
	if (!t->rate || e->kind == EVENT_EXIT || s->rate_used < t->rate) {
		s->rate_used++;
		return true;
	}
	s->rate_dropped++;
	if (!a->rates_due)
		a->rates_due = (second + 1) * NSEC_PER_SEC;
	return false;
}

void report_rates(struct agent *a)
{
	a->rates_due = 0;
	for (unsigned i = 0; i < a->config->targets_count; i++)
		report_rate(a, i);
}

void report_for(struct agent *a, unsigned target, struct event *e)
{
	const struct target_config *t = &a->config->targets[target];

	if (!(t->events & (1u << e->kind)) || !rate_allows(a, target, e))
		return;
	e->target = t->name;
	write_to(a, t->outputs, e, t->severity[e->kind]);
}

void report(struct agent *a, const struct process *p, struct event *e)
{
	process_facts(p, &e->process);
	report_for(a, p->watch->target, e);
}

void report_lost(struct agent *a, unsigned source, uint64_t count, const char *reason)
{
	struct event lost = {
		.kind = EVENT_LOST,
		.has = (source ? HAS_BACKEND : 0) | (count ? HAS_COUNT : 0) | (reason ? HAS_REASON : 0),
		.sources = source,
		.backend = source,
		.at = a->clock.now,
		.count = count,
		.reason = reason,
		.lost_in = "agent",
	};

	write_to(a, UINT32_MAX, &lost, a->config->targets[0].severity[EVENT_LOST]);
}

void report_unwritten(struct agent *a, const char *output, uint64_t count, const char *reason)
{
	lost_to(a, UINT32_MAX, output, count, reason, a->config->targets[0].severity[EVENT_LOST]);
}

void report_agent(struct agent *a, enum agent_state state, const char *reason)
{
	struct event e = {
		.kind = EVENT_AGENT,
		.has = reason ? HAS_REASON : 0,
		.at = a->clock.now,
		.state = state,
		.backends = a->coverage.open,
		.sees = a->coverage.sees,
		.reason = reason,
	};

	if (coverage_unaudited(&a->coverage, &a->table, &e.unaudited))
		e.has |= HAS_UNAUDITED;
	write_to(a, UINT32_MAX, &e, a->config->targets[0].severity[EVENT_AGENT]);
}

#include "agent/output/output.h"

#include <stdio.h>
#include <string.h>

static void write_to(struct output *o, uint32_t outputs, struct event *e, int severity)
{
	e->wall_offset = o->clock->to_wall;
	for (unsigned i = 0; i < o->config->outputs_count; i++)
		if (outputs & (1u << i))
			sink_write(&o->sinks[i], e, severity, o->clock);
}

/* Tells what the target's rate dropped, if anything. */
static void tell_rate(struct output *o, unsigned target)
{
	const struct target_config *t = &o->config->targets[target];
	struct rate *r = &o->rates[target];
	char reason[128];
	struct event lost = {
		.kind = EVENT_LOST, .has = HAS_REASON | HAS_COUNT, .at = o->clock->now,
		.count = r->dropped, .reason = reason, .lost_in = t->name,
	};

	if (!r->dropped)
		return;
	r->dropped = 0;
	snprintf(reason, sizeof(reason), "target %s has more than %u records a second (its rate)", t->name, t->rate);
	write_to(o, t->outputs, &lost, t->severity[EVENT_LOST]);
}

static bool is_try(const struct event *e)
{
	return e->kind == EVENT_SIGNAL && (e->result == RESULT_FAILED || e->result == RESULT_UNKNOWN);
}

/* False if the target has had its records of this second, of that kind. */
static bool rate_allows(struct output *o, unsigned target, const struct event *e)
{
	const struct target_config *t = &o->config->targets[target];
	struct rate *r = &o->rates[target];
	uint64_t second = o->clock->now / NSEC_PER_SEC;
	unsigned *used = is_try(e) ? &r->tries : &r->used;

	if (r->second != second) {
		r->second = second;
		r->used = r->tries = 0;
		tell_rate(o, target);
	}
	if (!t->rate || e->kind == EVENT_EXIT || *used < t->rate) {
		++*used;
		return true;
	}
	r->dropped++;
	if (!o->rates_due)
		o->rates_due = (second + 1) * NSEC_PER_SEC;
	return false;
}

/* Arguments can hold passwords: a target says how much of them may be written. */
static void cut_args(struct facts *f, enum record_args may)
{
	if (may == RECORD_ARGS_YES || !(f->has & FACT_ARGS))
		return;
	if (may == RECORD_ARGS_NO || !memchr(f->args, '\0', f->args_len))
		f->has &= ~(unsigned)FACT_ARGS;
	else
		f->args_len = strlen(f->args) + 1;
}

void output_record(struct output *o, unsigned target, struct event *e)
{
	const struct target_config *t = &o->config->targets[target];

	if (!(t->events & (1u << e->kind)) || !rate_allows(o, target, e))
		return;
	e->target = t->name;
	cut_args(&e->process, t->record_args);
	cut_args(&e->sender, t->record_args);
	cut_args(&e->requester, t->record_args);
	write_to(o, t->outputs, e, t->severity[e->kind]);
}

void output_lost(struct output *o, unsigned source, uint64_t count, const char *reason)
{
	struct event lost = {
		.kind = EVENT_LOST,
		.has = (source ? HAS_BACKEND : 0) | (count ? HAS_COUNT : 0) | (reason ? HAS_REASON : 0),
		.sources = source,
		.backend = source,
		.at = o->clock->now,
		.count = count,
		.reason = reason,
		.lost_in = "agent",
	};

	write_to(o, UINT32_MAX, &lost, o->config->targets[0].severity[EVENT_LOST]);
}

void output_agent(struct output *o, struct event *e)
{
	write_to(o, UINT32_MAX, e, o->config->targets[0].severity[e->kind]);
}

static void tell_rates(struct output *o)
{
	o->rates_due = 0;
	for (unsigned i = 0; i < o->config->targets_count; i++)
		tell_rate(o, i);
}

uint64_t output_due(const struct output *o)
{
	return o->rates_due;
}

void output_run_due(struct output *o)
{
	if (o->rates_due && o->rates_due <= o->clock->now)
		tell_rates(o);
}

void output_flush(struct output *o)
{
	tell_rates(o);
	for (unsigned i = 0; i < o->config->outputs_count; i++)
		sink_flush(&o->sinks[i], o->clock);
}

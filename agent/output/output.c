#include "agent/output/output.h"

#include <stdio.h>
#include <string.h>

#include "agent/output/severity.h"

/* Lines of at most so many bytes; returns how long the longest is. */
static size_t write_lines(struct output *o, uint32_t outputs, struct event *e, int severity, size_t most)
{
	size_t longest = 0;

	o->told[e->kind]++;
	e->wall_offset = o->clock->to_wall;
	for (unsigned i = 0; i < o->config->outputs_count; i++) {
		size_t len = outputs & (1u << i) ? sink_write(&o->sinks[i], e, severity, most, o->clock) : 0;

		longest = len > longest ? len : longest;
	}
	return longest;
}

static void write_to(struct output *o, uint32_t outputs, struct event *e, int severity)
{
	write_lines(o, outputs, e, severity, SIZE_MAX);
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

static void write_lost(struct output *o, unsigned source, uint64_t count, const char *reason)
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

	o->lost[source ? __builtin_ctz(source) : SOURCES] += count ? count : 1;
	write_to(o, UINT32_MAX, &lost, o->config->targets[0].severity[EVENT_LOST]);
}

/* What the budgets of users have cost them. */
static void tell_budget(struct output *o)
{
	char reason[256];

	for (int i = 0; i <= BUDGET_USERS; i++) {
		struct account *a = &o->budget.accounts[i];

		if (!budget_say(&o->budget, a, o->config->budget, reason, sizeof(reason)))
			continue;
		write_lost(o, 0, a->left_out, reason);
		budget_told(a);
	}
	o->budget.due = 0;
}

/* Who is charged for the record. */
static uid_t user_of(const struct event *e, uid_t starter)
{
	const struct facts *who = e->kind == EVENT_SIGNAL && e->sender.has ? &e->sender : &e->process;
	uid_t now = who->has & FACT_UID ? who->uid : USER_UNKNOWN;

	if (who == &e->sender || starter == 0 || (starter == USER_UNKNOWN && now != 0))
		return now;
	return starter; /* a program that is root by its file's mode is still a user's */
}

/* The account of who is charged; NULL if there is no limit. */
static struct account *account_of(struct output *o, const struct event *e, uid_t starter)
{
	uid_t user = user_of(e, starter);

	if (!o->config->budget || user == 0)
		return NULL;
	if (budget_is_over(&o->budget, o->clock->now)) {
		tell_budget(o);
		budget_next(&o->budget, o->clock->now);
	}
	return budget_account(&o->budget, user);
}

void output_record(struct output *o, unsigned target, struct event *e, uid_t starter)
{
	const struct target_config *t = &o->config->targets[target];

	if (!(t->events & (1u << e->kind)))
		return;
	struct account *a = account_of(o, e, starter);
	enum due_to due = a ? budget_due_to(a, o->config->budget) : DUE_WHOLE;
	if (due == DUE_NOTHING && e->kind != EVENT_EXIT) {
		budget_leave_out(&o->budget, a);
		return;
	}
	if (!rate_allows(o, target, e))
		return;
	e->target = t->name;
	enum record_args args = due == DUE_WHOLE ? t->record_args : RECORD_ARGS_NO;
	cut_args(&e->process, args);
	cut_args(&e->sender, args);
	cut_args(&e->requester, args);
	size_t len = write_lines(o, t->outputs, e, severity_of(t, e), due == DUE_WHOLE ? SIZE_MAX : BUDGET_LINE);
	if (a)
		budget_charge(&o->budget, a, len, due != DUE_WHOLE);
}

void output_alert(struct output *o, unsigned target, struct event *e)
{
	const struct target_config *t = &o->config->targets[target];

	e->target = t->name;
	write_to(o, t->outputs, e, t->severity[e->kind]);
}

void output_lost(struct output *o, unsigned source, uint64_t count, const char *reason)
{
	if (!losses_keep(&o->losses, source, count, reason, o->clock->now))
		write_lost(o, source, count, reason);
}

static void tell_losses(struct output *o, uint64_t until)
{
	struct loss sum;

	while (losses_take(&o->losses, until, o->clock->now, &sum))
		write_lost(o, sum.source, sum.count, sum.reason[0] ? sum.reason : NULL);
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

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one && (!other || one < other) ? one : other;
}

uint64_t output_due(const struct output *o)
{
	return earlier(earlier(o->rates_due, o->budget.due), losses_due(&o->losses));
}

void output_run_due(struct output *o)
{
	uint64_t now = o->clock->now;

	if (o->rates_due && o->rates_due <= now)
		tell_rates(o);
	if (o->budget.due && o->budget.due <= now)
		tell_budget(o);
	tell_losses(o, now);
}

void output_flush(struct output *o)
{
	tell_rates(o);
	tell_budget(o);
	tell_losses(o, UINT64_MAX);
	for (unsigned i = 0; i < o->config->outputs_count; i++)
		sink_flush(&o->sinks[i], o->clock);
}

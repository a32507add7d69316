#include "agent/life/alerts.h"

static void tell(struct life *l, unsigned target, enum event_kind kind, unsigned restarts, uint64_t at)
{
	const struct target_alerts *a = &l->targets[target].alerts;
	const struct alert alert = {
		.restarts = restarts, .window = l->config->targets[target].restarts_window, .since = a->empty_since,
		.last_pid = a->last_pid, .last_cause = a->last_cause,
	};
	struct event e = {.kind = kind, .at = at, .alert = &alert};

	if (kind == EVENT_PRESENT) {
		e.process.pid = a->present_pid;
		e.process.has = FACT_PID;
	}
	output_alert(l->output, target, &e);
}

/* ---- flapping */

/* The oldest of the starts that are kept, of which there is one more than allowed; 0: there are not so many. */
static uint64_t oldest(const struct target_alerts *a)
{
	return a->starts_count == a->starts_size ? a->starts[a->starts_next] : 0;
}

void alerts_started(struct life *l, unsigned target, uint64_t at)
{
	struct target_alerts *a = &l->targets[target].alerts;

	if (!a->starts)
		return;
	a->starts[a->starts_next] = at;
	a->starts_next = (a->starts_next + 1) % a->starts_size;
	a->starts_count += a->starts_count < a->starts_size;
	if (a->flapping || !oldest(a) || oldest(a) + l->config->targets[target].restarts_window < at)
		return;
	a->flapping = true;
	tell(l, target, EVENT_FLAPPING, a->starts_count, at);
}

/* When the oldest start is out of the time. */
static uint64_t calm_at(const struct life *l, unsigned target)
{
	const struct target_alerts *a = &l->targets[target].alerts;

	return a->flapping ? oldest(a) + l->config->targets[target].restarts_window + 1 : 0;
}

static void calm(struct life *l, unsigned target)
{
	uint64_t due = calm_at(l, target);

	if (due && due <= l->clock->now)
		alerts_calm(l, target);
}

void alerts_calm(struct life *l, unsigned target)
{
	struct target_alerts *a = &l->targets[target].alerts;

	if (!a->flapping)
		return;
	a->flapping = false;
	tell(l, target, EVENT_CALM, a->starts_count - 1, l->clock->now);
}

/* ---- absent */

void alerts_ended(struct life *l, unsigned target, pid_t pid, const struct event *e)
{
	struct target_alerts *a = &l->targets[target].alerts;

	a->ran = true;
	a->last_end = e->at;
	a->last_pid = pid;
	a->last_cause = e->cause;
	deaths_add(&l->targets[target].deaths, e);
}

void alerts_ran(struct life *l, unsigned target, uint64_t starts)
{
	l->targets[target].starts += starts;
	l->targets[target].alerts.ran |= starts > 0;
}

static uint64_t absent_at(const struct life *l, unsigned target)
{
	const struct target_alerts *a = &l->targets[target].alerts;

	return a->empty_since && !a->absent ? a->empty_since + l->config->targets[target].absent : 0;
}

static void look_for_processes(struct life *l, unsigned target)
{
	struct target_alerts *a = &l->targets[target].alerts;

	if (l->targets[target].watched) {
		a->ran = true;
		if (a->absent)
			tell(l, target, EVENT_PRESENT, 0, l->clock->now);
		a->absent = false;
		a->empty_since = a->last_end = 0;
	} else if (a->ran && !a->empty_since) {
		a->empty_since = a->last_end ? a->last_end : l->clock->now;
	}
	uint64_t due = absent_at(l, target);
	if (!due || due > l->clock->now)
		return;
	a->absent = true;
	tell(l, target, EVENT_ABSENT, 0, l->clock->now);
}

static void forget_absent(struct target_alerts *a)
{
	a->absent = false;
	a->empty_since = 0;
}

uint64_t life_alerts(struct life *l)
{
	uint64_t due = 0;

	for (unsigned i = 0; i < l->config->targets_count; i++) {
		const struct target_config *t = &l->config->targets[i];

		if (!t->absent) /* any more */
			forget_absent(&l->targets[i].alerts);
		if (!t->restarts && !t->absent)
			continue;
		if (t->restarts)
			calm(l, i);
		if (t->absent)
			look_for_processes(l, i);
		const uint64_t times[] = {calm_at(l, i), t->absent ? absent_at(l, i) : 0};
		for (unsigned k = 0; k < 2; k++)
			if (times[k] && (!due || times[k] < due))
				due = times[k];
	}
	return due;
}

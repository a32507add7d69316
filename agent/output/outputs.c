/* outputs.c - the sinks: opened, handed on at a reload, closed with a word on what they could not write */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/output/output.h"

/* to: the outputs that go on, which are told; NULL: there are none. */
static void close_sinks(struct output *o, struct output *to)
{
	for (unsigned i = 0; o->sinks && i < o->config->outputs_count; i++) {
		struct sink *s = &o->sinks[i];

		sink_close(s, o->clock);
		if (!s->dropped || s->gone)
			continue;
		const char *why = sink_why(s);
		struct event lost = {
			.kind = EVENT_LOST, .has = HAS_REASON | HAS_COUNT, .at = o->clock->now,
			.count = s->dropped, .reason = why, .lost_in = s->config->name,
		};
		log_warning("output %s: %llu records could not be written: %s", s->config->name, (unsigned long long)s->dropped, why);
		if (to)
			output_agent(to, &lost);
	}
	free(o->sinks);
	free(o->rates);
	o->sinks = NULL;
	o->rates = NULL;
}

/* The running output that goes on as this one, with all that it holds and counts; NULL if there is none. */
static struct sink *running(const struct output *o, const struct output_config *c)
{
	for (unsigned i = 0; o->sinks && i < o->config->outputs_count; i++) {
		const struct output_config *old = &o->config->outputs[i];

		if (strcmp(c->name, old->name) == 0)
			return c->type == old->type && c->transport == old->transport && c->queue == old->queue &&
			       config_same_text(c->path, old->path) && config_same_text(c->host, old->host) && c->port == old->port &&
			       config_same_text(c->command, old->command) && config_same_text(c->command_user, old->command_user) ? &o->sinks[i] : NULL;
	}
	return NULL;
}

static unsigned at_least_one(unsigned count)
{
	return count ? count : 1;
}

int output_prepare(const struct output *o, struct config *c, struct output *next, const struct output_config **failed)
{
	int error = 0;

	*failed = NULL;
	*next = (struct output){.config = c, .clock = o->clock};
	next->rates = calloc(at_least_one(c->targets_count), sizeof(*next->rates));
	next->sinks = next->rates ? calloc(at_least_one(c->outputs_count), sizeof(*next->sinks)) : NULL;
	if (!next->sinks)
		error = -ENOMEM;
	for (unsigned i = 0; !error && i < c->outputs_count; i++) {
		if (running(o, &c->outputs[i]))
			continue;
		error = sink_open(&next->sinks[i], &c->outputs[i], c->host);
		if (error)
			*failed = &c->outputs[i];
	}
	if (error)
		close_sinks(next, NULL);
	return error;
}

int output_open(struct output *o, struct config *c, struct clock *clock, const struct output_config **failed)
{
	const struct output none = {.clock = clock};

	return output_prepare(&none, c, o, failed);
}

void output_close(struct output *o)
{
	close_sinks(o, NULL);
}

static void reopen(struct sink *s)
{
	char why[512];

	sink_reopen(s);
	if (!s->last_error)
		return;
	sink_explain(s->config, s->last_error, why, sizeof(why));
	log_warning("%s: it is tried again", why);
}

void output_reopen(struct output *o)
{
	for (unsigned i = 0; i < o->config->outputs_count; i++)
		reopen(&o->sinks[i]);
}

static void take_over(struct output *o, struct output *next, unsigned i)
{
	struct output_config *c = &next->config->outputs[i];
	struct sink *same = running(o, c), *to = &next->sinks[i];

	if (same) {
		*to = *same;
		*same = (struct sink){ .fd = -1, .wait_fd = -1 };
		to->config = c;
		to->host = next->config->host;
		reopen(to);
		return;
	}
	for (unsigned j = 0; j < o->config->outputs_count; j++)
		if (strcmp(c->name, o->config->outputs[j].name) == 0) {
			sink_close(&o->sinks[j], o->clock); /* its last record has a number too */
			to->seq = o->sinks[j].seq;
			to->written_total += o->sinks[j].written_total;
			to->dropped_total += o->sinks[j].dropped_total;
		}
}

void output_switch(struct output *o, struct output *next)
{
	struct output old = *o;

	for (unsigned i = 0; i < next->config->outputs_count; i++)
		take_over(&old, next, i);
	next->budget = old.budget;
	next->losses = old.losses;
	memcpy(next->told, old.told, sizeof(next->told));
	memcpy(next->lost, old.lost, sizeof(next->lost));
	*o = *next;
	close_sinks(&old, o);
}

#include "agent/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/log.h"

void outputs_close(struct agent *a, struct sink *sinks, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct sink *s = &sinks[i];

		sink_close(s, &a->clock);
		if (!s->dropped || s->gone)
			continue;
		const char *why = sink_why(s);
		log_warning("output %s: %llu records could not be written: %s", s->config->name, (unsigned long long)s->dropped, why);
		if (a->sinks && a->sinks != sinks)
			report_unwritten(a, s->config->name, s->dropped, why);
	}
	free(sinks);
}

/* The running output that goes on as this one, with all that it holds and counts; NULL if there is none. */
static struct sink *running(const struct agent *a, const struct output_config *o)
{
	for (unsigned i = 0; a->sinks && i < a->config->outputs_count; i++) {
		const struct output_config *old = &a->config->outputs[i];

		if (strcmp(o->name, old->name) == 0)
			return o->type == old->type && o->transport == old->transport && o->queue == old->queue &&
			       config_same_text(o->path, old->path) ? &a->sinks[i] : NULL;
	}
	return NULL;
}

int outputs_open(struct agent *a, struct config *c, struct sink **out, const struct output_config **failed)
{
	struct sink *sinks = calloc(c->outputs_count ? c->outputs_count : 1, sizeof(*sinks));
	unsigned i;
	int error = sinks ? 0 : -ENOMEM;

	for (i = 0; !error && i < c->outputs_count; i++) {
		error = running(a, &c->outputs[i]) ? 0 : sink_open(&sinks[i], &c->outputs[i], c->host);
		if (error) {
			*failed = &c->outputs[i];
			break;
		}
	}
	if (error) {
		outputs_close(a, sinks, sinks ? i : 0);
		return error;
	}
	*out = sinks;
	return 0;
}

static void take_over(struct agent *a, const struct config *c, unsigned i, struct sink *to)
{
	struct sink *same = running(a, &c->outputs[i]);

	if (same) {
		*to = *same;
		*same = (struct sink){ .fd = -1, .wait_fd = -1 };
		to->config = &c->outputs[i];
		to->host = c->host;
		sink_reopen(to);
		if (to->last_error)
			log_warning("output %s: %s: it is tried again", to->config->name, sink_why(to));
		return;
	}
	for (unsigned j = 0; j < a->config->outputs_count; j++)
		if (strcmp(c->outputs[i].name, a->config->outputs[j].name) == 0) {
			sink_close(&a->sinks[j], &a->clock); /* its last record has a number too */
			to->seq = a->sinks[j].seq;
		}
}

void outputs_take_over(struct agent *a, const struct config *c, struct sink *sinks)
{
	for (unsigned i = 0; i < c->outputs_count; i++)
		take_over(a, c, i, &sinks[i]);
}

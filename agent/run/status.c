#include "agent/run/status.h"

#include <inttypes.h>

/* A label's value: backslash, quote and newline are escaped.  Names of the configuration have none, a host might. */
static void label(FILE *to, const char *value)
{
	for (; value && *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', to);
		if (*value == '\n')
			fputs("\\n", to);
		else
			fputc(*value, to);
	}
}

static void head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP epitaph_%s %s\n# TYPE epitaph_%s %s\n", name, help, name, type);
}

static void one(FILE *to, const char *name, const char *key, const char *value, uint64_t n)
{
	fprintf(to, "epitaph_%s{%s=\"", name, key);
	label(to, value);
	fprintf(to, "\"} %" PRIu64 "\n", n);
}

static double wall_seconds(const struct agent *a, uint64_t at)
{
	return ((double)at + (double)a->clock.to_wall) / 1e9;
}

static void about(const struct agent *a, FILE *to)
{
	head(to, "info", "gauge", "What runs where.");
	fputs("epitaph_info{version=\"" EPITAPH_VERSION "\",host=\"", to);
	label(to, a->config->host);
	fputs("\"} 1\n", to);
	head(to, "start_time_seconds", "gauge", "When the agent started, since 1970.");
	fprintf(to, "epitaph_start_time_seconds %.3f\n", wall_seconds(a, a->started));
	head(to, "backend_up", "gauge", "Is the backend open?");
	for (int i = 0; i < SOURCES; i++)
		one(to, "backend_up", "backend", source_name((enum source)(1u << i)), a->coverage.open >> i & 1);
	head(to, "sees", "gauge", "Are these seen?");
	one(to, "sees", "event", "exec", !!(a->coverage.sees & SEES_EXEC));
	one(to, "sees", "event", "exit", !!(a->coverage.sees & SEES_EXIT));
	one(to, "sees", "event", "signal", !!(a->coverage.sees & SEES_SIGNAL));
	uint64_t unaudited;
	if (!coverage_unaudited(&a->coverage, &a->table, &unaudited))
		return;
	head(to, "unaudited_processes", "gauge", "Live processes whose signals are not seen.");
	fprintf(to, "epitaph_unaudited_processes %" PRIu64 "\n", unaudited);
}

static void of_targets(const struct agent *a, FILE *to, const char *name, uint64_t (*figure)(const struct target_state *))
{
	for (unsigned i = 0; i < a->config->targets_count; i++)
		one(to, name, "target", a->config->targets[i].name, figure(&a->life.targets[i]));
}

static uint64_t is_up(const struct target_state *t) { return t->watched > 0; }
static uint64_t watched(const struct target_state *t) { return t->watched; }
static uint64_t starts(const struct target_state *t) { return t->starts; }
static uint64_t is_flapping(const struct target_state *t) { return t->alerts.flapping; }
static uint64_t is_absent(const struct target_state *t) { return t->alerts.absent; }

static void deaths_of(const struct agent *a, unsigned target, FILE *to)
{
	const struct deaths *d = &a->life.targets[target].deaths;
	char name[24];

	for (unsigned i = 0; i < d->count; i++)
		fprintf(to, "epitaph_deaths_total{target=\"%s\",cause=\"%s\",signal=\"%s\"} %" PRIu64 "\n", a->config->targets[target].name,
		        cause_name((enum cause)d->of[i].cause), d->of[i].signo ? signal_name(d->of[i].signo, name, sizeof(name)) : "", d->of[i].count);
}

static void targets(const struct agent *a, FILE *to)
{
	head(to, "up", "gauge", "Has the target a process?");
	of_targets(a, to, "up", is_up);
	head(to, "watched_processes", "gauge", "Processes of the target.");
	of_targets(a, to, "watched_processes", watched);
	head(to, "starts_total", "counter", "Starts of the target.");
	of_targets(a, to, "starts_total", starts);
	head(to, "deaths_total", "counter", "Ends of the target's processes, by the verdict's cause and the signal.");
	for (unsigned i = 0; i < a->config->targets_count; i++)
		deaths_of(a, i, to);
	head(to, "last_death_timestamp_seconds", "gauge", "When the last process of the target ended, since 1970.");
	for (unsigned i = 0; i < a->config->targets_count; i++)
		if (a->life.targets[i].deaths.last)
			fprintf(to, "epitaph_last_death_timestamp_seconds{target=\"%s\"} %.3f\n", a->config->targets[i].name,
			        wall_seconds(a, a->life.targets[i].deaths.last));
	head(to, "flapping", "gauge", "Does the target start more often than its restarts allow?");
	of_targets(a, to, "flapping", is_flapping);
	head(to, "absent", "gauge", "Has the target had no process for its absent?");
	of_targets(a, to, "absent", is_absent);
}

static void outputs(const struct agent *a, FILE *to)
{
	const struct output *o = &a->output;

	head(to, "records_total", "counter", "Records, by event.");
	for (int kind = 0; kind < EVENT_RECORDS; kind++)
		if (o->told[kind])
			one(to, "records_total", "event", event_kind_name((enum event_kind)kind), o->told[kind]);
	head(to, "events_lost_total", "counter", "What was not seen, as far as it could be counted, by backend; agent: a limit of the agent.");
	one(to, "events_lost_total", "backend", "agent", o->lost[SOURCES]);
	for (int i = 0; i < SOURCES; i++)
		one(to, "events_lost_total", "backend", source_name((enum source)(1u << i)), o->lost[i]);
	head(to, "output_written_total", "counter", "Records that the output took.");
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		one(to, "output_written_total", "output", a->config->outputs[i].name, o->sinks[i].written_total);
	head(to, "output_dropped_total", "counter", "Records that the output could not take.");
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		one(to, "output_dropped_total", "output", a->config->outputs[i].name, o->sinks[i].dropped_total);
	head(to, "output_up", "gauge", "Could the output be written last?");
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		one(to, "output_up", "output", a->config->outputs[i].name, o->sinks[i].ops && !o->sinks[i].gone && !o->sinks[i].last_error);
}

void status_write(const struct agent *a, FILE *to)
{
	about(a, to);
	targets(a, to);
	outputs(a, to);
}

/* fuzz_replay.c - any bytes as a log that `epitaph replay` reads, in pieces; each record is a clean line in both formats */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/output/format.h"
#include "agent/replay/replay.h"
#include "check_json.h"

#define PIECE 61 /* bytes given at a time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what, const char *line, size_t len)
{
	if (holds)
		return;
	fprintf(stderr, "replay: %s: %.*s\n", what, (int)len, line);
	abort();
}

static void check_verdict(const struct event *e, const char *line, size_t len)
{
	bool named = e->sender.has & FACT_PID;

	must(e->kind == EVENT_EXIT || !(e->has & HAS_CAUSE), "a verdict on what is no end", line, len);
	if (!(e->has & HAS_CAUSE))
		return;
	must(e->cause < CAUSES, "no cause", line, len);
	must(e->cause != CAUSE_UNKNOWN || !(e->has & HAS_CONFIDENCE), "sure of what is unknown", line, len);
	must(e->cause != CAUSE_KILLED || named, "killed by nobody", line, len);
	must(e->cause == CAUSE_UNKNOWN || (e->has & HAS_CONFIDENCE), "neither likely nor certain", line, len);
}

static int put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	static char text[LINE_MAX_BYTES];
	struct line_context c = {.host = s->host, .seq = s->seq};

	must(severity >= 0 && severity <= 7, "no severity", line, len);
	must(check_json_line(line, len), "not a line of JSON", line, len);
	must(e->kind < EVENT_RECORDS, "no record", line, len);
	check_verdict(e, line, len);
	size_t n = format_text(e, &c, text, sizeof(text));
	must(n > 0 && n < sizeof(text) && check_clean(text, n), "not a clean line of text", text, n);
	return 0;
}

static int flush(struct sink *s)
{
	(void)s;
	return 0;
}

static void nothing(struct sink *s)
{
	(void)s;
}

static const struct sink_ops checks = {.name = "fuzz", .put = put, .flush = flush, .reopen = nothing, .close = nothing};

static void unexpected(void *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "%s\n", message);
	abort();
}

static struct config *config(void)
{
	static const char text[] =
		"[agent]\nhost = h\nstate_dir = none\nmax_processes = 64\n[output stdout]\ntype = stdout\nformat = json\n"
		"[target daemon]\nexe = /usr/sbin/*\nuser = 0\nevents = all\nsignals = all, !CHLD\nrecord_args = first\nrate = 3\n"
		"[target all]\ncomm = *\nevents = all\nsignals = all\nrate = 0\n";
	static struct config *c; /* reading it takes longer than most logs */
	FILE *f;

	if (c)
		return c;
	f = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
	if (!f || config_parse(f, "fuzz", unexpected, NULL, &c))
		abort();
	fclose(f);
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct replay *r = malloc(sizeof(*r));
	const struct output_config *failed;

	if (!a || !r || agent_init(a, config(), &failed))
		abort();
	struct sink *s = &a->output.sinks[0];
	s->ops->close(s);
	s->ops = &checks;
	replay_init(r, a);
	for (size_t at = 0; at < size; at += PIECE)
		replay_bytes(r, (const char *)data + at, size - at < PIECE ? size - at : PIECE);
	replay_end(r);
	free(r);
	a->config = NULL; /* it is used again */
	agent_fini(a);
	free(a);
	return 0;
}

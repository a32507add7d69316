/* replay.c - from the bytes of a log to records, and from their stamps to the time */
#include "agent/replay/replay.h"

#include <stdio.h>
#include <string.h>

/* Records of one event lie so near in a log, even where their sender had to wait for auditd. */
#define AGE (2 * NSEC_PER_SEC)
/* A stamp so far back is no late record: the clock was set. */
#define SET_BACK (10 * NSEC_PER_SEC)

void replay_init(struct replay *r, struct agent *a)
{
	memset(r, 0, offsetof(struct replay, line));
	r->agent = a;
	a->coverage.recorded = a->table.recorded = true;
	pidfd_set_fini(&a->pidfds);
	a->clock = (struct clock){ 0 };
	/* Signals are seen from the first record of one on: replayed.c. */
	coverage_add(&a->coverage, SOURCE_AUDIT, SEES_EXEC | SEES_EXEC_FACTS | SEES_EXIT_CALL, &r->sight);
	a->coverage.signal_sources = SOURCE_AUDIT;
	audit_assembler_init(&r->assembler, &a->clock, replayed_event, a);
	for (unsigned i = 0; i < a->config->outputs_count; i++)
		a->output.sinks[i].host = NULL; /* whose log it is, only the log can tell */
	for (unsigned i = 0; i < a->config->targets_count; i++)
		a->life.targets[i].pidfile_pid = 0; /* it names a process of today */
}

static void settle(struct replay *r)
{
	audit_assembler_flush(&r->assembler, UINT64_MAX);
	agent_flush(r->agent);
}

static void go_on(struct replay *r, uint64_t to)
{
	if (to <= r->agent->clock.now)
		return;
	r->agent->clock.now = to;
	audit_assembler_flush(&r->assembler, to > AGE ? to - AGE : 0);
	agent_run_due(r->agent);
}

/* Serials rise from boot to boot only; the order of records beside each other may be another. */
static void advance(struct replay *r, const struct audit_stamp *stamp)
{
	struct agent *a = r->agent;
	uint64_t now = a->clock.now;
	bool back = stamp->wall + SET_BACK < now, ahead = stamp->wall > now + NSEC_PER_SEC;

	if (back || (ahead && stamp->serial < r->serial)) {
		settle(r);
		if (stamp->serial < r->serial) {
			replayed_forget_all(a);
			r->serial = 0;
		}
		a->clock.now = stamp->wall;
	} else {
		go_on(r, stamp->wall);
	}
	if (!now)
		a->coverage.signals_since = a->clock.now;
	if (stamp->serial > r->serial)
		r->serial = stamp->serial;
}

/* Logs of several hosts in one: their pids are each other's strangers. */
static bool is_other_host(struct replay *r, const char *line, size_t len)
{
	const char *blank = len > 5 && !memcmp(line, "node=", 5) ? memchr(line, ' ', len) : NULL;
	size_t n = blank ? (size_t)(blank - line) - 5 : 0;

	if (!r->has_node) {
		r->has_node = true;
		snprintf(r->node, sizeof(r->node), "%.*s", (int)n, line + (n ? 5 : 0));
		for (unsigned i = 0; r->node[0] && i < r->agent->config->outputs_count; i++)
			r->agent->output.sinks[i].host = r->node;
	}
	return n != strlen(r->node) || memcmp(line + 5, r->node, n) != 0;
}

/* `R type=1300 len=...: audit(...): ...`: records as they came by netlink, with what a recorder noted before them. */
static bool is_netlink_dump(const char *line, size_t len, unsigned *type, const char **text, size_t *text_len)
{
	const char *end = line + len, *p = line + 7;

	if (len < 8 || memcmp(line, "R type=", 7) != 0)
		return false;
	for (*type = 0; p < end && *p >= '0' && *p <= '9' && *type < 10000; p++)
		*type = *type * 10 + (unsigned)(*p - '0');
	p = memmem(p, (size_t)(end - p), ": audit(", 8);
	if (!p)
		return false;
	*text = p + 2;
	*text_len = (size_t)(end - *text);
	return true;
}

static bool begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(line, with, strlen(with));
}

/* A line that is no record; ausearch writes some between records. */
static void pass_over(struct replay *r, const char *line, size_t len)
{
	if (!len || begins(line, len, "----") || begins(line, len, "time->"))
		return;
	r->foreign++;
	r->interpreted += begins(line, len, "type=") && memmem(line, len, " msg=audit(", 11);
}

static void take_line(struct replay *r, const char *line, size_t len)
{
	struct audit_stamp stamp;
	const char *text;
	size_t text_len;
	unsigned type;
	int rc = audit_line_parse(line, len, &type, &text, &text_len);

	if (rc < 0 && !is_netlink_dump(line, len, &type, &text, &text_len)) {
		pass_over(r, line, len);
		return;
	}
	if (!audit_stamp_parse(text, text_len, &stamp)) {
		r->foreign++;
		return;
	}
	r->records++;
	if (is_other_host(r, line, len)) {
		r->other_hosts++;
	} else if (rc <= 0) {
		advance(r, &stamp);
		audit_assembler_feed(&r->assembler, type, text, text_len);
	} else if (memmem(line, (size_t)(text - line), "type=DAEMON_START ", 18) && r->agent->clock.now) {
		go_on(r, stamp.wall);
		r->agent->coverage.signals_since = r->agent->clock.now;
		output_lost(&r->agent->output, SOURCE_AUDIT, 0, "auditd started: this log has nothing of the time it was not running");
	}
}

void replay_bytes(struct replay *r, const char *bytes, size_t len)
{
	while (len) {
		const char *nl = memchr(bytes, '\n', len);
		size_t n = nl ? (size_t)(nl - bytes) : len, room = sizeof(r->line) - r->len;

		if (n > room)
			r->skip = true;
		else
			memcpy(r->line + r->len, bytes, n);
		r->len = n > room ? 0 : r->len + n;
		if (nl) {
			if (r->skip)
				r->too_long++;
			else
				take_line(r, r->line, r->len);
			r->len = 0;
			r->skip = false;
			n++;
		}
		bytes += n;
		len -= n;
	}
}

void replay_end(struct replay *r)
{
	if (r->skip)
		r->too_long++;
	else if (r->len)
		take_line(r, r->line, r->len);
	r->len = 0;
	r->skip = false;
	settle(r);
}

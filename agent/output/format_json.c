/* format_json.c - one event as one JSON object; the keys are those of DESIGN's table of events */
#include "agent/output/format.h"

#include <string.h>

#include "agent/base/cgroup.h"
#include "agent/base/clock.h"

/* Line and limits, together since every helper needs both. */
struct json {
	struct text          t;
	const struct limits *limits;
};

static void key(struct json *j, const char *prefix, const char *name)
{
	text_str(&j->t, ",\"");
	text_str(&j->t, prefix);
	text_str(&j->t, name);
	text_str(&j->t, "\":");
}

static void number(struct json *j, const char *prefix, const char *name, int64_t n)
{
	key(j, prefix, name);
	text_number(&j->t, n);
}

static void count(struct json *j, const char *name, uint64_t n)
{
	number(j, "", name, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static void boolean(struct json *j, const char *prefix, const char *name, bool b)
{
	key(j, prefix, name);
	text_str(&j->t, b ? "true" : "false");
}

static void quoted(struct json *j, const char *s, size_t len, size_t max)
{
	text_char(&j->t, '"');
	text_escaped_max(&j->t, s, len, max);
	text_char(&j->t, '"');
}

static void string(struct json *j, const char *prefix, const char *name, const char *s)
{
	key(j, prefix, name);
	quoted(j, s, strlen(s), j->limits->string);
}

/* Words of our own are never cut. */
static void word(struct json *j, const char *name, const char *s)
{
	key(j, "", name);
	quoted(j, s, strlen(s), SIZE_MAX);
}

static void list(struct json *j, const char *prefix, const char *name, const char *s, size_t len)
{
	size_t at = 0, n, limit = j->limits->list;
	const char *one;
	bool cut = false;

	key(j, prefix, name);
	text_char(&j->t, '[');
	for (size_t start = 0; !j->t.full && list_next(s, len, limit, &at, &one, &n, &cut); start = at) {
		if (start > 0)
			text_char(&j->t, ',');
		quoted(j, one, n, limit - start);
	}
	if (cut)
		text_str(&j->t, at > 0 ? ",\"...\"" : "\"...\"");
	text_char(&j->t, ']');
}

static void sources(struct json *j, const char *name, unsigned set)
{
	bool first = true;

	key(j, "", name);
	text_char(&j->t, '[');
	for (int i = 0; i < SOURCES; i++) {
		if (!(set & (1u << i)))
			continue;
		text_str(&j->t, first ? "\"" : ",\"");
		text_str(&j->t, source_name((enum source)(1u << i)));
		text_char(&j->t, '"');
		first = false;
	}
	text_char(&j->t, ']');
}

static void facts_ids(struct json *j, const char *prefix, const struct facts *f)
{
	if (f->has & FACT_PID)
		number(j, prefix, "pid", f->pid);
	if (f->has & FACT_PPID)
		number(j, prefix, "ppid", f->ppid);
	if (f->has & FACT_UID)
		number(j, prefix, "uid", f->uid);
	if (f->has & FACT_AUID)
		number(j, prefix, "auid", f->auid);
}

static void facts_args(struct json *j, const char *prefix, const struct facts *f)
{
	if ((f->has & FACT_ARGS) && !j->limits->essential)
		list(j, prefix, "args", f->args, f->args_len);
}

/* Keys that the process itself and its sender share. */
static void facts(struct json *j, const char *prefix, const struct facts *f)
{
	bool essential = j->limits->essential;

	facts_ids(j, prefix, f);
	if ((f->has & FACT_SES) && !essential)
		number(j, prefix, "ses", f->ses);
	if ((f->has & FACT_TTY) && !essential)
		string(j, prefix, "tty", f->tty);
	if (f->has & FACT_COMM)
		string(j, prefix, "comm", f->comm);
	if ((f->has & FACT_EXE) && !essential)
		string(j, prefix, "exe", f->exe);
	if ((f->has & FACT_FOREIGN) && f->foreign)
		boolean(j, prefix, "foreign", true);
	facts_args(j, prefix, f);
}

static void cgroup_says(struct json *j, const char *prefix, const struct facts *f)
{
	char name[CGROUP_NAME];

	if (!(f->has & FACT_CGROUP))
		return;
	if (cgroup_unit(f->cgroup, name))
		string(j, prefix, "unit", name);
	if (cgroup_container_id(f->cgroup, name))
		string(j, prefix, "container_id", name);
}

static void more_ids(struct json *j, const struct facts *f)
{
	if (f->has & FACT_EUID)
		number(j, "", "euid", f->euid);
	if (f->has & FACT_EGID)
		number(j, "", "egid", f->egid);
	if (f->has & FACT_PGID)
		number(j, "", "pgid", f->pgid);
	if (f->has & FACT_SID)
		number(j, "", "sid", f->sid);
	if (f->has & FACT_THREADS)
		number(j, "", "threads", f->threads);
	if (f->has & FACT_BITS)
		number(j, "", "bits", f->bits);
}

static void process(struct json *j, const struct event *e)
{
	const struct facts *f = &e->process;

	facts(j, "", f);
	if (f->has & FACT_GID)
		number(j, "", "gid", f->gid);
	if (!j->limits->essential)
		more_ids(j, f);
	if ((f->has & FACT_CGROUP) && !j->limits->essential)
		string(j, "", "cgroup", f->cgroup);
	cgroup_says(j, "", f);
	if (f->has & FACT_STARTED) {
		key(j, "", "started");
		text_char(&j->t, '"');
		text_time(&j->t, (int64_t)f->started + e->wall_offset);
		text_char(&j->t, '"');
	}
}

static void sender(struct json *j, const struct event *e)
{
	const struct facts *f = &e->sender, *r = &e->requester;

	facts(j, "sender_", f);
	cgroup_says(j, "sender_", f);
	if ((f->has & FACT_ANCESTRY) && !j->limits->essential)
		list(j, "sender_", "ancestry", f->ancestry, f->ancestry_len);
	facts_ids(j, "requested_by_", &(struct facts){
		.has = r->has & (FACT_PID | FACT_UID | FACT_AUID), .pid = r->pid, .uid = r->uid, .auid = r->auid });
	if (r->has & FACT_COMM)
		string(j, "requested_by_", "comm", r->comm);
	facts_args(j, "requested_by_", r);
}

static void signal_keys(struct json *j, const char *prefix, int signo)
{
	char name[24];

	key(j, prefix, "signal");
	text_char(&j->t, '"');
	text_str(&j->t, signal_name(signo, name, sizeof(name)));
	text_char(&j->t, '"');
	number(j, prefix, "signo", signo);
}

/* A number without a name is better than nothing. */
static void error_key(struct json *j, int error)
{
	const char *name = errno_name(error);
	char digits[16];
	struct text t;

	text_init(&t, digits, sizeof(digits));
	text_number(&t, error);
	word(j, "errno", name ? name : digits);
}

static void exec(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_PARENT_COMM)
		string(j, "", "parent_comm", e->parent_comm);
	if ((e->process.has & FACT_ANCESTRY) && !j->limits->essential)
		list(j, "", "ancestry", e->process.ancestry, e->process.ancestry_len);
	if (e->has & HAS_STARTS)
		count(j, "starts", e->starts);
}

static void exec_failed(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_PATH)
		string(j, "", "path", e->path);
	if (e->has & HAS_ERRNO)
		error_key(j, e->error);
}

static void signal_event(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_SIGNO)
		signal_keys(j, "", e->signo);
	if (e->has & HAS_VIA)
		word(j, "via", e->via);
	if (e->has & HAS_SI_CODE)
		number(j, "", "si_code", e->si_code);
	if (e->has & HAS_RESULT)
		word(j, "result", result_name(e->result));
	if (e->has & HAS_ERRNO)
		error_key(j, e->error);
	if (e->has & HAS_REPEAT)
		count(j, "repeat", e->repeat);
	sender(j, e);
}

static void seconds(struct json *j, const char *name, double s)
{
	key(j, "", name);
	text_printf(&j->t, "%.3f", s);
}

static void used(struct json *j, const struct used *u)
{
	seconds(j, "cpu_user_seconds", (double)u->user_us / 1e6);
	seconds(j, "cpu_system_seconds", (double)u->system_us / 1e6);
	if (u->max_rss_kib)
		count(j, "max_rss_kib", u->max_rss_kib);
	if (!u->counts_bytes)
		return;
	count(j, "read_bytes", u->read_bytes);
	count(j, "write_bytes", u->write_bytes);
}

static void exit_event(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_EXIT_CODE)
		number(j, "", "exit_code", e->exit_code);
	else if (e->has & HAS_SIGNO)
		signal_keys(j, "", e->signo);
	if (e->has & HAS_CORE)
		boolean(j, "", "core_dumped", e->core_dumped);
	if (e->has & HAS_AFTER_SIGNO)
		signal_keys(j, "after_", e->after_signo);
	sender(j, e);
	if (e->has & HAS_CAUSE)
		word(j, "cause", cause_name(e->cause));
	if (e->has & HAS_CONFIDENCE)
		word(j, "confidence", confidence_name(e->confidence));
	if (e->has & HAS_REASON)
		string(j, "", "reason", e->reason);
	if ((e->has & HAS_UPTIME) && e->uptime >= 0 && e->uptime < 1e12)
		seconds(j, "uptime_seconds", e->uptime);
	if ((e->has & HAS_USED) && !j->limits->essential)
		used(j, e->used);
}

static void thread(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_TID)
		number(j, "", "tid", e->tid);
}

static void delivered(struct json *j, const struct event *e)
{
	thread(j, e);
	signal_keys(j, "", e->signo);
	if (e->has & HAS_SI_CODE)
		number(j, "", "si_code", e->si_code);
	word(j, "action", e->handled ? "handler" : "default");
}

static void cleared(struct json *j, const struct event *e)
{
	process(j, e);
	signal_keys(j, "", e->signo);
	word(j, "via", e->via);
}

static void lost(struct json *j, const struct event *e)
{
	if (e->has & HAS_BACKEND)
		word(j, "backend", source_name((enum source)e->backend));
	else if (e->lost_in)
		string(j, "", "backend", e->lost_in);
	if (e->has & HAS_COUNT)
		count(j, "count", e->count);
	if (e->has & HAS_REASON)
		string(j, "", "reason", e->reason);
}

static void agent(struct json *j, const struct event *e)
{
	word(j, "state", agent_state_name(e->state));
	sources(j, "backends", e->backends);
	boolean(j, "", "sees_exec", e->sees & SEES_EXEC);
	boolean(j, "", "sees_signal", e->sees & SEES_SIGNAL);
	boolean(j, "", "sees_exit", e->sees & SEES_EXIT);
	if (e->has & HAS_UNAUDITED)
		count(j, "unaudited", e->unaudited);
	if (e->privileges)
		string(j, "", "privileges", e->privileges);
	if (e->has & HAS_REASON)
		string(j, "", "reason", e->reason);
}

static void (*const writers[EVENT_RECORDS])(struct json *, const struct event *) = {
	[EVENT_EXEC]         = exec,
	[EVENT_EXEC_FAILED]  = exec_failed,
	[EVENT_EXIT]         = exit_event,
	[EVENT_SIGNAL]       = signal_event,
	[EVENT_FORK]         = process,
	[EVENT_THREAD_START] = thread,
	[EVENT_THREAD_END]   = thread,
	[EVENT_DELIVERED]    = delivered,
	[EVENT_CLEARED]      = cleared,
	[EVENT_LOST]         = lost,
	[EVENT_AGENT]        = agent,
};

static void object(struct json *j, const struct event *e, const struct line_context *c)
{
	text_str(&j->t, "{\"v\":1,\"time\":\"");
	text_time(&j->t, (int64_t)e->at + e->wall_offset);
	text_char(&j->t, '"');
	if (c->host)
		string(j, "", "host", c->host);
	count(j, "seq", c->seq);
	word(j, "event", event_kind_name(e->kind));
	if (e->kind != EVENT_AGENT && e->sources)
		sources(j, "sources", e->sources);
	if (e->target)
		string(j, "", "target", e->target);
	writers[e->kind](j, e);
	text_char(&j->t, '}');
}

size_t format_json(const struct event *e, const struct line_context *c, char *to, size_t size)
{
	struct json j;

	for (size_t i = 0; i < format_limits_count; i++) {
		text_init(&j.t, to, size);
		j.limits = &format_limits[i];
		object(&j, e, c);
		if (!j.t.full)
			return j.t.len;
	}
	text_init(&j.t, to, size);
	return 0;
}

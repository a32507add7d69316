/* format_json.c - one event as one JSON object; the keys are those of DESIGN's table of events */
#include "agent/output/format.h"

#include <string.h>

#include "agent/base/cgroup.h"
#include "agent/base/clock.h"
#include "agent/output/json.h"

static void facts_ids(struct json *j, const char *prefix, const struct facts *f)
{
	if (f->has & FACT_PID)
		json_number(j, prefix, "pid", f->pid);
	if (f->has & FACT_PPID)
		json_number(j, prefix, "ppid", f->ppid);
	if (f->has & FACT_UID)
		json_number(j, prefix, "uid", f->uid);
	if (f->has & FACT_AUID)
		json_number(j, prefix, "auid", f->auid);
}

static void facts_args(struct json *j, const char *prefix, const struct facts *f)
{
	if ((f->has & FACT_ARGS) && !j->limits->essential)
		json_list(j, prefix, "args", f->args, f->args_len);
}

/* Keys that the process itself and its sender share. */
static void facts(struct json *j, const char *prefix, const struct facts *f)
{
	bool essential = j->limits->essential;

	facts_ids(j, prefix, f);
	if ((f->has & FACT_SES) && !essential)
		json_number(j, prefix, "ses", f->ses);
	if ((f->has & FACT_TTY) && !essential)
		json_string(j, prefix, "tty", f->tty);
	if (f->has & FACT_COMM)
		json_string(j, prefix, "comm", f->comm);
	if ((f->has & FACT_EXE) && !essential)
		json_string(j, prefix, "exe", f->exe);
	if ((f->has & FACT_FOREIGN) && f->foreign)
		json_boolean(j, prefix, "foreign", true);
	facts_args(j, prefix, f);
}

static void cgroup_says(struct json *j, const char *prefix, const struct facts *f)
{
	char name[CGROUP_NAME];

	if (!(f->has & FACT_CGROUP))
		return;
	if (cgroup_unit(f->cgroup, name))
		json_string(j, prefix, "unit", name);
	if (cgroup_container_id(f->cgroup, name))
		json_string(j, prefix, "container_id", name);
}

static void more_ids(struct json *j, const struct facts *f)
{
	if (f->has & FACT_EUID)
		json_number(j, "", "euid", f->euid);
	if (f->has & FACT_EGID)
		json_number(j, "", "egid", f->egid);
	if (f->has & FACT_PGID)
		json_number(j, "", "pgid", f->pgid);
	if (f->has & FACT_SID)
		json_number(j, "", "sid", f->sid);
	if (f->has & FACT_THREADS)
		json_number(j, "", "threads", f->threads);
	if (f->has & FACT_BITS)
		json_number(j, "", "bits", f->bits);
}

static void process(struct json *j, const struct event *e)
{
	const struct facts *f = &e->process;

	facts(j, "", f);
	if (f->has & FACT_GID)
		json_number(j, "", "gid", f->gid);
	if (!j->limits->essential)
		more_ids(j, f);
	if ((f->has & FACT_CGROUP) && !j->limits->essential)
		json_string(j, "", "cgroup", f->cgroup);
	cgroup_says(j, "", f);
	if (f->has & FACT_STARTED)
		json_time(j, "started", (int64_t)f->started + e->wall_offset);
}

static void sender(struct json *j, const struct event *e)
{
	const struct facts *f = &e->sender, *r = &e->requester;

	facts(j, "sender_", f);
	cgroup_says(j, "sender_", f);
	if ((f->has & FACT_ANCESTRY) && !j->limits->essential)
		json_list(j, "sender_", "ancestry", f->ancestry, f->ancestry_len);
	facts_ids(j, "requested_by_", &(struct facts){
		.has = r->has & (FACT_PID | FACT_UID | FACT_AUID), .pid = r->pid, .uid = r->uid, .auid = r->auid });
	if (r->has & FACT_COMM)
		json_string(j, "requested_by_", "comm", r->comm);
	facts_args(j, "requested_by_", r);
}

static void signal_keys(struct json *j, const char *prefix, int signo)
{
	char name[24];

	json_key(j, prefix, "signal");
	text_char(&j->t, '"');
	text_str(&j->t, signal_name(signo, name, sizeof(name)));
	text_char(&j->t, '"');
	json_number(j, prefix, "signo", signo);
}

/* A number without a name is better than nothing. */
static void error_key(struct json *j, int error)
{
	const char *name = errno_name(error);
	char digits[16];
	struct text t;

	text_init(&t, digits, sizeof(digits));
	text_number(&t, error);
	json_word(j, "errno", name ? name : digits);
}

static void exec(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_PARENT_COMM)
		json_string(j, "", "parent_comm", e->parent_comm);
	if ((e->process.has & FACT_ANCESTRY) && !j->limits->essential)
		json_list(j, "", "ancestry", e->process.ancestry, e->process.ancestry_len);
	if (e->has & HAS_STARTS)
		json_count(j, "starts", e->starts);
}

static void exec_failed(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_PATH)
		json_string(j, "", "path", e->path);
	if (e->has & HAS_ERRNO)
		error_key(j, e->error);
}

static void signal_event(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_SIGNO)
		signal_keys(j, "", e->signo);
	if (e->has & HAS_VIA)
		json_word(j, "via", e->via);
	if (e->has & HAS_SI_CODE)
		json_number(j, "", "si_code", e->si_code);
	if (e->has & HAS_RESULT)
		json_word(j, "result", result_name(e->result));
	if (e->has & HAS_ERRNO)
		error_key(j, e->error);
	if (e->has & HAS_REPEAT)
		json_count(j, "repeat", e->repeat);
	sender(j, e);
}

static void seconds(struct json *j, const char *name, double s)
{
	json_key(j, "", name);
	text_printf(&j->t, "%.3f", s);
}

static void used(struct json *j, const struct used *u)
{
	seconds(j, "cpu_user_seconds", (double)u->user_us / 1e6);
	seconds(j, "cpu_system_seconds", (double)u->system_us / 1e6);
	if (u->max_rss_kib)
		json_count(j, "max_rss_kib", u->max_rss_kib);
	if (!u->counts_bytes)
		return;
	json_count(j, "read_bytes", u->read_bytes);
	json_count(j, "write_bytes", u->write_bytes);
}

static void exit_event(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_EXIT_CODE)
		json_number(j, "", "exit_code", e->exit_code);
	else if (e->has & HAS_SIGNO)
		signal_keys(j, "", e->signo);
	if (e->has & HAS_CORE)
		json_boolean(j, "", "core_dumped", e->core_dumped);
	if (e->has & HAS_AFTER_SIGNO)
		signal_keys(j, "after_", e->after_signo);
	sender(j, e);
	if (e->has & HAS_CAUSE)
		json_word(j, "cause", cause_name(e->cause));
	if (e->has & HAS_CONFIDENCE)
		json_word(j, "confidence", confidence_name(e->confidence));
	if (e->has & HAS_REASON)
		json_string(j, "", "reason", e->reason);
	if ((e->has & HAS_UPTIME) && e->uptime >= 0 && e->uptime < 1e12)
		seconds(j, "uptime_seconds", e->uptime);
	if ((e->has & HAS_USED) && !j->limits->essential)
		used(j, e->used);
}

static void thread(struct json *j, const struct event *e)
{
	process(j, e);
	if (e->has & HAS_TID)
		json_number(j, "", "tid", e->tid);
}

static void delivered(struct json *j, const struct event *e)
{
	thread(j, e);
	signal_keys(j, "", e->signo);
	if (e->has & HAS_SI_CODE)
		json_number(j, "", "si_code", e->si_code);
	json_word(j, "action", e->handled ? "handler" : "default");
}

static void cleared(struct json *j, const struct event *e)
{
	process(j, e);
	signal_keys(j, "", e->signo);
	json_word(j, "via", e->via);
}

static void too_often(struct json *j, const struct event *e)
{
	json_count(j, "restarts", e->alert->restarts);
	if (e->alert->window % NSEC_PER_SEC)
		seconds(j, "window_seconds", (double)e->alert->window / 1e9);
	else
		json_count(j, "window_seconds", e->alert->window / NSEC_PER_SEC);
	if (e->alert->last_pid)
		json_word(j, "last_cause", cause_name((enum cause)e->alert->last_cause));
}

static void none_there(struct json *j, const struct event *e)
{
	process(j, e);
	json_time(j, "since", (int64_t)e->alert->since + e->wall_offset);
	if (!e->alert->last_pid)
		return;
	json_number(j, "", "last_pid", e->alert->last_pid);
	json_word(j, "last_cause", cause_name((enum cause)e->alert->last_cause));
}

static void lost(struct json *j, const struct event *e)
{
	if (e->has & HAS_BACKEND)
		json_word(j, "backend", source_name((enum source)e->backend));
	else if (e->lost_in)
		json_string(j, "", "backend", e->lost_in);
	if (e->has & HAS_COUNT)
		json_count(j, "count", e->count);
	if (e->has & HAS_REASON)
		json_string(j, "", "reason", e->reason);
}

static void agent(struct json *j, const struct event *e)
{
	json_word(j, "state", agent_state_name(e->state));
	json_sources(j, "backends", e->backends);
	json_boolean(j, "", "sees_exec", e->sees & SEES_EXEC);
	json_boolean(j, "", "sees_signal", e->sees & SEES_SIGNAL);
	json_boolean(j, "", "sees_exit", e->sees & SEES_EXIT);
	if (e->has & HAS_UNAUDITED)
		json_count(j, "unaudited", e->unaudited);
	if (e->privileges)
		json_string(j, "", "privileges", e->privileges);
	if (e->has & HAS_REASON)
		json_string(j, "", "reason", e->reason);
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
	[EVENT_FLAPPING]     = too_often,
	[EVENT_CALM]         = too_often,
	[EVENT_ABSENT]       = none_there,
	[EVENT_PRESENT]      = none_there,
	[EVENT_LOST]         = lost,
	[EVENT_AGENT]        = agent,
};

static void object(struct json *j, const struct event *e, const struct line_context *c)
{
	text_str(&j->t, "{\"v\":1,\"time\":\"");
	text_time(&j->t, (int64_t)e->at + e->wall_offset);
	text_char(&j->t, '"');
	if (c->host)
		json_string(j, "", "host", c->host);
	if (c->run)
		text_printf(&j->t, ",\"run\":\"%08x\"", c->run);
	json_count(j, "seq", c->seq);
	json_word(j, "event", event_kind_name(e->kind));
	if (e->kind != EVENT_AGENT && e->sources)
		json_sources(j, "sources", e->sources);
	if (e->target)
		json_string(j, "", "target", e->target);
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

/*
 * format_text.c - one event as one line for people: a sentence in fixed order
 *
 *   TIME HOST EVENT [TARGET]: WHO did what, by whom (how sure), facts, sources=...
 *
 * A process is NAME[PID], or `pid N` without a name; `a[2] < b < c` was started
 * by b, and b by c.  Bytes from outside stand in double quotes unless they are
 * plain; arguments are quoted as a shell reads them.
 */
#include "agent/output/line.h"

#include <string.h>

static void signal_word(struct line *l, const char *before, int signo)
{
	char buf[24];

	line_str(l, before);
	line_str(l, signal_name(signo, buf, sizeof(buf)));
}

static bool by_kernel(const struct event *e)
{
	return !e->sender.has && (e->has & HAS_VIA) && !strcmp(e->via, "kernel");
}

static void sender(struct line *l, const struct event *e)
{
	line_str(l, " from ");
	if (e->sender.has)
		line_other(l, &e->sender);
	else
		line_str(l, by_kernel(e) ? "the kernel" : "an unknown sender");
}

static void via(struct line *l, const struct event *e)
{
	if ((e->has & HAS_VIA) && !by_kernel(e))
		line_word(l, " via ", e->via);
}

static void requester(struct line *l, const struct event *e)
{
	if (!e->requester.has)
		return;
	line_str(l, ", requested by ");
	line_other(l, &e->requester);
	line_str(l, " (likely)");
}

static void sureness(struct line *l, const struct event *e)
{
	line_str(l, " (");
	line_str(l, (e->has & HAS_CONFIDENCE) ? confidence_name(e->confidence) : "how sure is unknown");
	text_char(&l->t, ')');
}

/* `killed by SIGKILL`, `ended with exit code 3`: what is known for certain of every end. */
static void ending(struct line *l, const struct event *e)
{
	if (e->has & HAS_EXIT_CODE) {
		line_str(l, " ended with exit code ");
		text_number(&l->t, e->exit_code);
	} else if (e->has & HAS_SIGNO) {
		signal_word(l, e->cause == CAUSE_KILLED || e->cause == CAUSE_OOM ? " killed by " : " ended by ", e->signo);
	} else if ((e->has & HAS_CAUSE) && (e->cause == CAUSE_EXIT || e->cause == CAUSE_STOPPED)) {
		line_str(l, " ended, exit code unknown,");
	} else {
		line_str(l, " vanished");
	}
}

/* The cause, and who is behind it. */
static void blame(struct line *l, const struct event *e)
{
	switch ((e->has & HAS_CAUSE) ? e->cause : CAUSE_UNKNOWN) {
	case CAUSE_EXIT:
		line_str(l, " by itself");
		break;
	case CAUSE_STOPPED:
		if (e->has & HAS_AFTER_SIGNO)
			signal_word(l, " after ", e->after_signo);
		else
			line_str(l, " after a stop signal");
		sender(l, e);
		via(l, e);
		break;
	case CAUSE_KILLED:
		sender(l, e);
		via(l, e);
		break;
	case CAUSE_SELF:
		line_str(l, " that it sent to itself");
		via(l, e);
		break;
	case CAUSE_FAULT:
		line_str(l, ", a fault of its own");
		break;
	case CAUSE_OOM:
		line_str(l, (e->has & HAS_SIGNO) ? " from the kernel, out of memory" : ", killed by the kernel, out of memory");
		break;
	case CAUSE_KERNEL:
		line_str(l, " from the kernel");
		break;
	case CAUSE_UNKNOWN:
	case CAUSES:
		return;
	}
	sureness(l, e);
}

static void exit_event(struct line *l, const struct event *e)
{
	bool known = (e->has & HAS_CAUSE) && e->cause != CAUSE_UNKNOWN;

	line_process(l, &e->process);
	ending(l, e);
	blame(l, e);
	if ((e->has & HAS_CORE) && e->core_dumped)
		line_str(l, ", core dumped");
	if (known) {
		requester(l, e);
		line_reason(l, ", reason=", e);
	} else {
		line_str(l, (e->has & HAS_EXIT_CODE) ? "; why is unknown" :
		       (e->has & HAS_SIGNO) ? "; who sent it is unknown" : "; how it ended is unknown");
		line_reason(l, ": ", e);
	}
	if ((e->has & HAS_UPTIME) && e->uptime >= 0 && e->uptime < 1e12)
		line_uptime(l, e->uptime);
}

static void exec(struct line *l, const struct event *e)
{
	const struct facts *f = &e->process;
	size_t n = (f->has & FACT_ANCESTRY) ? strnlen(f->ancestry, f->ancestry_len) : 0;
	struct facts parent = { .pid = f->ppid, .comm = (e->has & HAS_PARENT_COMM) ? e->parent_comm : n > 0 ? f->ancestry : NULL };

	parent.has = ((f->has & FACT_PPID) ? FACT_PID : 0) | (parent.comm ? FACT_COMM : 0);
	line_process(l, f);
	line_str(l, " started by ");
	line_process(l, &parent);
	line_ancestry(l, f, 1); /* its first is the parent */
	line_fact(l, ", uid=", f, FACT_UID, f->uid);
	line_fact(l, " auid=", f, FACT_AUID, f->auid);
	if (e->has & HAS_STARTS) {
		line_str(l, ", start ");
		text_number(&l->t, (int64_t)e->starts);
	}
	line_exe(l, ", exe=", f);
	line_args(l, ", ", f);
}

static void error(struct line *l, const char *before, int number)
{
	line_str(l, before);
	if (errno_name(number))
		line_str(l, errno_name(number));
	else
		text_printf(&l->t, "error %d", number);
}

static void exec_failed(struct line *l, const struct event *e)
{
	line_process(l, &e->process);
	line_str(l, " could not execute ");
	if (e->has & HAS_PATH)
		line_name(l, e->path, strlen(e->path));
	else
		line_str(l, "an unknown file");
	if (e->has & HAS_ERRNO)
		error(l, ": ", e->error);
	line_fact(l, ", ppid=", &e->process, FACT_PPID, e->process.ppid);
	line_fact(l, ", uid=", &e->process, FACT_UID, e->process.uid);
	line_fact(l, ", auid=", &e->process, FACT_AUID, e->process.auid);
}

static void signal_event(struct line *l, const struct event *e)
{
	if (e->has & HAS_SIGNO)
		signal_word(l, "", e->signo);
	else
		line_str(l, "an unknown signal");
	sender(l, e);
	line_str(l, " to ");
	line_process(l, &e->process);
	via(l, e);
	if (e->has & HAS_RESULT) {
		line_str(l, ", ");
		line_str(l, result_name(e->result));
	}
	if (e->has & HAS_ERRNO)
		error(l, " with ", e->error);
	if ((e->has & HAS_REPEAT) && e->repeat > 1) {
		line_str(l, (e->has & HAS_RESULT) ? " x" : ", x");
		text_number(&l->t, (int64_t)e->repeat);
	}
	requester(l, e);
}

static void fork_event(struct line *l, const struct event *e)
{
	line_process(l, &e->process);
	line_str(l, " forked by ");
	line_process(l, &(struct facts){ .has = (e->process.has & FACT_PPID) ? FACT_PID : 0, .pid = e->process.ppid });
	line_fact(l, ", uid=", &e->process, FACT_UID, e->process.uid);
}

static void thread(struct line *l, const struct event *e)
{
	line_process(l, &e->process);
	line_str(l, " thread ");
	if (e->has & HAS_TID)
		text_printf(&l->t, "%d ", (int)e->tid);
	line_str(l, e->kind == EVENT_THREAD_START ? "started" : "ended");
}

static void delivered(struct line *l, const struct event *e)
{
	line_process(l, &e->process);
	signal_word(l, " took ", e->signo);
	if (e->tid != e->process.pid)
		text_printf(&l->t, " in thread %d", (int)e->tid);
	line_str(l, e->handled ? ", by a handler" : ", by default");
}

static void cleared(struct line *l, const struct event *e)
{
	line_process(l, &e->process);
	signal_word(l, " fetched ", e->signo);
	line_str(l, ", which it had blocked");
}

static void last_end(struct line *l, const struct alert *a)
{
	if (!a->last_pid)
		return;
	line_str(l, "; the last to end was pid ");
	text_number(&l->t, a->last_pid);
	line_word(l, ", cause=", cause_name((enum cause)a->last_cause));
}

static void flapping(struct line *l, const struct event *e)
{
	text_printf(&l->t, "%u starts within %.10g s", e->alert->restarts, (double)e->alert->window / 1e9);
	last_end(l, e->alert);
}

static void calm(struct line *l, const struct event *e)
{
	text_printf(&l->t, "not more than %u starts within %.10g s any more", e->alert->restarts, (double)e->alert->window / 1e9);
}

static void absent(struct line *l, const struct event *e)
{
	line_str(l, "no process since ");
	text_time(&l->t, (int64_t)e->alert->since + e->wall_offset);
	last_end(l, e->alert);
}

static void present(struct line *l, const struct event *e)
{
	line_str(l, "pid ");
	text_number(&l->t, e->process.pid);
	line_str(l, " is there, after none since ");
	text_time(&l->t, (int64_t)e->alert->since + e->wall_offset);
}

/* After `lost WHERE: `. */
static void lost(struct line *l, const struct event *e)
{
	if (e->has & HAS_COUNT)
		text_number(&l->t, (int64_t)e->count);
	else
		line_str(l, "an unknown number of");
	line_str(l, (e->has & HAS_BACKEND) ? " events" : " records");
	line_reason(l, ": ", e);
}

static void sees(struct line *l, unsigned set)
{
	static const struct {
		unsigned    bit;
		const char *word;
	} senses[] = { { SEES_EXEC, "exec" }, { SEES_EXIT, "exit" }, { SEES_SIGNAL, "signal" } };
	const char *before = "; sees ";

	for (unsigned i = 0; i < 3; i++) {
		if (!(set & senses[i].bit))
			continue;
		line_str(l, before);
		line_str(l, senses[i].word);
		before = ", ";
	}
	before = *before == ',' ? ", not " : "; does not see ";
	for (unsigned i = 0; i < 3; i++) {
		if (set & senses[i].bit)
			continue;
		line_str(l, before);
		line_str(l, senses[i].word);
		before = ", ";
	}
}

/* After `agent STATE: `. */
static void agent(struct line *l, const struct event *e)
{
	line_sources(l, "backends=", e->backends);
	if (!e->backends)
		line_str(l, "none");
	sees(l, e->sees);
	if (e->has & HAS_UNAUDITED) {
		line_str(l, "; live processes whose signals it cannot see: ");
		text_number(&l->t, (int64_t)e->unaudited);
	}
	if (e->privileges) {
		line_str(l, "; ");
		line_str(l, e->privileges);
	}
	line_reason(l, "; ", e);
}

static void (*const writers[EVENT_RECORDS])(struct line *, const struct event *) = {
	[EVENT_EXEC]         = exec,
	[EVENT_EXEC_FAILED]  = exec_failed,
	[EVENT_EXIT]         = exit_event,
	[EVENT_SIGNAL]       = signal_event,
	[EVENT_FORK]         = fork_event,
	[EVENT_THREAD_START] = thread,
	[EVENT_THREAD_END]   = thread,
	[EVENT_DELIVERED]    = delivered,
	[EVENT_CLEARED]      = cleared,
	[EVENT_FLAPPING]     = flapping,
	[EVENT_CALM]         = calm,
	[EVENT_ABSENT]       = absent,
	[EVENT_PRESENT]      = present,
	[EVENT_LOST]         = lost,
	[EVENT_AGENT]        = agent,
};

static void sentence(struct line *l, const struct event *e, const struct line_context *c)
{
	text_time(&l->t, (int64_t)e->at + e->wall_offset);
	line_string(l, " ", c->host ? c->host : "-");
	text_char(&l->t, ' ');
	line_str(l, event_kind_name(e->kind));
	if (e->kind == EVENT_AGENT)
		line_word(l, " ", agent_state_name(e->state));
	else if (e->kind == EVENT_LOST && (e->has & HAS_BACKEND))
		line_word(l, " ", source_name((enum source)e->backend));
	else if (e->kind == EVENT_LOST && e->lost_in)
		line_string(l, " ", e->lost_in);
	else if (e->target)
		line_string(l, " ", e->target);
	line_str(l, ": ");
	writers[e->kind](l, e);
	if (e->kind != EVENT_AGENT && e->sources)
		line_sources(l, ", sources=", e->sources);
}

size_t format_text(const struct event *e, const struct line_context *c, char *to, size_t size)
{
	struct line l;

	for (size_t i = 0; i < format_limits_count; i++) {
		text_init(&l.t, to, size);
		l.limits = &format_limits[i];
		sentence(&l, e, c);
		if (!l.t.full)
			break;
	}
	return l.t.len;
}

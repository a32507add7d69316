/* audit_record.c - audit records, put together by serial, become events */
#include "backends/audit_record.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>

void audit_assembler_init(struct audit_assembler *a, const struct clock *clock, event_emit emit, void *ctx)
{
	a->clock = clock;
	a->emit = emit;
	a->ctx = ctx;
	a->counts = (struct audit_counts){ 0 };
	a->high = 0;
	for (int i = 0; i < AUDIT_OPEN_MAX; i++)
		a->open[i].call = CALL_NONE;
	for (int i = 0; i < AUDIT_ARGS_BUFFERS; i++)
		a->args[i].owner = NULL;
	a->copies = false;
	memset(&a->seen, 0, sizeof(a->seen));
}

static void event_start(struct audit_assembler *a, struct event *e, enum event_kind kind, const struct audit_stamp *stamp)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->has = HAS_SERIAL;
	e->sources = SOURCE_AUDIT;
	e->stamp = STAMP_COARSE;
	e->at = clock_of_wall(a->clock, stamp->wall);
	e->serial = stamp->serial;
}

static void event_end(struct audit_assembler *a, const struct event *e)
{
	a->counts.events++;
	a->emit(a->ctx, e);
}

static void emit_exec(struct audit_assembler *a, struct audit_open *o, const char *path)
{
	struct audit_args *args = audit_open_args(a, o);
	struct event e;

	event_start(a, &e, o->failed ? EVENT_EXEC_FAILED : EVENT_EXEC, &o->stamp);
	e.process = o->by.facts;
	e.has |= HAS_VIA;
	e.via = audit_call_name(o->call);
	if (o->error) {
		e.has |= HAS_ERRNO;
		e.error = o->error;
	}
	if (path) {
		e.has |= HAS_PATH;
		e.path = path;
	}
	if (args && !o->failed && audit_args_whole(args) && !args->gap && args->len) {
		e.process.has |= FACT_ARGS;
		e.process.args = args->bytes;
		e.process.args_len = args->len;
	}
	e.tells = AUDIT_EXEC_TELLS & (e.process.has | ~(unsigned)AUDIT_EXEC_MAY_LACK);
	event_end(a, &e);
}

/* No more records are awaited: what has come must do. */
static void open_finish(struct audit_assembler *a, struct audit_open *o)
{
	if (audit_is_exec(o->call))
		emit_exec(a, o, NULL);
	else if (!o->failed && !o->told)
		a->counts.unfinished++;
	audit_open_close(a, o);
}

/* An entry to fill in; it stays free until audit_open_keep. */
static struct audit_open *open_new(struct audit_assembler *a)
{
	struct audit_open *o = audit_open_room(a);

	if (o->call != CALL_NONE) {
		a->counts.early++;
		open_finish(a, o);
	}
	memset(&o->by.facts, 0, sizeof(o->by.facts));
	o->by.used = 0;
	o->signo = o->error = 0;
	o->failed = o->single = o->ignored = o->told = false;
	return o;
}

uint64_t audit_assembler_due(const struct audit_assembler *a)
{
	uint64_t due = 0;

	for (unsigned i = 0; i < a->high; i++) {
		const struct audit_open *o = &a->open[i];

		if (audit_is_exec(o->call) && (!due || o->touched + AUDIT_AGE < due))
			due = o->touched + AUDIT_AGE;
	}
	return due;
}

void audit_assembler_flush(struct audit_assembler *a, uint64_t older_than)
{
	for (unsigned i = 0; i < a->high; i++) {
		struct audit_open *o = &a->open[i];

		if (o->call != CALL_NONE && (audit_open_awaits(o) < older_than || older_than == UINT64_MAX))
			open_finish(a, o);
	}
}

/* ---- SYSCALL */

static bool take_error(struct audit_open *o, const struct audit_call_record *c)
{
	o->failed = !c->success;
	if (o->failed && c->exit < 0 && c->exit > -4096)
		o->error = (int)-c->exit;
	return c->has_success;
}

static bool take_signal(struct audit_open *o, const struct audit_call_record *c)
{
	bool third = c->call == CALL_TGKILL || c->call == CALL_TGSIGQUEUE;
	/* the kernel takes an int out of the register */
	uint32_t signo = (uint32_t)(third ? c->a2 : c->a1);

	o->signo = signo <= AUDIT_SIGNALS_MAX ? (int)signo : 0;
	o->single = c->call == CALL_PIDFD_SEND ? !(c->a3 & PIDFD_SIGNAL_PROCESS_GROUP) :
		c->call != CALL_KILL || (c->has_a0 && (int32_t)(uint32_t)c->a0 > 0);
	/* pid 1 is init in its namespace, where these do nothing to it, though the call succeeds (pid_namespaces(7)) */
	o->ignored = c->call != CALL_PIDFD_SEND && c->has_a0 && (uint32_t)c->a0 == 1 &&
		(o->signo == SIGKILL || o->signo == SIGSTOP);
	return (third ? c->has_a2 : c->has_a1) && take_error(o, c);
}

/* No OBJ_PID record follows: the kernel gave the call up before it looked at a receiver. */
static bool reached_nobody(const struct audit_open *o)
{
	return o->signo == 0 || o->error == ESRCH || o->error == EINVAL || o->error == EBADF ||
		o->error == EFAULT || o->error == ENOSYS;
}

/* What one record tells whole: a call by which a process ends itself, or by which it fetched a signal.  False if its value is missing. */
static bool emit_call(struct audit_assembler *a, const struct audit_open *o, const struct audit_call_record *c, const struct audit_stamp *stamp)
{
	bool exits = c->call == CALL_EXIT || c->call == CALL_EXIT_GROUP;
	struct event e;

	if (exits ? !c->has_a0 : !c->success || c->exit < 1 || c->exit > AUDIT_SIGNALS_MAX)
		return false;
	event_start(a, &e, exits ? EVENT_EXITING : EVENT_CLEARED, stamp);
	e.process = o->by.facts;
	e.has |= HAS_VIA | (exits ? HAS_EXIT_CODE : HAS_SIGNO);
	e.exit_code = (int)(c->a0 & 0xff);
	e.signo = (int)c->exit;
	e.via = audit_call_name(c->call);
	event_end(a, &e);
	return true;
}

static void feed_syscall(struct audit_assembler *a, const struct audit_stamp *stamp, const char *p, const char *end)
{
	struct audit_call_record c = { .items = -1 };
	struct audit_open *o;
	bool good;

	/* What auditd did not take before it ended, the kernel sends again to who comes next, long after the copy for all (kauditd_hold_skb(), kernel/audit.c). */
	if (audit_open_find(a, stamp) || (a->copies && audit_seen_before(&a->seen, stamp->serial)))
		return; /* a second copy */
	o = open_new(a);
	if (!audit_call_parse(&c, &o->by, p, end))
		return;
	a->counts.records++;
	good = o->by.facts.has & FACT_PID;
	switch (c.call) {
	case CALL_EXIT: case CALL_EXIT_GROUP: case CALL_SIGTIMEDWAIT: case CALL_SIGTIMEDWAIT_TIME64:
		if (!good || !emit_call(a, o, &c, stamp))
			a->counts.dropped++;
		return;
	case CALL_EXECVE: case CALL_EXECVEAT:
		if (!good || !take_error(o, &c)) {
			a->counts.dropped++;
			return;
		}
		audit_open_keep(a, o, c.call, stamp);
		if (o->failed && c.items == 0)
			open_finish(a, o);
		return;
	default:
		if (!take_signal(o, &c) || !good)
			a->counts.dropped++;
		else if (!reached_nobody(o))
			audit_open_keep(a, o, c.call, stamp);
		return;
	}
}

/* ---- the records that follow a SYSCALL */

static void feed_object(struct audit_assembler *a, struct audit_open *o, const char *p, const char *end)
{
	struct event e;
	char comm[64];

	event_start(a, &e, EVENT_SIGNAL, &o->stamp);
	if (audit_object_parse(&e.process, comm, sizeof(comm), p, end)) {
		e.sender = o->by.facts;
		e.has |= HAS_SIGNO | HAS_VIA | HAS_RESULT | (o->error ? HAS_ERRNO : 0);
		e.signo = o->signo;
		e.via = audit_call_name(o->call);
		e.result = o->failed ? RESULT_FAILED : o->ignored ? RESULT_IGNORED : RESULT_SENT;
		if (e.result == RESULT_SENT && !o->single && !audit_may_signal(&o->by, &e.process))
			e.result = RESULT_UNKNOWN;
		e.error = o->error;
		event_end(a, &e);
	} else {
		a->counts.dropped++;
	}
	o->touched = a->clock->now;
	o->told = true;
	if (o->single)
		audit_open_close(a, o);
}

/* A buffer for the arguments; the exec that has waited longest gives its own up. */
static struct audit_args *args_take(struct audit_assembler *a, struct audit_open *o)
{
	struct audit_args *args = audit_open_args(a, o), *oldest = &a->args[0];

	if (args)
		return args;
	args = audit_open_args(a, NULL);
	if (!args) {
		for (int i = 1; i < AUDIT_ARGS_BUFFERS; i++)
			if (a->args[i].owner->touched < oldest->owner->touched)
				oldest = &a->args[i];
		a->counts.early++;
		open_finish(a, oldest->owner);
		args = oldest;
	}
	memset(args, 0, offsetof(struct audit_args, bytes));
	args->owner = o;
	return args;
}

static void feed_execve(struct audit_assembler *a, struct audit_open *o, const char *p, const char *end)
{
	struct audit_args *args;

	if (o->failed)
		return;
	args = args_take(a, o);
	audit_args_take(args, p, end);
	o->touched = a->clock->now;
	if (audit_args_whole(args))
		open_finish(a, o);
}

/* The name that could not be executed is item 0. */
static void feed_path(struct audit_assembler *a, struct audit_open *o, const char *p, const char *end)
{
	char name[4096];
	bool first = false, known = false;
	struct audit_field f;
	int64_t item;

	while (audit_field_next(&p, end, &f)) {
		if (audit_field_is(&f, "item"))
			first = audit_field_number(&f, &item) && item == 0;
		else if (audit_field_is(&f, "name") && !known && !f.last)
			known = audit_field_string(&f, name, sizeof(name)) > 0;
	}
	if (!o->failed || !first)
		return;
	emit_exec(a, o, known ? name : NULL);
	audit_open_close(a, o);
}

/* ---- ANOM_ABEND, SECCOMP */

static void feed_death(struct audit_assembler *a, unsigned type, const struct audit_stamp *stamp, const char *p, const char *end)
{
	struct audit_caller by;
	struct event e;
	int rc;

	event_start(a, &e, EVENT_ABEND, stamp);
	rc = audit_death_parse(&e, &by, type == AUDIT_SECCOMP, p, end);
	a->counts.records++;
	if (rc > 0)
		event_end(a, &e);
	else if (rc < 0)
		a->counts.dropped++;
}

static void feed_following(struct audit_assembler *a, unsigned type, const struct audit_stamp *stamp, const char *p, const char *end)
{
	struct audit_open *o = audit_open_find(a, stamp);
	bool exec = o && audit_is_exec(o->call);

	a->counts.records += type != AUDIT_EOE;
	if (type == AUDIT_EOE && o)
		open_finish(a, o);
	else if (type == AUDIT_OBJ_PID && o && !exec)
		feed_object(a, o, p, end);
	else if (type == AUDIT_EXECVE && exec)
		feed_execve(a, o, p, end);
	else if (type == AUDIT_PATH && exec)
		feed_path(a, o, p, end);
	else if (!o && (type == AUDIT_OBJ_PID || type == AUDIT_EXECVE))
		a->counts.orphans++;
}

void audit_assembler_feed(struct audit_assembler *a, unsigned type, const char *text, size_t len)
{
	struct audit_stamp stamp;
	size_t head;

	switch (type) {
	case AUDIT_SYSCALL: case AUDIT_OBJ_PID: case AUDIT_EXECVE: case AUDIT_PATH:
	case AUDIT_EOE: case AUDIT_ANOM_ABEND: case AUDIT_SECCOMP:
		break;
	default:
		return;
	}
	head = audit_stamp_parse(text, len, &stamp);
	if (!head) {
		a->counts.dropped++;
		return;
	}
	if (type == AUDIT_SYSCALL)
		feed_syscall(a, &stamp, text + head, text + len);
	else if (type == AUDIT_ANOM_ABEND || type == AUDIT_SECCOMP)
		feed_death(a, type, &stamp, text + head, text + len);
	else
		feed_following(a, type, &stamp, text + head, text + len);
}

/* replayed.c - which processes a recorded log tells of, where no /proc and no fork can be asked */
#include "agent/replay/replay.h"

#include <signal.h>
#include <string.h>

#include "agent/life/watch.h"
#include "agent/process/holder.h"
#include "agent/process/subject.h"

/* Records that wait are written, but no exit record: the log has nothing of the end. */
static void forget(struct agent *a, struct process *p)
{
	bool over = p->stage == STAGE_ENDING;

	if (p->watch)
		life_close(&a->life, p);
	if (!over)
		process_end(&a->table, p, p->born, SOURCE_AUDIT, false);
}

void replayed_forget_all(struct agent *a)
{
	struct process *p;

	while ((p = TAILQ_FIRST(&a->table.watches)))
		forget(a, p);
	while ((p = TAILQ_FIRST(&a->table.live)))
		forget(a, p);
}

static bool differs(const struct facts *a, const struct facts *b, unsigned fact, const char *x, const char *y, size_t n)
{
	return (a->has & b->has & fact) && strncmp(x, y, n) != 0;
}

/* The kernel adds this to the name of a program that was replaced while it runs. */
static size_t exe_len(const char *exe)
{
	const char *deleted = strstr(exe, " (deleted)");

	return deleted && !deleted[10] ? (size_t)(deleted - exe) : strlen(exe);
}

static bool other_exe(const struct facts *a, const struct facts *b)
{
	if (!(a->has & b->has & FACT_EXE))
		return false;
	size_t n = exe_len(a->exe);

	return n != exe_len(b->exe) || memcmp(a->exe, b->exe, n) != 0;
}

/* Does the record contradict what is known of the pid's holder?  Then the pid has changed hands. */
static bool is_other(const struct process *p, const struct event *e)
{
	struct facts f;

	watch_facts(p, &f);
	switch (e->kind) {
	case EVENT_EXEC:
	case EVENT_EXEC_FAILED:
		return p->ppid && (e->process.has & FACT_PPID) && p->ppid != e->process.ppid;
	case EVENT_EXITING:
	case EVENT_ABEND:
		return other_exe(&f, &e->process);
	case EVENT_SIGNAL: /* either alone changes in a life */
		return differs(&f, &e->process, FACT_COMM, f.comm, e->process.comm, COMM_SIZE - 1) &&
		       (f.has & e->process.has & FACT_UID) && f.uid != e->process.uid;
	default:
		return false;
	}
}

/*
 * More on an end whose record still waits: the signal that was stamped before
 * it, or, where the end is presumed, that it was about to end by itself.
 */
static bool is_of_waiting(struct agent *a, const struct event *e)
{
	bool own = e->kind == EVENT_EXITING || e->kind == EVENT_ABEND;

	for (struct process *p = NULL; (p = process_next_holder(&a->table, e->process.pid, p));)
		if (p->ended && p->watch && e->at <= p->ended + (own ? COARSE_CLOCK : 0)) {
			p->ended = p->ended > e->at ? p->ended : e->at;
			return own || e->kind == EVENT_SIGNAL;
		}
	return false;
}

/* Signals reach a zombie too: one that ended and whose pid nobody else was seen to have. */
static bool may_be_zombie(const struct agent *a, const struct event *e)
{
	struct process *p = process_next_holder(&a->table, e->process.pid, NULL);

	return e->kind == EVENT_SIGNAL && p && p->ended &&
	       (!(e->process.has & FACT_COMM) || strncmp(p->comm, e->process.comm, COMM_SIZE - 1) == 0);
}

/* When all entries are watched, the process known longest is forgotten: a log has no word of most ends. */
static void make_room(struct agent *a)
{
	struct process_table *t = &a->table;

	if (t->used == t->max && TAILQ_EMPTY(&t->ghosts) && TAILQ_EMPTY(&t->live) && !TAILQ_EMPTY(&t->watches))
		forget(a, TAILQ_FIRST(&t->watches));
}

/* A signal's record tells more of its sender than of its receiver, and they may be one. */
static const struct facts *facts_of(const struct event *e)
{
	return e->kind == EVENT_SIGNAL && e->sender.pid == e->process.pid ? &e->sender : &e->process;
}

static int target_of(struct agent *a, const struct event *e)
{
	struct subject s;

	subject_init(&s, e->process.pid, facts_of(e), SUBJECT_ALL);
	return target_match(a->config, a->life.targets, &s);
}

static void know(struct process *p, const struct facts *f)
{
	process_know(p, f);
	if (f->has & FACT_PPID)
		p->ppid = f->ppid;
}

/* The first record of a process that was started before the log begins, or by fork alone. */
static void meet(struct agent *a, const struct event *e, struct process *p)
{
	int target = target_of(a, e);
	bool zombie = !p && may_be_zombie(a, e);

	if (target < 0)
		return;
	if (!p) {
		make_room(a);
		p = process_add(&a->table, e->process.pid, e->at);
		if (!p)
			return;
		p->born_unknown = true;
	}
	know(p, facts_of(e));
	watch_begin(&a->life, p, (unsigned)target, details_new(facts_of(e)));
	if (p->watch) {
		p->watch->start.is_start = true;
		p->watch->maybe_zombie = zombie;
	}
}

/* p was met by the record of a signal to it; this record tells more of p. */
static void know_better(struct process *p, const struct event *e)
{
	const struct facts *f = facts_of(e);
	const struct details *d = p->watch->details;

	if ((d && (d->facts.has & FACT_EXE)) || !(f->has & FACT_EXE) || !details_put(&p->watch->details, f))
		return;
	know(p, f);
}

static void before_exec(struct agent *a, struct process *p)
{
	if (!p) {
		make_room(a);
	} else if (p->watch) { /* it may be watched no longer */
		life_tell_signals(&a->life, p, UINT64_MAX);
		p->watch->maybe_zombie = false;
	}
}

/* The receiver of the event is in the table afterwards. */
static void before(struct agent *a, const struct event *e)
{
	if (e->kind == EVENT_SIGNAL)
		a->coverage.sees |= SEES_SIGNAL;
	else if (e->kind != EVENT_EXEC && e->kind != EVENT_EXEC_FAILED && e->kind != EVENT_EXITING && e->kind != EVENT_ABEND)
		return;
	struct process *p = process_live(&a->table, e->process.pid);
	if (!p && is_of_waiting(a, e))
		return;
	if (p && p->born_unknown && e->at < p->born)
		p->born = e->at;
	if (p && is_other(p, e)) {
		forget(a, p);
		p = NULL;
	}
	if (e->kind == EVENT_EXEC) {
		before_exec(a, p);
	} else if (!p || !p->watch) {
		meet(a, e, p);
	} else {
		p->watch->maybe_zombie &= e->kind == EVENT_SIGNAL;
		know_better(p, e);
	}
}

/*
 * Kernel threads ignore SIGKILL, and kill(-1) is for them too.  They have
 * executed nothing, have no login and belong to root.
 */
static bool is_program(const struct process *p, const struct event *e)
{
	const struct details *d = p->watch->details;

	return e->sender.pid == p->pid || (d && (d->facts.has & FACT_EXE)) || (e->process.has & (FACT_AUID | FACT_SES)) ||
	       ((e->process.has & FACT_UID) && e->process.uid != 0);
}

static void after(struct agent *a, const struct event *e)
{
	bool several;
	struct process *p;

	if (e->kind == EVENT_EXITING && (e->has & HAS_VIA) && strcmp(e->via, "exit_group") == 0) {
		p = process_live(&a->table, e->process.pid);
		if (p && !p->watch)
			process_end(&a->table, p, e->at, SOURCE_AUDIT, false);
	}
	if (e->kind != EVENT_SIGNAL || e->signo != SIGKILL || e->result != RESULT_SENT)
		return;
	p = holder_of(&a->table, e, &several);
	if (!p || !p->watch || p->stage == STAGE_ENDING || p->watch->maybe_zombie || !is_program(p, e))
		return;
	struct event end = { .kind = EVENT_ENDED, .sources = e->sources, .stamp = e->stamp, .at = e->at };
	p->watch->death.presumed = true;
	life_death(&a->life, p, &end);
	life_settle(&a->life, p);
}

void replayed_event(void *agent, const struct event *e)
{
	before(agent, e);
	agent_event(agent, e);
	after(agent, e);
}

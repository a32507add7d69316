/* exec.c - execs: whose they are, what was executed, and what is left to audit to tell */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

/* Ids are inherited, and cn_proc tells every change: no need to read them again. */
static void know_ids(const struct process *p, struct facts *f)
{
	if (p && p->has_uid && !(f->has & FACT_UID)) {
		f->uid = p->uid;
		f->has |= FACT_UID;
	}
	if (p && p->has_gid && !(f->has & FACT_GID)) {
		f->gid = p->gid;
		f->has |= FACT_GID;
	}
}

/* What is known from the event, or else from /proc; false if nothing to match by is. */
static bool learn(struct agent *a, const struct event *e, struct process *p, struct subject *s)
{
	bool readable = !a->coverage.recorded && !p->ended;

	*s = (struct subject){.dirfd = -1};
	if (e->tells) {
		s->facts = e->process;
		s->tried = e->tells | (p->born_unknown ? 0 : FACT_STARTED);
		s->born = readable && !p->born_unknown ? p->born : 0;
	} else if (readable && subject_open(s, p->pid, a->strings) == 0 && !p->born_unknown &&
	           !procfs_same_start(s->stat.started, p->born)) {
		subject_close(s); /* its pid is another's by now */
		*s = (struct subject){.dirfd = -1};
	}
	s->pid = p->pid;
	s->strings = a->strings;
	s->facts.pid = p->pid;
	s->facts.has |= FACT_PID;
	know_ids(p, &s->facts);
	return s->facts.has & (FACT_COMM | FACT_EXE);
}

static void remember(struct process *p, const struct facts *f)
{
	process_know(p, f);
	if ((f->has & FACT_PPID) && !p->ppid)
		p->ppid = f->ppid;
	p->unread = p->kernel_thread = false; /* a kernel thread that executes something is one no more */
}

/* Its pid is another's already: a program that ended before it could be looked at. */
static void gone(struct agent *a, const struct event *e)
{
	struct subject s = {.pid = e->process.pid, .dirfd = -1, .facts = e->process, .tried = e->tells};

	a->unread += target_match(a->config, a->targets, &s) >= 0;
}

/* The process of an exec that only audit saw. */
static struct process *meet(struct agent *a, const struct event *e)
{
	struct process *p = agent_take_in(a, e->process.pid);

	bool several;

	if (p && (p->born <= e->at + SAME_EXEC || holder_at(a, e, &several) == p))
		return p;
	/* Started after the exec: the pid has another holder by now. */
	if (p) {
		gone(a, e);
		return NULL;
	}
	p = process_add(&a->table, e->process.pid, e->at);
	if (p)
		p->born_unknown = true;
	return p;
}

/*
 * A program that could not be executed: told for the process that tried, or
 * for the target that the program would have been (a supervisor's start of a
 * daemon whose file is missing).
 */
static void exec_failed(struct agent *a, const struct event *e)
{
	struct event record = *e;
	bool several;
	struct process *p = holder_at(a, e, &several); /* most end as soon as it failed */
	char comm[COMM_SIZE];

	if (p && p->watch) {
		report(a, p, &record);
		return;
	}
	if (!(e->has & HAS_PATH))
		return;
	const char *slash = strrchr(e->path, '/');
	snprintf(comm, sizeof(comm), "%s", slash ? slash + 1 : e->path);
	struct subject s = {.pid = e->process.pid, .dirfd = -1, .facts = e->process};
	s.facts.comm = comm;
	s.facts.exe = e->path;
	s.facts.has |= FACT_COMM | FACT_EXE;
	int target = target_match(a->config, a->targets, &s);
	if (target >= 0)
		report_for(a, (unsigned)target, &record);
}

/*
 * Without cn_proc the end of a process is told late or, if it is not watched,
 * not at all, so a holder of the pid that /proc no longer shows was another
 * process, unless the one there now began after the exec.
 */
static struct process *still_there(struct agent *a, struct process *p, uint64_t at)
{
	struct procfs_stat stat;
	int dirfd;

	if (!p || p->born_unknown || a->coverage.recorded || coverage_tells_ends(&a->coverage) || (dirfd = procfs_open(p->pid)) < 0)
		return p;
	bool other = procfs_read_stat(dirfd, &stat) == 0 && !procfs_same_start(stat.started, p->born) &&
	             stat.started <= at + SAME_EXEC;
	close(dirfd);
	if (!other)
		return p;
	if (!p->ended)
		death_vanished(a, p, SOURCE_PROC, 0, a->clock.now);
	return NULL;
}

/* Leaves it to audit to say what p executes, for a while: under load the kernel's audit thread is some 100 ms behind. */
static bool left_to_audit(struct agent *a, struct process *p, const struct event *e)
{
	struct pending_exec one = {.pid = p->pid, .born = p->born, .at = e->at, .due = a->clock.now + PENDING_EXEC_WAIT,
	                           .sources = e->sources};

	if (e->stamp != STAMP_EXACT || e->tells || !exec_facts_will_come(a, p) || !pending_execs_add(&a->pending_execs, &one))
		return false;
	p->pending_execs++;
	p->image = 0;
	if (p->watch && !p->watch->start.is_start)
		watch_end(a, p); /* a copy of a watched process no more */
	else if (p->watch)
		watch_single_tid(p->watch);
	return true;
}

/* Gone before /proc could be read; only audit can still tell what it was. */
static void unread(struct agent *a, struct process *p, bool for_good)
{
	p->unread = true;
	a->unread += for_good || !coverage_tells_exec_facts(&a->coverage);
	if (p->watch && !p->watch->start.is_start)
		watch_end(a, p);
}

/* A look has found what it executed later: the program of the target, which came out of this one. */
static bool is_before_the_look(const struct process *p, const struct event *e)
{
	const struct watch *w = p->watch;

	return w && w->start.is_start && w->start.stamp == STAMP_NOTICED && e->stamp == STAMP_COARSE && e->at <= w->start.seen;
}

static void known_exec(struct agent *a, struct process *p, const struct event *e, struct subject *s, bool answer)
{
	bool exact = e->stamp != STAMP_COARSE;
	bool alone = exact || !coverage_tells_exact_execs(&a->coverage);
	int target = target_match(a->config, a->targets, s);

	if (target < 0 && is_before_the_look(p, e))
		return;
	p->image = s->dirfd >= 0 ? s->stat.image : 0;
	/* cn_proc has the say on a watched program that replaces itself by another. */
	if (target < 0 && p->watch && p->watch->start.is_start && !a->coverage.recorded && alone)
		target = (int)p->watch->target;
	if (target >= 0)
		exec_tell_before(a, p);
	if (alone || answer || target >= 0 || p->unread)
		remember(p, &s->facts);
	if (target >= 0)
		exec_begin(a, p, e, s, (unsigned)target);
	else if (!a->coverage.recorded && subject_ended(s))
		unread(a, p, exact || s->dirfd < 0);
	else if (p->watch && (!p->watch->start.is_start || (a->coverage.recorded && p->stage != STAGE_ENDING)))
		watch_end(a, p); /* of a log: its pid may have changed hands unseen */
	if (target < 0 && s->dirfd >= 0 && s->stat.readable && !s->stat.image)
		p->unread = true; /* in the midst of an exec: the next look knows more */
}

/* Its end waited for what it had executed. */
static void settle_death(struct agent *a, struct process *p)
{
	if (!p->pending_execs && p->stage == STAGE_ENDING)
		death_evidence(a, p);
}

void exec_event(struct agent *a, const struct event *e)
{
	bool several = false;
	bool exact = e->stamp != STAMP_COARSE;
	struct process *p = exact ? holder_exact(a, e->process.pid, e->at) : holder_awaiting(a, e);
	struct event exec = *e;
	struct subject s;

	if (e->kind == EVENT_EXEC_FAILED) {
		exec_failed(a, e);
		return;
	}
	if (!exact && !p)
		p = holder_at(a, e, &several);
	if (several)
		p = process_live(&a->table, e->process.pid);
	if (!exact)
		p = still_there(a, p, e->at);
	if (p && p->stage == STAGE_TOLD)
		return; /* a late witness of a life whose record is written */
	if (!p && !(p = exact ? agent_take_in(a, e->process.pid) : meet(a, e)))
		return;
	p->executed = true;
	if (exact && !p->status_known)
		p->wait_status = 0; /* of the threads that it ended */
	if (exact)
		p->forked = p->leader_ended = false, p->threads = 1;
	if (exec_confirms(a, p, e) || left_to_audit(a, p, e))
		return;
	struct pending_exec first; /* what its exact witness told */
	bool awaited = !exact && pending_execs_answer(&a->pending_execs, p->pid, p->born, &first);
	if (awaited) {
		p->pending_execs -= p->pending_execs > 0;
		exec.sources |= first.sources;
		exec.stamp = STAMP_EXACT;
		exec.at = first.at;
	}
	if (!learn(a, &exec, p, &s)) {
		unread(a, p, exact && !exec_facts_will_come(a, p));
		return;
	}
	if (s.dirfd >= 0)
		p->image = s.stat.image;
	if (!exact && (s.facts.has & FACT_ARGS))
		recent_args_put(&a->recent_args, p->pid, p->born, s.facts.args, s.facts.args_len);
	if (awaited || !exec_joins(a, p, &exec, &s))
		known_exec(a, p, &exec, &s, awaited);
	subject_close(&s);
	if (awaited)
		settle_death(a, p);
}

/* What /proc says now of an exec that was left to audit. */
static void look_late(struct agent *a, struct process *p, const struct pending_exec *one)
{
	struct event e = {.kind = EVENT_EXEC, .sources = one->sources, .stamp = STAMP_EXACT, .at = one->at, .process.pid = p->pid,
	                  .process.has = FACT_PID};
	struct subject s;

	if (!learn(a, &e, p, &s)) {
		unread(a, p, true);
		if (p->watch)
			watch_copies(a, p, one->at); /* it is gone: of what it was before */
		return;
	}
	if (!exec_joins(a, p, &e, &s))
		known_exec(a, p, &e, &s, false);
	subject_close(&s);
}

void exec_run_due(struct agent *a, uint64_t until)
{
	const struct pending_exec *first;
	struct pending_exec one;

	while ((first = pending_execs_first(&a->pending_execs)) && first->due <= until) {
		struct process *p = process_born(&a->table, first->pid, first->born);

		pending_execs_answer(&a->pending_execs, first->pid, first->born, &one);
		if (!p || !p->pending_execs)
			continue;
		p->pending_execs--;
		look_late(a, p, &one);
		settle_death(a, p);
	}
}

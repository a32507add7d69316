#include "agent/life/exec.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/facts.h"
#include "agent/base/path_basename.h"
#include "agent/life/exec_record.h"
#include "agent/life/requester.h"
#include "agent/life/watch.h"
#include "agent/process/subject.h"

/* No need to read what is known of its ids. */
static void know_ids(const struct process *p, struct facts *f)
{
	struct facts known = {.has = 0};

	process_ids(p, &known);
	facts_fill(f, &known);
}

/*
 * A path is remembered only as the name of the very file that it names here: not where it is a link or a script,
 * nor as what the process executed next, nor as what it is in a root or mount namespace of the process's own.
 */
static void remember_program(struct life *l, const struct event *e, struct subject *s)
{
	bool was_read = s->dirfd >= 0 && (s->facts.has & FACT_EXE) && s->facts.exe == s->strings.exe;

	if (!was_read || strcmp(s->facts.exe, e->path) != 0)
		return;
	subject_need(s, FACT_FOREIGN);
	if ((s->facts.has & FACT_FOREIGN) && !s->facts.foreign)
		known_programs_put(&l->known_programs, e->path, l->clock->now);
}

/* The program of a path that was executed, without a look at /proc where the path was met lately. */
static void know_program(const struct life *l, const struct event *e, struct subject *s)
{
	if (!known_programs_has(&l->known_programs, e->path, l->clock->now))
		return;
	s->facts.exe = e->path;
	s->facts.has |= FACT_EXE;
}

/* Fills *s from the event, or else opens /proc; e->subject is open already.  False if neither comm nor exe is known. */
static bool learn(struct life *l, const struct event *e, struct process *p, struct subject *s)
{
	const struct facts none = {.has = FACT_PID, .pid = p->pid};

	if (e->tells) {
		subject_init(s, p->pid, &e->process, e->tells | (p->born_unknown ? 0 : FACT_STARTED));
		if (!p->ended && !p->born_unknown)
			subject_may_read(s, l->table, p->born);
	} else if (!e->subject && (p->ended || subject_open_process(s, l->table, p) != 0)) {
		subject_init(s, p->pid, &none, 0);
	}
	know_ids(p, &s->facts);
	if (e->has & HAS_PATH)
		know_program(l, e, s);
	return s->facts.has & (FACT_COMM | FACT_EXE);
}

/*
 * Which target wants what p executed.  A program that is gone before /proc was
 * read is taken to be what its path says.
 */
static int wanted_by(struct life *l, const struct event *e, struct subject *s)
{
	int target = target_match(l->config, l->targets, s);

	if (!(e->has & HAS_PATH))
		return target;
	if (target >= 0)
		subject_need(s, FACT_EXE);
	remember_program(l, e, s);
	if ((s->facts.has & FACT_EXE) || e->path[0] != '/' || !subject_ended(s))
		return target;
	s->facts.exe = e->path;
	s->facts.has |= FACT_EXE;
	return target_match(l->config, l->targets, s); /* an earlier target may have wanted to know it */
}

/* What is told of each change of ids knows them better than a record of an exec, which comes late. */
static void remember(struct process *p, const struct event *e, const struct facts *f)
{
	struct facts now = {.has = 0}, known = *f;

	if (e->at <= p->ids_told)
		process_ids(p, &now);
	known.has &= ~now.has;
	process_know(p, &known);
	if ((f->has & FACT_PPID) && !p->ppid)
		p->ppid = f->ppid;
	p->unread = p->kernel_thread = false; /* a kernel thread that executes something is one no more */
}

void life_exec_gone(struct life *l, const struct event *e)
{
	struct subject s;

	subject_init(&s, e->process.pid, &e->process, e->tells);
	l->unread += target_match(l->config, l->targets, &s) >= 0;
}

void life_exec_failed(struct life *l, struct process *p, const struct event *e)
{
	struct event record = *e;
	char comm[COMM_SIZE];

	if (p && p->watch) {
		life_record(l, p, &record);
		return;
	}
	if (!(e->has & HAS_PATH))
		return;
	/* Whose target would the program have been?  A supervisor may start a daemon whose file is missing. */
	struct subject s;
	snprintf(comm, sizeof(comm), "%s", path_basename(e->path));
	subject_init(&s, e->process.pid, &e->process, 0);
	s.facts.comm = comm;
	s.facts.exe = e->path;
	s.facts.has |= FACT_COMM | FACT_EXE;
	int target = target_match(l->config, l->targets, &s);
	if (target >= 0)
		output_record(l->output, (unsigned)target, &record, 0);
}

/* Waits for the source that tells what p executes: under load the kernel's audit thread is some 100 ms behind. */
static bool left_to_record(struct life *l, struct process *p, const struct event *e)
{
	struct pending_exec one = {.pid = p->pid, .born = p->born, .at = e->at, .due = l->clock->now + PENDING_EXEC_WAIT,
	                           .sources = e->sources};

	bool will_come = exec_facts_will_come(l, p) || (coverage_exec_path_sources(l->coverage) & ~e->sources);

	if (e->stamp != STAMP_EXACT || e->tells || !will_come || !pending_execs_add(&l->pending_execs, &one))
		return false;
	p->pending_execs++;
	p->image = 0;
	if (p->watch && !p->watch->start.is_start)
		watch_end(l, p); /* it is a copy of a watched process no more */
	else if (p->watch)
		watch_single_tid(p->watch);
	return true;
}

/* p was gone before /proc could be read: only a record with facts can still tell what it had executed. */
static void unread(struct life *l, struct process *p, bool for_good)
{
	p->unread = true;
	l->unread += for_good || !coverage_tells_exec_facts(l->coverage);
	if (p->watch && !p->watch->start.is_start)
		watch_end(l, p);
}

/* A look has found the target's program, which this process executed later than the program that e tells of. */
static bool is_before_the_look(const struct process *p, const struct event *e)
{
	const struct watch *w = p->watch;

	return w && w->start.is_start && w->start.stamp == STAMP_NOTICED && e->stamp == STAMP_COARSE && e->at <= w->start.seen;
}

/*
 * What p executed is known: it begins, goes on or ceases to be a process of a
 * target.  answer: the record for which an exact witness has waited.
 */
static void known_exec(struct life *l, struct process *p, const struct event *e, struct subject *s, bool answer)
{
	bool coarse = e->stamp == STAMP_COARSE;
	bool alone = !coarse || !coverage_tells_exact_execs(l->coverage); /* no other witness of this exec is to come */
	bool in_log = l->table->recorded;
	int target = wanted_by(l, e, s);

	if (target < 0 && is_before_the_look(p, e))
		return;
	p->image = s->dirfd >= 0 ? s->stat.image : 0;
	/* A watched program that replaces itself by another stays watched.  In a log its pid may have changed hands unseen. */
	if (target < 0 && p->watch && p->watch->start.is_start && alone && !in_log)
		target = (int)p->watch->target;
	if (target >= 0)
		exec_tell_before(l, p);
	if (alone || answer || target >= 0 || p->unread)
		remember(p, e, &s->facts);
	if (target >= 0)
		exec_begin(l, p, e, s, (unsigned)target);
	else if (!in_log && subject_ended(s))
		unread(l, p, !coarse || s->dirfd < 0);
	else if (p->watch && (!p->watch->start.is_start || (in_log && p->stage != STAGE_ENDING)))
		watch_end(l, p);
	if (target < 0 && s->dirfd >= 0 && s->stat.readable && !s->stat.image)
		p->unread = true; /* in the midst of an exec: the next look knows more */
}

/* Of an exec whose facts audit will tell, the path adds only the name, and that at once: p may be a sender. */
static bool only_names(struct life *l, struct process *p, const struct event *e)
{
	struct subject s;

	if (!(e->has & HAS_PATH) || !exec_facts_will_come(l, p))
		return false;
	process_know(p, &e->process);
	/* If audit's record does not come, the path is what is known of a program that is gone by then. */
	subject_init(&s, p->pid, &e->process, SUBJECT_ALL);
	s.facts.exe = e->path;
	s.facts.has |= FACT_EXE;
	know_program(l, e, &s);
	know_ids(p, &s.facts);
	if (target_match(l->config, l->targets, &s) >= 0)
		recent_args_put(&l->recent_paths, p->pid, p->born, e->path, strlen(e->path) + 1);
	return true;
}

/* The other exact witness, which comes first as a rule, tells the exec of which the path was told. */
static bool was_told_before(struct process *p, const struct event *e)
{
	bool same = e->stamp == STAMP_EXACT && !(e->has & HAS_PATH) && p->path_told && p->path_told <= e->at;

	if (same)
		p->path_told = 0;
	return same;
}

void life_exec(struct life *l, struct process *p, const struct event *e)
{
	bool coarse = e->stamp == STAMP_COARSE;
	struct pending_exec first; /* what its exact witness told */
	struct event exec = *e;
	struct subject own, *s = e->subject ? e->subject : &own;

	p->executed = true;
	senders_part(&l->senders, p->pid);
	if (!coarse && !(e->has & HAS_PATH)) { /* a path is told late: threads and children of the new program may be known by then */
		p->wait_status = p->status_known ? p->wait_status : 0; /* it was that of threads that the exec ended */
		p->forked = p->leader_ended = false;
		p->threads = 1;
	}
	if (e->has & HAS_PATH)
		requester_note_path(l, p, e);
	if (was_told_before(p, e) || only_names(l, p, e) || exec_confirms(l, p, e) || left_to_record(l, p, e))
		return;
	bool answer = (coarse || e->tells) && pending_execs_answer(&l->pending_execs, p->pid, p->born, &first);
	if (!answer && (e->has & HAS_PATH))
		p->path_told = e->at;
	if (answer) {
		p->pending_execs -= p->pending_execs > 0;
		exec.sources |= first.sources;
		exec.stamp = STAMP_EXACT;
		exec.at = first.at;
	}
	if (!learn(l, &exec, p, s)) {
		unread(l, p, !coarse && !exec_facts_will_come(l, p));
		return;
	}
	if (s->dirfd >= 0)
		p->image = s->stat.image;
	if (!(e->has & HAS_PATH)) /* that was noted by its path */
		requester_note(l, p, e, s);
	if (coarse && (s->facts.has & FACT_ARGS))
		recent_args_put(&l->recent_args, p->pid, p->born, s->facts.args, s->facts.args_len);
	if (answer || !exec_joins(l, p, &exec, s))
		known_exec(l, p, &exec, s, answer);
	if (s == &own)
		subject_close(s);
}

/* No record came: what /proc says now of an exec that was left to it. */
static void look_late(struct life *l, struct process *p, const struct pending_exec *one)
{
	struct event e = {.kind = EVENT_EXEC, .sources = one->sources, .stamp = STAMP_EXACT, .at = one->at, .process.pid = p->pid,
	                  .process.has = FACT_PID};
	struct subject s;
	char comm[COMM_SIZE];
	size_t len;

	if (!learn(l, &e, p, &s)) {
		e.path = recent_args_get(&l->recent_paths, p->pid, p->born, &len);
		if (e.path) {
			e.has = HAS_PATH;
			e.tells = FACT_COMM;
			e.process.comm = memcpy(comm, p->comm, sizeof(comm));
			e.process.has |= FACT_COMM;
			learn(l, &e, p, &s);
			known_exec(l, p, &e, &s, true);
			return;
		}
		unread(l, p, true);
		if (p->watch)
			watch_copies(l, p, one->at); /* what it forked is a copy of the program before */
		return;
	}
	if (!exec_joins(l, p, &e, &s))
		known_exec(l, p, &e, &s, false);
	subject_close(&s);
}

struct process *exec_run_due(struct life *l, uint64_t until)
{
	const struct pending_exec *first;
	struct pending_exec one;

	while ((first = pending_execs_first(&l->pending_execs)) && first->due <= until) {
		struct process *p = process_born(l->table, first->pid, first->born);

		pending_execs_answer(&l->pending_execs, first->pid, first->born, &one);
		if (!p || !p->pending_execs)
			continue;
		p->pending_execs--;
		look_late(l, p, &one);
		return p;
	}
	return NULL;
}

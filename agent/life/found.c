/* found.c - what a look at /proc found, where nobody told of it: watched silently, or completed */
#include "agent/life/exec_record.h"
#include "agent/life/life.h"
#include "agent/life/watch.h"
#include "agent/process/subject.h"

/* A target matches what s shows: p is watched from now on, and nothing is told of its start. */
static void watch_found(struct life *l, struct process *p, struct subject *s, unsigned target)
{
	struct ancestry ancestry;

	subject_need(s, SUBJECT_ALL);
	process_know(p, &s->facts);
	process_fill_ancestry(l->table, p, &ancestry, &s->facts);
	watch_begin(l, p, target, details_new(&s->facts));
	if (!p->watch)
		return;
	watch_hold(l, p);
	p->watch->start.is_start = true;
	p->watch->status_readable = s->stat.readable;
	if (s->stat.threads > 1)
		watch_read_tids(l, p);
}

static void match(struct life *l, struct process *p, struct subject *s)
{
	int target = p->kernel_thread ? -1 : target_match(l->config, l->targets, s);

	process_know(p, &s->facts);
	if (target >= 0)
		watch_found(l, p, s, (unsigned)target);
}

/* p's watched parent, of which p may be a copy; NULL if there is none. */
static struct watch *watched_parent(const struct life *l, const struct process *p)
{
	const struct process *parent = process_live(l->table, p->ppid);
	bool copies = parent && parent->watch && !l->config->targets[parent->watch->target].pidfile;

	return copies ? parent->watch : NULL;
}

/* A forked copy shows the image of what it was copied from until it executes something. */
static bool same_image_as(const struct watch *w, struct subject *s)
{
	subject_need(s, FACT_EXE | FACT_ARGS);
	return w->details && facts_same_exe_and_args(&w->details->facts, &s->facts);
}

/*
 * A zombie whose last program nobody has told: since the last look it started,
 * or executed something else, and ended.  It still has its name, ids and
 * control group.
 */
static void found_zombie(struct life *l, struct process *p, struct subject *s, bool new)
{
	const struct watch *of = watched_parent(l, p);

	if (p->watch || p->kernel_thread || exec_facts_will_come(l, p))
		return;
	process_know(p, &s->facts);
	p->unread = false;
	int target = target_match(l->config, l->targets, s);
	if (s->stat.copy && of) {
		watch_begin_copy(l, p, of);
	} else if (target < 0) {
		l->unread += !s->stat.copy && subject_ended(s);
	} else if (new && !s->stat.copy) {
		struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .at = p->born};

		p->executed = true;
		exec_begin(l, p, &e, s, (unsigned)target);
	} else {
		watch_begin(l, p, (unsigned)target, details_new(&s->facts));
	}
	if (!p->watch)
		return;
	p->watch->status_readable = false; /* a 0 may be what we are not shown */
	p->watch->death.vanished = true; /* at some time since it was born */
}

void life_found_new(struct life *l, struct process *p, const struct event *e)
{
	struct subject *s = e->subject;
	const struct watch *of = watched_parent(l, p);

	if (subject_is_zombie(s)) {
		found_zombie(l, p, s, true);
		return;
	}
	if (!of || !same_image_as(of, s))
		return;
	watch_begin_copy(l, p, of);
	if (p->watch && s->stat.threads > 1)
		watch_read_tids(l, p);
}

void life_found(struct life *l, struct process *p, const struct event *e)
{
	struct subject *s = e->subject;

	if (subject_is_zombie(s)) {
		found_zombie(l, p, s, false);
		return;
	}
	if (!p->watch) {
		match(l, p, s);
		return;
	}
	watch_complete(p, s);
	if (p->watch->threads.unsure || (s->stat.threads > 1 && !p->watch->threads.multithreaded))
		watch_read_tids(l, p);
}

void life_changed(struct life *l, struct process *p, struct subject *s)
{
	struct subject own;

	if (p->kernel_thread || (!s && subject_open_process(&own, l->table, p) != 0))
		return;
	match(l, p, s ? s : &own);
	if (!s)
		subject_close(&own);
}

#include "agent/life/exec_record.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/facts.h"
#include "agent/life/alerts.h"
#include "agent/life/watch.h"
#include "agent/process/subject.h"

bool exec_facts_will_come(const struct life *l, const struct process *p)
{
	return !p->kernel_thread && coverage_will_tell_exec_facts(l->coverage, p->born);
}

bool exec_joins(struct life *l, struct process *p, const struct event *e, struct subject *s)
{
	struct watch *w = p->watch;

	if (w && w->start.pending && w->start.owed && e->stamp == STAMP_COARSE) {
		w->start.owed--; /* of the exec before this one, whose record is written */
		return true;
	}
	if (!w || !w->start.is_start || !w->details)
		return false;
	/* At which time /proc was found changed says no more than: not later. */
	bool near = e->at <= w->start.seen + SAME_EXEC && (w->start.stamp == STAMP_NOTICED || w->start.at <= e->at + SAME_EXEC);
	if (near && (e->has & HAS_PATH)) /* it tells no more than the path, which may be a link */
		subject_need(s, FACT_EXE | FACT_ARGS);
	if (!facts_same_image(&w->details->facts, &s->facts))
		return false;
	/* A wrapper may be the same file (busybox, a shell): then what it was called with tells them apart. */
	bool same = w->start.stamp != STAMP_NOTICED || !(w->details->facts.has & FACT_ARGS) ||
	            facts_same_exec(&w->details->facts, &s->facts);
	if (w->start.pending && !(w->start.sources & e->sources) && same) {
		if (e->tells) {
			facts_fill(&s->facts, &w->details->facts);
			details_put(&w->details, &s->facts);
		}
		if (w->start.stamp == STAMP_NOTICED) { /* its time is that of a look, and its comm may be the one before */
			process_know(p, &w->details->facts);
			w->start.at = w->start.seen = e->at;
			w->start.stamp = e->stamp;
		}
		w->start.has_facts |= e->tells != 0;
		w->start.sources |= e->sources;
		exec_flush(l, p);
		return true;
	}
	bool unread = (e->has & HAS_PATH) && !(s->facts.has & FACT_ARGS);
	return near && w->start.at && (unread || facts_same_exec(&w->details->facts, &s->facts));
}

/* The process executed something while it was read: the facts read may be of two programs. */
static bool read_in_exec(const struct subject *s)
{
	struct procfs_stat now;

	return s->dirfd >= 0 && procfs_read_stat(s->dirfd, &now) == 0 && !now.exiting && now.image != s->stat.image;
}

/* Who can still say more of an exec than its first witness did. */
static bool waits(const struct life *l, const struct process *p, const struct event *e)
{
	if (e->stamp == STAMP_NOTICED) /* audit, or a second look when the exec is done */
		return exec_facts_will_come(l, p) || (p->watch->details && !(p->watch->details->facts.has & FACT_ARGS));
	return coverage_tells_exact_execs(l->coverage) && coverage_tells_exec_facts(l->coverage) &&
	       !(e->stamp == STAMP_EXACT && e->tells);
}

void exec_begin(struct life *l, struct process *p, const struct event *e, struct subject *s, unsigned target)
{
	struct ancestry ancestry;

	subject_need(s, SUBJECT_ALL);
	if (s->dirfd >= 0)
		p->image = s->stat.image;
	if (e->stamp == STAMP_NOTICED && read_in_exec(s))
		s->facts.has &= ~(unsigned)FACT_ARGS; /* then it is read again */
	if (!p->watch)
		watch_begin(l, p, target, NULL); /* first, since an unwatched one may have to give way to its parent */
	if (!p->watch)
		return;
	if (!process_parent_comm(l->table, p))
		subject_take_in(l->table, p->ppid);
	process_fill_ancestry(l->table, p, &ancestry, &s->facts);
	watch_begin(l, p, target, details_new(&s->facts));
	struct watch *w = p->watch;
	const char *parent = process_parent_comm(l->table, p);
	snprintf(w->start.parent_comm, sizeof(w->start.parent_comm), "%s", parent ? parent : "");
	if (!w->start.is_start)
		w->start.since = e->stamp == STAMP_EXACT ? e->at : 0;
	w->start.is_start = true;
	w->status_readable = s->dirfd >= 0 ? s->stat.readable : w->status_readable;
	if (e->kind == EVENT_EXEC)
		watch_single_tid(w);
	if (s->dirfd >= 0 && s->stat.threads > 1)
		watch_read_tids(l, p); /* found some time after its exec */
	watch_enter(p, STAGE_STARTING);
	w->start.pending = true;
	w->start.sources = e->sources;
	w->start.stamp = e->stamp;
	w->start.has_facts = e->tells;
	w->start.at = e->at;
	w->start.seen = e->stamp == STAMP_NOTICED ? l->clock->now : e->at;
	bool later = waits(l, p, e);
	w->start.due = later ? l->clock->now + l->config->grace : l->clock->now;
	if (!later)
		exec_flush(l, p);
	watch_copies(l, p, e->at);
}

bool exec_confirms(struct life *l, struct process *p, const struct event *e)
{
	struct watch *w = p->watch;

	if (e->stamp != STAMP_EXACT || e->tells || !w || !w->start.pending || w->start.stamp != STAMP_COARSE ||
	    e->at + NSEC_PER_MSEC < w->start.at || e->at > w->start.at + SAME_EXEC)
		return false;
	w->start.sources |= e->sources;
	w->start.stamp = STAMP_EXACT;
	w->start.at = e->at;
	exec_flush(l, p);
	return true;
}

void exec_tell_before(struct life *l, struct process *p)
{
	struct watch *w = p->watch;

	if (!w || !w->start.pending)
		return;
	if (w->start.stamp == STAMP_NOTICED && exec_facts_will_come(l, p)) {
		w->start.pending = false; /* a look was ahead of audit, which tells them all, in their order */
		return;
	}
	unsigned owed = w->start.owed + !w->start.has_facts;
	exec_flush(l, p);
	w->start.owed = owed;
}

void exec_flush(struct life *l, struct process *p)
{
	struct watch *w = p->watch;

	if (!w->start.pending)
		return;
	w->start.pending = false;
	w->start.owed = 0;
	watch_enter(p, STAGE_RUNNING);
	if (w->start.stamp == STAMP_NOTICED)
		watch_read_rest(l, p);
	struct event record = {
		.kind = EVENT_EXEC,
		.has = HAS_STARTS | (w->start.parent_comm[0] ? HAS_PARENT_COMM : 0),
		.sources = w->start.sources,
		.at = w->start.at,
		.starts = ++l->targets[w->target].starts,
		.parent_comm = w->start.parent_comm,
	};
	life_record(l, p, &record);
	alerts_started(l, w->target, record.at);
}

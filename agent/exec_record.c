/* exec_record.c - the record of an exec: begun by its first witness, completed by the others, written once */
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/facts.h"

bool exec_facts_will_come(const struct agent *a, const struct process *p)
{
	return !p->kernel_thread && coverage_will_tell_exec_facts(&a->coverage, p->born);
}

bool exec_joins(struct agent *a, struct process *p, const struct event *e, struct subject *s)
{
	struct watch *w = p->watch;

	if (w && w->exec_pending && w->exec_owed && e->stamp == STAMP_COARSE) {
		w->exec_owed--; /* of the exec before this one, whose record is written */
		return true;
	}
	if (!w || !w->is_start || !w->details || !facts_same_image(&w->details->facts, &s->facts))
		return false;
	/* At which time /proc was found changed says no more than: not later. */
	bool near = e->at <= w->exec_seen + SAME_EXEC && (w->exec_stamp == STAMP_NOTICED || w->exec_at <= e->at + SAME_EXEC);
	/* A wrapper may be the same file (busybox, a shell): then what it was called with tells them apart. */
	bool same = w->exec_stamp != STAMP_NOTICED || !(w->details->facts.has & FACT_ARGS) ||
	            facts_same_exec(&w->details->facts, &s->facts);
	if (w->exec_pending && !(w->exec_sources & e->sources) && same) {
		if (e->tells) {
			facts_fill(&s->facts, &w->details->facts);
			struct details *better = details_new(&s->facts);
			if (better) {
				details_unref(w->details);
				w->details = better;
			}
		}
		if (w->exec_stamp == STAMP_NOTICED) { /* its time is that of a look, and its comm may be the one before */
			process_know(p, &w->details->facts);
			w->exec_at = w->exec_seen = e->at;
			w->exec_stamp = e->stamp;
		}
		w->exec_has_facts |= e->tells != 0;
		w->exec_sources |= e->sources;
		exec_flush(a, p);
		return true;
	}
	return near && w->exec_at && facts_same_exec(&w->details->facts, &s->facts);
}

/* It executed something while it was read: what was read may be of two programs. */
static bool read_in_exec(const struct subject *s)
{
	struct procfs_stat now;

	return s->dirfd >= 0 && procfs_read_stat(s->dirfd, &now) == 0 && !now.exiting && now.image != s->stat.image;
}

/* Who can still say more of an exec than its first witness did. */
static bool waits(const struct agent *a, const struct process *p, const struct event *e)
{
	if (a->coverage.recorded)
		return false;
	if (e->stamp == STAMP_NOTICED) /* audit, or a second look when the exec is done */
		return exec_facts_will_come(a, p) || (p->watch->details && !(p->watch->details->facts.has & FACT_ARGS));
	return coverage_tells_exact_execs(&a->coverage) && coverage_tells_exec_facts(&a->coverage) &&
	       !(e->stamp == STAMP_EXACT && e->tells);
}

void exec_begin(struct agent *a, struct process *p, const struct event *e, struct subject *s, unsigned target)
{
	char ancestry[ANCESTRY_DEPTH * COMM_SIZE];

	subject_need(s, SUBJECT_ALL);
	if (s->dirfd >= 0)
		p->image = s->stat.image;
	if (e->stamp == STAMP_NOTICED && read_in_exec(s))
		s->facts.has &= ~(unsigned)FACT_ARGS; /* then it is read again */
	if (!p->watch)
		watch_begin(a, p, target, NULL); /* first, since an unwatched one may have to give way to its parent */
	if (!p->watch)
		return;
	if (!process_parent_comm(&a->table, p) && p->ppid && !a->coverage.recorded)
		agent_take_in(a, p->ppid);
	s->facts.ancestry = ancestry;
	s->facts.ancestry_len = process_ancestry(&a->table, p, ancestry, sizeof(ancestry));
	if (s->facts.ancestry_len)
		s->facts.has |= FACT_ANCESTRY;
	watch_begin(a, p, target, details_new(&s->facts));
	struct watch *w = p->watch;
	const char *parent = process_parent_comm(&a->table, p);
	snprintf(w->parent_comm, sizeof(w->parent_comm), "%s", parent ? parent : "");
	w->is_start = true;
	w->status_readable = s->dirfd >= 0 ? s->stat.readable : w->status_readable;
	if (e->kind == EVENT_EXEC)
		watch_single_tid(w);
	if (s->dirfd >= 0 && s->stat.threads > 1)
		agent_read_tids(a, p); /* found some time after its exec */
	w->exec_pending = true;
	w->exec_sources = e->sources;
	w->exec_stamp = e->stamp;
	w->exec_has_facts = e->tells;
	w->exec_at = e->at;
	w->exec_seen = e->stamp == STAMP_NOTICED ? a->clock.now : e->at;
	bool later = waits(a, p, e);
	w->exec_due = later ? a->clock.now + a->config->grace : a->clock.now;
	if (!later)
		exec_flush(a, p);
	else
		watch_schedule(a, p);
	watch_copies(a, p, e->at);
	death_adopt(a, p);
}

bool exec_confirms(struct agent *a, struct process *p, const struct event *e)
{
	struct watch *w = p->watch;

	if (e->stamp != STAMP_EXACT || e->tells || !w || !w->exec_pending || w->exec_stamp != STAMP_COARSE ||
	    e->at + NSEC_PER_MSEC < w->exec_at || e->at > w->exec_at + SAME_EXEC)
		return false;
	w->exec_sources |= e->sources;
	w->exec_stamp = STAMP_EXACT;
	w->exec_at = e->at;
	exec_flush(a, p);
	return true;
}

void exec_tell_before(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;

	if (!w || !w->exec_pending)
		return;
	if (w->exec_stamp == STAMP_NOTICED && exec_facts_will_come(a, p)) {
		w->exec_pending = false; /* a look was ahead of audit, which tells them all, in their order */
		return;
	}
	unsigned owed = w->exec_owed + !w->exec_has_facts;
	exec_flush(a, p);
	w->exec_owed = owed;
}

void exec_flush(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;

	if (!w->exec_pending)
		return;
	w->exec_pending = false;
	w->exec_owed = 0;
	if (w->exec_stamp == STAMP_NOTICED)
		agent_read_rest(a, p);
	struct event record = {
		.kind = EVENT_EXEC,
		.has = HAS_STARTS | (w->parent_comm[0] ? HAS_PARENT_COMM : 0),
		.sources = w->exec_sources,
		.at = w->exec_at,
		.starts = ++a->targets[w->target].starts,
		.parent_comm = w->parent_comm,
	};
	report(a, p, &record);
	watch_schedule(a, p);
}

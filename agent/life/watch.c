#include "agent/life/watch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/life/shares.h"

/* So long a watched process lives before it is held by a pidfd where cn_proc tells of its end too. */
#define HOLD_AFTER (100 * NSEC_PER_MSEC)

void watch_enter(struct process *p, enum stage stage)
{
	if (!p->watch && stage != STAGE_TOLD && stage != STAGE_UNWATCHED)
		return; /* there was no memory to watch it */
	/* Nothing comes after an end but its record: an exec record that is completed meanwhile changes no stage. */
	if (p->stage == STAGE_ENDING && stage != STAGE_TOLD && stage != STAGE_UNWATCHED)
		return;
	p->stage = stage;
}

/* A place for p, if a copy has to give way for it; false, and counted, if there is none. */
static bool make_room(struct life *l, const struct process *p, unsigned target, bool copy)
{
	struct process *other;

	if (!shares_are_full(l, p, target, copy))
		return true;
	l->over_share++;
	other = copy ? NULL : shares_gives_way(l, p, target);
	if (other)
		watch_end(l, other);
	return other;
}

/* The watch of p, new if it has none; NULL if there is no room, which is told. */
static struct watch *watch_for(struct life *l, struct process *p, unsigned target, bool copy)
{
	struct watch *w = p->watch;
	uid_t user;

	if (w) {
		shares_move(l, p, target);
		return w;
	}
	if (!make_room(l, p, target, copy))
		return NULL;
	bool has_place = shares_take(l, p, target, &user);
	w = has_place ? watched_new(l->table, p) : NULL;
	if (!w) {
		if (has_place)
			shares_give(l, target, user);
		output_lost(l->output, 0, 1, "out of memory: a process cannot be watched");
		return NULL;
	}
	w->target = target;
	w->user = user;
	l->targets[target].alerts.present_pid = p->pid;
	return w;
}

static void begin(struct life *l, struct process *p, unsigned target, struct details *details, bool copy)
{
	struct watch *w = watch_for(l, p, target, copy);

	if (!w) {
		details_unref(details);
		return;
	}
	if (p->stage == STAGE_UNWATCHED)
		watch_enter(p, STAGE_RUNNING);
	w->signals.senders = &l->senders;
	w->sid = details && (details->facts.has & FACT_SID) ? details->facts.sid : 0;
	l->changes++;
	details_unref(w->details);
	w->details = details;
	if (w->pidfd >= 0 || w->hold_due || p->ended)
		return;
	/* Most short-lived ones need no pidfd while netlink tells of their end. */
	if (coverage_tells_ends(l->coverage) && p->born + HOLD_AFTER > l->clock->now) {
		w->hold_due = p->born + HOLD_AFTER;
	} else {
		watch_hold(l, p);
	}
}

void watch_begin(struct life *l, struct process *p, unsigned target, struct details *details)
{
	begin(l, p, target, details, false);
}

void watch_begin_copy(struct life *l, struct process *p, const struct watch *of)
{
	begin(l, p, of->target, details_ref(of->details), true);
	watch_enter(p, STAGE_COPY);
}

/* Is pid still p's?  The kernel may have ended p and given its pid to another process before the agent was told. */
static bool holds_pid(const struct life *l, const struct process *p)
{
	struct subject s;

	if (subject_open_process(&s, l->table, p) != 0)
		return false;
	subject_close(&s);
	return true;
}

static void hold(struct life *l, struct process *p)
{
	p->watch->hold_due = 0;
	if (p->watch->pidfd >= 0 || p->ended)
		return;
	p->watch->pidfd = pidfd_set_add(l->pidfds, p->pid, p);
	if (p->watch->pidfd >= 0 && !holds_pid(l, p)) {
		pidfd_set_remove(l->pidfds, p->watch->pidfd);
		p->watch->pidfd = -ESRCH;
	}
	l->held |= p->watch->pidfd >= 0;
}

/* p could not be held because it is gone, and no other source has told, or will tell, of its end. */
static void tell_gone(struct life *l, struct process *p)
{
	if (p->watch->pidfd != -ESRCH || (coverage_tells_ends(l->coverage) && !p->born_unknown))
		return;
	clock_advance(l->clock);
	life_gone(l, p, SOURCE_PROC, l->clock->now);
}

void watch_hold(struct life *l, struct process *p)
{
	hold(l, p);
	tell_gone(l, p);
}

static void add_tid(void *watch, pid_t tid)
{
	watch_add_tid(watch, tid);
}

void watch_read_tids(struct life *l, struct process *p)
{
	struct watch *w = p->watch;
	int dirfd = subject_directory(l->table, p->pid);

	tids_clear(&w->threads.tids);
	w->threads.unsure = false;
	if (dirfd < 0 || procfs_each_tid(dirfd, add_tid, w) != 0)
		w->threads.unsure = true;
	/* A leader that ended before the others is shown until they have. */
	struct procfs_stat leader;
	bool others = dirfd >= 0 && procfs_read_stat(dirfd, &leader) == 0 && leader.state == 'Z' && leader.threads > 1;
	if (others)
		watch_remove_tid(w, p->pid);
	w->threads.multithreaded = w->threads.unsure || w->threads.tids.alive > 1 || others;
	if (dirfd >= 0)
		close(dirfd);
}

/* In the midst of an exec a process has its new program, but no arguments yet. */
void watch_complete(struct process *p, struct subject *s)
{
	struct details *old = p->watch ? p->watch->details : NULL;

	if (!old || (old->facts.has & FACT_ARGS))
		return;
	subject_need(s, FACT_EXE | FACT_ARGS);
	bool other = (s->facts.has & old->facts.has & FACT_EXE) && strcmp(s->facts.exe, old->facts.exe) != 0;
	if (!(s->facts.has & FACT_ARGS) || other)
		return; /* still so, or another program by now */
	p->image = s->stat.image;
	process_know(p, &s->facts);
	struct facts whole = old->facts;
	whole.comm = s->facts.comm;
	whole.args = s->facts.args;
	whole.args_len = s->facts.args_len;
	whole.has |= FACT_ARGS;
	details_put(&p->watch->details, &whole);
}

void watch_read_rest(struct life *l, struct process *p)
{
	const struct details *d = p->watch->details;
	struct subject s;

	if (!d || (d->facts.has & FACT_ARGS) || p->ended || subject_open_process(&s, l->table, p) != 0)
		return;
	watch_complete(p, &s);
	subject_close(&s);
}

void watch_copy(struct life *l, const struct event *fork, struct process *p, const struct process *parent)
{
	struct watch *of = parent->watch;

	if (l->config->targets[of->target].pidfile)
		return;
	watch_begin_copy(l, p, of);
	if (!p->watch)
		return;
	p->watch->sid = of->sid;
	if (p->threads > 1) /* whose ids nobody kept */
		p->watch->threads.unsure = p->watch->threads.multithreaded = true;
	p->watch->status_readable = of->status_readable;
	struct event record = {.kind = EVENT_FORK, .sources = fork->sources, .at = fork->at};
	life_record(l, p, &record);
}

/* A child forked in that time that has executed nothing and is not watched; NULL if none. */
static struct process *unwatched_copy(const struct life *l, const struct process *parent, uint64_t since, uint64_t until)
{
	const struct process_list *lists[] = {&l->table->live, &l->table->ghosts};
	struct process *p;

	for (int i = 0; i < 2; i++)
		TAILQ_FOREACH(p, lists[i], order)
			if (p->ppid == parent->pid && p->parent_born == parent->born && p->born >= since && p->born < until &&
			    !p->executed && p->stage == STAGE_UNWATCHED)
				return p;
	return NULL;
}

void watch_copies(struct life *l, struct process *parent, uint64_t since)
{
	/* A child forked after the next exec is a copy of a program that audit has not named yet. */
	uint64_t next = parent->pending_execs ? pending_execs_earliest(&l->pending_execs, parent->pid, parent->born) : 0;
	struct process *p;

	while (parent->forked && (p = unwatched_copy(l, parent, since, next ? next : UINT64_MAX))) {
		struct event e = {.sources = p->born_by, .at = p->born};

		if (!p->renamed) /* the name it had from its parent was that of the program before */
			memcpy(p->comm, parent->comm, sizeof(p->comm));
		watch_copy(l, &e, p, parent);
		if (!p->watch)
			return;
		watch_copies(l, p, since);
		life_settle(l, p);
	}
	parent->forked = next;
}

static void session_and_threads(const struct process *p, struct facts *f)
{
	const struct watch *w = p->watch;

	f->has &= ~(unsigned)FACT_SID;
	f->sid = w->sid;
	f->has |= w->sid ? FACT_SID : 0;
	if (w->threads.unsure || p->ended || p->stage == STAGE_ENDING)
		return;
	f->threads = w->threads.multithreaded ? w->threads.tids.alive : 1;
	f->has |= FACT_THREADS;
}

void watch_facts(const struct process *p, struct facts *f)
{
	memset(f, 0, sizeof(*f));
	if (p->watch && p->watch->details)
		*f = p->watch->details->facts;
	f->pid = p->pid;
	f->has |= FACT_PID;
	if (p->ppid) {
		f->ppid = p->watch && p->watch->last_ppid ? p->watch->last_ppid : p->ppid;
		f->has |= FACT_PPID;
	}
	/* A process changes these while it runs: its ids and, by prctl, its comm. */
	f->has &= ~(unsigned)(FACT_UID | FACT_GID | FACT_EUID | FACT_EGID);
	process_ids(p, f);
	if (p->comm[0]) {
		f->comm = p->comm;
		f->has |= FACT_COMM;
	}
	if (p->watch)
		session_and_threads(p, f);
	f->has &= ~(unsigned)FACT_STARTED;
	if (!p->born_unknown) {
		f->started = p->born;
		f->has |= FACT_STARTED;
	}
}

void life_record(struct life *l, const struct process *p, struct event *e)
{
	watch_facts(p, &e->process);
	if (e->kind != EVENT_EXEC)
		e->process.has &= ~(unsigned)FACT_PGID; /* nobody tells when it goes into another group */
	if (e->kind == EVENT_EXIT)
		e->process.has &= ~(unsigned)FACT_THREADS; /* it has none any more */
	output_record(l->output, p->watch->target, e, p->watch->user);
}

void life_forked(struct life *l, struct process *p, const struct process *parent, const struct event *e)
{
	watch_copy(l, e, p, parent);
}

void watch_end(struct life *l, struct process *p)
{
	l->changes++;
	if (p->stage != STAGE_TOLD)
		watch_enter(p, STAGE_UNWATCHED);
	deadlines_set(&l->deadlines, p, 0);
	if (p->watch->kept && l->ended_count < ENDED_MOST)
		l->ended[l->ended_count++] = (struct ended){p->pid, p->born};
	else if (p->watch->kept)
		l->ended_dropped = true;
	pidfd_set_remove(l->pidfds, p->watch->pidfd);
	shares_give(l, p->watch->target, p->watch->user);
	watched_free(l->table, p);
}

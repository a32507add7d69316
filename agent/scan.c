/* scan.c - reading /proc into the process table: at start, and after loss */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

/* What is missed all the time on a busy machine is told so often. */
#define GAPS_EVERY (60 * NSEC_PER_SEC)

/* Watches p silently: it was there before the agent looked. */
static void watch_found(struct agent *a, struct process *p, struct subject *s, unsigned target)
{
	struct ancestry ancestry;

	subject_need(s, SUBJECT_ALL);
	process_know(p, &s->facts);
	process_fill_ancestry(&a->table, p, &ancestry, &s->facts);
	watch_begin(a, p, target, details_new(&s->facts));
	if (!p->watch)
		return;
	watch_hold(a, p);
	p->watch->start.is_start = true;
	p->watch->status_readable = s->stat.readable;
	if (s->stat.threads > 1)
		watch_read_tids(a, p);
}

static void match(struct agent *a, struct process *p, struct subject *s)
{
	int target = p->kernel_thread ? -1 : target_match(a->config, a->targets, s);

	process_know(p, &s->facts);
	if (target >= 0)
		watch_found(a, p, s, (unsigned)target);
}

void agent_rematch(struct agent *a, struct process *p)
{
	struct subject s;

	if (p->kernel_thread || subject_open_process(&s, &a->table, p) != 0)
		return;
	match(a, p, &s);
	subject_close(&s);
	life_settle(a, p);
}

/* A forked copy shows the image of what it was copied from until it executes something. */
static bool same_image_as(const struct watch *w, struct subject *s)
{
	subject_need(s, FACT_EXE | FACT_ARGS);
	const struct facts *f = w->details ? &w->details->facts : NULL, *g = &s->facts;

	return f && (f->has & g->has & FACT_EXE) && strcmp(f->exe, g->exe) == 0 && (f->has & g->has & FACT_ARGS) &&
	       f->args_len == g->args_len && memcmp(f->args, g->args, f->args_len) == 0;
}

static bool is_copy(struct agent *a, struct process *p, struct subject *s)
{
	struct process *parent = process_live(&a->table, p->ppid);

	return parent && parent->watch && !a->config->targets[parent->watch->target].pidfile && same_image_as(parent->watch, s);
}

/*
 * Does it run another program than the one known?  A new comm or new arguments
 * alone do not tell: a process can write both itself (prctl, setproctitle).
 */
static bool executed(const struct process *p, struct subject *s)
{
	if (p->unread)
		return true;
	if (p->image && s->stat.image && p->image != s->stat.image)
		return true;
	const struct facts *f = p->watch && p->watch->details ? &p->watch->details->facts : NULL;

	if (f) {
		subject_need(s, FACT_EXE);
		return (f->has & s->facts.has & FACT_EXE) && strcmp(f->exe, s->facts.exe) != 0;
	}
	return !(p->image && s->stat.image) && strcmp(p->comm, s->facts.comm) != 0;
}

/* It has only another name or other ids now. */
static void renamed(struct agent *a, struct process *p, struct subject *s)
{
	if (strcmp(p->comm, s->facts.comm) == 0)
		return;
	process_know(p, &s->facts);
	if (!p->watch)
		match(a, p, s);
}

/*
 * It became what it was, and ended, since the last look: its zombie still has
 * its name, ids and control group.  Of those that were there before, the end
 * may have been told, and forgotten.
 */
static void met_as_zombie(struct agent *a, struct process *p, struct subject *s, bool new)
{
	struct process *parent = process_live(&a->table, p->ppid);
	struct watch *of = parent ? parent->watch : NULL;

	if (!a->polled || p->watch || p->kernel_thread || exec_facts_will_come(a, p) ||
	    (new && s->stat.started + procfs_tick() < a->scanned_at))
		return;
	process_know(p, &s->facts);
	p->unread = false;
	int target = target_match(a->config, a->targets, s);
	if (s->stat.copy && of && !a->config->targets[of->target].pidfile) {
		watch_begin(a, p, of->target, details_ref(of->details));
		watch_enter(p, STAGE_COPY);
	} else if (target < 0) {
		a->unread += !s->stat.copy && subject_ended(s);
	} else if (new && !s->stat.copy) {
		struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .at = p->born};

		p->executed = true;
		exec_begin(a, p, &e, s, (unsigned)target);
	} else {
		watch_begin(a, p, (unsigned)target, details_new(&s->facts));
	}
	if (!p->watch)
		return;
	p->watch->status_readable = false; /* a 0 may be what we are not shown */
	p->watch->death.vanished = true; /* at some time since it was born */
}

/* False if its pidfd says that it lives. */
static bool gone(struct agent *a, struct process *p, uint64_t at)
{
	if (!death_vanished(a, p, SOURCE_PROC, at))
		return false;
	life_settle(a, p);
	return true;
}

void scan_process(struct agent *a, pid_t pid, bool quiet)
{
	struct process *p = process_live(&a->table, pid);
	struct subject s;
	int error = subject_open(&s, &a->table, pid);

	clock_advance(&a->clock);
	if (error) {
		if (p && (error == -ENOENT || error == -ESRCH))
			gone(a, p, a->clock.now);
		else if (p)
			p->scan = a->table.scan; /* no descriptor left, or no permission: that proves nothing */
		return;
	}
	if (p && !procfs_same_start(s.stat.started, p->born)) {
		if (!gone(a, p, s.stat.started + procfs_tick()))
			goto out;
		p = NULL;
	}
	bool new = !p;
	if (new && (subject_of_zombie(&a->table, &s) || !(p = subject_add(&a->table, &s))))
		goto out;
	p->scan = a->table.scan;
	p->ppid = p->ppid ? p->ppid : s.stat.ppid;
	bool zombie = s.stat.state == 'Z' || s.stat.state == 'X';
	if (!new && !zombie)
		watch_complete(p, &s);
	bool changed = !new && !zombie && executed(p, &s);
	if (!quiet && zombie && s.stat.threads <= 1 && !p->watch && (new || executed(p, &s)))
		met_as_zombie(a, p, &s, new);
	if (!new && !zombie && !changed)
		renamed(a, p, &s);
	if (p->watch && p->stage != STAGE_ENDING && zombie && s.stat.threads <= 1) {
		struct event e = {.kind = EVENT_ENDED, .sources = SOURCE_PROC, .at = a->clock.now};

		if (death_zombie_tells(p, &s.stat)) {
			e.wait_status = s.stat.exit_code;
			e.has = HAS_STATUS;
		}
		death_event(a, p, &e);
		life_settle(a, p);
	} else if (quiet) {
		if (!p->watch && !zombie)
			match(a, p, &s);
	} else if (new && !zombie && is_copy(a, p, &s)) {
		struct watch *of = process_live(&a->table, p->ppid)->watch;

		watch_begin(a, p, of->target, details_ref(of->details));
		watch_enter(p, STAGE_COPY);
		if (p->watch && s.stat.threads > 1)
			watch_read_tids(a, p);
	} else if ((new || changed) && !zombie) {
		struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .process.pid = pid,
		                  .process.has = FACT_PID, .at = new ? p->born : a->clock.now};

		subject_close(&s);
		if (p->kernel_thread)
			return;
		agent_event(a, &e);
		return;
	} else if (p->watch && (p->watch->threads.unsure || (s.stat.threads > 1 && !p->watch->threads.multithreaded))) {
		watch_read_tids(a, p);
	}
out:
	subject_close(&s);
	if (p)
		life_settle(a, p);
}

void agent_pidfile(struct agent *a, pid_t pid)
{
	/* A file of before can name what is another process's thread by now. */
	struct process *p = procfs_is_thread(pid) ? NULL : subject_take_in(&a->table, pid);
	struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .process.pid = pid, .process.has = FACT_PID};

	if (!p || p->watch || p->ended)
		return;
	e.at = p->born;
	/* One that was there before the agent is no start. */
	if (p->born < a->started_at)
		agent_rematch(a, p);
	else
		agent_event(a, &e);
}

uint64_t agent_gaps_due(const struct agent *a)
{
	bool gap = a->table.refused != a->refused_told || a->unread;

	return gap ? a->gaps_told_at ? a->gaps_told_at + GAPS_EVERY : a->clock.now : 0;
}

void agent_tell_gaps(struct agent *a, bool now)
{
	uint64_t refused = a->table.refused - a->refused_told, due = agent_gaps_due(a);

	if (!due || (!now && due > a->clock.now))
		return;
	a->gaps_told_at = a->clock.now;
	a->refused_told += refused;
	if (refused)
		report_lost(a, 0, refused, "max_processes is reached and all of them are watched: new processes are not seen");
	if (a->unread)
		report_lost(a, coverage_looked_by(&a->coverage), a->unread,
		            "programs ended before /proc could be read: a watched one among them is not told");
	a->unread = 0;
}

struct scan {
	struct agent *agent;
	bool          quiet;
};

static void found_pid(void *ctx, pid_t pid)
{
	struct scan *s = ctx;

	seen_pids_mark(&s->agent->seen_pids, pid);
	scan_process(s->agent, pid, s->quiet);
}

/* Those of a list that the scan did not see although they were there before it are gone. */
static void sweep_list(struct agent *a, struct process_list *list, uint64_t begun)
{
	struct process *p, *next;

	for (p = TAILQ_FIRST(list); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if (p->scan != a->table.scan && !p->ended && p->born < begun)
			gone(a, p, a->clock.now);
	}
}

void scan_sweep(struct agent *a, uint64_t begun)
{
	clock_advance(&a->clock);
	sweep_list(a, &a->table.watches, begun);
	sweep_list(a, &a->table.live, begun);
	a->scanned_at = begun;
}

int agent_scan(struct agent *a, bool quiet)
{
	struct scan s = {a, quiet};
	uint64_t begun = a->clock.now;

	a->rescan = false;
	a->table.scan++;
	int error = procfs_each_pid(found_pid, &s);
	seen_pids_end(&a->seen_pids);
	if (error)
		return error;
	scan_sweep(a, begun);
	return 0;
}

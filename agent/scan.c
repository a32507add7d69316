/* scan.c - /proc read, and what it shows told as events: at start, when polling, and after loss */
#include <errno.h>
#include <string.h>

#include "agent/agent.h"

/* An event of what a look showed of p. */
static struct event seen(const struct agent *a, const struct process *p, enum event_kind kind, struct subject *s)
{
	return (struct event){
		.kind = kind, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = a->clock.now, .subject = s,
		.process = {.has = FACT_PID | FACT_STARTED, .pid = p->pid, .started = p->born},
	};
}

static void tell(struct agent *a, const struct process *p, enum event_kind kind, struct subject *s)
{
	struct event e = seen(a, p, kind, s);

	agent_event(a, &e);
}

/* It is not there any more, since `at` or earlier.  False if its pidfd knows better. */
static bool tell_gone(struct agent *a, const struct process *p, uint64_t at)
{
	struct event e = seen(a, p, EVENT_GONE, NULL);

	e.at = at;
	agent_event(a, &e);
	return p->ended;
}

static void tell_ended(struct agent *a, const struct process *p, struct subject *s)
{
	struct event e = seen(a, p, EVENT_ENDED, s);

	if (death_zombie_tells(p, &s->stat)) {
		e.wait_status = s->stat.exit_code;
		e.has = HAS_STATUS;
	}
	agent_event(a, &e);
}

/*
 * Does it run another program than the one known?  A new comm or new arguments
 * alone do not tell: a process can write both itself (prctl, setproctitle).
 */
static bool has_executed(const struct process *p, struct subject *s)
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

/* What a look says of a pid's holder, against what the table has. */
enum look {
	LOOK_NEW,     /* it was not known */
	LOOK_ZOMBIE,  /* it has ended; it may have been new, or changed before */
	LOOK_ENDING,  /* its leader has ended, and no other thread can be read */
	LOOK_CHANGED, /* it runs another program than before */
	LOOK_SAME
};

static enum look classify(const struct process *p, struct subject *s, bool new)
{
	if (s->stat.state == 'Z' || s->stat.state == 'X')
		return subject_is_zombie(s) ? LOOK_ZOMBIE : LOOK_ENDING;
	return new ? LOOK_NEW : has_executed(p, s) ? LOOK_CHANGED : LOOK_SAME;
}

/* A process that was there at the last look and is a zombie now may have been told, and forgotten. */
static bool is_fresh(const struct agent *a, const struct process *p, struct subject *s, bool new)
{
	return a->scan.polled && !p->watch &&
	       (new ? s->stat.started + procfs_tick() >= a->scan.read_at : has_executed(p, s));
}

static void on_zombie(struct agent *a, struct process *p, struct subject *s, bool new, bool quiet)
{
	if (!quiet && is_fresh(a, p, s, new))
		tell(a, p, new ? EVENT_FORK : EVENT_FOUND, s);
	if (p->watch && p->stage != STAGE_ENDING)
		tell_ended(a, p, s);
}

static void tell_exec(struct agent *a, struct process *p, struct subject *s, uint64_t at)
{
	struct event e = seen(a, p, EVENT_EXEC, s);

	e.at = at;
	if (!p->kernel_thread)
		agent_event(a, &e);
}

static void on_new(struct agent *a, struct process *p, struct subject *s, bool quiet)
{
	if (quiet) {
		tell(a, p, EVENT_FOUND, s);
		return;
	}
	tell(a, p, EVENT_FORK, s);
	if (!p->watch) /* it is no copy of a watched one */
		tell_exec(a, p, s, p->born);
}

static void on_same(struct agent *a, struct process *p, struct subject *s, bool quiet)
{
	if (strcmp(p->comm, s->facts.comm) != 0) {
		struct event e = seen(a, p, EVENT_RENAME, s);

		e.process.comm = s->facts.comm;
		e.process.has |= FACT_COMM;
		agent_event(a, &e);
	}
	if (!p->watch && quiet)
		tell(a, p, EVENT_FOUND, s);
}

static void look_at(struct agent *a, struct process *p, struct subject *s, bool new, bool quiet)
{
	p->scan = a->table.scan;
	p->ppid = p->ppid ? p->ppid : s->stat.ppid;
	if (p->watch && !subject_is_zombie(s))
		tell(a, p, EVENT_FOUND, s); /* what was half read is completed before it is compared */
	switch (classify(p, s, new)) {
	case LOOK_NEW:
		on_new(a, p, s, quiet);
		break;
	case LOOK_ZOMBIE:
		on_zombie(a, p, s, new, quiet);
		break;
	case LOOK_ENDING:
		break;
	case LOOK_CHANGED:
		if (!quiet)
			tell_exec(a, p, s, a->clock.now);
		else if (!p->watch)
			tell(a, p, EVENT_FOUND, s);
		break;
	case LOOK_SAME:
		on_same(a, p, s, quiet);
		break;
	}
}

/* /proc has nothing of p. */
static void not_shown(struct agent *a, struct process *p, int error)
{
	if (error == -ENOENT || error == -ESRCH)
		tell_gone(a, p, a->clock.now);
	else
		p->scan = a->table.scan; /* no descriptor left, or no permission: that proves nothing */
}

void scan_process(struct agent *a, pid_t pid, bool quiet)
{
	struct process *p = process_live(&a->table, pid);
	struct subject s;
	int error = subject_open(&s, &a->table, pid);

	clock_advance(&a->clock);
	if (error) {
		if (p)
			not_shown(a, p, error);
		return;
	}
	bool same = p && procfs_same_start(s.stat.started, p->born);
	if (same)
		look_at(a, p, &s, false, quiet);
	else if ((!p || tell_gone(a, p, s.stat.started + procfs_tick())) && !subject_of_zombie(&a->table, &s) &&
	         (p = subject_add(&a->table, &s)))
		look_at(a, p, &s, true, quiet);
	subject_close(&s);
}

void scan_pidfile(struct agent *a, pid_t pid)
{
	/* A file of before can name what is another process's thread by now. */
	struct process *p = procfs_is_thread(pid) ? NULL : subject_take_in(&a->table, pid);
	struct subject s;

	if (!p || p->watch || p->ended || p->kernel_thread || subject_open_process(&s, &a->table, p) != 0)
		return;
	if (p->born < a->started_at)
		tell(a, p, EVENT_FOUND, &s); /* it was there before the agent: that is no start */
	else
		tell_exec(a, p, &s, p->born);
	subject_close(&s);
}

struct listing {
	struct agent *agent;
	bool          quiet;
};

static void listed(void *ctx, pid_t pid)
{
	struct listing *l = ctx;

	seen_pids_mark(&l->agent->scan.seen_pids, pid);
	scan_process(l->agent, pid, l->quiet);
}

/* Those of a list that the scan did not see although they were there before it are gone. */
static void sweep_list(struct agent *a, struct process_list *list, uint64_t begun)
{
	struct process *p, *next;

	for (p = TAILQ_FIRST(list); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if (p->scan != a->table.scan && !p->ended && p->born < begun)
			tell_gone(a, p, a->clock.now);
	}
}

void scan_sweep(struct agent *a, uint64_t begun)
{
	clock_advance(&a->clock);
	sweep_list(a, &a->table.watches, begun);
	sweep_list(a, &a->table.live, begun);
	a->scan.read_at = begun;
}

int agent_scan(struct agent *a, bool quiet)
{
	struct listing l = {a, quiet};
	uint64_t begun = a->clock.now;

	a->coverage.missed = false;
	a->table.scan++;
	int error = procfs_each_pid(listed, &l);
	seen_pids_end(&a->scan.seen_pids);
	if (error)
		return error;
	scan_sweep(a, begun);
	return 0;
}

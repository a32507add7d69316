#include "agent/scan/scan.h"

#include <errno.h>
#include <string.h>

#include "agent/life/death.h"
#include "agent/life/watched.h"
#include "agent/process/subject.h"

void scan_init(struct scan *sc, struct life *l, event_emit emit, void *ctx)
{
	*sc = (struct scan){.life = l, .emit = emit, .ctx = ctx, .started_at = l->clock->now};
}

void scan_fini(struct scan *sc)
{
	seen_pids_free(&sc->seen_pids);
}

/* An event of what a look showed of p. */
static struct event seen(const struct scan *sc, const struct process *p, enum event_kind kind, struct subject *s)
{
	return (struct event){
		.kind = kind, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = sc->life->clock->now, .subject = s,
		.process = {.has = FACT_PID | FACT_STARTED, .pid = p->pid, .started = p->born},
	};
}

static void tell(struct scan *sc, const struct process *p, enum event_kind kind, struct subject *s)
{
	struct event e = seen(sc, p, kind, s);

	sc->emit(sc->ctx, &e);
}

/* p has not been there since `at` or earlier.  False if its pidfd says that p lives. */
static bool tell_gone(struct scan *sc, const struct process *p, uint64_t at)
{
	struct event e = seen(sc, p, EVENT_GONE, NULL);

	e.at = at;
	sc->emit(sc->ctx, &e);
	return p->ended;
}

static void tell_ended(struct scan *sc, const struct process *p, struct subject *s)
{
	struct event e = seen(sc, p, EVENT_ENDED, s);

	if (death_zombie_tells(p, &s->stat)) {
		e.wait_status = s->stat.exit_code;
		e.has = HAS_STATUS;
	}
	sc->emit(sc->ctx, &e);
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

/* How a process looks, compared with what the table has. */
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
static bool is_fresh(const struct scan *sc, const struct process *p, struct subject *s, bool new)
{
	return sc->polled && !p->watch &&
	       (new ? s->stat.started + procfs_tick() >= sc->read_at : has_executed(p, s));
}

static void on_zombie(struct scan *sc, struct process *p, struct subject *s, bool new, bool quiet)
{
	if (!quiet && is_fresh(sc, p, s, new))
		tell(sc, p, new ? EVENT_FORK : EVENT_FOUND, s);
	if (p->watch && p->stage != STAGE_ENDING)
		tell_ended(sc, p, s);
}

static void tell_exec(struct scan *sc, struct process *p, struct subject *s, uint64_t at)
{
	struct event e = seen(sc, p, EVENT_EXEC, s);

	e.at = at;
	if (!p->kernel_thread)
		sc->emit(sc->ctx, &e);
}

static void on_new(struct scan *sc, struct process *p, struct subject *s, bool quiet)
{
	if (quiet) {
		tell(sc, p, EVENT_FOUND, s);
		return;
	}
	tell(sc, p, EVENT_FORK, s);
	if (!p->watch) /* it is no copy of a watched one */
		tell_exec(sc, p, s, p->born);
}

static void on_same(struct scan *sc, struct process *p, struct subject *s, bool quiet)
{
	if (strcmp(p->comm, s->facts.comm) != 0) {
		struct event e = seen(sc, p, EVENT_RENAME, s);

		e.process.comm = s->facts.comm;
		e.process.has |= FACT_COMM;
		sc->emit(sc->ctx, &e);
	}
	if (!p->watch && quiet)
		tell(sc, p, EVENT_FOUND, s);
}

static void look_at(struct scan *sc, struct process *p, struct subject *s, bool new, bool quiet)
{
	p->scan = sc->life->table->scan;
	p->ppid = p->ppid ? p->ppid : s->stat.ppid;
	if (p->watch && !subject_is_zombie(s))
		tell(sc, p, EVENT_FOUND, s); /* what was half read is completed before it is compared */
	switch (classify(p, s, new)) {
	case LOOK_NEW:
		on_new(sc, p, s, quiet);
		break;
	case LOOK_ZOMBIE:
		on_zombie(sc, p, s, new, quiet);
		break;
	case LOOK_ENDING:
		break;
	case LOOK_CHANGED:
		if (!quiet)
			tell_exec(sc, p, s, sc->life->clock->now);
		else if (!p->watch)
			tell(sc, p, EVENT_FOUND, s);
		break;
	case LOOK_SAME:
		on_same(sc, p, s, quiet);
		break;
	}
}

/* /proc has nothing of p. */
static void not_shown(struct scan *sc, struct process *p, int error)
{
	if (error == -ENOENT || error == -ESRCH)
		tell_gone(sc, p, sc->life->clock->now);
	else
		p->scan = sc->life->table->scan; /* no descriptor left, or no permission: that proves nothing */
}

void scan_process(struct scan *sc, pid_t pid, bool quiet)
{
	struct process *p = process_live(sc->life->table, pid);
	struct subject s;
	int error = subject_open(&s, sc->life->table, pid);

	clock_advance(sc->life->clock);
	if (error) {
		if (p)
			not_shown(sc, p, error);
		return;
	}
	bool same = p && procfs_same_start(s.stat.started, p->born);
	if (same)
		look_at(sc, p, &s, false, quiet);
	else if ((!p || tell_gone(sc, p, s.stat.started + procfs_tick())) && !subject_of_zombie(sc->life->table, &s) &&
	         (p = subject_add(sc->life->table, &s)))
		look_at(sc, p, &s, true, quiet);
	subject_close(&s);
}

void scan_pidfile(struct scan *sc, pid_t pid)
{
	/* A file of before can name what is another process's thread by now. */
	struct process *p = procfs_is_thread(pid) ? NULL : subject_take_in(sc->life->table, pid);
	struct subject s;

	if (!p || p->watch || p->ended || p->kernel_thread || subject_open_process(&s, sc->life->table, p) != 0)
		return;
	if (p->born < sc->started_at)
		tell(sc, p, EVENT_FOUND, &s); /* it was there before the agent: that is no start */
	else
		tell_exec(sc, p, &s, p->born);
	subject_close(&s);
}

struct listing {
	struct scan *scan;
	bool          quiet;
};

static void listed(void *ctx, pid_t pid)
{
	struct listing *l = ctx;

	seen_pids_mark(&l->scan->seen_pids, pid);
	scan_process(l->scan, pid, l->quiet);
}

/* Processes of the list that are older than the scan and were not seen by it are gone. */
static void sweep_list(struct scan *sc, struct process_list *list, uint64_t begun)
{
	struct process *p, *next;

	for (p = TAILQ_FIRST(list); p; p = next) {
		next = TAILQ_NEXT(p, order);
		if (p->scan != sc->life->table->scan && !p->ended && p->born < begun)
			tell_gone(sc, p, sc->life->clock->now);
	}
}

void scan_sweep(struct scan *sc, uint64_t begun)
{
	clock_advance(sc->life->clock);
	sweep_list(sc, &sc->life->table->watches, begun);
	sweep_list(sc, &sc->life->table->live, begun);
	sc->read_at = begun;
}

uint64_t scan_missed_due(const struct scan *sc)
{
	uint64_t next = sc->missed_at ? sc->missed_at + NSEC_PER_SEC : 0, now = sc->life->clock->now;

	if (!sc->life->coverage->missed)
		return 0;
	return next > now ? next : now;
}

int scan_all(struct scan *sc, bool quiet)
{
	struct listing l = {sc, quiet};
	uint64_t begun = sc->life->clock->now;

	sc->life->coverage->missed = false;
	sc->life->table->scan++;
	int error = procfs_each_pid(listed, &l);
	seen_pids_end(&sc->seen_pids);
	if (!quiet)
		sc->missed_at = sc->life->clock->now;
	if (error)
		return error;
	scan_sweep(sc, begun);
	return 0;
}

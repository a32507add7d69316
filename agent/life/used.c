#include "agent/life/used.h"

#include <sys/wait.h>

#include "agent/life/death.h"
#include "agent/life/watched.h"

/* Who had several threads has the status of the first one, unless all were ended together: that is not told. */
static bool is_status_of_all(const struct process *p, const struct event *e)
{
	return (e->has & HAS_STATUS) && (e->used->whole || e->tid == p->pid || WIFSIGNALED(e->wait_status));
}

void life_used(struct life *l, struct process *p, const struct event *e)
{
	struct used *sum = &p->watch->used;
	const struct used *one = e->used;

	sum->user_us += one->user_us;
	sum->system_us += one->system_us;
	sum->run_ns += one->run_ns;
	sum->read_bytes += one->read_bytes;
	sum->write_bytes += one->write_bytes;
	if (one->max_rss_kib > sum->max_rss_kib) /* they share it */
		sum->max_rss_kib = one->max_rss_kib;
	sum->counts_bytes = one->counts_bytes;
	sum->whole = one->whole;
	sum->last |= one->last;
	sum->by_tid |= one->by_tid;
	p->watch->has_used = true;
	if (!coverage_tells_ends(l->coverage) && is_status_of_all(p, e))
		death_status(&p->watch->death, e->wait_status, e->sources);
}

void life_used_early(struct life *l, struct process *p, const struct event *e)
{
	early_used_put(&l->early_used, p->pid, p->born, e);
}

bool life_awaits_used(const struct life *l, const struct process *p)
{
	const struct watch *w = p->watch;

	if (w)
		return p->stage != STAGE_TOLD && !w->used.last && !(w->has_used && w->used.by_tid && !w->threads.multithreaded);
	return p->pending_execs && !early_used_has_last(&l->early_used, p->pid, p->born);
}

bool used_is_unread(const struct life *l, const struct process *p)
{
	return coverage_tells_used(l->coverage) && !coverage_told_used(l->coverage, death_bound(p->watch));
}

/* The exact sum of both, shared as the ticks share it (cputime_adjust(), kernel/sched/cputime.c): so do wait4(2) and ps(1). */
static void share_time(struct used *u)
{
	uint64_t ticks = u->user_us + u->system_us, all = u->run_ns / 1000;

	if (!all)
		return;
	u->system_us = ticks ? (uint64_t)((double)all * (double)u->system_us / (double)ticks) : 0;
	u->user_us = all - u->system_us;
}

/* Where records do not say whose thread it was, those of a process with one thread alone are sure to be known. */
static bool every_thread_was_heard(const struct life *l, const struct process *p, uint64_t since)
{
	const struct threads *t = &p->watch->threads;
	bool known = !p->watch->used.by_tid || (coverage_tells_forks(l->coverage) && !t->unsure && !t->any_ended && !t->multithreaded);

	return p->born >= since && !p->born_unknown && !p->thread_ended && known;
}

void used_fill(const struct life *l, const struct process *p, struct event *record, struct used *sum)
{
	const struct watch *w = p->watch;
	uint64_t since = l->coverage->used_since;
	bool lost = p->ended && p->ended < since;

	if (!w->has_used || lost || !(w->used.whole || every_thread_was_heard(l, p, since)))
		return;
	*sum = w->used;
	share_time(sum);
	record->used = sum;
	record->has |= HAS_USED;
	record->sources |= SOURCE_TASKSTATS;
}

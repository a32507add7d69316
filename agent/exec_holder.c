#include "agent/exec_holder.h"

#include "agent/process/holder.h"
#include "agent/process/subject.h"

static void end_gone(struct agent *a, struct process *p, const struct event *e)
{
	if (life_gone(&a->life, p, e->sources, e->at))
		life_settle(&a->life, p);
}

/*
 * Where ends are told late or, of unwatched processes, not at all, a holder
 * that /proc no longer shows was another process than the one that executed,
 * unless the one there now began after the exec.  Of an unwatched holder as
 * well: its ids and its birth would become those of the one that executed.
 */
static bool is_gone(struct agent *a, const struct process *p, uint64_t at)
{
	struct subject s;

	if (p->born_unknown || coverage_tells_ends(&a->coverage) || subject_open(&s, &a->table, p->pid) != 0)
		return false;
	subject_close(&s);
	return !procfs_same_start(s.stat.started, p->born) && s.stat.started <= at + SAME_EXEC;
}

/* The process of an exec of which its own record is the first word. */
static struct process *meet(struct agent *a, const struct event *e)
{
	struct process *p = subject_take_in(&a->table, e->process.pid);
	bool several;

	if (p && (p->born <= e->at + SAME_EXEC || holder_of(&a->table, e, &several) == p))
		return p;
	if (p) { /* it was started after the exec: the pid has another holder by now */
		life_exec_gone(&a->life, e);
		return NULL;
	}
	p = process_add(&a->table, e->process.pid, e->at);
	if (p)
		p->born_unknown = true;
	return p;
}

/*
 * The process there now, unless it began later than the exec.  Where forks are
 * not told, this look at /proc is the only word on who has the pid and since
 * when (sched_process_fork tells no process from a thread), so an unwatched
 * process costs one as well: it may signal a target, and a sender taken for who
 * had its pid before would be named wrongly.
 */
static struct process *take_in_executing(struct agent *a, const struct event *e)
{
	struct process *p = subject_take_in(&a->table, e->process.pid);

	return p && (p->born <= e->at || p->born_unknown) ? p : NULL;
}

struct process *exec_holder(struct agent *a, const struct event *e)
{
	bool coarse = e->stamp == STAMP_COARSE, several;
	struct process *p = holder_of(&a->table, e, &several);

	if (several)
		p = process_live(&a->table, e->process.pid);
	if (p && is_gone(a, p, e->at)) {
		struct event gone = {.sources = SOURCE_PROC, .at = a->clock.now};

		if (!p->ended)
			end_gone(a, p, &gone);
		p = NULL;
	}
	if (!p)
		p = coarse ? meet(a, e) : take_in_executing(a, e);
	return p && p->stage != STAGE_TOLD ? p : NULL; /* of a life whose record is written it is a late witness */
}

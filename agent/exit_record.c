/* exit_record.c - the one record of an end: its verdict, its witnesses, and the end of the watch */
#include <sys/wait.h>

#include "agent/agent.h"
#include "agent/verdict.h"

static void fill_times(const struct process *p, struct event *e)
{
	const struct death *d = &p->watch->death;

	if (!d->vanished && !p->born_unknown && d->at >= p->born) {
		e->uptime = (double)(d->at - p->born) / 1e9;
		e->has |= HAS_UPTIME;
	}
}

/* A parent-death signal may have come to it (PR_SET_PDEATHSIG, prctl(2)). */
static bool is_orphan_of_late(const struct agent *a, const struct process *p)
{
	const struct process *parent = process_born(&a->table, p->ppid, p->parent_born);
	bool handed_on = p->watch->last_ppid && p->watch->last_ppid != p->ppid; /* the parent's end is stamped a little late */

	return parent && parent->ended && (handed_on || parent->ended <= p->watch->death.at) &&
	       parent->ended + a->config->stop_window >= p->watch->death.at;
}

/* Who told of the end, or of what caused it. */
static unsigned sources_of(const struct death *d)
{
	unsigned sources = d->witnesses | d->abend_told_by | d->log_told_by;

	if (!(d->has_status && WIFSIGNALED(d->wait_status)))
		sources |= d->call_told_by;
	/* A pidfd is held in any case: who only noticed the end is a witness where he was needed. */
	if ((d->witnesses & ~d->noticed_by) && !(d->status_from & d->noticed_by))
		sources &= ~d->noticed_by;
	return sources;
}

void exit_record(struct agent *a, struct process *p)
{
	struct watch *w = p->watch;
	struct target_state *target = &a->targets[w->target];
	struct event e = {.kind = EVENT_EXIT, .sources = sources_of(&w->death), .at = w->death.at};
	struct verdict_input in = {
		.watch = w,
		.born = p->born,
		.stop_window = a->config->stop_window,
		.sees = a->coverage.sees,
		.signals_since = a->coverage.signals_since,
		.one_cpu = a->coverage.one_cpu,
		.orphaned = is_orphan_of_late(a, p),
		.signals_hidden_by = coverage_signals_hidden_by(&a->coverage),
		.faults_logged = a->coverage.faults_logged,
		.no_signal_source = coverage_no_signal_source(&a->coverage),
		.audit_caught_up = life_audit_caught_up(a, &w->death),
		.audit_lagging = life_audit_lagging(a, &w->death),
	};
	char reason[512];

	in.unaudited_known = coverage_unaudited(&a->coverage, &a->table, &in.unaudited);
	exec_flush(a, p);
	signal_flush(a, p, UINT64_MAX);
	verdict_decide(&in, &e, reason, sizeof(reason));
	fill_times(p, &e);
	report(a, p, &e);
	watch_enter(p, STAGE_TOLD);
	if (target->pidfile_pid == p->pid)
		target->pidfile_pid = 0; /* who has that pid next is another, until the file is written anew */
	watch_end(a, p);
}

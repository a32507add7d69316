#include "agent/life/exit_record.h"

#include <sys/wait.h>

#include "agent/life/alerts.h"
#include "agent/life/death.h"
#include "agent/life/exec_record.h"
#include "agent/life/requester.h"
#include "agent/life/used.h"
#include "agent/life/watch.h"
#include "agent/verdict/verdict.h"

uint64_t exit_straggler(const struct life *l)
{
	return l->config->grace / 4;
}

bool exit_audit_caught_up(const struct life *l, const struct death *d)
{
	/* Records come in the order in which the system calls returned, more or less. */
	return evidence_of_exit(d) || coverage_told_later(l->coverage, d->at + exit_straggler(l));
}

bool exit_audit_lagging(const struct life *l, const struct death *d)
{
	return !exit_audit_caught_up(l, d) && coverage_lags(l->coverage, l->clock->now, l->config->grace, exit_straggler(l));
}

bool exit_every_signal_told(const struct life *l, const struct process *p)
{
	const struct death *d = &p->watch->death;
	uint64_t window = l->config->stop_window, from = d->at > window ? d->at - window : 0;

	return !evidence_is_evicted(d, &p->watch->signals, window) && coverage_told_every_signal(l->coverage, from > p->born ? from : p->born, death_bound(p->watch));
}

static void fill_times(const struct process *p, struct event *e)
{
	const struct death *d = &p->watch->death;

	if (!d->vanished && !p->born_unknown && d->at >= p->born) {
		e->uptime = (double)(d->at - p->born) / 1e9;
		e->has |= HAS_UPTIME;
	}
}

/* A parent-death signal may have come to it (PR_SET_PDEATHSIG, prctl(2)). */
static bool is_orphan_of_late(const struct life *l, const struct process *p)
{
	const struct process *parent = process_born(l->table, p->ppid, p->parent_born);
	bool handed_on = p->watch->last_ppid && p->watch->last_ppid != p->ppid; /* the parent's end is stamped a little late */

	return parent && parent->ended && (handed_on || parent->ended <= p->watch->death.at) &&
	       parent->ended + l->config->stop_window >= p->watch->death.at;
}

static pid_t tracer_near_end(const struct life *l, const struct process *p)
{
	uint64_t at = p->watch->death.at;
	bool near = p->traced_until && (p->traced_until > at || p->traced_until + l->config->stop_window >= at);

	return near ? p->tracer : 0;
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

void exit_record(struct life *l, struct process *p)
{
	struct watch *w = p->watch;
	struct target_state *target = &l->targets[w->target];
	struct event e = {.kind = EVENT_EXIT, .sources = sources_of(&w->death), .at = w->death.at};
	const struct seen_signal *named = NULL;
	struct verdict_input in = {
		.named = &named,
		.death = &w->death,
		.signals = &w->signals,
		.has_tty = w->details && (w->details->facts.has & FACT_TTY),
		.born = p->born,
		.stop_window = l->config->stop_window,
		.sees = l->coverage->sees,
		.signals_since = l->coverage->signals_since,
		.one_cpu = l->coverage->one_cpu,
		.orphaned = is_orphan_of_late(l, p),
		.signals_hidden_by = coverage_signals_hidden_by(l->coverage),
		.faults_logged = l->coverage->faults_logged,
		.no_signal_source = coverage_no_signal_source(l->coverage),
		.every_signal = exit_every_signal_told(l, p),
		.whole_life = coverage_told_every_signal(l->coverage, p->born, death_bound(w)),
		.tracer = tracer_near_end(l, p),
		.tracers_told = coverage_tells_tracers(l->coverage),
		.audit_caught_up = exit_audit_caught_up(l, &w->death),
		.audit_lagging = exit_audit_lagging(l, &w->death),
	};
	struct used used;
	char reason[512];

	in.unaudited_known = coverage_unaudited(l->coverage, l->table, &in.unaudited);
	exec_flush(l, p);
	life_tell_signals(l, p, UINT64_MAX);
	life_tell_fatal(l, p);
	verdict_decide(&in, &e, reason, sizeof(reason));
	if (named)
		requester_name(l, p, named, &e);
	fill_times(p, &e);
	used_fill(l, p, &e, &used);
	life_record(l, p, &e);
	watch_enter(p, STAGE_TOLD);
	if (target->pidfile_pid == p->pid)
		target->pidfile_pid = 0; /* who has that pid next is another, until the file is written anew */
	alerts_ended(l, w->target, p->pid, &e);
	watch_end(l, p);
}

#include "agent/verdict/coverage.h"

#include <string.h>
#include <unistd.h>

#include "agent/process/process.h"

void coverage_init(struct coverage *c)
{
	memset(c, 0, sizeof(*c));
	c->one_cpu = sysconf(_SC_NPROCESSORS_ONLN) == 1;
}

void coverage_clear(struct coverage *c)
{
	c->open = c->sees = c->signal_sources = c->every_signal_sources = c->exec_path_sources = c->fork_sources = c->used_sources = c->sights_count = 0;
	c->faults_logged = false;
}

void coverage_add(struct coverage *c, enum source source, unsigned sees, const struct sight *sight)
{
	c->open |= source;
	c->sees |= sees;
	if (sees & SEES_EXEC_PATH)
		c->exec_path_sources |= source;
	if (sees & SEES_EVERY_FORK)
		c->fork_sources |= source;
	if (sees & SEES_SIGNAL)
		c->signal_sources |= source;
	if (sees & SEES_EVERY_SIGNAL)
		c->every_signal_sources |= source;
	if (sees & SEES_USED)
		c->used_sources |= source;
	if (!(sees & (SEES_SIGNAL | SEES_EXEC_FACTS | SEES_USED | SEES_CAUSE)) || c->sights_count == SOURCES)
		return;
	c->sights[c->sights_count].sees = sees;
	c->sights[c->sights_count++].sight = sight;
}

/* The sight, among the open backends with that bit, that sees most; NULL if no backend has the bit. */
static const struct sight *sight_of(const struct coverage *c, enum sees bit)
{
	const struct sight *best = NULL;

	for (unsigned i = 0; i < c->sights_count; i++) {
		const struct sight *s = c->sights[i].sight;

		if ((c->sights[i].sees & bit) && (!best || (s->every_process && !s->signals_hidden_by)))
			best = s;
	}
	return best;
}

static bool told_until(const struct coverage *c, enum sees bit, uint64_t until)
{
	for (unsigned i = 0; i < c->sights_count; i++)
		if ((c->sights[i].sees & bit) && c->sights[i].sight->told_until >= until)
			return true;
	return false;
}

void coverage_changed(struct coverage *c, unsigned had, uint64_t now)
{
	if (!(had & SEES_SIGNAL) && (c->sees & SEES_SIGNAL))
		c->signals_since = now;
	if (!(had & SEES_EVERY_SIGNAL) && (c->sees & SEES_EVERY_SIGNAL))
		c->every_signal_since = now;
	if (!(had & SEES_USED) && (c->sees & SEES_USED))
		c->used_since = now;
}

void coverage_heard(struct coverage *c, const struct event *e, uint64_t now)
{
	if (!(e->sources & c->signal_sources & ~c->every_signal_sources) || e->kind == EVENT_LOST)
		return;
	c->heard_at = now;
	if (e->at > c->newest_stamp && e->at <= now) /* a later one is of a wall clock that was set */
		c->newest_stamp = e->at;
}

bool coverage_lost(struct coverage *c, const struct event *e)
{
	if (e->backend & c->signal_sources)
		c->signals_since = e->at;
	if (e->backend & c->every_signal_sources)
		c->every_signal_since = e->at;
	if (e->backend & c->used_sources)
		c->used_since = e->at;
	return e->backend & c->fork_sources;
}

bool coverage_tells_forks(const struct coverage *c)
{
	return c->sees & SEES_EVERY_FORK;
}

bool coverage_tells_ends(const struct coverage *c)
{
	return c->sees & SEES_EXACT_END;
}

bool coverage_tells_status(const struct coverage *c)
{
	return c->sees & (SEES_EXACT_END | SEES_EXIT_CALL);
}

bool coverage_tells_exact_execs(const struct coverage *c)
{
	return c->sees & SEES_EXACT_EXEC;
}

unsigned coverage_exec_path_sources(const struct coverage *c)
{
	return c->exec_path_sources;
}

bool coverage_tells_exec_facts(const struct coverage *c)
{
	return c->sees & SEES_EXEC_FACTS;
}

bool coverage_will_tell_exec_facts(const struct coverage *c, uint64_t born)
{
	const struct sight *s = sight_of(c, SEES_EXEC_FACTS);

	return s && s->new_processes && !s->execs_hidden && born >= s->since;
}

bool coverage_tells_tracers(const struct coverage *c)
{
	return c->sees & SEES_TRACERS;
}

bool coverage_tells_signals(const struct coverage *c)
{
	return c->sees & SEES_SIGNAL;
}

bool coverage_tells_every_signal(const struct coverage *c)
{
	return c->sees & SEES_EVERY_SIGNAL;
}

bool coverage_tells_exit_and_signals(const struct coverage *c)
{
	return coverage_tells_ends(c) && coverage_tells_every_signal(c);
}

bool coverage_told_every_signal(const struct coverage *c, uint64_t from, uint64_t until)
{
	return (c->sees & SEES_EVERY_SIGNAL) && c->every_signal_since <= from && told_until(c, SEES_EVERY_SIGNAL, until);
}

bool coverage_tells_used(const struct coverage *c)
{
	return c->sees & SEES_USED;
}

bool coverage_told_used(const struct coverage *c, uint64_t until)
{
	return told_until(c, SEES_USED, until);
}

bool coverage_tells_senders_late(const struct coverage *c)
{
	return c->signal_sources & ~c->every_signal_sources;
}

bool coverage_told_causes(const struct coverage *c, uint64_t until)
{
	return told_until(c, SEES_CAUSE, until);
}

bool coverage_tells_causes(const struct coverage *c)
{
	return c->sees & SEES_CAUSE;
}

enum source coverage_looked_by(const struct coverage *c)
{
	return c->open & SOURCE_CN_PROC ? SOURCE_CN_PROC : SOURCE_PROC;
}

const char *coverage_no_signal_source(const struct coverage *c)
{
	if (coverage_tells_signals(c))
		return "";
	if (c->recorded)
		return "the log has no signal up to here, so who sends signals may not have been recorded";
	return "neither tracepoint nor audit is open, so who sends signals is not seen";
}

const char *coverage_signals_hidden_by(const struct coverage *c)
{
	const struct sight *s = sight_of(c, SEES_SIGNAL);

	return s ? s->signals_hidden_by : NULL;
}

static bool is_seen(const struct sight *s, const struct process *p)
{
	return s->new_processes && p->born >= s->since;
}

bool coverage_unaudited(const struct coverage *c, const struct process_table *t, uint64_t *count)
{
	const struct sight *s = sight_of(c, SEES_SIGNAL);
	const struct process *p;

	*count = 0;
	if (!s)
		return false;
	if (s->every_process)
		return true;
	TAILQ_FOREACH(p, &t->live, order)
		*count += !p->kernel_thread && !is_seen(s, p);
	TAILQ_FOREACH(p, &t->watches, order)
		*count += !p->ended && !is_seen(s, p);
	return true;
}

bool coverage_told_later(const struct coverage *c, uint64_t at)
{
	return c->newest_stamp > at;
}

bool coverage_lags(const struct coverage *c, uint64_t now, uint64_t recent, uint64_t tolerance)
{
	return coverage_tells_senders_late(c) && c->heard_at + recent > now && c->newest_stamp + tolerance < c->heard_at;
}

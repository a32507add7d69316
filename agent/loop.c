#include "agent/loop.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "agent/priority.h"
#include "agent/slot.h"

#define BUDGET 512 /* events read from one backend before the others have their turn */

struct sink_watch {
	ev_io    writable;
	unsigned index;
};

struct loop {
	struct agent   *agent;
	struct ev_loop *ev;
	struct slot     slots[SLOTS_MAX];
	ev_io           readable[SLOTS_MAX];
	ev_timer        polls[SLOTS_MAX];
	int             slots_count;
	ev_io           pidfds;
	ev_timer        due;       /* the earliest of what waits; stopped when nothing does */
	ev_timer        heartbeat;
	ev_signal       hup, term, interrupt;
	ev_prepare      turn;      /* the end of each turn, before it sleeps */
	struct sink_watch *sinks;
	ev_stat        *pidfiles;
	int             error;
};

static void loop_stop(struct loop *l, int error)
{
	if (!l->error)
		l->error = error;
	ev_break(l->ev, EVBREAK_ALL);
}

/* /proc is polled only while nothing tells of forks by itself. */
static void choose_polls(struct loop *l)
{
	bool told = l->agent->open & SOURCE_CN_PROC;

	for (int i = 0; i < l->slots_count; i++) {
		struct slot *s = &l->slots[i];
		bool poll = s->open && s->backend.interval && !(told && s->backend.ops->source == SOURCE_PROC);

		if (!poll) {
			ev_timer_stop(l->ev, &l->polls[i]);
		} else if (!ev_is_active(&l->polls[i]) || l->polls[i].repeat != (double)s->backend.interval / 1e9) {
			l->polls[i].repeat = (double)s->backend.interval / 1e9;
			ev_timer_again(l->ev, &l->polls[i]);
		}
	}
}

static void slot_watch(struct loop *l, int i)
{
	struct slot *s = &l->slots[i];

	if (s->open && s->backend.fd >= 0) {
		ev_io_set(&l->readable[i], s->backend.fd, EV_READ);
		ev_io_start(l->ev, &l->readable[i]);
	}
	slots_summarise(l->slots, l->slots_count, l->agent);
	choose_polls(l);
}

static void slot_died(struct loop *l, int i)
{
	struct slot *s = &l->slots[i];
	char reason[512];

	ev_io_stop(l->ev, &l->readable[i]);
	ev_timer_stop(l->ev, &l->polls[i]);
	struct reason note = s->backend.note;
	slot_fail(s);
	slots_summarise(l->slots, l->slots_count, l->agent);
	choose_polls(l);
	snprintf(reason, sizeof(reason), "%s: %s; tried again in %llu s", s->backend.ops->name, note.why,
	         (unsigned long long)(s->backoff / NSEC_PER_SEC));
	log_warning("%s", reason);
	report_agent(l->agent, AGENT_DEGRADED, reason);
	l->agent->rescan = true; /* what happened unseen until now */
}

static void slot_retry(struct loop *l, int i)
{
	struct slot *s = &l->slots[i];

	s->retry_at = 0;
	if (slot_open(s) < 0) {
		slot_fail(s);
		return;
	}
	s->backoff = 0;
	slot_watch(l, i);
	report_agent(l->agent, AGENT_RESTORED, s->backend.ops->name);
	l->agent->rescan = true;
}

static void read_slot(struct loop *l, int i, int budget)
{
	struct slot *s = &l->slots[i];

	clock_refresh(&l->agent->clock);
	unsigned sees = s->backend.sees;
	int n = s->backend.ops->read(&s->backend, budget);
	if (n < 0) {
		slot_died(l, i);
		return;
	}
	/* A rescan waits until what was queued before the loss has been read. */
	if (l->agent->rescan && (n < budget || s->backend.ops->source == SOURCE_PROC))
		agent_scan(l->agent, false);
	if (sees != s->backend.sees || s->backend.fd != l->readable[i].fd) {
		ev_io_stop(l->ev, &l->readable[i]);
		slot_watch(l, i);
	}
}

static void on_readable(EV_P_ ev_io *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)revents;
	read_slot(l, (int)(w - l->readable), BUDGET);
}

static void on_poll(EV_P_ ev_timer *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)revents;
	read_slot(l, (int)(w - l->polls), BUDGET);
}

static void on_pidfds(EV_P_ ev_io *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	clock_refresh(&l->agent->clock);
	death_pidfds(l->agent);
}

static void on_due(EV_P_ ev_timer *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	clock_refresh(&l->agent->clock);
	agent_run_due(l->agent);
	for (int i = 0; i < l->slots_count; i++)
		if (l->slots[i].retry_at && l->slots[i].retry_at <= l->agent->clock.now)
			slot_retry(l, i);
}

static void on_heartbeat(EV_P_ ev_timer *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	clock_refresh(&l->agent->clock);
	report_agent(l->agent, AGENT_HEARTBEAT, NULL);
}

static void on_writable(EV_P_ ev_io *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct sink_watch *watch = (struct sink_watch *)w;

	(void)revents;
	clock_refresh(&l->agent->clock);
	ev_io_stop(EV_A_ w);
	sink_flush(&l->agent->sinks[watch->index], &l->agent->clock);
}

static void on_pidfile(EV_P_ ev_stat *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct agent *a = l->agent;
	unsigned target = (unsigned)(w - l->pidfiles);

	(void)revents;
	clock_refresh(&a->clock);
	if (target_read_pidfile(&a->targets[target], &a->config->targets[target]) && a->targets[target].pidfile_pid)
		agent_pidfile(a, a->targets[target].pidfile_pid);
}

static void earliest(uint64_t *due, uint64_t at)
{
	if (at && (!*due || at < *due))
		*due = at;
}

static bool write_out(struct loop *l, uint64_t *due)
{
	struct agent *a = l->agent;
	unsigned gone = 0;

	for (unsigned i = 0; i < a->config->outputs_count; i++) {
		struct sink *s = &a->sinks[i];

		if (!ev_is_active(&l->sinks[i].writable))
			sink_flush(s, &a->clock);
		if (s->wait_fd >= 0 && !ev_is_active(&l->sinks[i].writable)) {
			ev_io_set(&l->sinks[i].writable, s->wait_fd, EV_WRITE);
			ev_io_start(l->ev, &l->sinks[i].writable);
		}
		earliest(due, s->retry_at);
		gone += s->gone;
	}
	return gone < a->config->outputs_count;
}

static void on_turn(EV_P_ ev_prepare *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct agent *a = l->agent;
	uint64_t due = 0;

	(void)w;
	(void)revents;
	clock_refresh(&a->clock);
	agent_tell_gaps(a);
	if (!write_out(l, &due)) {
		log_error("nobody reads any output any more");
		loop_stop(l, -EPIPE);
		ev_feed_event(l->ev, &l->due, 0); /* so that this turn does not sleep */
		return;
	}
	earliest(&due, agent_next_due(a));
	for (int i = 0; i < l->slots_count; i++)
		earliest(&due, l->slots[i].retry_at);
	if (!due) {
		ev_timer_stop(l->ev, &l->due);
		return;
	}
	ev_now_update(l->ev);
	ev_timer_stop(l->ev, &l->due);
	ev_timer_set(&l->due, due > a->clock.now ? (double)(due - a->clock.now) / 1e9 : 0., 0.);
	ev_timer_start(l->ev, &l->due);
}

static void outputs_watch(struct loop *l, bool start)
{
	const struct config *c = l->agent->config;

	if (!start) {
		for (unsigned i = 0; i < c->outputs_count; i++)
			ev_io_stop(l->ev, &l->sinks[i].writable);
		for (unsigned i = 0; i < c->targets_count; i++)
			if (c->targets[i].pidfile)
				ev_stat_stop(l->ev, &l->pidfiles[i]);
		free(l->sinks);
		free(l->pidfiles);
		ev_timer_stop(l->ev, &l->heartbeat);
		return;
	}
	l->sinks = calloc(c->outputs_count + 1, sizeof(*l->sinks));
	l->pidfiles = calloc(c->targets_count + 1, sizeof(*l->pidfiles));
	if (!l->sinks || !l->pidfiles) {
		log_error("out of memory");
		exit(1);
	}
	for (unsigned i = 0; i < c->outputs_count; i++) {
		l->sinks[i].index = i;
		ev_init(&l->sinks[i].writable, on_writable);
	}
	for (unsigned i = 0; i < c->targets_count; i++)
		if (c->targets[i].pidfile) {
			ev_stat_init(&l->pidfiles[i], on_pidfile, c->targets[i].pidfile, 0.);
			ev_stat_start(l->ev, &l->pidfiles[i]);
		}
	if (c->heartbeat) {
		ev_timer_set(&l->heartbeat, (double)c->heartbeat / 1e9, (double)c->heartbeat / 1e9);
		ev_timer_start(l->ev, &l->heartbeat);
	}
}

static void log_line(void *ctx, const char *message)
{
	(void)ctx;
	log_error("%s", message);
}

/* Backends that the new configuration names are opened, others closed. */
static void reload_backends(struct loop *l)
{
	const struct config *c = l->agent->config;

	for (int i = 0; i < l->slots_count; i++) {
		struct slot *s = &l->slots[i];

		s->used = c->backends & s->backend.ops->source;
		s->backend.config = c;
		if (s->open && !s->used) {
			ev_io_stop(l->ev, &l->readable[i]);
			slot_close(s);
		} else if (s->open) {
			if (s->backend.ops->reload(&s->backend) < 0)
				slot_died(l, i);
		} else if (s->used && slot_open(s) == 0) {
			slot_watch(l, i);
		}
		s->retry_at = s->used ? s->retry_at : 0;
	}
	slots_summarise(l->slots, l->slots_count, l->agent);
	choose_polls(l);
}

static void on_hup(EV_P_ ev_signal *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct agent *a = l->agent;
	struct config *c;
	const char *failed;
	char reason[256];

	(void)w;
	(void)revents;
	clock_refresh(&a->clock);
	if (config_load(a->config->path, log_line, NULL, &c) < 0) {
		snprintf(reason, sizeof(reason), "%s has errors: the running configuration stays", a->config->path);
		log_error("%s", reason);
		for (unsigned i = 0; i < a->config->outputs_count; i++)
			sink_reopen(&a->sinks[i]);
		report_agent(a, AGENT_RELOADED, reason);
		return;
	}
	outputs_watch(l, false);
	int error = agent_reload(a, c, &failed);
	if (error) {
		snprintf(reason, sizeof(reason), "output %s: %s: the running configuration stays", failed ? failed : "?",
		         strerror(-error));
		log_error("%s", reason);
		config_free(c);
		report_agent(a, AGENT_RELOADED, reason);
	} else {
		reload_backends(l);
		log_info("configuration read again from %s", a->config->path);
		report_agent(a, AGENT_RELOADED, NULL);
	}
	outputs_watch(l, true);
}

static void on_stop(EV_P_ ev_signal *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	loop_stop(l, 0);
}

/* Opens what can be opened.  False if nothing tells of exits. */
static bool open_backends(struct loop *l)
{
	struct agent *a = l->agent;
	unsigned sees = 0;

	for (int i = 0; i < l->slots_count; i++) {
		struct slot *s = &l->slots[i];

		s->used = a->config->backends & s->backend.ops->source;
		if (!s->used)
			continue;
		if (slot_open(s) < 0) {
			const struct reason *why = &s->backend.note;

			log_warning("%s cannot be used: %s%s%s", s->backend.ops->name, why->why, why->cure[0] ? "; cure: " : "",
			            why->cure);
			if (!a->config->backends_auto)
				slot_fail(s); /* it was asked for: it is tried again */
		} else {
			sees |= s->backend.sees;
		}
	}
	return sees & (SEES_EXEC | SEES_EXIT | SEES_SIGNAL);
}

static void loop_init(struct loop *l, struct agent *a)
{
	memset(l, 0, sizeof(*l));
	l->agent = a;
	l->ev = ev_default_loop(EVFLAG_AUTO);
	ev_set_userdata(l->ev, l);
	l->slots_count = slots_init(l->slots, a);
	for (int i = 0; i < l->slots_count; i++) {
		ev_init(&l->readable[i], on_readable);
		/* cn_proc goes first: who a pid is comes before what is told of it */
		ev_set_priority(&l->readable[i], l->slots[i].backend.ops->source == SOURCE_CN_PROC ? 2 : 1);
		ev_init(&l->polls[i], on_poll);
	}
	ev_init(&l->due, on_due);
	ev_init(&l->heartbeat, on_heartbeat);
	ev_signal_init(&l->hup, on_hup, SIGHUP);
	ev_signal_init(&l->term, on_stop, SIGTERM);
	ev_signal_init(&l->interrupt, on_stop, SIGINT);
	ev_prepare_init(&l->turn, on_turn);
	ev_signal_start(l->ev, &l->hup);
	ev_signal_start(l->ev, &l->term);
	ev_signal_start(l->ev, &l->interrupt);
	ev_prepare_start(l->ev, &l->turn);
	if (a->pidfds.fd >= 0) {
		ev_io_init(&l->pidfds, on_pidfds, a->pidfds.fd, EV_READ);
		ev_set_priority(&l->pidfds, EV_MINPRI); /* a safety net: the others tell more */
		ev_io_start(l->ev, &l->pidfds);
	}
}

static void started(struct loop *l)
{
	struct agent *a = l->agent;
	char reason[512] = "";

	for (int i = 0; i < l->slots_count; i++) {
		const struct slot *s = &l->slots[i];
		size_t len = strlen(reason);

		if (s->used && s->backend.note.why[0])
			snprintf(reason + len, sizeof(reason) - len, "%s%s: %s", len ? "; " : "", s->backend.ops->name,
			         s->backend.note.why);
	}
	report_agent(a, AGENT_STARTED, reason[0] ? reason : NULL);
}

int loop_run(struct agent *a)
{
	struct loop l;

	loop_init(&l, a);
	if (!open_backends(&l)) {
		log_error("no backend can be used, so nothing can be seen");
		slots_fini(l.slots, l.slots_count);
		return -ENODEV;
	}
	clock_refresh(&a->clock);
	for (int i = 0; i < l.slots_count; i++)
		slot_watch(&l, i);
	a->signals_since = a->clock.now;
	int error = agent_scan(a, true);
	if (error)
		log_warning("/proc cannot be read (%s): processes that run already are not known", strerror(-error));
	outputs_watch(&l, true);
	started(&l);
	priority_raise();

	ev_run(l.ev, 0);

	clock_refresh(&a->clock);
	for (int i = 0; i < l.slots_count; i++) /* what is queued is still told */
		if (l.slots[i].open)
			l.slots[i].backend.ops->read(&l.slots[i].backend, 65536);
	agent_settle(a);
	report_agent(a, AGENT_STOPPED, NULL);
	slots_fini(l.slots, l.slots_count);
	slots_summarise(l.slots, l.slots_count, a);
	outputs_watch(&l, false);
	ev_loop_destroy(l.ev);
	return l.error;
}

#include "agent/run/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/run/priority.h"

static void loop_stop(struct loop *l, int error)
{
	if (!l->error)
		l->error = error;
	ev_break(l->ev, EVBREAK_ALL);
}

static void on_pidfds(EV_P_ ev_io *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	if (l->backlog) /* cn_proc tells the same with the time of it */
		return;
	clock_refresh(&l->agent->clock);
	life_pidfds(&l->agent->life);
}

static void on_due(EV_P_ ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	loop_retry_backends(ev_userdata(EV_A)); /* all else that is due is done at the end of the turn */
}

static void on_heartbeat(EV_P_ ev_timer *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	clock_refresh(&l->agent->clock);
	agent_report(l->agent, AGENT_HEARTBEAT, NULL);
}

static void on_writable(EV_P_ ev_io *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct sink_watch *watch = (struct sink_watch *)w;

	(void)revents;
	clock_refresh(&l->agent->clock);
	ev_io_stop(EV_A_ w);
	sink_flush(&l->agent->output.sinks[watch->index], &l->agent->clock);
}

static void on_pidfile(EV_P_ ev_stat *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct agent *a = l->agent;
	unsigned target = (unsigned)(w - l->pidfiles);

	(void)revents;
	clock_refresh(&a->clock);
	if (target_read_pidfile(&a->life.targets[target], &a->config->targets[target]) && a->life.targets[target].pidfile_pid)
		scan_pidfile(&a->scan, a->life.targets[target].pidfile_pid);
}

static void earliest(uint64_t *due, uint64_t at)
{
	if (at && (!*due || at < *due))
		*due = at;
}

/* Of libev. */
static int events_of(const struct sink *s)
{
	if (!s->wait_for)
		return EV_WRITE;
	return (s->wait_for & SINK_READABLE ? EV_READ : 0) | (s->wait_for & SINK_WRITABLE ? EV_WRITE : 0);
}

static bool write_out(struct loop *l, uint64_t *due)
{
	struct agent *a = l->agent;
	unsigned gone = 0;

	for (unsigned i = 0; i < a->config->outputs_count; i++) {
		struct sink *s = &a->output.sinks[i];
		ev_io *writable = &l->sinks[i].writable;

		/* Writability may never be announced, and a sink that connected again has another descriptor. */
		if (ev_is_active(writable) && ((s->retry_at && s->retry_at <= a->clock.now) || writable->fd != s->wait_fd))
			ev_io_stop(l->ev, writable);
		if (!ev_is_active(writable) || !(writable->events & EV_WRITE)) /* one that waits for answers can be written to */
			sink_flush(s, &a->clock);
		int events = events_of(s);
		if (ev_is_active(writable) && (s->wait_fd != writable->fd || (writable->events & (EV_READ | EV_WRITE)) != events))
			ev_io_stop(l->ev, writable);
		if (s->wait_fd >= 0 && !ev_is_active(writable)) {
			ev_io_set(writable, s->wait_fd, events);
			ev_io_start(l->ev, writable);
		}
		earliest(due, s->retry_at);
		gone += s->gone;
	}
	return gone < a->config->outputs_count;
}

/* What is due now, with all that can be read of it. */
static void run_due(struct loop *l)
{
	struct agent *a = l->agent;
	uint64_t due = agent_next_due(a);

	if (!due || due > a->clock.now)
		return;
	loop_read_evidence(l, a->life.ends_until);
	clock_refresh(&a->clock);
	agent_run_due(a);
}

/* /proc tells what was missed, once what had been queued before the loss has been read. */
static void read_missed(struct loop *l, uint64_t *due)
{
	struct scan *sc = &l->agent->scan;

	if (l->backlog)
		return;
	if (scan_missed_due(sc) && scan_missed_due(sc) <= l->agent->clock.now)
		scan_all(sc, false);
	earliest(due, scan_missed_due(sc));
}

static void on_turn(EV_P_ ev_prepare *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);
	struct agent *a = l->agent;
	uint64_t due = 0;

	(void)w;
	(void)revents;
	clock_refresh(&a->clock);
	priority_keep(&l->priority_given_back_at, a->clock.now);
	run_due(l);
	read_missed(l, &due);
	life_tell_gaps(&a->life, false);
	earliest(&due, life_gaps_due(&a->life));
	earliest(&due, life_alerts(&a->life));
	if (!write_out(l, &due)) {
		log_error("nobody reads any output any more");
		loop_stop(l, -EPIPE);
		ev_feed_event(l->ev, &l->due, 0); /* so that this turn does not sleep */
		return;
	}
	state_told(&l->state, a);
	state_write(&l->state, a, false);
	earliest(&due, state_due(&l->state, a));
	earliest(&due, agent_next_due(a));
	for (int i = 0; i < l->slots_count; i++)
		earliest(&due, l->slots[i].retry_at);
	bool read = loop_rest(l, due);
	clock_refresh(&a->clock);
	if (read)
		due = a->clock.now; /* what came of it is told at the end of a turn that does not sleep */
	if (!due) {
		ev_timer_stop(l->ev, &l->due);
		return;
	}
	ev_now_update(l->ev);
	ev_timer_stop(l->ev, &l->due);
	ev_timer_set(&l->due, due > a->clock.now ? (double)(due - a->clock.now) / 1e9 : 0., 0.);
	ev_timer_start(l->ev, &l->due);
}

void loop_unwatch_outputs(struct loop *l)
{
	const struct config *c = l->agent->config;

	for (unsigned i = 0; l->sinks && i < c->outputs_count; i++)
		ev_io_stop(l->ev, &l->sinks[i].writable);
	for (unsigned i = 0; l->pidfiles && i < c->targets_count; i++)
		if (c->targets[i].pidfile)
			ev_stat_stop(l->ev, &l->pidfiles[i]);
	free(l->sinks);
	free(l->pidfiles);
	l->sinks = NULL;
	l->pidfiles = NULL;
	ev_timer_stop(l->ev, &l->heartbeat);
}

void loop_watch_outputs(struct loop *l)
{
	const struct config *c = l->agent->config;

	l->sinks = calloc(c->outputs_count + 1, sizeof(*l->sinks));
	l->pidfiles = calloc(c->targets_count + 1, sizeof(*l->pidfiles));
	if (!l->sinks || !l->pidfiles) {
		free(l->sinks);
		free(l->pidfiles);
		l->sinks = NULL;
		l->pidfiles = NULL;
		log_error("out of memory");
		loop_stop(l, -ENOMEM);
		return;
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

static void on_hup(EV_P_ ev_signal *w, int revents)
{
	(void)w;
	(void)revents;
	loop_reload(ev_userdata(EV_A));
}

static void on_stop(EV_P_ ev_signal *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)w;
	(void)revents;
	loop_stop(l, 0);
}

static void loop_init(struct loop *l, struct agent *a)
{
	memset(l, 0, sizeof(*l));
	l->agent = a;
	l->ev = ev_default_loop(EVFLAG_AUTO);
	ev_set_userdata(l->ev, l);
	loop_init_backends(l);
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

/* What ended meanwhile is told by the state file, how is not known; what lived shorter is not told at all. */
static void tell_gap(struct loop *l, const char *gap)
{
	char reason[512];

	snprintf(reason, sizeof(reason), "%s: what happened until it was started again was not seen", gap);
	output_lost(&l->agent->output, 0, 0, reason);
}

static void started(struct loop *l, const char *gap)
{
	struct agent *a = l->agent;
	char reason[1024];
	size_t len = 0;

	if (gap)
		len = (size_t)snprintf(reason, sizeof(reason), "%s; ", gap);
	loop_limits(l, reason + len, sizeof(reason) - len);
	if (len && !reason[len])
		reason[len - 2] = '\0';
	agent_report(a, AGENT_STARTED, reason[0] ? reason : NULL);
}

/* At the end what is queued is still told. */
static void read_rest(struct loop *l, bool cn_proc)
{
	for (int i = 0; i < l->slots_count; i++) {
		struct slot *s = &l->slots[i];
		bool told = coverage_tells_forks(&l->agent->coverage) && s->backend.ops->source == SOURCE_PROC;

		if (s->open && (s->backend.ops->source == SOURCE_CN_PROC) == cn_proc && !told)
			s->backend.ops->read(&s->backend, 65536);
	}
}

int loop_run(struct agent *a, const char *gap)
{
	struct loop l;

	loop_init(&l, a);
	if (!loop_open_backends(&l)) {
		log_error("no backend can be used, so nothing can be seen");
		slots_fini(l.slots, l.slots_count);
		return -ENODEV;
	}
	clock_refresh(&a->clock);
	loop_watch_backends(&l);
	a->coverage.signals_since = a->clock.now;
	int error = scan_all(&a->scan, true);
	if (error)
		log_warning("/proc cannot be read (%s): processes that run already are not known", strerror(-error));
	loop_watch_outputs(&l);
	control_begin(&l.control, a, l.ev);
	started(&l, gap);
	state_restore(a);
	if (gap)
		tell_gap(&l, gap);
	a->life.changes++; /* the file is written at once, so that it is there */

	if (!l.error)
		ev_run(l.ev, 0);

	clock_refresh(&a->clock);
	read_rest(&l, true); /* who a pid is comes before what is told of it */
	read_rest(&l, false);
	life_pidfds(&a->life);
	if (a->coverage.missed)
		scan_all(&a->scan, false);
	agent_flush(a);
	state_write(&l.state, a, true);
	state_close(&l.state);
	agent_report(a, AGENT_STOPPED, NULL);
	slots_fini(l.slots, l.slots_count);
	slots_summarise(l.slots, l.slots_count, a);
	loop_unwatch_outputs(&l);
	control_end(&l.control, l.ev);
	ev_loop_destroy(l.ev);
	return l.error;
}

/* loop_backends.c - the backends in the loop: read, polled, failed over and tried again */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/run/loop.h"
#include "agent/run/priority.h"

#define BUDGET 512 /* events read from one backend before the others have their turn */
#define REST NSEC_PER_MSEC
#define LAZY_REST (20 * NSEC_PER_MSEC) /* where a backend knows which execs cannot wait */

/*
 * Real-time priority is for two cases: cn_proc without audit, since a program
 * that cn_proc tells of is soon gone from /proc; and a /proc where only a zombie
 * tells how its process ended, since zombies are soon reaped.
 */
static void choose_priority(struct loop *l)
{
	const struct coverage *c = &l->agent->coverage;
	const struct pidfd_set *pidfds = &l->agent->pidfds;
	bool zombies = !coverage_tells_ends(c) && pidfds->fd >= 0 && pidfds->no_info;
	bool realtime = zombies || (coverage_tells_exact_execs(c) && !coverage_tells_exec_facts(c));

	if (realtime == l->realtime)
		return;
	l->realtime = realtime;
	if (realtime)
		priority_raise();
	else
		priority_lower();
}

/* /proc is polled only while nothing tells of forks by itself. */
static void choose_polls(struct loop *l)
{
	bool told = coverage_tells_forks(&l->agent->coverage);

	for (int i = 0; i < l->slots_count; i++) {
		struct slot *s = &l->slots[i];
		bool poll = s->open && s->backend.interval && !(told && s->backend.ops->source == SOURCE_PROC);

		if (!poll) {
			ev_timer_stop(l->ev, &l->polls[i]);
		} else if (!ev_is_active(&l->polls[i]) || l->polls[i].repeat != (double)s->backend.interval / 1e9) {
			if (!ev_is_active(&l->polls[i]))
				l->agent->scan.polled = false; /* until now cn_proc told of forks */
			l->polls[i].repeat = (double)s->backend.interval / 1e9;
			ev_timer_again(l->ev, &l->polls[i]);
		}
	}
}

static void slot_died(struct loop *l, int i);

/* Exit rules cost every system call of the host: audit has them only while nobody else tells as much. */
static void choose_audit_rules(struct loop *l)
{
	bool told = coverage_tells_exit_and_signals(&l->agent->coverage);

	for (int i = 0; i < l->slots_count; i++) {
		struct backend *b = &l->slots[i].backend;

		if (!l->slots[i].open || b->ops->source != SOURCE_AUDIT || b->exits_told == told)
			continue;
		b->exits_told = told;
		int error = b->ops->reload(b);
		if (error == -EPERM)
			continue; /* another program has locked the settings: the rules stay as they are, and so does what they tell */
		if (error < 0) {
			slot_died(l, i);
			return; /* which comes here again */
		}
		slots_summarise(l->slots, l->slots_count, l->agent);
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
	choose_priority(l);
	choose_audit_rules(l);
}

static void slot_died(struct loop *l, int i)
{
	struct slot *s = &l->slots[i];
	char reason[512];

	ev_io_stop(l->ev, &l->readable[i]);
	ev_timer_stop(l->ev, &l->polls[i]);
	struct reason note = s->backend.note;
	if (s->backend.ops->source == SOURCE_CN_PROC)
		l->backlog = false;
	slot_fail(s);
	slots_summarise(l->slots, l->slots_count, l->agent);
	choose_polls(l);
	choose_priority(l);
	choose_audit_rules(l);
	bool polled = s->backend.ops->source == SOURCE_CN_PROC && (l->agent->coverage.open & SOURCE_PROC);
	snprintf(reason, sizeof(reason), "%s: %s; tried again in %llu s%s", s->backend.ops->name, note.why,
	         (unsigned long long)(s->backoff / NSEC_PER_SEC),
	         polled ? "; meanwhile /proc is polled, and what lives shorter than poll_interval is missed" : "");
	log_warning("%s", reason);
	agent_report(l->agent, AGENT_DEGRADED, reason);
	l->agent->coverage.missed = true; /* what happened unseen until now */
}

static void slot_retry(struct loop *l, int i)
{
	struct slot *s = &l->slots[i];

	s->retry_at = 0;
	if (slot_open(s) < 0) {
		slot_fail(s);
		return;
	}
	slot_watch(l, i);
	agent_report(l->agent, AGENT_RESTORED, s->backend.ops->name);
	scan_tell_unseen(&l->agent->scan, true);
	life_missed(&l->agent->life);
}

/* True if there was something. */
static bool read_slot(struct loop *l, int i, int budget)
{
	struct slot *s = &l->slots[i];
	unsigned paths = coverage_exec_path_sources(&l->agent->coverage);

	clock_refresh(&l->agent->clock);
	unsigned sees = s->backend.sees;
	s->backend.lazy = paths && !(paths & s->backend.ops->source);
	int n = s->backend.ops->read(&s->backend, budget);
	if (n < 0) {
		slot_died(l, i);
		return false;
	}
	l->busy |= n > 0 && s->backend.fd >= 0; /* a poll waits for the next in any case */
	l->more |= n >= budget;
	if (s->backend.ops->source == SOURCE_CN_PROC) {
		struct pollfd more = {.fd = s->backend.fd, .events = POLLIN};

		l->backlog = n >= budget && poll(&more, 1, 0) > 0;
	}
	if (sees != s->backend.sees || s->backend.fd != l->readable[i].fd) {
		ev_io_stop(l->ev, &l->readable[i]);
		slot_watch(l, i);
	}
	return n > 0;
}

bool loop_catch_up(struct loop *l)
{
	int rounds = 64; /* more than its receive buffer holds */
	bool any = false;

	for (int i = 0; i < l->slots_count; i++)
		if (l->slots[i].open && l->slots[i].backend.ops->source == SOURCE_CN_PROC)
			do
				any |= read_slot(l, i, BUDGET);
			while (l->slots[i].open && l->backlog && --rounds);
	return any;
}

/* Each source of evidence reads what must be known first by itself, see received(). */
void loop_read_evidence(struct loop *l, uint64_t until)
{
	for (int i = 0; i < l->slots_count; i++) {
		const struct backend *b = &l->slots[i].backend;

		if (l->slots[i].open && b->sees & (SEES_SIGNAL | SEES_USED | SEES_CAUSE) && (!b->sight.told_until || b->sight.told_until < until))
			read_slot(l, i, BUDGET);
	}
}

/* The open slot of the backend that tells which paths are executed; -1: none. */
static int slot_of_paths(const struct loop *l)
{
	for (int i = 0; i < l->slots_count; i++)
		if (l->slots[i].open && l->slots[i].backend.sees & SEES_EXEC_PATH)
			return i;
	return -1;
}

/* An exec that cn_proc tells waits for its path: who reads the paths reads cn_proc first, see received(). */
static void read_in_turn(struct loop *l, int i)
{
	int paths = slot_of_paths(l);
	bool cn_proc = l->slots[i].backend.ops->source == SOURCE_CN_PROC;

	read_slot(l, cn_proc && paths >= 0 ? paths : i, BUDGET);
	if (paths < 0 || !(cn_proc || i == paths))
		return;
	for (int other = 0; other < l->slots_count; other++) /* was read as well */
		if (other == paths || l->slots[other].backend.ops->source == SOURCE_CN_PROC)
			ev_clear_pending(l->ev, &l->readable[other]);
}

static void on_readable(EV_P_ ev_io *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)revents;
	read_in_turn(l, (int)(w - l->readable));
}

static void on_poll(EV_P_ ev_timer *w, int revents)
{
	struct loop *l = ev_userdata(EV_A);

	(void)revents;
	read_in_turn(l, (int)(w - l->polls));
}

/* What rings through a rest; returns how many. */
static nfds_t urgent_fds(const struct loop *l, bool lazy, struct pollfd urgent[SLOTS_MAX + 1], int slots[SLOTS_MAX + 1])
{
	nfds_t count = 0;

	for (int i = 0; i < l->slots_count; i++) {
		const struct backend *b = &l->slots[i].backend;

		if (!l->slots[i].open || b->urgent_fd < 0 || (lazy && !(b->sees & SEES_EXEC_PATH)))
			continue; /* lazy: an exec that no target can want may wait, and who tells the paths knows which */
		slots[count] = i;
		urgent[count++] = (struct pollfd){.fd = b->urgent_fd, .events = POLLIN};
	}
	if ((lazy || !coverage_tells_ends(&l->agent->coverage)) && l->agent->pidfds.fd >= 0) { /* a zombie is soon reaped */
		slots[count] = -1;
		urgent[count++] = (struct pollfd){.fd = l->agent->pidfds.fd, .events = POLLIN};
	}
	return count;
}

/* Waits until then.  True if something rang that was read; false at the end of the rest, or if a watched process has ended. */
static bool rang(struct loop *l, bool lazy, uint64_t until)
{
	struct pollfd urgent[SLOTS_MAX + 1];
	int slots[SLOTS_MAX + 1];
	nfds_t count = urgent_fds(l, lazy, urgent, slots);
	uint64_t now = l->agent->clock.now;

	if (now >= until || l->more || poll(urgent, count, (int)((until - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC)) <= 0)
		return false;
	for (nfds_t i = 0; i < count; i++)
		if (urgent[i].revents && slots[i] < 0)
			return false;
	for (nfds_t i = 0; i < count; i++)
		if (urgent[i].revents && l->slots[slots[i]].open)
			read_in_turn(l, slots[i]);
	clock_refresh(&l->agent->clock);
	return true;
}

bool loop_rest(struct loop *l, uint64_t due)
{
	bool rests = l->busy && !l->more, lazy = coverage_exec_path_sources(&l->agent->coverage) != 0, read = false;
	uint64_t until = l->agent->clock.now + (lazy ? LAZY_REST : REST);

	l->busy = l->more = false;
	while (rests && rang(l, lazy, due && due < until ? due : until))
		read = true;
	l->busy = l->more; /* whatever else is to be read is read before the next rest */
	return read;
}

/*
 * Each queue tells of things that the queue before it has told of earlier: forks
 * and execs, then every signal, then the records of audit.  So that one is read first.
 */
static bool received(void *ctx)
{
	const struct slot *s = ctx;
	int exact = slot_of_paths(s->loop);

	if (exact >= 0 && s->backend.ops->source == SOURCE_AUDIT)
		return read_slot(s->loop, exact, BUDGET);
	return loop_catch_up(s->loop);
}

/* What is executed is told to the backends that have to know it at once. */
static void on_path_event(void *ctx, const struct event *e)
{
	const struct slot *told = ctx;
	struct loop *l = told->loop;

	for (int i = 0; e->kind == EVENT_EXEC && e->path && i < l->slots_count; i++) {
		struct backend *b = &l->slots[i].backend;

		if (l->slots[i].open && b->ops->executed && b->ops->executed(b, e->process.pid, e->path) < 0)
			slot_died(l, i);
	}
	agent_event(l->agent, e);
}

void loop_init_backends(struct loop *l)
{
	l->slots_count = slots_init(l->slots, l->agent, received, l);
	for (int i = 0; i < l->slots_count; i++) {
		l->slots[i].emit = l->slots[i].backend.ops->sees & SEES_EXEC_PATH ? on_path_event : NULL;
		ev_init(&l->readable[i], on_readable);
		/* cn_proc goes first: who a pid is comes before what is told of it */
		ev_set_priority(&l->readable[i], l->slots[i].backend.ops->source == SOURCE_CN_PROC ? 2 : 1);
		ev_init(&l->polls[i], on_poll);
	}
}

/* False, and said, if it cannot be used. */
static bool open_or_tell(struct loop *l, struct slot *s)
{
	const struct reason *why = &s->backend.note;

	if (slot_open(s) == 0)
		return true;
	log_warning("%s cannot be used: %s%s%s", s->backend.ops->name, why->why, why->cure[0] ? "; cure: " : "", why->cure);
	if (!l->agent->config->backends_auto)
		slot_fail(s); /* it was asked for: it is tried again */
	return false;
}

bool loop_open_backends(struct loop *l)
{
	struct agent *a = l->agent;
	unsigned sees = 0;

	for (int i = 0; i < l->slots_count; i++) {
		struct slot *s = &l->slots[i];

		s->used = a->config->backends & s->backend.ops->source;
		if (!s->used)
			continue;
		if (open_or_tell(l, s))
			sees |= s->backend.sees;
	}
	return sees & (SEES_EXEC | SEES_EXIT | SEES_SIGNAL);
}

void loop_watch_backends(struct loop *l)
{
	for (int i = 0; i < l->slots_count; i++)
		slot_watch(l, i);
}

void loop_retry_backends(struct loop *l)
{
	for (int i = 0; i < l->slots_count; i++)
		if (l->slots[i].retry_at && l->slots[i].retry_at <= l->agent->clock.now)
			slot_retry(l, i);
}

void loop_reload_backends(struct loop *l)
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
		} else if (s->used && open_or_tell(l, s)) {
			slot_watch(l, i);
		}
		s->retry_at = s->used ? s->retry_at : 0;
	}
	slots_summarise(l->slots, l->slots_count, l->agent);
	choose_polls(l);
	choose_priority(l);
	choose_audit_rules(l);
}

void loop_limits(const struct loop *l, char *buf, size_t size)
{
	buf[0] = '\0';
	for (int i = 0; i < l->slots_count; i++) {
		const struct slot *s = &l->slots[i];
		size_t len = strlen(buf);

		if (s->used && s->backend.note.why[0])
			snprintf(buf + len, size - len, "%s%s: %s", len ? "; " : "", s->backend.ops->name, s->backend.note.why);
	}
	size_t len = strlen(buf);
	if ((l->agent->coverage.open & (SOURCE_PROC | SOURCE_CN_PROC)) == SOURCE_PROC)
		snprintf(buf + len, size - len, "%sproc: what lives shorter than poll_interval may be missed", len ? "; " : "");
}

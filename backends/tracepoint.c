/* tracepoint.c - perf's tracepoints: every signal with who made it, whoever that is, in one exact order with cn_proc's events */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/processors.h"
#include "backends/tracepoint_decode.h"
#include "backends/tracepoint_events.h"
#include "backends/tracepoint_hotplug.h"
#include "backends/tracepoint_processor.h"

#define HOTPLUG_REST (20 * NSEC_PER_MSEC) /* as long as a rest: a busy machine pays no system call for it at each reading */
#define ROUNDS 8 /* of one reading, while new samples come */
#define TOO_FAST "signals came faster than they could be read (cure: a larger [agent] ring)"
struct tracepoints {
	unsigned  count;
	struct processor *processors;
	struct tracepoint_decoder decoder;
	struct processor_plan plan;
	int       hotplug;
	uint64_t  heard_hotplug; /* when it was read last */
};

static int probe(const struct config *config, struct reason *why)
{
	struct tracepoint_formats formats = {0};
	int error = tracepoint_find(&formats, why);

	(void)config;
	if (error)
		return error;
	error = tracepoint_try(formats.id[TRACEPOINT_SIGNAL]);
	return error ? tracepoint_refused(why, error) : 0;
}

static void make_plan(struct processor_plan *plan, const struct config *c)
{
	plan->ring = c->ring;
	filter_of_signals(c, plan->signals);
	filter_of_paths(c, plan->paths);
	filter_of_delivered(c, plan->delivered);
}

static int open_processors(struct backend *b)
{
	struct tracepoints *t = b->state;

	for (unsigned i = 0; i < t->count; i++) {
		int error = processor_open(&t->processors[i], (int)i, &t->plan);

		if (error && error != -ENODEV) /* that one is offline */
			return tracepoint_refused(&b->note, error);
	}
	return 0;
}

/* Room for each processor that this machine can ever have. */
static int make_processors(struct tracepoints *t)
{
	unsigned count = processors_possible();

	t->processors = calloc(count, sizeof(*t->processors));
	if (!t->processors)
		return -ENOMEM;
	t->count = count;
	for (unsigned i = 0; i < t->count; i++)
		processor_init(&t->processors[i]);
	return 0;
}

static int make_epolls(struct processor_plan *plan)
{
	plan->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (plan->epoll < 0)
		return -errno;
	plan->urgent = epoll_create1(EPOLL_CLOEXEC);
	return plan->urgent < 0 ? -errno : 0;
}

static int ask_for_formats(struct backend *b)
{
	struct tracepoints *t = b->state;
	struct rights_answer a;
	int error = rights_ask_for(RIGHTS_TRACEPOINT, TRACEPOINT_ASK_FORMATS, 0, &a);

	reason_set(&b->note, a.cure, "%s", a.why[0] || !error ? a.why : strerror(-error));
	return error ? error : rights_data(&a, &t->decoder.formats, sizeof(t->decoder.formats));
}

static int tracepoint_open(struct backend *b)
{
	struct tracepoints *t = b->state;
	struct rights_answer a;
	int error;

	t->plan.epoll = t->plan.urgent = t->hotplug = -1;
	error = ask_for_formats(b);
	if (error)
		return error;
	make_plan(&t->plan, b->config);
	error = make_epolls(&t->plan);
	if (!error)
		error = make_processors(t);
	if (error)
		return tracepoint_refused(&b->note, error);
	rights_ask_for(RIGHTS_TRACEPOINT, TRACEPOINT_ASK_HOTPLUG, 0, &a);
	t->hotplug = rights_fd(&a); /* before the processors: none is missed */
	error = t->hotplug < 0 ? t->hotplug : backend_watch(t->plan.epoll, t->hotplug);
	if (error) {
		reason_set(&b->note, "", "processors that come online cannot be heard of: %s", strerror(-error));
		return error;
	}
	error = open_processors(b);
	if (error)
		return error;
	b->fd = t->plan.epoll;
	b->urgent_fd = t->plan.urgent;
	b->sight.every_process = true;
	return 0;
}

static void tell_lost(struct backend *b, uint64_t count, const char *reason)
{
	struct tracepoints *t = b->state;
	tracepoint_missed(&t->decoder);
	backend_lost(b, count, reason);
}

/* The processor whose next sample is the oldest; NULL if all are read.  Losses are told on the way. */
static struct processor *oldest(struct backend *b, struct tracepoints *t)
{
	struct processor *first = NULL;

	for (unsigned i = 0; i < t->count; i++) {
		struct processor *p = &t->processors[i];

		while (p->ring.map && !p->has_next && (p->has_next = perf_ring_peek(&p->ring, &p->next)) && p->next.lost) {
			tell_lost(b, p->next.count, TOO_FAST);
			perf_ring_drop(&p->ring);
			p->has_next = false;
		}
		if (p->has_next && (!first || p->next.at < first->next.at))
			first = p;
	}
	return first;
}

/* What is in the rings now is to be read.  True if something is; *full if one was so full that a sample may have found no room. */
static bool look(struct tracepoints *t, bool *full)
{
	bool any = false;

	for (unsigned i = 0; i < t->count; i++) {
		struct processor *p = &t->processors[i];

		processor_ring_off(p);
		if (!p->ring.map)
			continue;
		*full |= perf_ring_look(&p->ring);
		any |= p->ring.head != p->ring.tail;
	}
	return any;
}

static int read_rings(struct backend *b)
{
	struct tracepoints *t = b->state;
	struct processor *p;
	int total = 0;

	while ((p = oldest(b, t))) {
		tracepoint_decode(&t->decoder, &p->next, clock_of_monotonic(b->clock, p->next.at), b->emit, b->ctx);
		perf_ring_drop(&p->ring);
		p->has_next = false;
		total++;
	}
	for (unsigned i = 0; i < t->count; i++)
		if (t->processors[i].ring.map)
			perf_ring_done(&t->processors[i].ring);
	return total;
}

/* 0 or -errno: then a processor's signals cannot be seen any more. */
static int open_new_processors(struct backend *b)
{
	struct tracepoints *t = b->state;
	int cpu, found = 0, error = 0;

	while (!error && (found = hotplug_next(t->hotplug, &cpu)) > 0) {
		if ((unsigned)cpu >= t->count) {
			reason_set(&b->note, "", "processor %d came online, which this machine was said not to have", cpu);
			return -ENODEV;
		}
		processor_close(&t->processors[cpu]);
		t->processors[cpu].has_next = false;
		error = processor_open(&t->processors[cpu], cpu, &t->plan);
		error = error == -ENODEV ? 0 : error; /* it is gone again */
		tell_lost(b, 0, "a processor came online, and what happened on it until now was not seen");
	}
	if (found < 0) {
		reason_set(&b->note, "", "a processor may have come online unheard: %s", strerror(-found));
		return found;
	}
	return error ? tracepoint_refused(&b->note, error) : 0;
}

/*
 * What the core reads of another backend in between was told before what the
 * rings held at the look, or it has its own samples in the rings by now: these
 * are read as well, since nothing rings for them.
 */
static int tracepoint_read(struct backend *b, int budget)
{
	struct tracepoints *t = b->state;
	uint64_t until;
	int total = 0, rounds = ROUNDS;
	bool more, full = false;

	(void)budget; /* what was in the rings is read whole, and they are small */
	do {
		bool again = rounds < ROUNDS;

		if (again)
			clock_refresh(b->clock);
		until = b->clock->now;
		if (!look(t, &full) && again)
			break;
		more = b->received && b->received(b->received_ctx);
		total += read_rings(b);
	} while (more && --rounds);
	if (full)
		tell_lost(b, 0, TOO_FAST); /* the kernel says how many only with the next sample of that processor */
	b->sight.told_until = until;
	if (total && until < t->heard_hotplug + HOTPLUG_REST)
		return total;
	t->heard_hotplug = until;
	int error = open_new_processors(b);
	return error ? error : total;
}

/* A perf event's filter cannot be replaced (-EEXIST), so the events are opened anew when it has to be another. */
static int tracepoint_reload(struct backend *b)
{
	struct tracepoints *t = b->state;
	struct processor_plan plan = t->plan;

	make_plan(&plan, b->config);
	plan.ring = t->plan.ring; /* changes at the next start alone */
	if (strcmp(plan.signals, t->plan.signals) == 0 && strcmp(plan.paths, t->plan.paths) == 0 &&
	    strcmp(plan.delivered, t->plan.delivered) == 0)
		return 0;
	tracepoint_read(b, 0);
	for (unsigned i = 0; i < t->count; i++)
		processor_close(&t->processors[i]);
	t->plan = plan;
	int error = open_processors(b);
	tell_lost(b, 0, "for a moment signals were not seen, while the kernel was asked for other ones than before");
	return error;
}

static void tracepoint_close(struct backend *b)
{
	struct tracepoints *t = b->state;

	for (unsigned i = 0; i < t->count; i++)
		processor_close(&t->processors[i]);
	free(t->processors);
	t->processors = NULL;
	t->count = 0;
	if (t->hotplug >= 0)
		close(t->hotplug);
	if (t->plan.epoll >= 0)
		close(t->plan.epoll);
	if (t->plan.urgent >= 0)
		close(t->plan.urgent);
	t->plan.epoll = t->plan.urgent = -1;
	b->fd = b->urgent_fd = -1;
}

const struct backend_ops backend_tracepoint = {
	.name = "tracepoint",
	.source = SOURCE_TRACEPOINT,
	.sees = SEES_SIGNAL | SEES_EVERY_SIGNAL | SEES_EXEC | SEES_EXEC_PATH,
	.state_size = sizeof(struct tracepoints),
	.probe = probe,
	.open = tracepoint_open,
	.read = tracepoint_read,
	.reload = tracepoint_reload,
	.close = tracepoint_close,
};

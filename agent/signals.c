#include "agent/signals.h"

#include <stdlib.h>
#include <string.h>

#include "agent/process.h"

static bool same_string(const struct facts *a, const struct facts *b, unsigned bit, const char *x, const char *y)
{
	return ((a->has ^ b->has) & bit) == 0 && (!(a->has & bit) || strcmp(x, y) == 0);
}

/* A pid used again within the window by another program is another sender. */
static bool same_sender(const struct facts *a, const struct facts *b)
{
	return a->pid == b->pid && a->uid == b->uid && same_string(a, b, FACT_COMM, a->comm, b->comm) &&
	       same_string(a, b, FACT_EXE, a->exe, b->exe);
}

static bool equal(const struct seen_signal *s, const struct event *e, uint64_t coalesce)
{
	return s->due && s->signo == e->signo && s->result == e->result && s->error == e->error &&
	       strcmp(s->via, (e->has & HAS_VIA) ? e->via : "") == 0 && e->at <= s->at + coalesce && s->sender &&
	       same_sender(&s->sender->facts, &e->sender);
}

/* One that the new signal repeats, else the oldest, whose sender is then no longer known. */
static void evict(struct watch *w, const struct event *e, struct seen_signal *old)
{
	unsigned i = 0;

	while (i < w->signals_count && !(w->signals[i].signo == e->signo && w->signals[i].sender &&
	                                 same_sender(&w->signals[i].sender->facts, &e->sender)))
		i++;
	if (i == w->signals_count) {
		i = 0;
		if (w->signals[0].last_at > w->evicted_at)
			w->evicted_at = w->signals[0].last_at;
	}
	*old = w->signals[i];
	memmove(w->signals + i, w->signals + i + 1, (--w->signals_count - i) * sizeof(*w->signals));
}

static struct seen_signal *room(struct watch *w, const struct event *e, struct seen_signal *old, bool *evicted)
{
	if (w->signals_count == SIGNALS_MAX) {
		evict(w, e, old);
		*evicted = true;
	}
	if (w->signals_count == w->signals_size) {
		unsigned size = w->signals_size ? 2 * w->signals_size : 2;
		struct seen_signal *signals = realloc(w->signals, size * sizeof(*signals));

		if (!signals)
			return NULL;
		w->signals = signals;
		w->signals_size = size;
	}
	return &w->signals[w->signals_count++];
}

struct seen_signal *signals_add(struct watch *w, const struct event *e, uint64_t coalesce,
                                struct seen_signal *old, bool *evicted)
{
	*evicted = false;
	for (unsigned i = w->signals_count; i-- > 0;) {
		struct seen_signal *s = &w->signals[i];

		if (!equal(s, e, coalesce))
			continue;
		s->repeat += (e->has & HAS_REPEAT) ? e->repeat : 1;
		if (e->at > s->last_at)
			s->last_at = e->at;
		if (e->at < s->at)
			s->at = e->at;
		s->sources |= e->sources;
		return NULL;
	}
	struct seen_signal *s = room(w, e, old, evicted);
	if (!s)
		return NULL;
	*s = (struct seen_signal){
		.signo = e->signo,
		.via = (e->has & HAS_VIA) ? e->via : "",
		.result = e->result,
		.error = (e->has & HAS_ERRNO) ? e->error : 0,
		.si_code = e->si_code,
		.has_si_code = e->has & HAS_SI_CODE,
		.sources = e->sources,
		.at = e->at,
		.last_at = e->at,
		.serial = (e->has & HAS_SERIAL) ? e->serial : 0,
		.repeat = (e->has & HAS_REPEAT) ? e->repeat : 1,
		.sender = details_new(&e->sender),
	};
	return s;
}

uint64_t signals_due(const struct watch *w)
{
	uint64_t due = 0;

	for (unsigned i = 0; i < w->signals_count; i++)
		if (w->signals[i].due && (!due || w->signals[i].due < due))
			due = w->signals[i].due;
	return due;
}

void signals_free(struct watch *w)
{
	for (unsigned i = 0; i < w->signals_count; i++)
		details_unref(w->signals[i].sender);
	free(w->signals);
	w->signals = NULL;
	w->signals_count = w->signals_size = 0;
}

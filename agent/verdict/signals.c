#include "agent/verdict/signals.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/facts.h"

/* So much earlier than an exact stamp a coarse one can be where a virtual processor was held up. */
#define CLOCK_LAG NSEC_PER_SEC

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

/* The same of an exact source, which knows the pid, and the name if the process is known. */
static bool same_process(const struct facts *a, const struct facts *b)
{
	return ((a->has ^ b->has) & FACT_PID) == 0 && a->pid == b->pid && (!(a->has & b->has & FACT_COMM) || strcmp(a->comm, b->comm) == 0);
}

static bool equal(const struct seen_signal *s, const struct event *e, uint64_t coalesce)
{
	if (!s->due || s->signo != e->signo || s->result != e->result || s->error != e->error || e->at > s->at + coalesce || !s->sender ||
	    s->exact != (e->stamp == STAMP_EXACT))
		return false;
	if (s->exact)
		return s->origin == e->origin && s->si_code == e->si_code && same_process(&s->sender->facts, &e->sender);
	return strcmp(s->via, (e->has & HAS_VIA) ? e->via : "") == 0 && same_sender(&s->sender->facts, &e->sender);
}

static bool is_try(enum signal_result result)
{
	return result != RESULT_SENT;
}

/* It may have been delivered, so that one must know that it is no longer kept. */
static bool may_matter(const struct seen_signal *s)
{
	return s->result == RESULT_SENT || s->result == RESULT_UNKNOWN;
}

/* One that the new signal repeats, else one that did nothing, else the oldest, whose sender is then no longer known. */
static unsigned to_evict(const struct signals *seen, const struct event *e)
{
	unsigned oldest = seen->count, useless = seen->count;

	for (unsigned i = 0; i < seen->count; i++) {
		const struct seen_signal *s = &seen->list[i];

		if (is_try(s->result) != is_try(e->result))
			continue;
		if (s->signo == e->signo && s->result == e->result && s->sender && same_sender(&s->sender->facts, &e->sender))
			return i;
		oldest = oldest == seen->count ? i : oldest;
		useless = useless == seen->count && !may_matter(s) ? i : useless;
	}
	return useless < seen->count ? useless : oldest;
}

static void evict(struct signals *seen, const struct event *e, struct seen_signal *old)
{
	unsigned i = to_evict(seen, e);
	bool repeated;

	*old = seen->list[i];
	repeated = old->signo == e->signo && old->sender && same_sender(&old->sender->facts, &e->sender);
	if (!repeated && may_matter(old) && old->last_at > seen->evicted_at)
		seen->evicted_at = old->last_at;
	memmove(seen->list + i, seen->list + i + 1, (--seen->count - i) * sizeof(*seen->list));
}

static bool is_full(const struct signals *seen, const struct event *e)
{
	unsigned count = 0;

	for (unsigned i = 0; i < seen->count; i++)
		count += is_try(seen->list[i].result) == is_try(e->result);
	return count == (is_try(e->result) ? TRIES_MAX : SIGNALS_MAX);
}

static struct seen_signal *room(struct signals *seen, const struct event *e, struct seen_signal *old, bool *evicted)
{
	if (is_full(seen, e)) {
		evict(seen, e, old);
		*evicted = true;
	}
	if (seen->count == seen->size) {
		unsigned size = seen->size ? 2 * seen->size : 2;
		struct seen_signal *signals = realloc(seen->list, size * sizeof(*signals));

		if (!signals)
			return NULL;
		seen->list = signals;
		seen->size = size;
	}
	return &seen->list[seen->count++];
}

struct seen_signal *signals_add(struct signals *seen, const struct event *e, uint64_t coalesce,
                                struct seen_signal *old, bool *evicted)
{
	*evicted = false;
	for (unsigned i = seen->count; i-- > 0;) {
		struct seen_signal *s = &seen->list[i];

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
	struct seen_signal *s = room(seen, e, old, evicted);
	if (!s)
		return NULL;
	*s = (struct seen_signal){
		.signo = e->signo,
		.origin = e->origin,
		.exact = e->stamp == STAMP_EXACT,
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
		.sender = sender_take(seen->senders, &e->sender),
	};
	return s;
}

static bool awaits(const struct seen_signal *s, const struct event *e)
{
	return s->exact && s->origin == ORIGIN_CALL && s->signo == e->signo && s->joined < s->repeat && s->sender &&
	       s->sender->facts.pid == e->sender.pid && e->at <= s->last_at + COARSE_CLOCK && e->at + CLOCK_LAG >= s->at;
}

bool signals_join(struct signals *seen, const struct event *e)
{
	for (unsigned i = 0; i < seen->count; i++) {
		struct seen_signal *s = &seen->list[i];
		struct facts sender = e->sender;

		if (!awaits(s, e))
			continue;
		s->joined += (e->has & HAS_REPEAT) ? e->repeat : 1;
		s->sources |= e->sources;
		if (!s->serial && (e->has & HAS_SERIAL))
			s->serial = e->serial;
		if (s->via[0])
			return true;
		s->via = (e->has & HAS_VIA) ? e->via : "";
		facts_fill(&sender, &s->sender->facts);
		sender_learn(s->sender, &sender);
		return true;
	}
	return false;
}

uint64_t signals_due(const struct signals *seen)
{
	uint64_t due = 0;

	for (unsigned i = 0; i < seen->count; i++)
		if (seen->list[i].due && (!due || seen->list[i].due < due))
			due = seen->list[i].due;
	return due;
}

void signals_free(struct signals *seen)
{
	for (unsigned i = 0; i < seen->count; i++)
		sender_unref(seen->list[i].sender);
	free(seen->list);
	seen->list = NULL;
	seen->count = seen->size = 0;
}

#include "agent/verdict/senders.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/facts.h"

#define LAST_FEW 4 /* so many that send at the same time are recognised */
#define LONG_STRINGS (FACT_EXE | FACT_ARGS | FACT_CGROUP)

void senders_init(struct senders *all)
{
	TAILQ_INIT(&all->whole);
	all->bytes = 0;
}

static void leave_whole(struct sender *s)
{
	if (!s->size)
		return;
	TAILQ_REMOVE(&s->all->whole, s, order);
	s->all->bytes -= s->size;
	s->size = 0;
}

static void keep(struct sender *s, struct details *d)
{
	details_unref(s->kept);
	s->kept = d;
	s->facts = d->facts;
}

/* Its long strings are given up. */
static void shorten(struct sender *s)
{
	struct facts f = s->facts;
	struct details *d;

	leave_whole(s);
	f.has &= ~(unsigned)LONG_STRINGS;
	d = details_new(&f);
	if (d)
		keep(s, d);
}

/* The newest is worth most: who signals last before an end is the one to name. */
static void enter_whole(struct sender *s)
{
	struct senders *all = s->all;

	if (!all)
		return;
	s->size = details_size(&s->facts);
	all->bytes += s->size;
	TAILQ_INSERT_TAIL(&all->whole, s, order);
	while (all->bytes > SENDERS_BYTES && TAILQ_FIRST(&all->whole) != s)
		shorten(TAILQ_FIRST(&all->whole));
}

static bool same_number(const struct facts *a, const struct facts *b, unsigned bit, uint64_t x, uint64_t y)
{
	return ((a->has ^ b->has) & bit) == 0 && (!(a->has & bit) || x == y);
}

static bool same_text(const struct facts *a, const struct facts *b, unsigned bit, const char *x, const char *y)
{
	return !(b->has & bit) || ((a->has & bit) && strcmp(x, y) == 0);
}

/* Does *f tell of the process of which a is known, and nothing new? */
static bool is_same(const struct facts *a, const struct facts *f)
{
	return (f->has & ~a->has) == 0 && same_number(a, f, FACT_PID, (uint64_t)a->pid, (uint64_t)f->pid) &&
	       same_number(a, f, FACT_STARTED, a->started, f->started) && same_number(a, f, FACT_UID, a->uid, f->uid) &&
	       same_text(a, f, FACT_COMM, a->comm, f->comm) && same_text(a, f, FACT_EXE, a->exe, f->exe) &&
	       same_text(a, f, FACT_TTY, a->tty, f->tty) && !(f->has & FACT_ARGS);
}

static struct sender *find(struct senders *all, const struct facts *f)
{
	struct sender *s = all ? TAILQ_LAST(&all->whole, sender_list) : NULL;

	for (int i = 0; s && i < LAST_FEW; i++, s = TAILQ_PREV(s, sender_list, order))
		if (!s->past && is_same(&s->facts, f))
			return s;
	return NULL;
}

struct sender *sender_take(struct senders *all, const struct facts *f)
{
	struct sender *s = find(all, f);

	if (s) {
		s->refs++;
		return s;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->kept = details_new(f);
	if (!s->kept) {
		free(s);
		return NULL;
	}
	s->facts = s->kept->facts;
	s->refs = 1;
	s->all = all;
	enter_whole(s);
	return s;
}

void sender_learn(struct sender *s, const struct facts *f)
{
	struct details *d = details_new(f);

	if (!d)
		return;
	leave_whole(s);
	keep(s, d);
	s->known = true;
	enter_whole(s);
}

void sender_unref(struct sender *s)
{
	if (!s || --s->refs)
		return;
	leave_whole(s);
	details_unref(s->kept);
	free(s);
}

void senders_part(struct senders *all, pid_t pid)
{
	struct sender *s = TAILQ_LAST(&all->whole, sender_list);

	for (int i = 0; s && i < LAST_FEW; i++, s = TAILQ_PREV(s, sender_list, order))
		s->past |= s->facts.pid == pid;
}

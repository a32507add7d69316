#include "agent/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/signals.h"

/* Copies to *to and moves it on. */
static size_t put(char **to, const char **field, const char *from, size_t len)
{
	if (len)
		memcpy(*to, from, len);
	*field = *to;
	*to += len;
	return len;
}

static size_t string_size(const struct facts *f, unsigned bit, const char *s)
{
	return (f->has & bit) ? strlen(s) + 1 : 0;
}

struct details *details_new(const struct facts *f)
{
	size_t tty = string_size(f, FACT_TTY, f->tty), comm = string_size(f, FACT_COMM, f->comm);
	size_t exe = string_size(f, FACT_EXE, f->exe), cgroup = string_size(f, FACT_CGROUP, f->cgroup);
	size_t args = (f->has & FACT_ARGS) ? f->args_len : 0;
	size_t ancestry = (f->has & FACT_ANCESTRY) ? f->ancestry_len : 0;
	struct details *d = malloc(sizeof(*d) + tty + comm + exe + cgroup + args + ancestry);

	if (!d)
		return NULL;
	d->refs = 1;
	d->facts = *f;
	char *to = (char *)(d + 1);
	put(&to, &d->facts.tty, f->tty, tty);
	put(&to, &d->facts.comm, f->comm, comm);
	put(&to, &d->facts.exe, f->exe, exe);
	put(&to, &d->facts.cgroup, f->cgroup, cgroup);
	d->facts.args_len = put(&to, &d->facts.args, f->args, args);
	d->facts.ancestry_len = put(&to, &d->facts.ancestry, f->ancestry, ancestry);
	return d;
}

bool details_put(struct details **at, const struct facts *f)
{
	struct details *d = details_new(f);

	if (!d)
		return false;
	details_unref(*at);
	*at = d;
	return true;
}

struct details *details_ref(struct details *d)
{
	if (d)
		d->refs++;
	return d;
}

void details_unref(struct details *d)
{
	if (d && --d->refs == 0)
		free(d);
}

static struct process **bucket(const struct process_table *t, pid_t pid)
{
	return &t->buckets[((unsigned)pid * 2654435761u >> 7) & t->bucket_mask];
}

int process_table_init(struct process_table *t, unsigned max)
{
	unsigned buckets = 64;

	memset(t, 0, sizeof(*t));
	while (buckets < max)
		buckets *= 2;
	/* Untouched pages of these cost nothing. */
	t->pool = calloc(max, sizeof(*t->pool));
	t->buckets = calloc(buckets, sizeof(struct process *));
	if (!t->pool || !t->buckets) {
		free(t->pool);
		free(t->buckets);
		return -ENOMEM;
	}
	t->max = max;
	t->bucket_mask = buckets - 1;
	TAILQ_INIT(&t->live);
	TAILQ_INIT(&t->ghosts);
	TAILQ_INIT(&t->watches);
	return 0;
}

void process_table_fini(struct process_table *t)
{
	struct process *p;

	while ((p = TAILQ_FIRST(&t->watches)))
		process_unwatch(t, p);
	free(t->pool);
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}

struct process *process_live(const struct process_table *t, pid_t pid)
{
	for (struct process *p = *bucket(t, pid); p; p = p->next)
		if (p->pid == pid && !p->ended)
			return p;
	return NULL;
}

struct process *process_next_holder(const struct process_table *t, pid_t pid, const struct process *after)
{
	for (struct process *p = after ? after->next : *bucket(t, pid); p; p = p->next)
		if (p->pid == pid)
			return p;
	return NULL;
}

struct process *process_born(const struct process_table *t, pid_t pid, uint64_t born)
{
	for (struct process *p = *bucket(t, pid); p; p = p->next)
		if (p->pid == pid && p->born == born)
			return p;
	return NULL;
}

static struct process_list *list_of(struct process_table *t, const struct process *p)
{
	return p->watch ? &t->watches : p->ended ? &t->ghosts : &t->live;
}

/* Out of hash and list, back to the free entries.  Not for watched ones. */
static void release(struct process_table *t, struct process *p)
{
	struct process **at = bucket(t, p->pid);

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	TAILQ_REMOVE(list_of(t, p), p, order);
	if (p->ended)
		t->ghosts_count--;
	p->next = t->free;
	t->free = p;
	t->used--;
}

static struct process *take(struct process_table *t)
{
	struct process *p;

	if (!t->free && t->fresh == t->max) {
		p = TAILQ_FIRST(&t->ghosts);
		if (!p) {
			p = TAILQ_FIRST(&t->live);
			if (p)
				t->evicted++;
		}
		if (!p)
			return NULL;
		release(t, p);
	}
	if (t->free) {
		p = t->free;
		t->free = p->next;
	} else {
		p = &t->pool[t->fresh++];
	}
	t->used++;
	return p;
}

struct process *process_add(struct process_table *t, pid_t pid, uint64_t born)
{
	struct process *p = take(t);

	if (!p) {
		t->refused++;
		return NULL;
	}
	memset(p, 0, sizeof(*p));
	p->pid = pid;
	p->born = born;
	p->threads = 1;
	p->scan = t->scan; /* it is there */
	struct process **at = bucket(t, pid);
	p->next = *at;
	*at = p;
	TAILQ_INSERT_TAIL(&t->live, p, order);
	return p;
}

void process_touch(struct process_table *t, struct process *p)
{
	if (p->watch || p->ended)
		return;
	TAILQ_REMOVE(&t->live, p, order);
	TAILQ_INSERT_TAIL(&t->live, p, order);
}

static void become_ghost(struct process_table *t, struct process *p)
{
	TAILQ_INSERT_TAIL(&t->ghosts, p, order);
	if (++t->ghosts_count > GHOSTS_MAX)
		release(t, TAILQ_FIRST(&t->ghosts));
}

void process_know(struct process *p, const struct facts *f)
{
	if (f->has & FACT_COMM)
		snprintf(p->comm, sizeof(p->comm), "%s", f->comm);
	if (f->has & FACT_UID) {
		p->uid = f->uid;
		p->has_uid = true;
	}
	if (f->has & FACT_GID) {
		p->gid = f->gid;
		p->has_gid = true;
	}
}

void process_end(struct process_table *t, struct process *p, uint64_t at, unsigned source, bool exact)
{
	if (exact || !p->ended)
		p->ended_by |= source;
	p->end_exact |= exact;
	if (p->ended) {
		if (exact && at < p->ended)
			p->ended = at;
		return;
	}
	if (p->watch) {
		p->ended = at;
		return;
	}
	TAILQ_REMOVE(&t->live, p, order);
	p->ended = at;
	become_ghost(t, p);
}

struct watch *process_watch(struct process_table *t, struct process *p)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->pidfd = -1;
	w->heap_index = NOT_PENDING;
	TAILQ_REMOVE(list_of(t, p), p, order);
	if (p->ended)
		t->ghosts_count--;
	p->watch = w;
	TAILQ_INSERT_TAIL(&t->watches, p, order);
	t->watched++;
	return w;
}

void process_unwatch(struct process_table *t, struct process *p)
{
	struct watch *w = p->watch;

	TAILQ_REMOVE(&t->watches, p, order);
	t->watched--;
	p->watch = NULL;
	details_unref(w->details);
	signals_free(w);
	free(w->threads.tids);
	free(w);
	if (p->ended)
		become_ghost(t, p);
	else
		TAILQ_INSERT_TAIL(&t->live, p, order);
}

/* The entry of p's parent at the time p was forked, or of its present one. */
static const struct process *parent_of(const struct process_table *t, const struct process *p)
{
	if (p->parent_born)
		return process_born(t, p->ppid, p->parent_born);
	const struct process *parent = process_live(t, p->ppid);
	return parent && parent->born <= p->born ? parent : NULL;
}

const char *process_parent_comm(const struct process_table *t, const struct process *p)
{
	const struct process *parent = p->ppid ? parent_of(t, p) : NULL;

	return parent && parent->comm[0] ? parent->comm : NULL;
}

size_t process_ancestry(const struct process_table *t, const struct process *p, char *buf, size_t size)
{
	size_t len = 0;

	for (int depth = 0; depth < ANCESTRY_DEPTH && p->ppid; depth++) {
		p = parent_of(t, p);
		if (!p || !p->comm[0])
			break;
		size_t n = strlen(p->comm) + 1;
		if (len + n > size)
			break;
		memcpy(buf + len, p->comm, n);
		len += n;
	}
	return len;
}

void process_fill_ancestry(const struct process_table *t, const struct process *p, struct ancestry *room, struct facts *f)
{
	size_t len = process_ancestry(t, p, room->comms, sizeof(room->comms));

	if (!len)
		return;
	f->ancestry = room->comms;
	f->ancestry_len = len;
	f->has |= FACT_ANCESTRY;
}

bool watch_add_tid(struct watch *w, pid_t tid)
{
	for (unsigned i = w->threads.count; i-- > 0;)
		if (w->threads.tids[i] == tid)
			return true;
	if (w->threads.count == w->threads.size) {
		unsigned size = w->threads.size ? 2 * w->threads.size : 8;
		pid_t *tids = realloc(w->threads.tids, size * sizeof(*tids));

		if (!tids) {
			w->threads.unsure = true;
			return false;
		}
		w->threads.tids = tids;
		w->threads.size = size;
	}
	w->threads.tids[w->threads.count++] = tid;
	w->threads.ended -= w->threads.ended > 0; /* it overwrote one */
	return true;
}

bool watch_has_tid(const struct watch *w, pid_t tid)
{
	for (unsigned i = 0; i < w->threads.count; i++)
		if (w->threads.tids[i] == tid)
			return true;
	return false;
}

bool watch_had_tid(const struct watch *w, pid_t tid)
{
	unsigned count = w->threads.count + (w->death.witnesses ? w->threads.ended : 0);

	for (unsigned i = 0; i < count; i++)
		if (w->threads.tids[i] == tid)
			return true;
	return false;
}

void watch_remove_tid(struct watch *w, pid_t tid)
{
	for (unsigned i = w->threads.count; i-- > 0;)
		if (w->threads.tids[i] == tid) {
			w->threads.tids[i] = w->threads.tids[--w->threads.count];
			w->threads.tids[w->threads.count] = tid;
			w->threads.ended++;
			return;
		}
}

void watch_single_tid(struct watch *w)
{
	w->threads.count = w->threads.ended = 0;
	w->threads.multithreaded = false;
	w->threads.unsure = false;
}

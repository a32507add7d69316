#include "agent/process/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


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
	if (f->has & FACT_EUID) {
		p->euid = f->euid;
		p->has_euid = true;
	}
	if (f->has & FACT_EGID) {
		p->egid = f->egid;
		p->has_egid = true;
	}
}

void process_end(struct process_table *t, struct process *p, uint64_t at, unsigned source, bool exact)
{
	if (exact || !p->ended)
		p->ended_by |= (uint8_t)source;
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

void process_watch(struct process_table *t, struct process *p, struct watch *w)
{
	TAILQ_REMOVE(list_of(t, p), p, order);
	if (p->ended)
		t->ghosts_count--;
	p->watch = w;
	TAILQ_INSERT_TAIL(&t->watches, p, order);
	t->watched++;
}

void process_unwatch(struct process_table *t, struct process *p)
{
	TAILQ_REMOVE(&t->watches, p, order);
	t->watched--;
	p->watch = NULL;
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

void process_ids(const struct process *p, struct facts *f)
{
	if (p->has_uid) {
		f->uid = p->uid;
		f->has |= FACT_UID;
	}
	if (p->has_gid) {
		f->gid = p->gid;
		f->has |= FACT_GID;
	}
	if (p->has_euid) {
		f->euid = p->euid;
		f->has |= FACT_EUID;
	}
	if (p->has_egid) {
		f->egid = p->egid;
		f->has |= FACT_EGID;
	}
}

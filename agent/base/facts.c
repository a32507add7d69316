#include "agent/base/facts.h"

#include <stdlib.h>
#include <string.h>

static bool same_exe(const struct facts *a, const struct facts *b)
{
	return (a->has & b->has & FACT_EXE) && strcmp(a->exe, b->exe) == 0;
}

static bool same_args(const struct facts *a, const struct facts *b)
{
	return (a->has & b->has & FACT_ARGS) && a->args_len == b->args_len && memcmp(a->args, b->args, a->args_len) == 0;
}

bool facts_same_image(const struct facts *a, const struct facts *b)
{
	return same_exe(a, b) || ((a->has & b->has & FACT_COMM) && strcmp(a->comm, b->comm) == 0 && same_args(a, b));
}

bool facts_same_exec(const struct facts *a, const struct facts *b)
{
	return facts_same_image(a, b) && same_args(a, b);
}

bool facts_same_exe_and_args(const struct facts *a, const struct facts *b)
{
	return same_exe(a, b) && same_args(a, b);
}

void facts_fill(struct facts *to, const struct facts *from)
{
	struct facts merged = *from;
	unsigned lacks = from->has & ~to->has;

	if (to->has & FACT_PID) merged.pid = to->pid;
	if (to->has & FACT_PPID) merged.ppid = to->ppid;
	if (to->has & FACT_UID) merged.uid = to->uid;
	if (to->has & FACT_EUID) merged.euid = to->euid;
	if (to->has & FACT_GID) merged.gid = to->gid;
	if (to->has & FACT_EGID) merged.egid = to->egid;
	if (to->has & FACT_PGID) merged.pgid = to->pgid;
	if (to->has & FACT_SID) merged.sid = to->sid;
	if (to->has & FACT_BITS) merged.bits = to->bits;
	if (to->has & FACT_THREADS) merged.threads = to->threads;
	if (to->has & FACT_FOREIGN) merged.foreign = to->foreign;
	if (to->has & FACT_AUID) merged.auid = to->auid;
	if (to->has & FACT_SES) merged.ses = to->ses;
	if (to->has & FACT_TTY) merged.tty = to->tty;
	if (to->has & FACT_COMM) merged.comm = to->comm;
	if (to->has & FACT_EXE) merged.exe = to->exe;
	if (to->has & FACT_CGROUP) merged.cgroup = to->cgroup;
	if (to->has & FACT_STARTED) merged.started = to->started;
	if (to->has & FACT_ARGS) {
		merged.args = to->args;
		merged.args_len = to->args_len;
	}
	if (to->has & FACT_ANCESTRY) {
		merged.ancestry = to->ancestry;
		merged.ancestry_len = to->ancestry_len;
	}
	merged.has = to->has | lacks;
	*to = merged;
}

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

static size_t bytes_size(const struct facts *f, unsigned bit, size_t len)
{
	return (f->has & bit) ? len : 0;
}

size_t details_size(const struct facts *f)
{
	return sizeof(struct details) + string_size(f, FACT_TTY, f->tty) + string_size(f, FACT_COMM, f->comm) +
	       string_size(f, FACT_EXE, f->exe) + string_size(f, FACT_CGROUP, f->cgroup) +
	       bytes_size(f, FACT_ARGS, f->args_len) + bytes_size(f, FACT_ANCESTRY, f->ancestry_len);
}

struct details *details_new(const struct facts *f)
{
	struct details *d = malloc(details_size(f));

	if (!d)
		return NULL;
	d->refs = 1;
	d->facts = *f;
	char *to = (char *)(d + 1);
	put(&to, &d->facts.tty, f->tty, string_size(f, FACT_TTY, f->tty));
	put(&to, &d->facts.comm, f->comm, string_size(f, FACT_COMM, f->comm));
	put(&to, &d->facts.exe, f->exe, string_size(f, FACT_EXE, f->exe));
	put(&to, &d->facts.cgroup, f->cgroup, string_size(f, FACT_CGROUP, f->cgroup));
	d->facts.args_len = put(&to, &d->facts.args, f->args, bytes_size(f, FACT_ARGS, f->args_len));
	d->facts.ancestry_len = put(&to, &d->facts.ancestry, f->ancestry, bytes_size(f, FACT_ANCESTRY, f->ancestry_len));
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

#include "agent/warden/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/pidfd.h"

static struct kept_process *find(const struct kept *k, pid_t pid, uint64_t born)
{
	for (unsigned i = 0; i < k->count; i++)
		if (k->of[i].pid == pid && k->of[i].born == born)
			return &k->of[i];
	return NULL;
}

static void close_pidfd(struct kept_process *p)
{
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
}

/* One that is there, or a new one; NULL if there is no room. */
static struct kept_process *take(struct kept *k, pid_t pid, uint64_t born, unsigned most)
{
	struct kept_process *p = find(k, pid, born);

	if (p)
		return p;
	if (k->count >= most)
		return NULL;
	if (k->count == k->size) {
		unsigned size = k->size ? 2 * k->size : 32;
		struct kept_process *grown = realloc(k->of, size * sizeof(*grown));

		if (!grown)
			return NULL;
		k->of = grown;
		k->size = size;
	}
	p = &k->of[k->count++];
	*p = (struct kept_process){.born = born, .pid = pid, .pidfd = -1};
	return p;
}

void kept_add(struct kept *k, pid_t pid, uint64_t born, int pidfd, unsigned most)
{
	struct kept_process *p = take(k, pid, born, most);

	if (!p) {
		if (pidfd >= 0)
			close(pidfd);
		return;
	}
	close_pidfd(p);
	p->pidfd = pidfd;
}

void kept_told(struct kept *k, pid_t pid, uint64_t born, unsigned most)
{
	struct kept_process *p = take(k, pid, born, most);

	if (!p)
		return;
	p->told = true;
	close_pidfd(p);
}

void kept_written(struct kept *k)
{
	unsigned left = 0;

	for (unsigned i = 0; i < k->count; i++)
		if (!k->of[i].told)
			k->of[left++] = k->of[i];
	k->count = left;
}

int kept_status(const struct kept *k, pid_t pid, uint64_t born, int *status)
{
	const struct kept_process *p = find(k, pid, born);
	struct pidfd_set set = {.fd = -1};

	if (p && p->told)
		return -EALREADY;
	return p && p->pidfd >= 0 && pidfd_status(&set, p->pidfd, status) == 0 ? 0 : -ENODATA;
}

void kept_fini(struct kept *k)
{
	for (unsigned i = 0; i < k->count; i++)
		close_pidfd(&k->of[i]);
	free(k->of);
	*k = (struct kept){0};
}

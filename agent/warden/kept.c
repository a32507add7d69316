#include "agent/warden/kept.h"

#include <errno.h>
#include <stdbool.h>
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

static bool make_room(struct kept *k, unsigned most)
{
	if (k->count >= most)
		return false;
	if (k->count < k->size)
		return true;
	unsigned size = k->size ? 2 * k->size : 32;
	struct kept_process *grown = realloc(k->of, size * sizeof(*grown));

	if (!grown)
		return false;
	k->of = grown;
	k->size = size;
	return true;
}

void kept_add(struct kept *k, pid_t pid, uint64_t born, int pidfd, unsigned most)
{
	struct kept_process *p = find(k, pid, born);

	if (pidfd < 0)
		return;
	if (p) {
		close(p->pidfd);
		p->pidfd = pidfd;
	} else if (make_room(k, most)) {
		k->of[k->count++] = (struct kept_process){born, pid, pidfd};
	} else {
		close(pidfd);
	}
}

void kept_forget(struct kept *k, pid_t pid, uint64_t born)
{
	struct kept_process *p = find(k, pid, born);

	if (pid == 0)
		kept_fini(k);
	if (!p || pid == 0)
		return;
	close(p->pidfd);
	*p = k->of[--k->count];
}

int kept_status(const struct kept *k, pid_t pid, uint64_t born, int *status)
{
	const struct kept_process *p = find(k, pid, born);
	struct pidfd_set set = {.fd = -1};

	return p && pidfd_status(&set, p->pidfd, status) == 0 ? 0 : -ENODATA;
}

void kept_fini(struct kept *k)
{
	for (unsigned i = 0; i < k->count; i++)
		close(k->of[i].pidfd);
	free(k->of);
	*k = (struct kept){0};
}

#include "agent/life/recent_args.h"

#include <string.h>

void recent_args_put(struct recent_args *r, pid_t pid, uint64_t born, const char *args, size_t len)
{
	unsigned at = r->next++ % RECENT_ARGS_SLOTS;

	r->slots[at].pid = pid;
	r->slots[at].born = born;
	r->slots[at].len = len <= RECENT_ARGS_SIZE ? len : 0;
	memcpy(r->slots[at].args, args, r->slots[at].len);
}

const char *recent_args_get(const struct recent_args *r, pid_t pid, uint64_t born, size_t *len)
{
	for (unsigned back = 1; back <= RECENT_ARGS_SLOTS; back++) {
		unsigned at = (r->next - back) % RECENT_ARGS_SLOTS;

		if (r->slots[at].pid == pid && r->slots[at].born == born && pid) {
			*len = r->slots[at].len;
			return r->slots[at].len ? r->slots[at].args : NULL;
		}
	}
	return NULL;
}

#include "agent/scan/seen_pids.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/event.h"

static bool grow(struct seen_pids *l, size_t need)
{
	size_t size = l->before_size > need ? l->before_size : need * 2 + 512;
	uint8_t *bits = calloc(1, size); /* untouched pages cost nothing */

	if (!bits)
		return false;
	if (l->now_size)
		memcpy(bits, l->now, l->now_size);
	free(l->now);
	l->now = bits;
	l->now_size = size;
	return true;
}

void seen_pids_mark(struct seen_pids *l, pid_t pid)
{
	size_t at = (size_t)pid / 8;

	if (pid <= 0 || pid > PID_LIMIT || (at >= l->now_size && !grow(l, at + 1)))
		return;
	l->now[at] |= (uint8_t)(1u << (pid % 8));
}

bool seen_pids_before(const struct seen_pids *l, pid_t pid)
{
	size_t at = (size_t)pid / 8;

	return pid > 0 && at < l->before_size && (l->before[at] >> (pid % 8) & 1);
}

void seen_pids_end(struct seen_pids *l)
{
	free(l->before);
	l->before = l->now;
	l->before_size = l->now_size;
	l->now = NULL;
	l->now_size = 0;
}

void seen_pids_free(struct seen_pids *l)
{
	free(l->now);
	free(l->before);
	*l = (struct seen_pids){0};
}

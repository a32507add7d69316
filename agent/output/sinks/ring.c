#include "agent/output/sinks/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (1u << 20)
#define RECORD_BYTES 512         /* what a record takes, roughly */
#define LEAST_BYTES (131u << 10) /* one record of any size, for the journal as a line and as its keys */
#define PREFIX sizeof(uint32_t)

int ring_open(struct ring *r, unsigned most)
{
	size_t size = most < MAX_BYTES / RECORD_BYTES ? (size_t)most * RECORD_BYTES : MAX_BYTES;

	*r = (struct ring){.most = most, .size = size < LEAST_BYTES ? LEAST_BYTES : size};
	r->bytes = malloc(r->size);
	return r->bytes ? 0 : -ENOMEM;
}

void ring_close(struct ring *r)
{
	free(r->bytes);
	*r = (struct ring){0};
}

static void copy_in(struct ring *r, const void *from, size_t len)
{
	size_t at = (r->head + r->used) % r->size;
	size_t first = len < r->size - at ? len : r->size - at;

	memcpy(r->bytes + at, from, first);
	memcpy(r->bytes, (const char *)from + first, len - first);
	r->used += len;
}

bool ring_add(struct ring *r, const char *head, size_t head_len, const char *line, size_t len)
{
	uint32_t n = (uint32_t)(head_len + len);
	unsigned char b[PREFIX] = {n & 0xff, n >> 8 & 0xff, n >> 16 & 0xff, n >> 24};

	if (r->count >= r->most || PREFIX + n > r->size - r->used)
		return false;
	copy_in(r, b, sizeof(b));
	copy_in(r, head, head_len);
	copy_in(r, line, len);
	r->count++;
	return true;
}

uint32_t ring_len(const struct ring *r, size_t at)
{
	unsigned char b[PREFIX];

	for (size_t i = 0; i < PREFIX; i++)
		b[i] = (unsigned char)r->bytes[(r->head + at + i) % r->size];
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

size_t ring_next(const struct ring *r, size_t at)
{
	return at + PREFIX + ring_len(r, at);
}

int ring_pieces(const struct ring *r, size_t at, size_t from, size_t len, struct iovec pieces[2])
{
	size_t begin = (r->head + at + PREFIX + from) % r->size;
	size_t first = len < r->size - begin ? len : r->size - begin;

	pieces[0] = (struct iovec){.iov_base = r->bytes + begin, .iov_len = first};
	pieces[1] = (struct iovec){.iov_base = r->bytes, .iov_len = len - first};
	return first < len ? 2 : 1;
}

char ring_byte(const struct ring *r, size_t at, size_t from)
{
	return r->bytes[(r->head + at + PREFIX + from) % r->size];
}

void ring_pop(struct ring *r)
{
	size_t n = ring_next(r, 0);

	r->used -= n;
	r->head = r->used ? (r->head + n) % r->size : 0; /* empty: the same pages again */
	r->count--;
}

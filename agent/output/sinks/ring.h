/* ring.h - records that wait to be sent, in a bounded ring of bytes */
#ifndef EPITAPH_RING_H
#define EPITAPH_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Each record is its length and then its bytes.  A record is named by where it begins, in bytes behind the first one. */
struct ring {
	char    *bytes;
	size_t   size, head, used;
	unsigned count, most; /* records */
};

int  ring_open(struct ring *r, unsigned most); /* 0 or -ENOMEM */
void ring_close(struct ring *r);
/* False if there is no room for another. */
bool ring_add(struct ring *r, const char *head, size_t head_len, const char *line, size_t len);
uint32_t ring_len(const struct ring *r, size_t at);
size_t ring_next(const struct ring *r, size_t at); /* where the next record is; r->used behind the last */
/* `len` bytes of the record behind its first `from`, as one or two pieces; returns how many. */
int  ring_pieces(const struct ring *r, size_t at, size_t from, size_t len, struct iovec pieces[2]);
char ring_byte(const struct ring *r, size_t at, size_t from); /* of the record at `at` */
void ring_pop(struct ring *r); /* the first */

#endif

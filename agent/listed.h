/* listed.h - which pids the last listing of /proc had, one bit each: more than the table has room for */
#ifndef EPITAPH_LISTED_H
#define EPITAPH_LISTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A process that had to give way in the table is no new one when it is listed
 * again.  Grows with the highest pid: 4 KiB for 32768, at most 1 MiB, of which
 * only pages with a pid in them are ever touched.
 */
struct listed {
	uint8_t *now, *before;
	size_t   now_size, before_size;
	pid_t    turn; /* poll.c: the last one without an entry that was looked at */
};

void listed_mark(struct listed *l, pid_t pid); /* in the present listing; without memory it is not marked */
bool listed_before(const struct listed *l, pid_t pid);
void listed_end(struct listed *l); /* the present listing is the last one from now on */
void listed_free(struct listed *l);

#endif

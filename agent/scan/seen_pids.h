/* seen_pids.h - which pids the last listing of /proc had, one bit each: more than the table has room for */
#ifndef EPITAPH_SEEN_PIDS_H
#define EPITAPH_SEEN_PIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A process that had to give way in the table is no new one when it is listed
 * again.  Grows with the highest pid: 4 KiB for 32768, at most 1 MiB, of which
 * only pages with a pid in them are ever touched.
 */
struct seen_pids {
	uint8_t *now, *before;
	size_t   now_size, before_size;
	pid_t    turn; /* poll.c: the last one without an entry that was looked at */
};

void seen_pids_mark(struct seen_pids *l, pid_t pid); /* in the present listing; without memory it is not marked */
bool seen_pids_before(const struct seen_pids *l, pid_t pid);
void seen_pids_end(struct seen_pids *l); /* the present listing is the last one from now on */
void seen_pids_free(struct seen_pids *l);

#endif

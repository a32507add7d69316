/* tids.h - the thread ids of one process: asked for, added and removed in a time that does not grow with their number */
#ifndef EPITAPH_TIDS_H
#define EPITAPH_TIDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed at first.  Of threads that ended the ids stay known until their place is needed. */
struct tids {
	pid_t   *slots; /* a hash table: 0 = free, tid = alive, -tid = ended */
	unsigned size, alive, ended;
	uint64_t looks; /* slots looked at so far, for the test that counts them */
};

bool tids_add(struct tids *t, pid_t tid); /* idempotent; false if out of memory */
void tids_end(struct tids *t, pid_t tid);
/* Is it one of the threads that live? */
bool tids_has(struct tids *t, pid_t tid);
/* Is it, or was it, as far as that is still known? */
bool tids_had(struct tids *t, pid_t tid);
void tids_clear(struct tids *t); /* none lives, and none is known to have ended */

#endif

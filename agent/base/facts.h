/* facts.h - what is known of a process: compared, put together, kept */
#ifndef EPITAPH_FACTS_H
#define EPITAPH_FACTS_H

#include <stdbool.h>

#include "agent/base/event.h"

/* Do they tell of one program?  In a chroot two backends name the same file differently. */
bool facts_same_image(const struct facts *a, const struct facts *b);
/* One program with the same arguments. */
bool facts_same_exec(const struct facts *a, const struct facts *b);
/* One path with the same arguments: both were read by the same source. */
bool facts_same_exe_and_args(const struct facts *a, const struct facts *b);
/* Takes over what `to` lacks; the strings stay borrowed. */
void facts_fill(struct facts *to, const struct facts *from);

/*
 * Facts that are kept, of a process whose /proc tells them no longer.  One heap
 * block with its strings, shared by a process and the copies it forks.
 */
struct details {
	unsigned     refs;
	struct facts facts; /* strings point into this block; no pid, ppid */
};
/* How many bytes a copy of *f takes. */
size_t details_size(const struct facts *f);
/* Copies the strings of *f; NULL if out of memory. */
struct details *details_new(const struct facts *f);
/* Puts a copy of *f in the place of *at, or leaves it as it is; false if out of memory. */
bool details_put(struct details **at, const struct facts *f);
struct details *details_ref(struct details *d);
void            details_unref(struct details *d); /* accepts NULL */

#endif

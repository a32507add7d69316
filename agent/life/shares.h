/* shares.h - how much of the process table one target, and one user, may have watched */
#ifndef EPITAPH_SHARES_H
#define EPITAPH_SHARES_H

#include <stdbool.h>

#include "agent/life/life.h"

/*
 * At most a half of the table is one target's, if there are others, and one user's, root excepted.
 * Copies, which a process can fork by the thousand, have no more than three
 * quarters in all, and give way to a process that starts.
 */

/* Has p no place among the watched ones of that target? */
bool shares_are_full(const struct life *l, const struct process *p, unsigned target, bool copy);
/* The copy that gives way to p, since p is in want of its place; NULL if there is none. */
struct process *shares_gives_way(const struct life *l, const struct process *p, unsigned target);
/* p, which is to be watched, takes a place; the user whose share that is, is in *user.  False if out of memory. */
bool shares_take(struct life *l, const struct process *p, unsigned target, uid_t *user);
/* The watched p is another target's from now on. */
void shares_move(struct life *l, struct process *p, unsigned target);
void shares_give(struct life *l, unsigned target, uid_t user);
/* The targets are others than before, and so are the numbers that watched processes have of them. */
void shares_count_again(struct life *l);

#endif

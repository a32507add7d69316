/* holder.h - whose a pid was when an event happened */
#ifndef EPITAPH_HOLDER_H
#define EPITAPH_HOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/event.h"
#include "agent/process/process.h"

/*
 * A pid is given out again when its holder was reaped, so a pid says whose an
 * event is only together with its stamp, and a stamp says what it is worth:
 *
 * STAMP_EXACT   Forks, execs and ends are in one order, so at each moment the
 *               pid has one holder.  The event can be read after another
 *               witness noticed the holder's end, which then is no bound.
 * STAMP_NOTICED The holder of now is meant, as far as exact stamps tell.
 * STAMP_COARSE  It happened up to COARSE_CLOCK after the stamp: two holders
 *               may qualify, and then only a name can tell them apart.  Where
 *               a virtual processor was held up, the clock lags by far more:
 *               who is the only one that could be meant is taken all the same.
 *
 * An exec with a coarse stamp of which an exact witness has told before
 * belongs to the holder that has waited for it longest, since the source of
 * those records tells execs in their order.
 */

/* Whose event that is; NULL if it is nobody's that is known, or *several could be meant. */
struct process *holder_of(const struct process_table *t, const struct event *e, bool *several);

/* The holder at that exact time; NULL if none is known. */
struct process *holder_exact(const struct process_table *t, pid_t pid, uint64_t at);
/* May this holder of e's pid be meant by e's coarse stamp? */
bool holder_qualifies(const struct process *p, const struct event *e);

#endif

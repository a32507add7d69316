/* used.h - what a watched process has used in its life, all its threads together */
#ifndef EPITAPH_USED_H
#define EPITAPH_USED_H

#include <stdbool.h>

#include "agent/life/life.h"

/* It is told, and what was told up to the end of p has not been read yet. */
bool used_is_unread(const struct life *l, const struct process *p);
/* Into the record of p's end, if all of p's threads were heard of: then record->used is *sum, of the caller. */
void used_fill(const struct life *l, const struct process *p, struct event *record, struct used *sum);

#endif

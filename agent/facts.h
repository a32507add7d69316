/* facts.h - what is known of a process, compared and put together */
#ifndef EPITAPH_FACTS_H
#define EPITAPH_FACTS_H

#include <stdbool.h>

#include "agent/event.h"

/* Do they tell of one program?  In a chroot two backends name the same file differently. */
bool facts_same_image(const struct facts *a, const struct facts *b);
/* One program with the same arguments. */
bool facts_same_exec(const struct facts *a, const struct facts *b);
/* Takes over what `to` lacks; the strings stay borrowed. */
void facts_fill(struct facts *to, const struct facts *from);

#endif

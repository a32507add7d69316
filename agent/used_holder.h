/* used_holder.h - whose thread an event tells of that says what it had used */
#ifndef EPITAPH_USED_HOLDER_H
#define EPITAPH_USED_HOLDER_H

#include "agent/agent.h"

/* The process that waits for it; NULL if none does.  Who may be wanted later is then marked: what this thread used is missing. */
struct process *used_holder(struct agent *a, const struct event *e);

#endif

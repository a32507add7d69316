/* exec_holder.h - whose exec an event tells */
#ifndef EPITAPH_EXEC_HOLDER_H
#define EPITAPH_EXEC_HOLDER_H

#include "agent/agent.h"

/* The process that executed something, taken in if it was not known; NULL if it is nobody's that can still be told of. */
struct process *exec_holder(struct agent *a, const struct event *e);

#endif

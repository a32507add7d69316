/* alerts.h - of a target: that it starts too often, and that it has no process */
#ifndef EPITAPH_ALERTS_H
#define EPITAPH_ALERTS_H

#include "agent/life/life.h"

/* A process of the target executed its program: a flapping record if there were more within the time than `restarts` allows. */
void alerts_started(struct life *l, unsigned target, uint64_t at);
/* One has ended; e is its exit record. */
void alerts_ended(struct life *l, unsigned target, pid_t pid, const struct event *e);
/* It had started so often before this agent did: one that ran, and may have no process now. */
void alerts_ran(struct life *l, unsigned target, uint64_t starts);
/* It flaps no more, or is not looked at any more: a calm record if a flapping one was told. */
void alerts_calm(struct life *l, unsigned target);

#endif

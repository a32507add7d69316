/* alerts.h - of a target: that it starts too often, and that it has no process */
#ifndef EPITAPH_ALERTS_H
#define EPITAPH_ALERTS_H

#include "agent/life/life.h"

/* A process of the target executed its program: a flapping record if there were more within the time than `restarts` allows. */
void alerts_started(struct life *l, unsigned target, uint64_t at);
/* One has ended; e is its exit record. */
void alerts_ended(struct life *l, unsigned target, pid_t pid, const struct event *e);

#endif

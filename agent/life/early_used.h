/* early_used.h - what threads used that ended before it was known that a target wants their process */
#ifndef EPITAPH_EARLY_USED_H
#define EPITAPH_EARLY_USED_H

#include <stdbool.h>

#include "agent/base/event.h"

#define EARLY_USED 256 /* audit is some 100 ms behind under load */

struct early_used {
	struct early_one {
		pid_t    pid; /* with born the process; 0: free */
		uint64_t born;
		pid_t    tid;
		struct used used;
		int      wait_status;
		bool     has_status;
	} slots[EARLY_USED];
	unsigned next, count; /* count: slots that are not free */
};

/* Keeps what a thread of that process used, in place of the oldest. */
void early_used_put(struct early_used *q, pid_t pid, uint64_t born, const struct event *e);
/* The oldest one of that process, and it is kept no longer: e->used is valid until the next put.  False if there is none. */
bool early_used_take(struct early_used *q, pid_t pid, uint64_t born, struct event *e);
/* Is the last thread of that process among them? */
bool early_used_has_last(const struct early_used *q, pid_t pid, uint64_t born);

#endif

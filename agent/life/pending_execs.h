/* pending_execs.h - execs of which audit will tell more than /proc could, in the order they came */
#ifndef EPITAPH_PENDING_EXECS_H
#define EPITAPH_PENDING_EXECS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/clock.h"

#define PENDING_EXECS_MAX 1024
#define PENDING_EXEC_WAIT NSEC_PER_SEC /* then /proc is asked */

struct pending_exec {
	pid_t    pid;
	uint64_t born, at, due; /* ns CLOCK_BOOTTIME; at = 0: answered */
	unsigned sources;       /* enum source: who told of it */
};

struct pending_execs {
	struct pending_exec slots[PENDING_EXECS_MAX];
	unsigned first, count;
};

/* False if it is full. */
bool pending_execs_add(struct pending_execs *q, const struct pending_exec *one);
/* Takes the answered ones off the front; the first that is not, or NULL. */
const struct pending_exec *pending_execs_first(struct pending_execs *q);
/* When the earliest exec of that process without an answer was, 0 if none waits. */
uint64_t pending_execs_earliest(struct pending_execs *q, pid_t pid, uint64_t born);
/* The earliest exec of that process has its answer; *one is what waited.  False if none did. */
bool pending_execs_answer(struct pending_execs *q, pid_t pid, uint64_t born, struct pending_exec *one);

#endif

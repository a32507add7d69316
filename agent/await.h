/* await.h - execs of which audit will tell more than /proc could, in the order they came */
#ifndef EPITAPH_AWAIT_H
#define EPITAPH_AWAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/clock.h"

#define AWAIT_MAX 1024
#define AWAIT_AT_MOST NSEC_PER_SEC /* then /proc is asked */

struct awaited {
	pid_t    pid;
	uint64_t born, at, due; /* ns CLOCK_BOOTTIME; at = 0: answered */
};

struct await_queue {
	struct awaited slots[AWAIT_MAX];
	unsigned first, count;
};

/* False if it is full. */
bool await_add(struct await_queue *q, const struct awaited *one);
/* Takes the answered ones off the front; the first that is not, or NULL. */
const struct awaited *await_first(struct await_queue *q);
/* When the earliest exec of that process without an answer was, 0 if none waits. */
uint64_t await_next(struct await_queue *q, pid_t pid, uint64_t born);
/* That exec has its answer; returns when it was, 0 if none waits. */
uint64_t await_answer(struct await_queue *q, pid_t pid, uint64_t born);

#endif

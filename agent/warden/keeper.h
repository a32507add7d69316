/* keeper.h - what the processes of the agent share, and how the keeper starts the warden */
#ifndef EPITAPH_KEEPER_H
#define EPITAPH_KEEPER_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/warden/warden.h"
#if HAVE_AUDIT
#include "backends/audit_control.h"
#endif

#define GAP_SIZE 256

/* In memory that survives the warden, and that the engine has not. */
struct shared {
#if HAVE_AUDIT
	struct audit_left audit; /* written by the warden, for the keeper */
#endif
	pid_t engine; /* the last that was started; 0 = none */
};
/* size bytes, zeroed, shared with the processes that are forked later; NULL, said. */
void *share(size_t size);

/* The life of the warden: the exit status of the agent.  signals: those that are blocked, and wait to be read. */
int warden_live(struct config *c, warden_engine engine, const char *gap, struct shared *shared, const sigset_t *signals);

/* "was killed by signal 9 (Killed)", of a wait status. */
void say_end(int wait_status, char *to, size_t size);

/* A process that is started again, but not in a hot circle. */
struct restarts {
	uint64_t started; /* ns CLOCK_BOOTTIME */
	uint64_t backoff; /* ns that the last one waited */
};
void restarts_note(struct restarts *r); /* it starts now */
/* It was killed, or crashed, just now, with that wait status: when the next one may start, ns CLOCK_BOOTTIME. */
uint64_t restarts_next(struct restarts *r, int wait_status);

#endif

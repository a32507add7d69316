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

/* In memory that survives each of the processes. */
struct shared {
#if HAVE_AUDIT
	struct audit_left audit; /* written by the warden */
#endif
	int32_t refused_call;    /* the system call for which the filter ended the engine, plus one; written by the engine */
};

/* The life of the warden: the exit status of the agent.  signals: those that are blocked, and wait to be read. */
int warden_live(struct config *c, warden_engine engine, const char *gap, struct shared *shared, const sigset_t *signals);

/* "was killed by signal 9 (Killed)", of a wait status. */
void say_end(int wait_status, char *to, size_t size);

#endif

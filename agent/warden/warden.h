/*
 * warden.h - the processes of the agent, and what each may do
 *
 *   keeper   the first one, which whoever started the agent knows.  Starts the
 *            warden; puts audit back and starts another, should it be killed.
 *   warden   has the rights: opens what the engine asks for (agent/base/rights.h),
 *            and reads nothing that a stranger has written.  Starts the engine,
 *            and starts another, should it be killed.
 *   engine   the agent itself: reads and decides.  Its user is `[agent] user`, and a
 *            filter of system calls leaves it no way to write, to execute or to connect.
 *
 * When the keeper ends, the warden stops the engine and ends; when the warden ends, the engine does.
 */
#ifndef EPITAPH_WARDEN_H
#define EPITAPH_WARDEN_H

#include <stddef.h>

#include "config/config.h"

/* The agent's exit status.  gap: why there was another engine before this one, for a person; NULL: there was none. */
typedef int (*warden_engine)(struct config *c, const char *gap);

/* Runs the engine in processes of its own until SIGTERM or SIGINT, or until it ends by itself: its exit status.  Takes config over. */
int warden_run(struct config *c, warden_engine engine);

/* What this engine may do, for a person: "runs as user 65533, with ..."; NULL where there are no such processes. */
const char *warden_privileges(void);
/* What an engine of that configuration would be able to do here, and what this kernel lacks for it. */
void warden_say_plan(const struct config *c, char *buf, size_t size);

#endif

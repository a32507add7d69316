/* loop.h - the event loop: backends, deadlines, outputs and signals */
#ifndef EPITAPH_LOOP_H
#define EPITAPH_LOOP_H

#include "agent/agent.h"

/*
 * Opens the backends, takes in what is running, and runs until SIGTERM or
 * SIGINT.  0 when it was told to stop, -errno when it cannot go on (already
 * logged).
 */
int loop_run(struct agent *a);

#endif

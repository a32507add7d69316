/* status.h - the figures of the running agent, in the text format of Prometheus */
#ifndef EPITAPH_STATUS_H
#define EPITAPH_STATUS_H

#include <stdio.h>

#include "agent/agent.h"

/*
 * Each figure is a line `epitaph_NAME{label="value",...} NUMBER`, each name has
 * its # HELP and # TYPE line before it (Prometheus, "Text-based format"), base
 * units, no pids as labels.  `epitaph status` reads the same text.
 */
void status_write(const struct agent *a, FILE *to);

#endif

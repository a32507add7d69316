/* reconfigure.h - the running agent takes a new configuration over: no record, count or watch is lost on the way */
#ifndef EPITAPH_RECONFIGURE_H
#define EPITAPH_RECONFIGURE_H

#include "agent/agent.h"

/*
 * Takes a checked configuration over; the old one is freed.  max_processes,
 * state_dir and transport stay what they were at the start: 1 if c has others.
 * 0, or -errno with the old one still in place, c not freed and *failed the
 * output at fault.
 */
int reconfigure(struct agent *a, struct config *c, const struct output_config **failed);

#endif

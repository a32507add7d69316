/* program.h - an output's program, which reads the records on its standard input */
#ifndef EPITAPH_PROGRAM_H
#define EPITAPH_PROGRAM_H

#include "agent/files/open.h"

/*
 * Starts `sh -c COMMAND` as the user, with no other descriptor of this process;
 * what it says on standard output is thrown away, its standard error is the agent's.  A descriptor to write to, not
 * blocking, or -errno, and why says more.  The child is this process's to reap.
 */
int program_start(const struct config *c, const struct output_config *o, char why[FILES_WHY]);

#endif

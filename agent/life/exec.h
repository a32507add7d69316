/* exec.h - execs that were left to a record with their facts */
#ifndef EPITAPH_EXEC_H
#define EPITAPH_EXEC_H

#include "agent/life/life.h"

/* Takes /proc's word on the next exec that waited for its record until then; the process to be settled, NULL if there is none. */
struct process *exec_run_due(struct life *l, uint64_t until);

#endif

/* exit_record.h - the one record of an end */
#ifndef EPITAPH_EXIT_RECORD_H
#define EPITAPH_EXIT_RECORD_H

#include "agent/life/life.h"
#include "agent/verdict/evidence.h"

/* Audit has delivered the call by which it ended, or a record newer than its end. */
bool exit_audit_caught_up(const struct life *l, const struct death *d);
/* Audit has not, and its last record was older than it should be when it came. */
bool exit_audit_lagging(const struct life *l, const struct death *d);
/* Each signal that can have to do with the end of p is known, exactly. */
bool exit_every_signal_told(const struct life *l, const struct process *p);
/* A second sender whose record is a little late is waited for so long, ns. */
uint64_t exit_straggler(const struct life *l);
/* Writes the exit record and ends the watch. */
void exit_record(struct life *l, struct process *p);

#endif

/* exec_record.h - the record of an exec: begun by its first witness, completed by the others, written once */
#ifndef EPITAPH_EXEC_RECORD_H
#define EPITAPH_EXEC_RECORD_H

#include "agent/life/life.h"
#include "agent/process/subject.h"

/* There will be a record of what p executes, with its facts. */
bool exec_facts_will_come(const struct life *l, const struct process *p);
/* p is a process of the target from this exec on. */
void exec_begin(struct life *l, struct process *p, const struct event *e, struct subject *s, unsigned target);
/* True if the event only confirms an exec that is known. */
bool exec_joins(struct life *l, struct process *p, const struct event *e, struct subject *s);
/* True if e is an exact witness, without facts, of an exec whose facts are known: all that it adds is the time. */
bool exec_confirms(struct life *l, struct process *p, const struct event *e);
/* The program before is told as it was, though one witness is still to come. */
void exec_tell_before(struct life *l, struct process *p);
/* Writes the record if it still waits. */
void exec_flush(struct life *l, struct process *p);

#endif

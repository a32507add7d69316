/* requester.h - who asked the supervisor that ended a process */
#ifndef EPITAPH_REQUESTER_H
#define EPITAPH_REQUESTER_H

#include "agent/life/life.h"

struct seen_signal;
struct subject;

/* p executed something: if it is such a command, it is kept.  s: what is known of it; its args are read if they are not known yet. */
void requester_note(struct life *l, const struct process *p, const struct event *e, struct subject *s);
/* The same of the path that p executed, before anybody has told more. */
void requester_note_path(struct life *l, const struct process *p, const struct event *e);
/*
 * Into record->requester the command that asked s's sender, a supervisor, to
 * send the signal s to the watched p: the only one lately that asked for that.
 */
void requester_name(const struct life *l, const struct process *p, const struct seen_signal *s, struct event *record);

#endif

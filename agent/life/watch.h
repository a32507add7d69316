/* watch.h - a process begins and ends being watched, and is held by a pidfd meanwhile */
#ifndef EPITAPH_WATCH_H
#define EPITAPH_WATCH_H

#include "agent/life/life.h"
#include "agent/life/watched.h"
#include "agent/process/subject.h"

/* p is in that stage now; only here is it changed. */
void watch_enter(struct process *p, enum stage stage);
/* p is watched from now on, for that target; takes details over.  p->watch stays NULL if out of memory. */
void watch_begin(struct life *l, struct process *p, unsigned target, struct details *details);
/* p is found to be a copy of the watched one, which has executed nothing since. */
void watch_begin_copy(struct life *l, struct process *p, const struct watch *of);
/* Holds p by a pidfd from now on. */
void watch_hold(struct life *l, struct process *p);
/* A copy of a watched process is watched too, until it executes something else. */
void watch_copy(struct life *l, const struct event *fork, struct process *p, const struct process *parent);
/* Watches, and settles, what p forked since it executed the program that it is known to be, while that was not known. */
void watch_copies(struct life *l, struct process *p, uint64_t since);
/* Threads of p as /proc has them now. */
void watch_read_tids(struct life *l, struct process *p);
/* Comm and arguments of a watched process that was read in the midst of its exec, as s shows them now. */
void watch_complete(struct process *p, struct subject *s);
/* The same, looked at now. */
void watch_read_rest(struct life *l, struct process *p);
/* Facts of a watched process for a record. */
void watch_facts(const struct process *p, struct facts *f);
/* The end of the watch, without a record. */
void watch_end(struct life *l, struct process *p);

#endif

/* replay.h - a recorded audit log through the same path as live records */
#ifndef EPITAPH_REPLAY_H
#define EPITAPH_REPLAY_H

#include "agent/agent.h"
#include "backends/audit_record.h"

#define REPLAY_LINE_MAX 16384 /* a record has at most 8970 bytes, and auditd adds to it */

struct replay {
	struct agent *agent;
	struct audit_assembler assembler;
	struct sight sight;   /* nothing is known of whom a log leaves out */
	uint64_t records;     /* of any type */
	uint64_t foreign;     /* lines that are no audit record */
	uint64_t interpreted; /* of them, by `ausearch -i` */
	uint64_t too_long;
	uint64_t other_hosts; /* records of other nodes than the first */
	uint64_t serial;      /* the highest of this boot */
	bool     has_node;
	char     node[256];
	size_t   len;
	bool     skip;        /* the line is too long: to its end it is passed over */
	char     line[REPLAY_LINE_MAX];
};

/* The agent's clock becomes the log's: times are CLOCK_REALTIME and to_wall is 0. */
void replay_init(struct replay *r, struct agent *a);
/* The next bytes of the log, cut anywhere. */
void replay_bytes(struct replay *r, const char *bytes, size_t len);
/* The end of the log: what waits is told. */
void replay_end(struct replay *r);

/*
 * replayed.c: which processes a log tells of.  It has no forks, and no end of
 * a process that a signal without core ended, so a pid may change hands unseen.
 */
void replayed_event(void *agent, const struct event *e); /* the emit callback: agent_event, and what a log needs besides */
void replayed_forget_all(struct agent *a); /* the machine was started again */

#endif

/* slot.h - one backend in the running agent: open, dead, tried again */
#ifndef EPITAPH_SLOT_H
#define EPITAPH_SLOT_H

#include "agent/agent.h"
#include "backends/backend.h"

#define SLOTS_MAX 8

struct slot {
	struct backend backend;
	struct agent  *agent;
	bool         (*received)(void *slot); /* see struct backend */
	void          *loop; /* for received, and emit */
	event_emit     emit; /* its ctx is the slot; NULL: agent_event */
	bool     used;       /* the configuration names it */
	bool     open;
	uint64_t backoff;    /* ns that the last try waited; 0 = never failed, or long ago */
	uint64_t opened_at;  /* ns CLOCK_BOOTTIME */
	uint64_t retry_at;   /* ns CLOCK_BOOTTIME; 0 = nothing to try */
};

/* Fills in the slots for every backend that is built in; returns their number. */
int  slots_init(struct slot *slots, struct agent *a, bool (*received)(void *slot), void *loop);
void slots_fini(struct slot *slots, int count);
/* 0 or -errno with backend.note filled in. */
int  slot_open(struct slot *s);
/* Closes it and plans the next try. */
void slot_fail(struct slot *s);
void slot_close(struct slot *s);
/* After a slot was opened or closed: the agent's coverage is put together anew. */
void slots_summarise(const struct slot *slots, int count, struct agent *a);

#endif

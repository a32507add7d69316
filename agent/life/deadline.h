/* deadline.h - which watched process has something due first (a binary heap) */
#ifndef EPITAPH_DEADLINE_H
#define EPITAPH_DEADLINE_H

#include <stdint.h>

struct process;

struct deadlines {
	struct process **heap; /* each has a watch; its due is the key */
	uint32_t count, size;
};

int  deadlines_init(struct deadlines *d, uint32_t max); /* 0 or -ENOMEM */
void deadlines_fini(struct deadlines *d);
/* Sets when p is due; 0 takes it out. */
void deadlines_set(struct deadlines *d, struct process *p, uint64_t due);
/* The process due first, NULL if none. */
struct process *deadlines_first(const struct deadlines *d);

#endif

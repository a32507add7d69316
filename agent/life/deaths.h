/* deaths.h - of a target, how many of its processes ended how */
#ifndef EPITAPH_DEATHS_H
#define EPITAPH_DEATHS_H

#include <stdint.h>

#include "agent/base/event.h"

struct death_count {
	uint64_t count;
	uint8_t  cause; /* enum cause */
	uint8_t  signo; /* 0: by no signal */
};

/* Each cause and signal that there was, in the order of their first; of one that finds no memory nothing is counted. */
struct deaths {
	struct death_count *of;
	unsigned count;
	uint64_t last; /* when the last one ended, ns CLOCK_BOOTTIME; 0 = none did */
};

/* The exit record e. */
void deaths_add(struct deaths *d, const struct event *e);
void deaths_free(struct deaths *d);

#endif

/* losses.h - losses that follow each other: the first is told at once, the others summed up, once a second */
#ifndef EPITAPH_LOSSES_H
#define EPITAPH_LOSSES_H

#include <stdbool.h>
#include <stdint.h>

#define LOSSES_KEPT 16 /* more than there are reasons */
#define LOSS_REASON 256

struct loss {
	unsigned source;    /* enum source; 0 = the agent */
	char     reason[LOSS_REASON];
	uint64_t told_at;   /* ns CLOCK_BOOTTIME; 0 = a free place */
	/* since then, and not told */
	uint64_t times, count;
	uint64_t uncounted; /* those of `times` of which nobody knows the count */
};

struct losses {
	struct loss kept[LOSSES_KEPT];
};

/* True if one of that source for that reason was told less than a second ago: it is kept, to be told later.  Else it is to be told now. */
bool losses_keep(struct losses *l, unsigned source, uint64_t count, const char *reason, uint64_t now);
/* When there is one to tell, ns CLOCK_BOOTTIME; 0 = there is none. */
uint64_t losses_due(const struct losses *l);
/* Takes the sum of one that is due by then, `reason` with how often it came; false if none is. */
bool losses_take(struct losses *l, uint64_t until, uint64_t now, struct loss *sum);

#endif

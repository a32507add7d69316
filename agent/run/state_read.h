/* state_read.h - the text of the state file, taken apart; state.h has its lines */
#ifndef EPITAPH_STATE_READ_H
#define EPITAPH_STATE_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/base/boot_id.h"
#include "agent/base/event.h"

/* The file's first line: of which boot it is, and when it was written. */
struct state_header {
	char    boot[BOOT_ID_SIZE];
	int64_t wall; /* ns since 1970 */
};

/* Who is told of the lines; what is pointed to is borrowed. */
struct state_reader {
	void (*target)(void *ctx, const struct state_header *h, const char *name, uint64_t starts);
	/* f has pid and start, and of uid, comm and exe what the line has. */
	void (*process)(void *ctx, const struct state_header *h, const char *target, const struct facts *f);
	void  *ctx;
};

/*
 * Goes over the file from where it stands.  False if it is torn or none of
 * ours, which shows at its end: so it is gone over first with `to` NULL, which tells nothing.
 */
bool state_read(FILE *from, const struct state_reader *to);

#endif

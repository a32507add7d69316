/* state.h - what was watched, on disk, so that deaths while the agent was down are told */
#ifndef EPITAPH_STATE_H
#define EPITAPH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/files/files.h"

struct agent;

/*
 * The file state_dir/watched.  Lines of text:
 *
 *   epitaph 1 BOOT_ID WALL_NS         when it was written, ns since 1970
 *   target NAME STARTS
 *   process PID BORN_NS TARGET UID COMM EXE   strings in hex, - if not known
 *   end LINES                         without it the file is torn
 *   told PID BORN_NS                  appended when the end of one of these stands in the outputs
 *
 * BORN_NS is CLOCK_BOOTTIME.  Written by rename, at most once a second.
 */

struct state {
	uint64_t changes; /* of what is watched, in the file; the agent counts them */
	uint64_t written; /* ns CLOCK_BOOTTIME, 0 = not yet */
	int      error;   /* -errno of the last write, 0 if it worked */
	struct files_state file;
	int      fd;      /* of the file, open to append; 0 = none */
};

/*
 * Tells what ended while no agent was running, after the first scan.  A file
 * that is torn or none of ours is named in the log and left out of account.
 */
void state_restore(struct agent *a);
/* When state_write has something to do, ns CLOCK_BOOTTIME; 0 = nothing. */
uint64_t state_due(const struct state *s, const struct agent *a);
/* After the outputs were written: the ends that they tell must not be told by a successor again. */
void state_told(struct state *s, struct agent *a);
/* Closes what is open. */
void state_close(struct state *s);
/* Writes it if it is due, or in any case if now is true. */
void state_write(struct state *s, struct agent *a, bool now);

#endif

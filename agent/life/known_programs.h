/* known_programs.h - which program lately ran under a path that was executed: what /proc/PID/exe showed then */
#ifndef EPITAPH_KNOWN_PROGRAMS_H
#define EPITAPH_KNOWN_PROGRAMS_H

#include <stdint.h>

#include "agent/base/clock.h"

#define KNOWN_PROGRAMS 256
#define KNOWN_PATH 128                 /* longer paths are not kept */
#define KNOWN_FOR (10 * NSEC_PER_SEC)  /* then it is looked at again: a path can become another program's */

/* A path can be a link, or a script whose program is its interpreter, so it does not say which program runs. */
struct known_programs {
	struct {
		uint64_t until; /* ns CLOCK_BOOTTIME */
		char     path[KNOWN_PATH], exe[KNOWN_PATH];
	} slots[KNOWN_PROGRAMS];
};

void known_programs_put(struct known_programs *k, const char *path, const char *exe, uint64_t now);
/* The program, valid until the next put; NULL if it is not known. */
const char *known_programs_get(const struct known_programs *k, const char *path, uint64_t now);

#endif

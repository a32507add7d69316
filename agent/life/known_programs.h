/* known_programs.h - paths that were executed lately and were the programs themselves: /proc/PID/exe showed the same path */
#ifndef EPITAPH_KNOWN_PROGRAMS_H
#define EPITAPH_KNOWN_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/clock.h"

#define KNOWN_PROGRAMS 256
#define KNOWN_PATH 128                 /* longer paths are not kept */
#define KNOWN_FOR (10 * NSEC_PER_SEC)  /* then it is looked at again: a path can become another program's */

/* Other paths can be links, or scripts whose program is their interpreter: those do not say which program runs. */
struct known_programs {
	struct {
		uint64_t until; /* ns CLOCK_BOOTTIME */
		char     path[KNOWN_PATH];
	} slots[KNOWN_PROGRAMS];
};

void known_programs_put(struct known_programs *k, const char *path, uint64_t now);
bool known_programs_has(const struct known_programs *k, const char *path, uint64_t now);

#endif

/* recent_args.h - arguments of programs that started lately, for senders that are gone when their signal is told */
#ifndef EPITAPH_RECENT_ARGS_H
#define EPITAPH_RECENT_ARGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RECENT_ARGS_SLOTS 64
#define RECENT_ARGS_SIZE 512 /* longer ones are not kept */

struct recent_args {
	struct {
		pid_t    pid;
		uint64_t born;
		size_t   len;
		char     args[RECENT_ARGS_SIZE];
	} slots[RECENT_ARGS_SLOTS];
	unsigned next;
};

void recent_args_put(struct recent_args *r, pid_t pid, uint64_t born, const char *args, size_t len);
/* Arguments of the last exec of that process, NULL if not kept.  Valid until the next put. */
const char *recent_args_get(const struct recent_args *r, pid_t pid, uint64_t born, size_t *len);

#endif

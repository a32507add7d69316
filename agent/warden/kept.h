/*
 * kept.h - watched processes that a killed engine's successor is to know of
 *
 * The engine posts each process that it wrote into the state file, with its
 * pidfd, which tells the exit status of one that was reaped meanwhile (6.15);
 * and then, when its end stands in the outputs, that it was told: the state
 * file may name it for a second more.
 */
#ifndef EPITAPH_KEPT_H
#define EPITAPH_KEPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kept_process {
	uint64_t born;  /* ns CLOCK_BOOTTIME */
	pid_t    pid;
	int      pidfd; /* -1: none */
	bool     told;
};

struct kept {
	struct kept_process *of;
	unsigned count, size;
};

/* pidfd is closed here, also if there is no room: at most `most` are kept. */
void kept_add(struct kept *k, pid_t pid, uint64_t born, int pidfd, unsigned most);
void kept_told(struct kept *k, pid_t pid, uint64_t born, unsigned most);
/* The state file was written anew: those that were told are in it no more. */
void kept_written(struct kept *k);
/* The wait status of one that is gone: 0 and *status; -EALREADY if its end was told; -ENODATA if it is not known how it ended. */
int  kept_status(const struct kept *k, pid_t pid, uint64_t born, int *status);
void kept_fini(struct kept *k);

#endif

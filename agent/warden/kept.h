/*
 * kept.h - pidfds of watched processes, kept for the successor of a killed engine
 *
 * The engine posts each process that it wrote into the state file, and then
 * that its end was told.  A pidfd tells the exit status also of a process that
 * was reaped meanwhile (6.15).
 */
#ifndef EPITAPH_KEPT_H
#define EPITAPH_KEPT_H

#include <stdint.h>
#include <sys/types.h>

struct kept_process {
	uint64_t born;  /* ns CLOCK_BOOTTIME */
	pid_t    pid;
	int      pidfd;
};

struct kept {
	struct kept_process *of;
	unsigned count, size;
};

/* pidfd is taken over, and closed if there is no room: at most `most` are kept. */
void kept_add(struct kept *k, pid_t pid, uint64_t born, int pidfd, unsigned most);
void kept_forget(struct kept *k, pid_t pid, uint64_t born); /* pid 0: all */
/* The wait status of one that was reaped: 0 and *status; -ENODATA if it is not known. */
int  kept_status(const struct kept *k, pid_t pid, uint64_t born, int *status);
void kept_fini(struct kept *k);

#endif

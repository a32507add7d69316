/* pidfd.h - one descriptor that tells the end of every watched process, whatever netlink lost */
#ifndef EPITAPH_PIDFD_H
#define EPITAPH_PIDFD_H

#include <stdbool.h>
#include <sys/types.h>

struct pidfd_set {
	int      fd;    /* epoll over the pidfds; -1: the kernel has none (before 5.3) */
	unsigned count, max; /* max: a share of the descriptor limit */
	bool     no_info; /* PIDFD_GET_INFO does not work here */
};

void pidfd_set_init(struct pidfd_set *s);
void pidfd_set_fini(struct pidfd_set *s);
/*
 * Holds the process; data is given back by pidfd_set_next.  The pidfd, or
 * -errno: -ESRCH if it is gone (reaped), -EMFILE if the limit is reached,
 * -ENOSYS where there are none.  The caller must know that pid is still the
 * process it means, or check it afterwards.
 */
int  pidfd_set_add(struct pidfd_set *s, pid_t pid, void *data);
void pidfd_set_remove(struct pidfd_set *s, int pidfd);
/* Data of up to max processes that ended or were reaped since the last call.  Never blocks. */
int  pidfd_set_next(struct pidfd_set *s, void **data, int max);
/* Has the whole process ended (zombie or reaped)? */
bool pidfd_ended(int pidfd);
/* Wait status of a reaped process (PIDFD_INFO_EXIT, 6.15).  0, -EAGAIN before the reaping, else -errno. */
int  pidfd_status(struct pidfd_set *s, int pidfd, int *wait_status);

#endif

#include "backends/pidfd.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/procfs.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* the same on every architecture */
#endif

/* include/uapi/linux/pidfd.h, 6.15; the first 64 bytes are in every version that has it. */
struct pidfd_info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t  exit_code;
};
_Static_assert(sizeof(struct pidfd_info) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_INFO_EXIT (1u << 3)
#define PIDFD_GET_INFO _IOWR(0xFF, 11, struct pidfd_info)

void pidfd_set_init(struct pidfd_set *s)
{
	struct rlimit limit = {.rlim_cur = 1024};
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0), status;

	*s = (struct pidfd_set){.fd = -1};
	if (self < 0)
		return;
	pidfd_status(s, self, &status); /* sets no_info */
	close(self);
	if (!procfs_is_ours())
		return;
	/* The soft limit is mostly 1024, for the sake of select(). */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	/* outputs, sockets and files being read need some too */
	s->max = limit.rlim_cur > 64 ? (unsigned)(limit.rlim_cur > 1048576 ? 1048576 : limit.rlim_cur - 64) : 0;
	s->fd = epoll_create1(EPOLL_CLOEXEC);
#if FAULTS
	s->no_info |= getenv("EPITAPH_FAULT_NO_PIDFD_INFO") != NULL;
#endif
}

void pidfd_set_fini(struct pidfd_set *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

int pidfd_set_add(struct pidfd_set *s, pid_t pid, void *data)
{
	/* Edges: a zombie that nobody reaps would wake a level-triggered loop for ever. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = data};

	if (s->fd < 0)
		return -ENOSYS;
	if (s->count >= s->max)
		return -EMFILE;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
	if (fd < 0)
		return -errno;
	if (epoll_ctl(s->fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	s->count++;
	return fd;
}

void pidfd_set_remove(struct pidfd_set *s, int pidfd)
{
	if (pidfd < 0)
		return;
	epoll_ctl(s->fd, EPOLL_CTL_DEL, pidfd, NULL);
	close(pidfd);
	s->count--;
}

int pidfd_set_next(struct pidfd_set *s, void **data, int max)
{
	struct epoll_event events[64];
	int n = epoll_wait(s->fd, events, max < 64 ? max : 64, 0);

	for (int i = 0; i < n; i++)
		data[i] = events[i].data.ptr;
	return n > 0 ? n : 0;
}

bool pidfd_ended(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

int pidfd_status(struct pidfd_set *s, int pidfd, int *wait_status)
{
	struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};

	if (s->no_info)
		return -ENOTTY;
	if (ioctl(pidfd, PIDFD_GET_INFO, &info) < 0) {
		int error = errno;

		s->no_info = error == ENOTTY || error == EINVAL;
		return -error;
	}
	if (!(info.mask & PIDFD_INFO_EXIT))
		return -EAGAIN;
	*wait_status = info.exit_code;
	return 0;
}

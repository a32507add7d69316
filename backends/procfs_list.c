/* procfs_list.c - which processes there are, and which threads they have */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/procfs.h"

/* Calls back for each entry whose name is a number, until *enough, which may be NULL. */
static int each_number(int fd, void (*each)(void *ctx, pid_t id), void *ctx, const bool *enough)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir) {
		int error = fd >= 0 ? errno : -fd;

		if (fd >= 0)
			close(fd);
		return -error;
	}
	/* Half a list must not pass for a whole one: what is not in it counts as gone. */
	while (errno = 0, !(enough && *enough) && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			each(ctx, (pid_t)strtol(entry->d_name, NULL, 10));
	int error = errno;
	closedir(dir);
	return -error;
}

static int open_directory(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : -errno;
}

int procfs_each_tid(int dirfd, void (*each)(void *ctx, pid_t tid), void *ctx)
{
	return each_number(open_directory(dirfd, "task"), each, ctx, NULL);
}

struct live_thread {
	int process, thread; /* descriptors; thread -1: none found */
	struct procfs_stat *stat;
	bool found;
};

static void take_if_alive(void *ctx, pid_t tid)
{
	struct live_thread *live = ctx;
	char name[32];

	snprintf(name, sizeof(name), "task/%d", (int)tid);
	live->thread = openat(live->process, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (live->thread >= 0 && (procfs_read_stat(live->thread, live->stat) != 0 || live->stat->exiting)) {
		close(live->thread);
		live->thread = -1;
	}
	live->found = live->thread >= 0;
}

int procfs_open_thread(int dirfd, struct procfs_stat *stat)
{
	struct live_thread live = {.process = dirfd, .thread = -1, .stat = stat};
	int error = each_number(open_directory(dirfd, "task"), take_if_alive, &live, &live.found); /* there may be thousands */

	return live.thread >= 0 ? live.thread : error ? error : -ESRCH;
}

int procfs_each_pid(void (*each)(void *ctx, pid_t pid), void *ctx)
{
	return each_number(open_directory(AT_FDCWD, "/proc"), each, ctx, NULL);
}

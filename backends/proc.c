/* proc.c - polling /proc: says when it is worth reading, the agent's scan does the rest */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/capabilities.h"
#include "backends/namespaces.h"
#include "backends/procfs.h"
#include "config/config.h"

struct proc {
	int  loadavg;  /* kept open for pread, so it is not shown to the loop; -1: none */
	long last_pid; /* its last field: the newest pid or thread id */
	int  stat;     /* /proc/stat */
	uint64_t forks; /* its `processes`: forks since boot, threads among them; 0 = not read yet */
	unsigned settling; /* so many looks more at `forks` */
	bool foreign;      /* /proc is that of another pid namespace: the last pid is that of our own, and tells nothing */
};

/*
 * A fork has its pid some steps before /proc shows it, and counts as a fork
 * only then (copy_process() in kernel/fork.c).  Those steps can take long: the
 * forking task may be stopped, or not get a processor.
 */
#define SETTLES 5

/* The last pid that was given out, -1 if it cannot be read. */
static long last_pid(int fd)
{
	char buf[128];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	if (n <= 0)
		return -1;
	buf[n] = '\0';
	char *space = strrchr(buf, ' ');
	return space ? strtol(space + 1, NULL, 10) : -1;
}

/* Forks since boot; 0 if the kernel does not tell. */
static uint64_t forks_since_boot(int fd)
{
	char buf[16384];
	/* The line stands behind those of the CPUs and of every interrupt. */
	off_t offset = 0;
	ssize_t n;

	while (fd >= 0 && (n = pread(fd, buf, sizeof(buf) - 1, offset)) > 0) {
		buf[n] = '\0';
		char *at = strstr(buf, "\nprocesses ");
		if (at)
			return strtoull(at + 11, NULL, 10);
		if (n < 64)
			break;
		offset += n - 32; /* the line may lie across the border */
	}
	return 0;
}

static int open_loadavg(struct reason *why)
{
	int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		int error = errno;

		reason_set(why, "mount -t proc proc /proc", "/proc/loadavg: %s", strerror(error));
		return -error;
	}
	if (last_pid(fd) < 0) {
		reason_set(why, "mount -t proc proc /proc", "/proc/loadavg does not end in a pid");
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static bool may_read_exe_of_others(void)
{
	return namespace_is_initial("user") && capability_is_effective(CAP_SYS_PTRACE);
}

static bool is_hidden(void)
{
	return access("/proc/1/stat", R_OK) < 0;
}

/* Notes which facts of other processes /proc does not show to this agent. */
static void note_limits(struct reason *note)
{
	if (!procfs_is_ours())
		reason_set(note, "mount -t proc proc /proc", "/proc is that of another pid namespace: exit statuses are not known");
	else if (is_hidden())
		reason_set(note, "run epitaph as root, or in the group that the mount option gid= names",
		           "/proc shows only this user's processes (hidepid): others are not seen");
	else if (!may_read_exe_of_others())
		reason_set(note, "run epitaph as root in the initial user namespace, or with CAP_SYS_PTRACE",
		           "without CAP_SYS_PTRACE the exe of other users' processes cannot be read");
}

static int probe(const struct config *config, struct reason *why)
{
	(void)config;
	int fd = open_loadavg(why);

	if (fd < 0)
		return fd;
	close(fd);
	note_limits(why);
	return 0;
}

static int proc_open(struct backend *b)
{
	struct proc *s = b->state;

	s->loadavg = open_loadavg(&b->note);
	if (s->loadavg < 0)
		return s->loadavg;
	note_limits(&b->note);
	s->last_pid = -1;
	s->foreign = !procfs_is_ours();
	/* /proc/stat counts the forks of the whole machine, which says nothing where /proc does not show all processes. */
	s->stat = namespace_is_initial("pid") && !is_hidden() ? open("/proc/stat", O_RDONLY | O_CLOEXEC) : -1;
	b->interval = b->config->poll_interval;
	return 0;
}

static int proc_read(struct backend *b, int budget)
{
	struct proc *s = b->state;
	struct event e = {.kind = EVENT_LOOK, .sources = SOURCE_PROC, .at = b->clock->now};
	long last = last_pid(s->loadavg);

	(void)budget;
	if (last < 0) {
		reason_set(&b->note, "mount -t proc proc /proc", "/proc/loadavg can no longer be read");
		return -ENOENT;
	}
	if (last != s->last_pid || s->settling || s->foreign) {
		uint64_t forks = forks_since_boot(s->stat);
		bool more = last != s->last_pid || forks != s->forks || !forks;

		e.has = more ? HAS_COUNT : 0;
		e.count = s->forks && forks > s->forks ? forks - s->forks : 0;
		s->settling = last != s->last_pid || (more && forks) ? SETTLES : s->settling - (s->settling > 0);
		s->forks = forks;
		s->last_pid = last;
	}
	b->emit(b->ctx, &e);
	return 1;
}

static int proc_reload(struct backend *b)
{
	b->interval = b->config->poll_interval;
	return 0;
}

static void proc_close(struct backend *b)
{
	struct proc *s = b->state;

	if (s->loadavg > 0)
		close(s->loadavg);
	if (s->stat > 0)
		close(s->stat);
	s->loadavg = s->stat = -1;
}

const struct backend_ops backend_proc = {
	.name = "proc",
	.source = SOURCE_PROC,
	.sees = SEES_FORK | SEES_EXEC | SEES_EXIT,
	.state_size = sizeof(struct proc),
	.probe = probe,
	.open = proc_open,
	.read = proc_read,
	.reload = proc_reload,
	.close = proc_close,
};

/* audit_machine.c - what /proc says about auditing here */
#include "backends/audit_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backends/procfs.h"

static int read_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? 0 : -ENOENT;
}

bool machine_booted_with_audit(void)
{
	char line[4096], *p = line;

	if (read_file("/proc/cmdline", line, sizeof(line)))
		return false;
	while ((p = strstr(p, "audit="))) {
		if ((p == line || p[-1] == ' ') && (p[6] == '1' || !strncmp(p + 6, "on", 2)))
			return true;
		p += 6;
	}
	return false;
}

uint64_t machine_process_start(pid_t pid)
{
	struct procfs_stat stat;

	return procfs_read_stat_of(pid, &stat) == 0 ? stat.started : 0;
}

struct count {
	uint64_t before;
	unsigned programs;
};

static void count_program(void *ctx, pid_t pid)
{
	struct count *c = ctx;
	struct procfs_stat stat;

	c->programs += procfs_read_stat_of(pid, &stat) == 0 && !stat.kernel_thread && stat.state != 'Z' && stat.started < c->before;
}

unsigned machine_count_programs(uint64_t before)
{
	struct count c = { .before = before };

	if (before)
		procfs_each_pid(count_program, &c);
	return c.programs;
}

bool machine_is_alive(pid_t pid)
{
	return pid > 0 && (!kill(pid, 0) || errno == EPERM);
}

static const struct sockaddr_un lock_name = { .sun_family = AF_UNIX, .sun_path = "\0epitaph/audit" };
#define LOCK_LEN (offsetof(struct sockaddr_un, sun_path) + sizeof("\0epitaph/audit") - 1)

/* Anybody can take an abstract name: only root's agent counts. */
static bool lock_is_roots(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred holder = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(holder);
	bool roots = fd >= 0 && !connect(fd, (const struct sockaddr *)&lock_name, LOCK_LEN) &&
		!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &len) && holder.uid == 0;

	if (fd >= 0)
		close(fd);
	return roots;
}

int machine_take_lock(bool *taken)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*taken = false;
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&lock_name, LOCK_LEN))
		*taken = errno == EADDRINUSE && lock_is_roots();
	else if (fd >= 0)
		listen(fd, SOMAXCONN); /* so that others see whose it is; none of them is accepted */
	return fd;
}

bool machine_lock_is_free(void)
{
	bool taken;
	int fd = machine_take_lock(&taken);

	if (fd >= 0)
		close(fd);
	return !taken;
}

/* The kernel's end of the connector is in the initial network namespace only; an empty message does nothing there. */
static bool connector_refuses(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr empty = { .nlmsg_len = sizeof(empty) };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	bool refused = fd >= 0 && sendto(fd, &empty, sizeof(empty), MSG_DONTWAIT, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 &&
		errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return refused;
}

bool machine_is_initial_network(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own) || stat("/proc/1/ns/net", &first)) /* hardened against ptrace, or no /proc */
		return !connector_refuses();
	return own.st_ino == first.st_ino;
}

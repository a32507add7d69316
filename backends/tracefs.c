#include "backends/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A directory of that name that has tracepoints in it; -errno. */
static int open_mounted(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (faccessat(fd, "events", F_OK, 0) != 0) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

/* tracefs at no place in the tree: it is gone with the descriptor. */
static int open_unmounted(void)
{
#if defined(SYS_fsopen) && defined(SYS_fsconfig) && defined(SYS_fsmount)
	int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC), fd;

	if (context < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		fd = -errno;
	else
		fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	if (fd == -1)
		fd = -errno;
	close(context);
	return fd;
#else
	return -ENOSYS;
#endif
}

int tracefs_open(struct reason *why)
{
	int fd = open_mounted("/sys/kernel/tracing"), error = fd;

	if (fd >= 0)
		return fd;
	fd = open_unmounted();
	if (fd >= 0)
		return fd;
	if (fd != -ENOSYS)
		error = fd;
	fd = open_mounted("/sys/kernel/debug/tracing");
	if (fd >= 0)
		return fd;
	if (error == -EPERM || error == -EACCES)
		reason_set(why, "run epitaph as root, or with CAP_SYS_ADMIN to mount it", "tracefs cannot be read: %s", strerror(-error));
	else if (error == -ENODEV)
		reason_set(why, "", "this kernel is built without tracefs (CONFIG_TRACING)");
	else
		reason_set(why, "mount -t tracefs tracefs /sys/kernel/tracing", "tracefs is not mounted: %s", strerror(-error));
	return error;
}

int tracefs_read(int tracefs, const char *path, char *buf, size_t size)
{
	int fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC), error = 0;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len + 1 < size && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		error = -errno;
	else if (len + 1 == size)
		error = -E2BIG;
	buf[len] = '\0';
	close(fd);
	return error;
}

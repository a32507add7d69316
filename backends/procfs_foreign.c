/* procfs_foreign.c - is the path of an executable that of a file here, or of another mount namespace? */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/rights.h"
#include "backends/namespaces.h"
#include "backends/procfs.h"

bool procfs_cut_deleted(char *exe, size_t len)
{
	static const char deleted[] = " (deleted)";
	size_t cut = sizeof(deleted) - 1;

	if (len <= cut || strcmp(exe + len - cut, deleted) != 0)
		return false;
	exe[len - cut] = '\0';
	return true;
}

static bool read_link(int dirfd, const char *path, char *buf, size_t size)
{
	ssize_t n = readlinkat(dirfd, path, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Which file PID 1 has at that path: only who may read every directory on the way can tell.  0 or -errno. */
static int find_identity(const char *exe, struct file_identity *found)
{
	struct rights_request r = {.of = RIGHTS_SYSTEM, .what = SYSTEM_ASK_IDENTITY};
	struct rights_answer a;

	if (rights_are_here())
		return procfs_identity_here(exe, found);
	snprintf(r.path, sizeof(r.path), "%s", exe);
	rights_ask(&r, &a);
	return rights_data(&a, found, sizeof(*found));
}

int procfs_identity_here(const char *exe, struct file_identity *found)
{
	char path[sizeof("/proc/1/root") + PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/1/root%s", exe);
	if (stat(path, &st) != 0 && (errno != EACCES || stat(exe, &st) != 0))
		return -errno;
	*found = (struct file_identity){st.st_dev, st.st_ino};
	return 0;
}

/*
 * One of a mount namespace that root made, as systemd does for a service: is its file another than the one of that
 * path here?  False if it is not known: a directory of the path cannot be read.
 */
static bool is_other_file(int dirfd, const char *exe, bool deleted, bool *other)
{
	struct file_identity ours;
	struct stat its;

	if (fstatat(dirfd, "exe", &its, 0) != 0)
		return false;
	int error = find_identity(exe, &ours);
	*other = error || its.st_dev != ours.device || (its.st_ino != ours.inode && !deleted);
	return !error || error == -ENOENT || error == -ENOTDIR;
}

/* Of a path that /proc does not show of the process now: is it one below a root of its own? */
static bool has_own_root(int dirfd)
{
	char root[PATH_MAX];

	return read_link(dirfd, "root", root, sizeof(root)) && strcmp(root, "/") != 0;
}

bool procfs_tells_foreign(int dirfd, const char *exe, bool *foreign)
{
	bool mount_here, user_here;
	char now[PATH_MAX];

	if (namespace_is_here(dirfd, "mnt", &mount_here) || !read_link(dirfd, "exe", now, sizeof(now)))
		return false;
	bool deleted = procfs_cut_deleted(now, strlen(now)), same = strcmp(now, exe) == 0;

	/* /proc shows the path from our root, a record of audit from that of the process. */
	*foreign = false;
	if (mount_here && same)
		return true;
	if (namespace_is_here(dirfd, "user", &user_here))
		return false;
	*foreign = true;
	if (!user_here)
		return true;
	if (same)
		return is_other_file(dirfd, exe, deleted, foreign);
	return has_own_root(dirfd);
}

/* namespaces.c - compares with the fixed numbers of the initial namespaces, and with those of PID 1 */
#include "backends/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINK_SIZE 64 /* mnt:[4026531840] */

/* What /proc/WHOSE/ns/KIND says; 0 or -errno. */
static int read_link(int dirfd, const char *whose, const char *kind, char *buf)
{
	char path[64];

	snprintf(path, sizeof(path), "%sns/%s", whose, kind);
	ssize_t n = readlinkat(dirfd, path, buf, LINK_SIZE - 1);
	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	buf[n] = '\0';
	return 0;
}

bool namespace_is_initial(const char *kind)
{
	char own[LINK_SIZE], initial[LINK_SIZE];
	/* include/linux/proc_ns.h: PROC_USER_INIT_INO, PROC_PID_INIT_INO */
	unsigned number = strcmp(kind, "user") == 0 ? 0xEFFFFFFDu : 0xEFFFFFFCu;

	if (read_link(AT_FDCWD, "/proc/self/", kind, own))
		return true;
	snprintf(initial, sizeof(initial), "%s:[%u]", kind, number);
	return strcmp(own, initial) == 0;
}

/* That of PID 1, or our own where PID 1 does not let us look; it stays the same as long as the agent runs.  0 or -errno. */
static int ours(const char *kind, const char **link)
{
	static struct { char kind[8], link[LINK_SIZE]; } known[3]; /* of mnt, user and pid */
	int error = -ENOENT, i = 0;

	while (i < 2 && known[i].link[0] && strcmp(known[i].kind, kind) != 0)
		i++;
	*link = known[i].link;
	if (known[i].link[0] && strcmp(known[i].kind, kind) == 0)
		return 0;
	error = read_link(AT_FDCWD, "/proc/1/", kind, known[i].link);
	if (error)
		error = read_link(AT_FDCWD, "/proc/self/", kind, known[i].link);
	snprintf(known[i].kind, sizeof(known[i].kind), "%s", kind);
	return error;
}

int namespace_is_here(int dirfd, const char *kind, bool *here)
{
	char its[LINK_SIZE];
	const char *link;
	int error = read_link(dirfd, "", kind, its);

	if (!error)
		error = ours(kind, &link);
	if (!error)
		*here = strcmp(its, link) == 0;
	return error;
}

/*
 * path.h - the one way to open what the configuration names: outputs, state, pidfiles, agent.ini
 *
 * A path is walked by directory descriptors, and what was checked is what is
 * opened, whatever others rename meanwhile.  "Ours" is what belongs to root or
 * to the user that the agent runs as; a group is ours if it is root's or the
 * agent's own.  A link is followed only if it is ours and others cannot have
 * put it there.  A socket is bound, and a file renamed, in path.dir as well.
 */
#ifndef EPITAPH_PATH_H
#define EPITAPH_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who but us may choose what a name in a directory is; each is worse than the one before. */
enum path_open_to {
	OPEN_TO_NOBODY,
	OPEN_TO_OWNERS,    /* sticky, as /tmp: others add names, but a file of ours stays where it is */
	OPEN_TO_GROUP,     /* as /var/log of Ubuntu is to the group syslog */
	OPEN_TO_EVERYBODY,
	OPEN_TO_USER       /* the directory belongs to a user */
};

struct path {
	int    dir;              /* O_PATH, the directory of the last name; -1 = none is open */
	enum path_open_to most;  /* that a directory on the way may be */
	enum path_open_to open_to;
	bool   given;            /* a descriptor that the agent was started with, as /dev/stdin: its starter has chosen what it is */
	uid_t  user;             /* after path_open: whose the file is, 0 = ours */
	char   path[PATH_MAX];   /* where the walk ended: absolute, and without links */
	char   why[512];         /* after an error: what is wrong, where, and how to mend it */
};

/*
 * Walks to the last name of path, which need not be there.  0, and then
 * path_close is due; -EPERM if others may interfere, or -errno.  A relative path
 * begins at the working directory.
 */
int path_find(struct path *p, const char *path, enum path_open_to most);
/* The same for NAME in the directory, which is made (0700) if it is missing, and may be open to nobody. */
int path_find_in(struct path *p, const char *directory, const char *name);
/*
 * Opens the regular file that has the name: one of ours, or of p->user where
 * directories of users are taken.  What is read may not be writable by others.
 * What is written has one link, is made if flags has O_CREAT, and gets the
 * mode; where others may add names, an old file only loses what mode has not.
 * A descriptor or -errno: -EPERM as path_find, -EISDIR, -EOPNOTSUPP if it is no
 * regular file.  Never waits for the other end of a FIFO, and opens no device.
 * O_PATH (2.6.39) and /proc/self/fd, open(2).
 */
int path_open(struct path *p, int flags, mode_t mode);
void path_close(struct path *p);
/* path_find, path_open and path_close. */
int path_open_file(struct path *p, const char *path, enum path_open_to most, int flags, mode_t mode);
const char *path_name(const struct path *p); /* the last name, in p->dir */

/* Why path_open would refuse to write to it now, for a person; false if it would not. */
bool path_refused(const char *path, enum path_open_to most, char *why, size_t size);

#endif

/* open.c - opens what the configuration names */
#include "agent/files/open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/path.h"

#define ROTATED_SIZE (NAME_MAX + sizeof(".4294967295"))

static int done(struct path *at, int r, char why[FILES_WHY])
{
	snprintf(why, FILES_WHY, "%s", r == -EPERM ? at->why : "");
	path_close(at);
	return r;
}

static int append(struct path *at, const struct output_config *o)
{
	return path_open(at, O_WRONLY | O_APPEND | O_CREAT, o->mode);
}

int open_output(const struct output_config *o, char why[FILES_WHY])
{
	struct path at;
	int r = path_find(&at, o->path, FILES_OUTPUT_MAY_BE);

	return done(&at, r ? r : append(&at, o), why);
}

static void rotated_name(char to[ROTATED_SIZE], const char *name, unsigned i)
{
	int len = snprintf(to, ROTATED_SIZE, "%s", name);

	if (i)
		snprintf(to + len, ROTATED_SIZE - (size_t)len, ".%u", i);
}

static bool is_free(const struct path *at, const char *name)
{
	struct stat st;

	return fstatat(at->dir, name, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
}

/*
 * Moves NAME.N to NAME.N+1 only up to the first gap, so that a rotation which
 * fails again and again does not push the old files out at the end.
 */
static int make_room(const struct path *at, unsigned keep)
{
	char from[ROTATED_SIZE], to[ROTATED_SIZE];
	unsigned gap = 1;

	for (; gap < keep; gap++) {
		rotated_name(to, path_name(at), gap);
		if (is_free(at, to))
			break;
	}
	for (unsigned i = gap; i-- > 0;) {
		rotated_name(from, path_name(at), i);
		rotated_name(to, path_name(at), i + 1);
		if (renameat(at->dir, from, at->dir, to) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/* Within one directory, wherever its name leads meanwhile. */
static int rotate_at(struct path *at, const struct output_config *o)
{
	char first[ROTATED_SIZE];
	int r = make_room(at, o->keep);

	if (r)
		return r;
	r = append(at, o);
	if (r < 0) {
		rotated_name(first, path_name(at), 1);
		(void)!renameat(at->dir, first, at->dir, path_name(at));
	}
	return r;
}

int open_rotated(const struct output_config *o, char why[FILES_WHY])
{
	struct path at;
	int r = path_find(&at, o->path, FILES_OUTPUT_MAY_BE);

	return done(&at, r ? r : rotate_at(&at, o), why);
}

static int connect_by(const struct sockaddr_un *to, bool stream)
{
	int fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

int open_syslog(const struct output_config *o, bool *stream)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = o->type == OUTPUT_JOURNAL ? FILES_JOURNAL : o->path ? o->path : "/dev/log"; /* another path is for tests */

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	int fd = connect_by(&to, *stream);
	if (fd != -EPROTOTYPE)
		return fd;
	*stream = !*stream;
	return connect_by(&to, *stream);
}

/* By way of the directory that was checked.  False if the name is too long. */
static bool control_address(struct sockaddr_un *to, const struct path *at)
{
	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	return (size_t)snprintf(to->sun_path, sizeof(to->sun_path), "/proc/self/fd/%d/%s", at->dir, path_name(at)) < sizeof(to->sun_path);
}

/* A socket at which nobody listens any more. */
static int remove_left(const struct path *at, const struct sockaddr_un *to)
{
	struct stat st;

	if (fstatat(at->dir, path_name(at), &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	int fd = connect_by(to, true);
	if (fd >= 0)
		close(fd);
	if (fd != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlinkat(at->dir, path_name(at), 0) == 0 ? 0 : -errno;
}

static int listen_at(const struct path *at)
{
	struct sockaddr_un to;
	int error = control_address(&to, at) ? remove_left(at, &to) : -ENAMETOOLONG;

	if (error)
		return error;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mode_t before = umask(0177);
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 || listen(fd, 8) != 0)
		error = -errno;
	umask(before);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int open_control(const struct config *c, char why[FILES_WHY])
{
	struct path at;
	int r = path_find(&at, c->control, OPEN_TO_OWNERS), fd = r ? r : listen_at(&at);

	done(&at, fd, why);
	if (fd == -EADDRINUSE)
		snprintf(why, FILES_WHY, "another agent listens there");
	return fd;
}

void remove_control(const struct config *c)
{
	struct path at;

	if (path_find(&at, c->control, OPEN_TO_OWNERS) == 0)
		unlinkat(at.dir, path_name(&at), 0);
	path_close(&at);
}

int open_standard(void)
{
	int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

int open_state(const struct config *c, char why[FILES_WHY])
{
	struct path at;
	int r = path_find_in(&at, c->state_dir, FILES_STATE);

	return done(&at, r ? r : path_open(&at, O_RDONLY, 0), why);
}

int begin_state(struct files_state *s, const struct config *c, char why[FILES_WHY])
{
	end_state(s, false);
	int r = path_find_in(&s->replace.at, c->state_dir, FILES_STATE);

	snprintf(why, FILES_WHY, "%s", r == -EPERM ? s->replace.at.why : "");
	if (!r)
		r = replace_file_begin(&s->replace);
	s->begun = r >= 0;
	return r;
}

int end_state(struct files_state *s, bool whole)
{
	bool begun = s->begun;

	s->begun = false;
	if (!begun)
		return -ENOENT;
	if (whole)
		return replace_file_end(&s->replace);
	replace_file_give_up(&s->replace);
	return 0;
}

int open_pidfile(const struct target_config *t, uid_t *user, char why[FILES_WHY])
{
	struct path at;
	int r = path_open_file(&at, t->pidfile, OPEN_TO_USER, O_RDONLY, 0);

	*user = r >= 0 ? at.user : 0;
	return done(&at, r, why);
}

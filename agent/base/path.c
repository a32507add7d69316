#include "agent/base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MOST 40 /* as the kernel has it, path_resolution(7) */
#define TRIES 4       /* while others make and remove the file */

/* What is left of a path. */
struct walk {
	struct path *to;
	unsigned     links;
	char        *left;
	char         buf[PATH_MAX];
};

static int failed(struct path *p, int error)
{
	snprintf(p->why, sizeof(p->why), "%s", strerror(error));
	return -error;
}

__attribute__((format(printf, 2, 3)))
static int refuse(struct path *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, args);
	va_end(args);
	return -EPERM;
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static bool group_may_write(const struct stat *st)
{
	return (st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid != getegid();
}

static bool others_may_write(const struct stat *st)
{
	return (st->st_mode & S_IWOTH) || group_may_write(st);
}

/* fstat(2) of an O_PATH descriptor needs 3.6. */
static int look(int fd, struct stat *st)
{
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

const char *path_name(const struct path *p)
{
	return strrchr(p->path, '/') + 1;
}

static bool add_name(struct path *p, const char *name)
{
	size_t len = strlen(p->path), more = strlen(name);

	if (len + 1 + more >= sizeof(p->path))
		return false;
	if (len > 1) /* it is not / */
		p->path[len++] = '/';
	memcpy(p->path + len, name, more + 1);
	return true;
}

static void remove_name(struct path *p)
{
	char *slash = strrchr(p->path, '/');

	slash[slash == p->path] = '\0';
}

static enum path_open_to open_to(const struct stat *st)
{
	if (!is_ours(st))
		return OPEN_TO_USER;
	if (others_may_write(st) && (st->st_mode & S_ISVTX))
		return OPEN_TO_OWNERS;
	if (st->st_mode & S_IWOTH)
		return OPEN_TO_EVERYBODY;
	return group_may_write(st) ? OPEN_TO_GROUP : OPEN_TO_NOBODY;
}

static int refuse_directory(struct path *p, enum path_open_to to, const struct stat *st)
{
	switch (to) {
	case OPEN_TO_USER:
		return refuse(p, "the directory %s belongs to user %u, who may put anything there; chown root %s, or choose another one", p->path,
		              (unsigned)st->st_uid, p->path);
	case OPEN_TO_GROUP:
		return refuse(p, "group %u may write to the directory %s; chmod g-w %s", (unsigned)st->st_gid, p->path, p->path);
	case OPEN_TO_OWNERS:
		return refuse(p, "others may add files to the directory %s; choose one that belongs to the agent alone", p->path);
	default:
		return refuse(p, "everybody may write to the directory %s; chmod o-w %s", p->path, p->path);
	}
}

/* p->path names the directory fd, which is p's from now on; it is closed on an error. */
static int enter(struct path *p, int fd)
{
	struct stat st;
	int error = look(fd, &st) ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	enum path_open_to to = error ? OPEN_TO_NOBODY : open_to(&st);
	int r = error ? failed(p, error) : to > p->most ? refuse_directory(p, to, &st) : 0;

	if (r) {
		close(fd);
		return r;
	}
	if (p->dir >= 0)
		close(p->dir);
	p->dir = fd;
	/* In a sticky directory one of ours stays in its place; below the others it may be any that is ours. */
	if (p->open_to < OPEN_TO_GROUP || to > p->open_to)
		p->open_to = to;
	return 0;
}

static int enter_root(struct path *p)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	memcpy(p->path, "/", 2);
	return fd < 0 ? failed(p, errno) : enter(p, fd);
}

static int enter_parent(struct path *p)
{
	int fd = openat(p->dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	remove_name(p);
	return fd < 0 ? failed(p, errno) : enter(p, fd);
}

/* Takes the next name off what is left; false if there is none. */
static bool next_name(struct walk *w, char name[NAME_MAX + 2])
{
	do {
		w->left += strspn(w->left, "/");
		size_t len = strcspn(w->left, "/");
		snprintf(name, NAME_MAX + 2, "%.*s", (int)len, w->left);
		w->left += len;
	} while (strcmp(name, ".") == 0);
	return name[0];
}

static bool nothing_left(const struct walk *w)
{
	return !w->left[strspn(w->left, "/")];
}

/* A link of /proc/PID/fd: it leads to what is open, wherever its text would lead. */
static bool is_descriptor(const struct path *p)
{
	struct stat proc, st;

	return stat("/proc", &proc) == 0 && look(p->dir, &st) == 0 && st.st_dev == proc.st_dev && st.st_ino != proc.st_ino;
}

/* The link's text stands before what is left.  0 or -errno. */
static int read_link(struct walk *w, int fd)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(fd, "", text, sizeof(text));
	size_t left = strlen(w->left);

	if (n <= 0)
		return failed(w->to, n ? errno : ENOENT);
	if (++w->links > LINKS_MOST)
		return failed(w->to, ELOOP);
	if ((size_t)n + 1 + left >= sizeof(w->buf))
		return failed(w->to, ENAMETOOLONG);
	memmove(w->buf + n + 1, w->left, left + 1);
	memcpy(w->buf, text, (size_t)n);
	w->buf[n] = '/';
	w->left = w->buf;
	return 0;
}

enum { GO_ON, ARRIVED };

static int follow(struct walk *w, int fd, const struct stat *st)
{
	struct path *p = w->to;

	if (!is_ours(st))
		return refuse(p, "%s is a link of user %u; remove it", p->path, (unsigned)st->st_uid);
	if (p->open_to >= OPEN_TO_GROUP || (p->open_to == OPEN_TO_OWNERS && st->st_nlink > 1))
		return refuse(p, "%s is a link that others may have put there; remove it, or name where it leads", p->path);
	if (nothing_left(w) && is_descriptor(p)) {
		p->given = true;
		return ARRIVED;
	}
	int r = read_link(w, fd);
	if (!r && w->left[0] == '/')
		r = enter_root(p);
	else if (!r)
		remove_name(p);
	return r;
}

/* GO_ON, ARRIVED at the last name, or -errno. */
static int step(struct walk *w, const char *name)
{
	struct path *p = w->to;
	struct stat st;

	if (strcmp(name, "..") == 0)
		return enter_parent(p);
	if (!add_name(p, name))
		return failed(p, ENAMETOOLONG);
	int fd = openat(p->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT && nothing_left(w) ? ARRIVED : failed(p, errno);
	int r = look(fd, &st) ? failed(p, errno) : S_ISLNK(st.st_mode) ? follow(w, fd, &st) : nothing_left(w) ? ARRIVED : GO_ON;
	if (r == GO_ON && !S_ISLNK(st.st_mode))
		return enter(p, fd);
	close(fd);
	return r;
}

/* Where a path begins is only a hint: all of it is walked. */
static bool begin(struct walk *w, const char *path)
{
	size_t len = strlen(path), before = 0;

	w->left = w->buf;
	if (path[0] != '/') {
		if (!getcwd(w->buf, sizeof(w->buf) - 1))
			return false;
		before = strlen(w->buf);
		w->buf[before++] = '/';
	}
	errno = before + len < sizeof(w->buf) ? 0 : ENAMETOOLONG;
	if (!errno)
		memcpy(w->buf + before, path, len + 1);
	return !errno;
}

int path_find(struct path *p, const char *path, enum path_open_to most)
{
	struct walk w = {.to = p};
	char name[NAME_MAX + 2];
	int r;

	*p = (struct path){.dir = -1, .most = most};
	r = begin(&w, path) ? enter_root(p) : failed(p, errno);
	while (r == GO_ON)
		r = next_name(&w, name) ? step(&w, name) : failed(p, EISDIR);
	if (r == ARRIVED)
		return 0;
	path_close(p);
	return r;
}

int path_find_in(struct path *p, const char *directory, const char *name)
{
	int r = path_find(p, directory, OPEN_TO_OWNERS);

	if (r)
		return r;
	if (mkdirat(p->dir, path_name(p), 0700) && errno != EEXIST) {
		r = failed(p, errno);
	} else {
		int fd = openat(p->dir, path_name(p), O_PATH | O_NOFOLLOW | O_CLOEXEC);
		p->most = OPEN_TO_NOBODY;
		r = fd < 0 ? failed(p, errno) : enter(p, fd);
	}
	if (!r && !add_name(p, name))
		r = failed(p, ENAMETOOLONG);
	if (r)
		path_close(p);
	return r;
}

static int check_file(struct path *p, const struct stat *st, bool writes)
{
	if (S_ISLNK(st->st_mode))
		return refuse(p, "%s is a link, which is not followed; remove it", p->path);
	if (!S_ISREG(st->st_mode))
		return failed(p, S_ISDIR(st->st_mode) ? EISDIR : EOPNOTSUPP);
	if (p->given)
		return 0;
	p->user = is_ours(st) ? 0 : st->st_uid;
	if (p->user && p->most < OPEN_TO_USER)
		return refuse(p, "%s belongs to user %u; chown root it, or remove it", p->path, (unsigned)st->st_uid);
	if (st->st_nlink > 1 && (writes || p->open_to != OPEN_TO_NOBODY))
		return refuse(p, "%s has %u links, so it may be another file as well; remove it", p->path, (unsigned)st->st_nlink);
	if (!writes && (p->user ? st->st_mode & S_IWOTH : others_may_write(st)))
		return refuse(p, "others may write to %s; chmod go-w %s", p->path, p->path);
	return 0;
}

/* An O_PATH descriptor of what has the name and may be opened, or -errno. */
static int check(struct path *p, bool writes)
{
	struct stat st;
	int fd = openat(p->dir, path_name(p), O_PATH | O_CLOEXEC | (p->given ? 0 : O_NOFOLLOW));

	if (fd < 0)
		return failed(p, errno);
	int r = look(fd, &st) ? failed(p, errno) : check_file(p, &st, writes);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

static int reopen(struct path *p, int checked, int flags)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", checked);
	int fd = open(link, flags & ~(O_CREAT | O_EXCL));
	int r = fd < 0 ? failed(p, errno) : fd;
	if (r == -ENOENT)
		snprintf(p->why, sizeof(p->why), "/proc is not mounted, through which it is opened");
	close(checked);
	return r;
}

static int create(struct path *p, int flags, mode_t mode)
{
	int fd = openat(p->dir, path_name(p), flags | O_EXCL | O_NOFOLLOW, mode);

	if (fd < 0)
		return failed(p, errno);
	(void)!fchmod(fd, mode); /* whatever umask is */
	return fd;
}

/* Others can give the name to another file of ours, where they may add names: nobody may read that one because of it. */
static void set_mode(const struct path *p, int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		(void)!fchmod(fd, p->open_to == OPEN_TO_NOBODY ? mode : mode & st.st_mode);
}

int path_open(struct path *p, int flags, mode_t mode)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	int fd = -EEXIST;

	flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	for (int i = 0; i < TRIES && fd == -EEXIST; i++) {
		fd = check(p, writes);
		if (fd >= 0) {
			fd = reopen(p, fd, flags);
			if (fd >= 0 && writes && !p->given)
				set_mode(p, fd, mode);
		} else if (fd == -ENOENT && (flags & O_CREAT)) {
			fd = create(p, flags, mode);
		}
	}
	return fd;
}

void path_close(struct path *p)
{
	if (p->dir >= 0)
		close(p->dir);
	p->dir = -1;
}

int path_open_file(struct path *p, const char *path, enum path_open_to most, int flags, mode_t mode)
{
	int r = path_find(p, path, most);

	if (!r)
		r = path_open(p, flags, mode);
	path_close(p);
	return r;
}

bool path_refused(const char *path, enum path_open_to most, char *why, size_t size)
{
	struct path p;
	int r = path_find(&p, path, most), fd = r ? r : check(&p, true);

	path_close(&p);
	if (fd >= 0)
		close(fd);
	snprintf(why, size, "%s", p.why);
	return fd == -EPERM;
}

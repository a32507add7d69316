/* file.c - records in a file: appended, rotated by size, kept through a full disk */
#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REOPEN_RETRY (5 * NSEC_PER_SEC)
#define ROTATE_RETRY NSEC_PER_SEC

struct file {
	uint64_t size;
	uint64_t rotate_at; /* after a rotation that failed: not before this */
};

/* umask is left aside only for a file that we make; others' modes are theirs. */
static int open_path(const char *path, mode_t mode)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK; /* a FIFO must not hold us */
	int fd = open(path, flags | O_CREAT | O_EXCL, mode);

	if (fd >= 0) {
		(void)!fchmod(fd, mode);
		return fd;
	}
	if (errno == EEXIST)
		fd = open(path, flags);
	if (fd < 0 && errno == ENOENT) /* a symbolic link to what is not there yet */
		fd = open(path, flags | O_CREAT, mode);
	return fd < 0 ? -errno : fd;
}

static int file_reach(struct sink *s)
{
	struct file *f = s->state;
	struct stat about;
	int fd = open_path(s->config->path, s->config->mode);

	if (fd < 0)
		return fd == -ENXIO ? -EOPNOTSUPP : fd;
	if (fstat(fd, &about) || !S_ISREG(about.st_mode)) {
		close(fd);
		return -EOPNOTSUPP;
	}
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
	s->batch_sent = 0;
	f->size = (uint64_t)about.st_size;
	return 0;
}

static int file_open(struct sink *s)
{
	int r;

	s->state = calloc(1, sizeof(struct file));
	if (!s->state || batch_open(s))
		return -ENOMEM;
	r = file_reach(s);
	s->last_error = r;
	return r == -ENOSPC || r == -EDQUOT || r == -EIO ? 0 : r;
}

#define SUFFIX_SIZE sizeof(".4294967295")

/* path is shorter than PATH_MAX by SUFFIX_SIZE or more. */
static void rotated_path(char to[PATH_MAX], const char *path, unsigned i)
{
	size_t len = strnlen(path, PATH_MAX - SUFFIX_SIZE);

	memcpy(to, path, len);
	to[len] = '\0';
	if (i)
		snprintf(to + len, SUFFIX_SIZE, ".%u", i);
}

/*
 * Moves path.N to path.N+1 only up to the first gap, so that a rotation which
 * fails again and again does not push the old files out at the end.
 */
static int make_room(const char *path, unsigned keep)
{
	char from[PATH_MAX], to[PATH_MAX];
	unsigned gap = 1;

	if (strlen(path) + SUFFIX_SIZE > PATH_MAX)
		return -ENAMETOOLONG;
	for (; gap < keep; gap++) {
		rotated_path(to, path, gap);
		if (access(to, F_OK) && errno == ENOENT)
			break;
	}
	for (unsigned i = gap; i-- > 0;) {
		rotated_path(from, path, i);
		rotated_path(to, path, i + 1);
		if (rename(from, to) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/* 0, or -errno, and then the old file is still the one that is written. */
static int rotate(struct sink *s)
{
	struct file *f = s->state;
	char first[PATH_MAX], behind[PATH_MAX];
	int r;

	if (s->config->keep == 0) {
		if (ftruncate(s->fd, 0))
			return -errno;
		f->size = 0;
		return 0;
	}
	/* A symbolic link stays: the files are moved where it leads. */
	const char *path = realpath(s->config->path, behind) ? behind : s->config->path;
	r = make_room(path, s->config->keep);
	if (r)
		return r;
	r = file_reach(s);
	if (r) {
		rotated_path(first, path, 1);
		(void)!rename(first, path);
	}
	return r;
}

static void rotate_if_full(struct sink *s)
{
	struct file *f = s->state;
	uint64_t max = s->config->max_size;

	if (!max || !f->size || s->batch_sent || f->size + s->batch_len <= max)
		return;
	if (f->rotate_at && sink_now() < f->rotate_at)
		return;
	f->rotate_at = rotate(s) ? sink_now() + ROTATE_RETRY : 0;
}

static int write_all(struct sink *s)
{
	struct file *f = s->state;
	uint64_t before = s->batch_len - s->batch_sent;
	int r = batch_write(s, false);

	f->size += before - (s->batch_len - s->batch_sent);
	if (r == 0 && s->syncing) {
		s->syncing = false;
		if (fdatasync(s->fd) && errno != EINVAL && errno != EROFS)
			r = -errno;
	}
	return r;
}

static int file_flush(struct sink *s)
{
	int r = 0;

	if (s->batch_len == 0) {
		s->retry_at = 0;
		if (s->fd >= 0)
			s->last_error = 0;
		return s->last_error;
	}
	if (s->fd < 0) {
		r = file_reach(s);
		if (r) {
			s->last_error = r;
			s->retry_at = sink_now() + REOPEN_RETRY;
			return r;
		}
	}
	rotate_if_full(s);
	r = write_all(s);
	s->last_error = r;
	s->retry_at = r && s->batch_len > 0 ? sink_now() + BATCH_RETRY : 0;
	return r;
}

static int file_put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	const struct file *f = s->state;
	uint64_t max = s->config->max_size;
	bool full = batch_add(s, line, len) != 0;

	(void)severity;
	/* A batch must not outgrow the size at which the file is rotated. */
	if (!full && max && s->batch_len > len + 1 && f->size + s->batch_len > max) {
		s->batch_len -= len + 1;
		full = true;
	}
	if (full) {
		if (!s->retry_at || sink_now() >= s->retry_at)
			file_flush(s);
		if (batch_add(s, line, len))
			return s->last_error ? s->last_error : -ENOBUFS;
	}
	s->syncing = s->syncing || (s->config->sync_exit && e->kind == EVENT_EXIT);
	return 0;
}

/* The half of a record that a full disk let through leaves the file if nobody wrote behind it: the whole goes to the next. */
static void cut_half_record(struct sink *s)
{
	const struct file *f = s->state;
	struct stat about;

	if (s->fd >= 0 && s->batch_sent > 0 && fstat(s->fd, &about) == 0 && (uint64_t)about.st_size == f->size)
		(void)!ftruncate(s->fd, about.st_size - (off_t)s->batch_sent);
}

static void file_reopen(struct sink *s)
{
	int r;

	file_flush(s);
	cut_half_record(s);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->batch_sent = 0;
	r = file_reach(s);
	s->last_error = r;
	s->retry_at = r && s->batch_len > 0 ? sink_now() + REOPEN_RETRY : 0;
}

static void file_close(struct sink *s)
{
	if (s->state)
		cut_half_record(s);
	if (s->fd >= 0)
		close(s->fd);
	batch_close(s);
}

const struct sink_ops sink_file = {
	.name   = "file",
	.open   = file_open,
	.put    = file_put,
	.flush  = file_flush,
	.reopen = file_reopen,
	.close  = file_close,
};

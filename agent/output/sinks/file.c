/* file.c - records in a file: appended, rotated by size, kept through a full disk */
#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/files/files.h"

#define REOPEN_RETRY (5 * NSEC_PER_SEC)
#define ROTATE_RETRY NSEC_PER_SEC

struct file {
	uint64_t size;
	uint64_t rotate_at; /* after a rotation that failed, which was told: not before this; 0 = the last one worked */
};

/* That descriptor, or an error, becomes the file that is written. */
static int take(struct sink *s, int fd)
{
	struct file *f = s->state;
	struct stat about;

	if (fd < 0)
		return fd;
	if (fstat(fd, &about)) {
		int error = errno;

		close(fd);
		return -error;
	}
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
	s->batch_sent = 0;
	f->size = (uint64_t)about.st_size;
	return 0;
}

static int file_reach(struct sink *s)
{
	return take(s, files_open_output(s->config, sink_refused));
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

/* After an error the old file is still the one that is written. */
static int rotate(struct sink *s)
{
	struct file *f = s->state;

	if (s->config->keep > 0)
		return take(s, files_rotate_output(s->config, sink_refused));
	if (ftruncate(s->fd, 0))
		return -errno;
	f->size = 0;
	return 0;
}

static void rotate_if_full(struct sink *s)
{
	struct file *f = s->state;
	uint64_t max = s->config->max_size;
	char why[512];

	if (!max || !f->size || s->batch_sent || f->size + s->batch_len <= max)
		return;
	if (f->rotate_at && sink_now() < f->rotate_at)
		return;
	int r = rotate(s);
	if (r && !f->rotate_at) {
		sink_explain(s->config, r, why, sizeof(why));
		log_warning("%s: it is not rotated", why);
	}
	f->rotate_at = r ? sink_now() + ROTATE_RETRY : 0;
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

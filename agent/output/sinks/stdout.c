/* stdout.c - records on standard output; a reader that is slow or gone never holds the agent up */
#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files/files.h"

enum way {
	WAY_PLAIN, /* our own non-blocking description, or a regular file */
	WAY_SOCKET,
	WAY_POLL   /* the description is shared and may block: ask before each small write */
};

struct standard {
	enum way way;
};

/*
 * O_NONBLOCK belongs to the description, which the shell and others share, so
 * it is set on one of our own.  A regular file is written through the shared
 * one, whose offset tells the others where to go on.
 */
static int standard_open(struct sink *s)
{
	struct standard *st;
	struct stat about;

	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) /* it was closed, as main() found */
		return -EBADF;
	if (fstat(STDOUT_FILENO, &about) || batch_open(s))
		return -errno;
	st = s->state = calloc(1, sizeof(*st));
	if (!st)
		return -ENOMEM;
	s->fd = STDOUT_FILENO;
	if (S_ISREG(about.st_mode) || s->config->patient)
		return 0;
	st->way = S_ISSOCK(about.st_mode) ? WAY_SOCKET : WAY_PLAIN;
	if (st->way == WAY_SOCKET)
		return 0;
	s->fd = files_open_standard();
	if (s->fd < 0) { /* another user's terminal, or no /proc */
		s->fd = STDOUT_FILENO;
		st->way = WAY_POLL;
	}
	return 0;
}

/* POLLOUT on a pipe promises room for PIPE_BUF bytes (pipe(7)). */
static int write_polled(struct sink *s)
{
	int r = 0;

	while (s->batch_len > 0 && r == 0) {
		struct pollfd p = { .fd = s->fd, .events = POLLOUT };

		if (poll(&p, 1, 0) <= 0)
			return -EAGAIN;
		r = batch_write_once(s, PIPE_BUF, false);
	}
	return r;
}

static int standard_flush(struct sink *s)
{
	const struct standard *st = s->state;
	int r;

	if (s->gone)
		return -EPIPE;
	do
		r = st->way == WAY_POLL ? write_polled(s) : batch_write(s, st->way == WAY_SOCKET);
	while (r == -EAGAIN && s->config->patient && poll(&(struct pollfd){ .fd = s->fd, .events = POLLOUT }, 1, -1) >= 0);
	s->last_error = r;
	s->wait_fd = r == -EAGAIN ? s->fd : -1;
	s->retry_at = 0;
	if (r == -ENOSPC || r == -EDQUOT || r == -EFBIG) { /* into a file */
		s->retry_at = sink_now() + BATCH_RETRY;
	} else if (r && r != -EAGAIN) {
		s->gone = true;
		s->drop_error = r;
		batch_drop(s);
	}
	return r;
}

static int standard_put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	(void)e;
	(void)severity;
	if (s->gone)
		return -EPIPE;
	if (batch_add(s, line, len) == 0)
		return 0;
	if (!s->retry_at || sink_now() >= s->retry_at)
		standard_flush(s);
	if (s->gone || batch_add(s, line, len))
		return s->last_error ? s->last_error : -ENOBUFS;
	return 0;
}

static void standard_reopen(struct sink *s)
{
	(void)s;
}

static void standard_close(struct sink *s)
{
	if (s->fd >= 0 && s->fd != STDOUT_FILENO)
		close(s->fd);
	batch_close(s);
}

const struct sink_ops sink_stdout = {
	.name   = "stdout",
	.open   = standard_open,
	.put    = standard_put,
	.flush  = standard_flush,
	.reopen = standard_reopen,
	.close  = standard_close,
};

/* syslog.c - records to a syslog daemon, of this host or another, or to the journal, queued, and never blocking */
#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/files/files.h"
#include "agent/output/sinks/journal_message.h"
#include "agent/output/sinks/ring.h"
#include "agent/output/sinks/syslog_header.h"

#define QUEUE_DEFAULT 1000
#define MESSAGE_MOST (130u << 10)      /* of a record for the journal: as a line and as its keys */
#define CUT_TO 1024                    /* a message that the socket refuses as too long (RFC 3164, 4.1) */
#define BACKOFF_FIRST (100 * NSEC_PER_MSEC)
#define BACKOFF_MAX (5 * NSEC_PER_SEC)
#define SLOW_RETRY NSEC_PER_SEC        /* in case writability is never announced */

struct syslog {
	struct ring ring;
	bool        stream;
	size_t      sent;    /* stream: bytes of the first record that are out */
	uint64_t    backoff; /* 0 = connected or never tried */
};

static void pop(struct syslog *q)
{
	ring_pop(&q->ring);
	q->sent = 0;
}

static void unlink_socket(struct sink *s)
{
	struct syslog *q = s->state;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = s->wait_fd = -1;
	q->sent = 0;
}

static int reach(struct sink *s)
{
	struct syslog *q = s->state;
	bool local = s->config->transport == SYSLOG_LOCAL;
	int fd = files_connect_syslog(s->config, &q->stream, sink_refused);

	if (fd < 0)
		return fd;
	if (!local)
		q->stream = s->config->transport == SYSLOG_TCP;
	s->fd = fd;
	return 0;
}

/* A host that has closed its end says so to who reads: what is written then is lost. */
static bool other_has_closed(const struct sink *s)
{
	char c[256];
	ssize_t n;

	if (s->config->transport != SYSLOG_TCP)
		return false;
	while ((n = recv(s->fd, c, sizeof(c), MSG_DONTWAIT)) > 0)
		;
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* One message; 1 if it is out, 0 if a part of it is, or -errno. */
static int send_first(struct sink *s, size_t max)
{
	struct syslog *q = s->state;
	size_t len = ring_len(&q->ring, 0), left = (len < max ? len : max) - q->sent;
	struct iovec iov[3];
	struct msghdr m = { .msg_iov = iov };
	ssize_t n;

	m.msg_iovlen = (size_t)ring_pieces(&q->ring, 0, q->sent, left, iov);
	if (q->stream && s->config->transport == SYSLOG_LOCAL) { /* a NUL ends each, as syslog(3) does it */
		iov[m.msg_iovlen++] = (struct iovec){ .iov_base = (char *)"", .iov_len = 1 };
		left++;
	}
	do
		n = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (q->stream && (size_t)n < left) {
		q->sent += (size_t)n;
		return 0;
	}
	pop(q);
	return 1;
}

/* A message too long for the socket goes out cut between characters. */
static int send_cut(struct sink *s)
{
	struct syslog *q = s->state;
	size_t max = CUT_TO;
	int r;

	for (int i = 0; i < 3 && (ring_byte(&q->ring, 0, max) & 0xc0) == 0x80; i++)
		max--;
	r = ring_len(&q->ring, 0) > max ? send_first(s, max) : -EMSGSIZE;
	if (r != -EMSGSIZE)
		return r;
	pop(q);
	sink_drop(s, 1);
	s->drop_error = -EMSGSIZE;
	return 1;
}

static bool is_disconnected(int error)
{
	return error == -ECONNREFUSED || error == -ETIMEDOUT || error == -EHOSTUNREACH || error == -ENETUNREACH || error == -ENOTCONN || error == -ECONNRESET || error == -EPIPE ||
	       error == -ENOENT || error == -EDESTADDRREQ;
}

/* Sends what is queued.  A syslogd that was restarted is connected to at once, and gets the same message again. */
static int drain(struct sink *s)
{
	struct syslog *q = s->state;
	bool again = s->fd >= 0;
	int r = 0;

	if (s->fd >= 0 && q->ring.count > 0 && other_has_closed(s))
		unlink_socket(s);
	while (q->ring.count > 0) {
		if (s->fd < 0 && (r = reach(s)) != 0)
			return r;
		r = send_first(s, SIZE_MAX);
		if (r == -EMSGSIZE)
			r = send_cut(s);
		if (r >= 0) {
			q->backoff = 0;
			again = again || r > 0;
			continue;
		}
		if (!is_disconnected(r))
			return r;
		unlink_socket(s);
		if (!again)
			return r;
		again = false;
	}
	return 0;
}

static int syslog_flush(struct sink *s)
{
	struct syslog *q = s->state;
	int r = drain(s);

	s->last_error = r;
	s->retry_at = 0;
	s->wait_fd = r == -EAGAIN && s->fd >= 0 ? s->fd : -1;
	if (r == 0)
		return 0;
	if (s->wait_fd >= 0) {
		s->retry_at = sink_now() + SLOW_RETRY;
	} else if (r == -ENOBUFS || r == -ENOMEM || r == -EAGAIN || r == -EINPROGRESS) {
		s->retry_at = sink_now() + BACKOFF_FIRST;
	} else {
		unlink_socket(s);
		sink_back_off(s, &q->backoff, BACKOFF_FIRST, BACKOFF_MAX);
	}
	return r;
}

static int put(struct sink *s, const char *head, size_t head_len, const char *line, size_t len)
{
	struct syslog *q = s->state;

	if (ring_add(&q->ring, head, head_len, line, len))
		return 0;
	if (!s->retry_at || s->wait_fd >= 0 || sink_now() >= s->retry_at)
		syslog_flush(s);
	if (ring_add(&q->ring, head, head_len, line, len))
		return 0;
	return s->last_error ? s->last_error : -ENOBUFS;
}

static int syslog_put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	char head[SYSLOG_HEADER_MOST];
	const struct line_context words = sink_words(s);

	return put(s, head, syslog_header(s->config, &words, e, severity, len, head), line, len);
}

static int journal_put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	static char message[MESSAGE_MOST];
	const struct line_context words = sink_words(s);

	return put(s, message, journal_message(s->config, &words, e, severity, line, len, message, sizeof(message)), "", 0);
}

static int syslog_open(struct sink *s)
{
	struct syslog *q = s->state = calloc(1, sizeof(*q));

	if (!q || ring_open(&q->ring, s->config->queue ? s->config->queue : QUEUE_DEFAULT))
		return -ENOMEM;
	/* A syslogd that does not run yet is reached when there is something to say. */
	s->last_error = reach(s);
	return 0;
}

static void syslog_reopen(struct sink *s)
{
	struct syslog *q = s->state;

	syslog_flush(s);
	unlink_socket(s);
	q->backoff = 0;
	s->retry_at = 0;
	syslog_flush(s);
}

static void syslog_close(struct sink *s)
{
	struct syslog *q = s->state;

	if (q) {
		sink_drop(s, q->ring.count);
		unlink_socket(s);
		ring_close(&q->ring);
	}
	free(q);
	s->state = NULL;
}

const struct sink_ops sink_syslog = {
	.name   = "syslog",
	.open   = syslog_open,
	.put    = syslog_put,
	.flush  = syslog_flush,
	.reopen = syslog_reopen,
	.close  = syslog_close,
};

/* Datagrams to journald's own socket, whose text is another; all else is the same. */
const struct sink_ops sink_journal = {
	.name   = "journal",
	.open   = syslog_open,
	.put    = journal_put,
	.flush  = syslog_flush,
	.reopen = syslog_reopen,
	.close  = syslog_close,
};

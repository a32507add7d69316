/* relp.c - records to a syslog daemon of another host by RELP: each stays until it is acknowledged */
#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/files/files.h"
#include "agent/output/sinks/relp_reader.h"
#include "agent/output/sinks/ring.h"
#include "agent/output/sinks/syslog_header.h"

#define QUEUE_DEFAULT 1000
#define WINDOW 128                     /* frames without an answer; what librelp's clients take */
#define BACKOFF_FIRST (100 * NSEC_PER_MSEC)
#define BACKOFF_MAX (60 * NSEC_PER_SEC)
#define SILENCE (120 * NSEC_PER_SEC)   /* of a server that owes an answer: then it is asked anew */
#define LAST_MS 200                    /* at the end, for the last answers */
#define OPEN "relp_version=0\nrelp_software=epitaph," EPITAPH_VERSION "\ncommands=syslog"

struct relp {
	struct ring ring;
	struct relp_reader reader;
	size_t   unsent;    /* where the first record is that was not sent whole */
	size_t   sent;      /* bytes of its frame that are out */
	unsigned in_flight; /* records without an answer */
	uint32_t number;    /* of the last frame that was sent whole */
	bool     is_open;   /* the server has answered `open` */
	bool     full;      /* a record had no room, and less than half of the queue is free since */
	uint64_t heard, backoff;
};

static void disconnect(struct sink *s)
{
	struct relp *q = s->state;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = s->wait_fd = -1;
	q->unsent = q->sent = 0; /* what was not acknowledged is sent again */
	q->in_flight = 0;
	q->is_open = false;
	q->reader.len = 0;
}

/* For who reads the message: what is wrong with the server, and its own word. */
static int refuse(int error, const char *what, const char *text)
{
	snprintf(sink_refused, sizeof(sink_refused), "%s%s%s", what, text[0] ? ": " : "", text);
	return error;
}

/* ---- what the server says */

static int on_answer(struct sink *s, const struct relp_frame *f)
{
	struct relp *q = s->state;

	if (f->number != q->number - q->in_flight + (q->is_open ? 1 : 0) || (q->is_open && q->in_flight == 0))
		return refuse(-EBADMSG, "the server acknowledged what was not sent", "");
	q->heard = sink_now();
	if (!q->is_open) {
		if (f->code != 200)
			return refuse(-EPROTO, "the server refuses the connection", f->text);
		q->is_open = true;
		return 0;
	}
	if (f->code != 200) {
		sink_drop(s, 1);
		s->drop_error = -EPROTO;
	}
	q->unsent -= ring_next(&q->ring, 0);
	ring_pop(&q->ring);
	q->in_flight--;
	q->backoff = 0;
	return 0;
}

static int take_frames(struct sink *s)
{
	struct relp *q = s->state;
	struct relp_frame f;
	int r;

	while ((r = relp_reader_next(&q->reader, &f)) > 0) {
		if (f.is_close)
			return -ECONNRESET;
		r = f.is_answer ? on_answer(s, &f) : refuse(-EBADMSG, "the server sent a command that is none of a server's", "");
		if (r)
			return r;
	}
	return r ? refuse(r, "what the server sends is no RELP", "") : 0;
}

/* All that is there.  0 or -errno. */
static int hear(struct sink *s)
{
	struct relp *q = s->state;

	for (;;) {
		size_t room;
		char *to = relp_reader_room(&q->reader, &room);
		ssize_t n = recv(s->fd, to, room, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return -ECONNRESET;
		q->reader.len += (size_t)n;
		int error = take_frames(s);
		if (error)
			return error;
	}
}

/* ---- what is sent */

static int reach(struct sink *s)
{
	struct relp *q = s->state;
	bool stream = true;
	char frame[sizeof(OPEN) + 32];
	int fd = files_connect_syslog(s->config, &stream, sink_refused);

	if (fd < 0)
		return fd;
	s->fd = fd;
	q->number = 1;
	q->heard = sink_now();
	int len = snprintf(frame, sizeof(frame), "1 open %zu " OPEN "\n", strlen(OPEN));
	return send(fd, frame, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) == len ? 0 : -ECONNRESET; /* a new socket has room */
}

/* The rest of the frame of the first record that was not sent whole: 1 if it is out, 0 if a part of it is, or -errno. */
static int send_one(struct sink *s)
{
	struct relp *q = s->state;
	size_t len = ring_len(&q->ring, q->unsent);
	char head[48];
	size_t head_len = (size_t)snprintf(head, sizeof(head), "%u syslog %zu ", (unsigned)q->number + 1, len), whole = head_len + len + 1;
	struct iovec iov[4];
	struct msghdr m = {.msg_iov = iov};
	size_t from = q->sent;

	if (from < head_len)
		iov[m.msg_iovlen++] = (struct iovec){.iov_base = head + from, .iov_len = head_len - from};
	from = from < head_len ? 0 : from - head_len;
	if (from < len)
		m.msg_iovlen += (size_t)ring_pieces(&q->ring, q->unsent, from, len - from, &iov[m.msg_iovlen]);
	iov[m.msg_iovlen++] = (struct iovec){.iov_base = (char *)"\n", .iov_len = 1};
	ssize_t n = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	q->sent += (size_t)n;
	if (q->sent < whole)
		return 0;
	q->number++;
	if (q->in_flight++ == 0)
		q->heard = sink_now(); /* it owes an answer from now on */
	q->unsent = ring_next(&q->ring, q->unsent);
	q->sent = 0;
	return 1;
}

static int send_all(struct sink *s)
{
	struct relp *q = s->state;
	int r = 0;

	if (!q->is_open)
		return 0;
	if (q->number >= RELP_NUMBER_MOST - 1)
		return q->in_flight ? 0 : -ECONNRESET; /* numbers begin anew with a connection */
	while (r >= 0 && q->in_flight < WINDOW && q->unsent < q->ring.used)
		r = send_one(s);
	return r < 0 ? r : 0;
}

static int drive(struct sink *s)
{
	struct relp *q = s->state;
	int r = 0;

	if (s->fd < 0) {
		if (q->ring.count == 0)
			return 0;
		r = reach(s);
	}
	if (!r)
		r = hear(s);
	if (!r)
		r = send_all(s);
	if ((!r || r == -EAGAIN) && (q->in_flight || !q->is_open) && q->heard + SILENCE <= sink_now())
		return refuse(-ETIMEDOUT, "the server does not answer", "");
	return r;
}

static int relp_flush(struct sink *s)
{
	struct relp *q = s->state;
	int r = drive(s);
	bool waits = r == 0 || (r == -EAGAIN && s->fd >= 0);

	s->retry_at = 0;
	if (waits) {
		s->wait_fd = s->fd;
		s->wait_for = SINK_READABLE | (r ? SINK_WRITABLE : 0);
		if (s->fd >= 0 && (q->in_flight || !q->is_open))
			s->retry_at = q->heard + SILENCE;
		q->full = q->full && (q->ring.count > q->ring.most / 2 || q->ring.used > q->ring.size / 2);
		s->last_error = q->full ? -ENOBUFS : 0; /* what was lost is told when there is room for more than that */
		return q->ring.count ? -EAGAIN : 0;
	}
	s->last_error = r;
	disconnect(s);
	if (r == -EINPROGRESS || r == -EAGAIN) {
		s->retry_at = sink_now() + BACKOFF_FIRST;
		return r;
	}
	sink_back_off(s, &q->backoff, BACKOFF_FIRST, BACKOFF_MAX);
	return r;
}

static int relp_put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	struct relp *q = s->state;
	char head[SYSLOG_HEADER_MOST];
	const struct line_context words = sink_words(s);
	size_t head_len = syslog_header(s->config, &words, e, severity, len, head);

	if (ring_add(&q->ring, head, head_len, line, len))
		return 0;
	if (!s->retry_at || s->wait_fd >= 0)
		relp_flush(s);
	if (ring_add(&q->ring, head, head_len, line, len))
		return 0;
	q->full = true;
	s->last_error = s->last_error ? s->last_error : -ENOBUFS;
	return s->last_error;
}

static int relp_open(struct sink *s)
{
	struct relp *q = s->state = calloc(1, sizeof(*q));

	if (!q || ring_open(&q->ring, s->config->queue ? s->config->queue : QUEUE_DEFAULT))
		return -ENOMEM;
	return 0; /* it is connected to when there is something to say */
}

static void relp_reopen(struct sink *s)
{
	struct relp *q = s->state;

	q->backoff = 0;
	relp_flush(s);
}

/* The last records, and their answers, have a moment. */
static void relp_close(struct sink *s)
{
	struct relp *q = s->state;

	if (q) {
		uint64_t until = sink_now() + LAST_MS * NSEC_PER_MSEC, now;

		while (q->ring.count && relp_flush(s) == -EAGAIN && s->fd >= 0 && (now = sink_now()) < until) {
			struct pollfd p = {.fd = s->fd, .events = (short)(POLLIN | (s->wait_for & SINK_WRITABLE ? POLLOUT : 0))};

			poll(&p, 1, (int)((until - now) / NSEC_PER_MSEC) + 1);
		}
		if (s->fd >= 0 && q->is_open && !q->ring.count) {
			char frame[32];
			int len = snprintf(frame, sizeof(frame), "%u close 0\n", (unsigned)q->number + 1);

			(void)!send(s->fd, frame, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
		}
		disconnect(s);
		sink_drop(s, q->ring.count);
		ring_close(&q->ring);
	}
	free(q);
	s->state = NULL;
}

const struct sink_ops sink_relp = {
	.name   = "syslog",
	.open   = relp_open,
	.put    = relp_put,
	.flush  = relp_flush,
	.reopen = relp_reopen,
	.close  = relp_close,
};

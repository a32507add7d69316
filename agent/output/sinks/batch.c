#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

uint64_t sink_now(void)
{
	struct clock c;

	clock_refresh(&c);
	return c.now;
}

void sink_back_off(struct sink *s, uint64_t *backoff, uint64_t first, uint64_t most)
{
	*backoff = *backoff ? 2 * *backoff : first;
	*backoff = *backoff < most ? *backoff : most;
	s->retry_at = sink_now() + *backoff;
}

void sink_drop(struct sink *s, uint64_t records)
{
	s->dropped += records;
	s->dropped_total += records;
	s->written_total -= records < s->written_total ? records : s->written_total;
}

int batch_open(struct sink *s)
{
	s->batch = malloc(SINK_BATCH);
	return s->batch ? 0 : -ENOMEM;
}

void batch_close(struct sink *s)
{
	if (s->batch)
		batch_drop(s);
	free(s->state);
	free(s->batch);
	s->state = NULL;
	s->batch = NULL;
	s->fd = -1;
}

int batch_add(struct sink *s, const char *line, size_t len)
{
	if (len >= SINK_BATCH - s->batch_len)
		return -ENOBUFS;
	memcpy(s->batch + s->batch_len, line, len);
	s->batch_len += len;
	s->batch[s->batch_len++] = '\n';
	return 0;
}

/* Takes out the records that were written to their end. */
static void shift(struct sink *s, size_t written)
{
	size_t done = s->batch_sent + written;
	const char *end = memrchr(s->batch, '\n', done);
	size_t whole = end ? (size_t)(end - s->batch) + 1 : 0;

	s->batch_len -= whole;
	s->batch_sent = done - whole;
	memmove(s->batch, s->batch + whole, s->batch_len);
}

int batch_write_once(struct sink *s, size_t most, bool socket)
{
	const char *from = s->batch + s->batch_sent;
	size_t len = s->batch_len - s->batch_sent;
	ssize_t n;

	len = len < most ? len : most;
	do
		n = socket ? send(s->fd, from, len, MSG_NOSIGNAL | MSG_DONTWAIT) : write(s->fd, from, len);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -EIO;
	shift(s, (size_t)n);
	return 0;
}

int batch_write(struct sink *s, bool socket)
{
	int r = 0;

	while (s->batch_len > 0 && r == 0)
		r = batch_write_once(s, SIZE_MAX, socket);
	return r;
}

void batch_drop(struct sink *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->batch_len; i++)
		n += s->batch[i] == '\n';
	sink_drop(s, n);
	s->batch_len = s->batch_sent = 0;
}

/* program.c - records on the standard input of a program that the warden starts, and starts again when it ends */
#include "agent/output/sinks/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/files/files.h"

#define BACKOFF_FIRST NSEC_PER_SEC
#define BACKOFF_MAX (60 * NSEC_PER_SEC)
#define CURED_AFTER (60 * NSEC_PER_SEC) /* one that read for so long does not end at its start */

struct program {
	uint64_t backoff, started;
};

static void end(struct sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = s->wait_fd = -1;
	s->batch_sent = 0; /* the next one gets the record whole */
}

static int start(struct sink *s)
{
	struct program *p = s->state;
	int fd = files_start_program(s->config, sink_refused);

	if (fd < 0)
		return fd;
	s->fd = fd;
	p->started = sink_now();
	return 0;
}

static void back_off(struct sink *s)
{
	struct program *p = s->state;

	end(s);
	if (p->started && p->started + CURED_AFTER <= sink_now())
		p->backoff = 0;
	sink_back_off(s, &p->backoff, BACKOFF_FIRST, BACKOFF_MAX);
}

static int program_flush(struct sink *s)
{
	int r = 0;

	s->retry_at = 0;
	if (s->batch_len == 0)
		return s->last_error = 0;
	if (s->fd < 0)
		r = start(s);
	if (!r)
		r = batch_write(s, false);
	s->last_error = r;
	s->wait_fd = r == -EAGAIN && s->fd >= 0 ? s->fd : -1;
	if (r && s->wait_fd < 0)
		back_off(s);
	return r;
}

static int program_put(struct sink *s, const struct event *e, int severity, const char *line, size_t len)
{
	(void)e;
	(void)severity;
	if (batch_add(s, line, len) == 0)
		return 0;
	if (!s->retry_at || s->wait_fd >= 0 || sink_now() >= s->retry_at)
		program_flush(s);
	return batch_add(s, line, len) == 0 ? 0 : s->last_error ? s->last_error : -ENOBUFS;
}

/* It is there from the start, so that what is wrong with it is said then. */
static int program_open(struct sink *s)
{
	s->state = calloc(1, sizeof(struct program));
	if (!s->state || batch_open(s))
		return -ENOMEM;
	int r = start(s);
	return r == -EAGAIN ? 0 : r; /* there were many starts of late: it is started when there is something to say */
}

/* It reads on. */
static void program_reopen(struct sink *s)
{
	struct program *p = s->state;

	p->backoff = 0;
	program_flush(s);
}

static void program_close(struct sink *s)
{
	end(s);
	batch_close(s);
}

const struct sink_ops sink_program = {
	.name   = "program",
	.open   = program_open,
	.put    = program_put,
	.flush  = program_flush,
	.reopen = program_reopen,
	.close  = program_close,
};

/* sink.c - what all outputs share: numbering, formatting, and telling what was dropped */
#include "agent/output/sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <syslog.h>

#include "agent/files/files.h"
#include "agent/output/format.h"
#include "agent/output/sinks/syslog_header.h"

char sink_refused[512];

static const struct sink_ops *ops_for(const struct output_config *config)
{
	switch (config->type) {
	case OUTPUT_STDOUT: return &sink_stdout;
	case OUTPUT_FILE:   return &sink_file;
	case OUTPUT_SYSLOG: return config->transport == SYSLOG_RELP ? &sink_relp : &sink_syslog;
	case OUTPUT_JOURNAL: return &sink_journal;
	case OUTPUT_PROGRAM: return &sink_program;
	case OUTPUT_TYPES: break;
	}
	return NULL;
}

/* Not a secret: 16 random bytes that the kernel gave the program (getauxval(3)), the time, and which output it is. */
static uint32_t new_run(const struct output_config *config)
{
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	struct clock now;
	clock_refresh(&now);
	uint64_t hash = now.now ^ (uint64_t)config->id << 48;

	for (int i = 0; random && i < 16; i++)
		hash = (hash ^ random[i]) * 1099511628211u; /* FNV-1a */
	uint32_t run = (uint32_t)(hash ^ hash >> 32);
	return run ? run : 1;
}

struct line_context sink_words(const struct sink *s)
{
	return (struct line_context){ .host = s->host, .run = s->run, .seq = s->seq };
}

int sink_open(struct sink *s, struct output_config *config, const char *host)
{
	int r;

	*s = (struct sink){ .ops = ops_for(config), .config = config, .host = host, .fd = -1, .wait_fd = -1 };
	if (!s->ops)
		return -ENOSYS;
	s->run = config->patient ? 0 : new_run(config); /* replay tells of no run of the agent's */
	r = s->ops->open(s);
	if (r) {
		s->ops->close(s);
		s->ops = NULL;
	}
	return r;
}

/* How long a line may get here. */
static size_t line_room(const struct output_config *config, const char *host)
{
	uint64_t room = config->max_message;

	if (config->type != OUTPUT_SYSLOG || room == 0 || room >= LINE_MAX_BYTES)
		return LINE_MAX_BYTES;
	size_t header = syslog_header_least(config, host);
	return room > 2 * header ? room - header : room;
}

static int put(struct sink *s, const struct event *e, int severity, size_t most, size_t *len)
{
	char line[LINE_MAX_BYTES];
	size_t room = line_room(s->config, s->host);
	struct line_context c;
	size_t (*format)(const struct event *, const struct line_context *, char *, size_t) =
		s->config->format == FORMAT_JSON ? format_json : format_text;

	s->seq++;
	c = sink_words(s);
	*len = format(e, &c, line, most < room ? most : room);
	int r = *len > 0 ? s->ops->put(s, e, severity, line, *len) : -EMSGSIZE;

	if (r == 0)
		s->written_total++;
	return r;
}

static const char *what(const struct output_config *config)
{
	switch (config->type) {
	case OUTPUT_FILE:   return config->path;
	case OUTPUT_SYSLOG: return config->transport != SYSLOG_LOCAL ? config->host : config->path ? config->path : "/dev/log";
	case OUTPUT_JOURNAL: return FILES_JOURNAL;
	case OUTPUT_PROGRAM: return config->command;
	case OUTPUT_STDOUT: case OUTPUT_TYPES: break;
	}
	return "standard output";
}

static const char *why(int error)
{
	return error == EAGAIN || error == ENOBUFS ? "the reader is too slow" : error == EINPROGRESS ? "it is not reached yet" : strerror(error);
}

const char *sink_why(const struct sink *s)
{
	return why(-(s->drop_error ? s->drop_error : s->last_error));
}

void sink_explain(const struct output_config *config, int error, char *buf, size_t size)
{
	bool no_file = config->type == OUTPUT_FILE && error == -EOPNOTSUPP;

	if (config->type != OUTPUT_STDOUT && sink_refused[0] && (error == -EPERM || config->type == OUTPUT_PROGRAM || config->transport != SYSLOG_LOCAL))
		snprintf(buf, size, "output %s: %s: %s", config->name, what(config), sink_refused);
	else
		snprintf(buf, size, "output %s: %s: %s", config->name, what(config),
		         no_file ? "it is no regular file, as type = file needs one; for a pipe or a device there is type = stdout" : why(-error));
}

static void tell_lost(struct sink *s, const struct clock *clock)
{
	char reason[256];
	uint64_t dropped = s->dropped;
	size_t len;
	struct event lost = {
		.kind = EVENT_LOST, .has = HAS_COUNT | HAS_REASON, .at = clock->now, .wall_offset = clock->to_wall,
		.count = dropped, .lost_in = s->config->name, .reason = reason,
	};

	snprintf(reason, sizeof(reason), "%s %s: %s", s->ops->name, what(s->config), why(-s->drop_error));
	if (put(s, &lost, LOG_ERR, SIZE_MAX, &len) == 0)
		s->dropped -= dropped;
}

size_t sink_write(struct sink *s, const struct event *e, int severity, size_t most, const struct clock *clock)
{
	size_t len = 0;
	int r;

	if (!s->ops)
		return 0;
	if (s->dropped && !s->last_error)
		tell_lost(s, clock);
	r = s->gone ? -EPIPE : put(s, e, severity, most, &len);
	if (r) {
		s->drop_error = r;
		s->dropped++;
		s->dropped_total++;
	}
	return len;
}

void sink_flush(struct sink *s, const struct clock *clock)
{
	if (!s->ops || s->gone || (s->retry_at && clock->now < s->retry_at && s->wait_fd < 0))
		return;
	if (s->ops->flush(s) == 0 && s->dropped) {
		tell_lost(s, clock);
		s->ops->flush(s);
	}
}

void sink_reopen(struct sink *s)
{
	if (s->ops)
		s->ops->reopen(s);
}

void sink_close(struct sink *s, const struct clock *clock)
{
	if (!s->ops)
		return;
	s->retry_at = 0;
	sink_flush(s, clock);
	s->ops->close(s);
	s->ops = NULL;
}

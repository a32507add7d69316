/* sink.h - outputs: where records are written, and what happens when they cannot be */
#ifndef EPITAPH_SINK_H
#define EPITAPH_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/base/event.h"
#include "config/config.h"

#define SINK_BATCH 65536 /* bytes gathered before a write; no less than LINE_MAX_BYTES */

struct sink;

enum { SINK_READABLE = 1, SINK_WRITABLE = 2 };

struct sink_ops {
	const char *name;
	/* 0 or -errno.  A sink that cannot be opened now but may later (syslogd not running, full disk) returns 0 and retries. */
	int  (*open)(struct sink *s);
	/*
	 * Takes one record, without newline, of the severity (LOG_ERR...).  Never
	 * blocks.  0 if it was written or stands in the sink's bounded queue or
	 * batch; -errno if it was dropped.
	 */
	int  (*put)(struct sink *s, const struct event *e, int severity, const char *line, size_t len);
	/* Writes what is gathered.  Never blocks.  0, or -errno while it cannot. */
	int  (*flush)(struct sink *s);
	/* SIGHUP: opens the file again, connects again. */
	void (*reopen)(struct sink *s);
	void (*close)(struct sink *s); /* after a flush; safe after a failed open */
};

/* One output. */
struct sink {
	const struct sink_ops *ops;
	struct output_config  *config; /* borrowed */
	const char *host;
	uint32_t    run;
	uint64_t    seq;          /* records formatted so far */
	uint64_t    dropped;      /* records dropped and not yet told */
	uint64_t    dropped_total, written_total;
	int         last_error;   /* -errno of the last failure, 0 when it works */
	int         drop_error;   /* -errno for which the last record was dropped */
	uint64_t    retry_at;     /* ns CLOCK_BOOTTIME when flush is worth another try; 0 = nothing waits */
	int         wait_fd;      /* flush when this becomes writable, or what wait_for says; -1 = none */
	unsigned    wait_for;     /* SINK_READABLE, SINK_WRITABLE; 0 = SINK_WRITABLE */
	bool        gone;         /* nobody will ever read it again (EPIPE on stdout) */
	bool        syncing;      /* an exit record stands in the batch and sync = exit */
	int         fd;
	void       *state;        /* of the ops */
	char       *batch;        /* SINK_BATCH bytes, for the stream sinks */
	size_t      batch_len;
	size_t      batch_sent;   /* bytes of the batch's first record that are already written */
};

/* Why a file was refused last, as agent/files/files.h tells; "" if it was not. */
extern char sink_refused[512];

extern const struct sink_ops sink_stdout, sink_file, sink_syslog, sink_relp, sink_journal, sink_program;

/* What a line says of the output. */
struct line_context sink_words(const struct sink *s);
/* Picks the ops by config->type and opens it.  0 or -errno. */
int  sink_open(struct sink *s, struct output_config *config, const char *host);
/*
 * Formats the event for this output and puts it.  When records were dropped
 * before and writing works again, a `lost` record with their count goes first.
 * The line has at most `most` bytes, or fewer if the output cannot take as many.
 * Returns how many the record has, written or dropped.
 */
size_t sink_write(struct sink *s, const struct event *e, int severity, size_t most, const struct clock *clock);
/* Once per turn of the loop, before it sleeps.  Tries again what failed when retry_at has passed. */
void sink_flush(struct sink *s, const struct clock *clock);
/* For which it dropped records last, or cannot be written now. */
const char *sink_why(const struct sink *s);
/* Why it could not be opened or written, error being -errno, with the output and where it leads, for a person. */
void sink_explain(const struct output_config *config, int error, char *buf, size_t size);
void sink_reopen(struct sink *s);
void sink_close(struct sink *s, const struct clock *clock); /* flushes as far as it goes without blocking */

#endif

/* format.h - one event as one line */
#ifndef EPITAPH_FORMAT_H
#define EPITAPH_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/event.h"

/* Room for one line; a record that needs more is cut at its strings and says so. */
#define LINE_MAX_BYTES 65536

/* A buffer that a line is written into; nothing is written past size. */
struct text {
	char  *p;
	size_t len, size;
	bool   full; /* something did not fit */
};

void text_init(struct text *t, char *p, size_t size);
void text_char(struct text *t, char c);
void text_str(struct text *t, const char *s);            /* our own words: not escaped */
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * The one place where bytes from outside are escaped, so that what comes out
 * is printable, on one line, valid UTF-8 and valid inside a JSON string:
 * control bytes, DEL, C1 controls, U+2028/2029 and bidirectional overrides
 * become \uXXXX, a byte that is no part of valid UTF-8 becomes \u00XX of that
 * byte... (see escape.c), quote and backslash get a backslash.
 */
void text_escaped(struct text *t, const char *s, size_t len);
/* RFC 3339, UTC, microseconds: 2026-11-22T04:28:38.123456Z, of ns since 1970. */
void text_time(struct text *t, int64_t wall_ns);

/* What an output knows that an event does not. */
struct line_context {
	const char *host;
	uint64_t    seq; /* counts this output's records from 1 */
};

/* Both write exactly one line without its newline, and return its length. */
size_t format_json(const struct event *e, const struct line_context *c, char *to, size_t size);
size_t format_text(const struct event *e, const struct line_context *c, char *to, size_t size);

#endif

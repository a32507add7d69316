/* format.h - one event as one line */
#ifndef EPITAPH_FORMAT_H
#define EPITAPH_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/event.h"

/* Room for one line; a record that needs more is cut at its strings and says so. */
#define LINE_MAX_BYTES 65536

/*
 * A buffer that a line is written into; nothing is written past size, and what
 * stands in it always ends in NUL.  What does not fit as a whole (a word, an
 * escape) is left out, and so is all that comes after it.
 */
struct text {
	char  *p;
	size_t len, size;
	bool   full; /* something did not fit */
};

void text_init(struct text *t, char *p, size_t size);
void text_char(struct text *t, char c);
void text_str(struct text *t, const char *s);            /* our own words: not escaped */
void text_number(struct text *t, int64_t n);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * The one place where bytes from outside are escaped, for both formats, so that
 * what comes out is printable, on one line, valid UTF-8 (RFC 3629) and valid
 * inside a JSON string (RFC 8259):
 *   quote, backslash                              \"  \\
 *   controls, format characters (bidirectional
 *   marks, zero-width ones, tags), separators and
 *   blanks but U+0020, other invisible ones       \uXXXX, beyond U+FFFF \uXXXX\uXXXX
 *   a byte that is no part of valid UTF-8         \\xHH, lower case
 * The last is what a JSON reader sees as the four characters \xHH: a lone
 * surrogate (\udcHH) is refused by some readers, U+FFFD would lose the byte.
 * So that nobody can forge it, a backslash from outside that stands before x
 * and two hex digits is itself written \\x5c.  To get the bytes back: read the
 * JSON string, then replace each \xHH by that byte.
 */
void text_escaped(struct text *t, const char *s, size_t len);
/* The same of at most max bytes; one that is longer is cut between characters and ends in "...". */
void text_escaped_max(struct text *t, const char *s, size_t len, size_t max);
/* RFC 3339, UTC, microseconds: 2026-11-22T04:28:38.123456Z, of ns since 1970. */
void text_time(struct text *t, int64_t wall_ns);

/*
 * How much of a record is written.  Both formats try a table of limits, wide to
 * narrow, until the line fits: each string is cut to `string` bytes, each list
 * (args, ancestry) to `list` bytes, and a cut list gets "..." as its last
 * element.  With `essential`, lists, paths, figures and the like are left out.
 */
struct limits {
	size_t string, list;
	bool   essential;
};
extern const struct limits format_limits[];
extern const size_t format_limits_count;

/*
 * The next element of a list of strings that each end in NUL, within limit
 * bytes of the whole; *at is 0 for the first.  False at the end; *cut is true
 * if that end is the limit's.  An element longer than what is left is cut.
 */
bool list_next(const char *list, size_t len, size_t limit, size_t *at, const char **s, size_t *s_len, bool *cut);

/* The words of a line that an output adds to an event. */
struct line_context {
	const char *host;
	uint32_t    run; /* this run of the output: what tells two records of the same seq apart; 0 = left out */
	uint64_t    seq; /* counts this output's records from 1 */
};

/*
 * Both write exactly one line without its newline, NUL behind it, and return
 * its length.  1024 bytes are enough for any record; with too few a text line
 * ends early and JSON is not written at all: 0.
 */
size_t format_json(const struct event *e, const struct line_context *c, char *to, size_t size);
size_t format_text(const struct event *e, const struct line_context *c, char *to, size_t size);

#endif

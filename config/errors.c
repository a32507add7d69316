/* errors.c - gathers errors, sorts them by line, makes foreign bytes printable */
#include "config/errors.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_MAX 32 /* longer words are not compared */

/* Errors of the file as a whole are told last. */
static unsigned rank(unsigned line)
{
	return line ? line : UINT_MAX;
}

/* Keeps the list sorted and, when it is full, its first errors by line. */
static void keep(struct errors *e, unsigned line, char *message)
{
	if (e->kept == ERRORS_MAX) {
		if (rank(e->list[ERRORS_MAX - 1].line) <= rank(line)) {
			free(message);
			return;
		}
		free(e->list[--e->kept].message);
	}
	unsigned at = e->kept++;
	for (; at > 0 && rank(e->list[at - 1].line) > rank(line); at--)
		e->list[at] = e->list[at - 1];
	e->list[at] = (struct error){ .line = line, .message = message };
}

void errors_add(struct errors *e, unsigned line, const char *where, const char *format, ...)
{
	char *what = NULL, *message = NULL, number[16] = "";
	va_list args;

	e->count++;
	va_start(args, format);
	int n = vasprintf(&what, format, args);
	va_end(args);
	if (n < 0) {
		e->no_memory = true;
		return;
	}
	if (line)
		snprintf(number, sizeof(number), ":%u", line);
	n = asprintf(&message, "%s%s: %s%s%s", e->file, number, where, *where ? ": " : "", what);
	free(what);
	if (n < 0)
		e->no_memory = true;
	else
		keep(e, line, message);
}

void errors_report(const struct errors *e, config_tell tell, void *ctx)
{
	for (unsigned i = 0; i < e->kept; i++)
		tell(ctx, e->list[i].message);

	char *more = NULL;
	if (e->count > e->kept &&
	    asprintf(&more, "%s: and %llu more", e->file, (unsigned long long)(e->count - e->kept)) >= 0) {
		tell(ctx, more);
		free(more);
	}
}

void errors_fini(struct errors *e)
{
	for (unsigned i = 0; i < e->kept; i++)
		free(e->list[i].message);
	e->kept = 0;
}

/* Controls, line and paragraph separators, and what turns the direction of text. */
static bool harmless(unsigned long code)
{
	return code >= 0xa0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code != 0x61c &&
	       (code < 0x200b || code > 0x200f) && (code < 0x2028 || code > 0x202e) &&
	       (code < 0x2060 || code > 0x206f) && code != 0xfeff && (code < 0xfff0 || code > 0xffff);
}

/* Length of the printable character at s, or 0. */
static size_t character(const unsigned char *s)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xc0 && s[0] < 0xe0 ? 2 : 1;
	if (len == 1)
		return s[0] >= 0x20 && s[0] < 0x7f;

	unsigned long code = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code >= least[len] && harmless(code) ? len : 0;
}

char *printable(char to[PRINTABLE_MAX], const char *s)
{
	const unsigned char *from = (const unsigned char *)s;
	char *p = to;
	size_t done = 0;

	while (from[done] && done < PRINTABLE_BYTES) {
		size_t len = character(from + done);
		if (len && done + len > PRINTABLE_BYTES)
			break;
		if (len) {
			memcpy(p, from + done, len);
			p += len;
			done += len;
		} else {
			p += snprintf(p, 5, "\\x%02x", from[done]);
			done++;
		}
	}
	memcpy(p, from[done] ? "..." : "", from[done] ? 4 : 1);
	return to;
}

int wrong_set(struct wrong *w, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(w->text, sizeof(w->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* Levenshtein's distance; case counts nothing. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[NEAREST_MAX + 1];
	for (unsigned j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned above = row[j];
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned least = diagonal + !same;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			if (above + 1 < least)
				least = above + 1;
			row[j] = least;
			diagonal = above;
		}
	}
	return row[b_len];
}

void nearest_try(struct nearest *n, const char *known)
{
	size_t word_len = strlen(n->word), known_len = strlen(known);
	if (word_len > NEAREST_MAX || known_len > NEAREST_MAX)
		return;

	unsigned d = distance(n->word, word_len, known, known_len);
	if (d <= (known_len + 2) / 3 && d < word_len && (!n->best || d < n->distance)) {
		n->best = known;
		n->distance = d;
	}
}

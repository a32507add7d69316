/* escape.c - lines of text; the one place that makes bytes from outside harmless */
#include "agent/output/format.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"

void text_init(struct text *t, char *p, size_t size)
{
	*t = (struct text){ .p = p, .size = size };
	if (size)
		p[0] = '\0';
}

/* All of it or nothing, so that no escape is ever cut. */
static void append(struct text *t, const char *s, size_t len)
{
	if (t->full || len >= t->size - t->len || !t->size) {
		t->full = t->full || len || !t->size;
		return;
	}
	memcpy(t->p + t->len, s, len);
	t->len += len;
	t->p[t->len] = '\0';
}

void text_char(struct text *t, char c)
{
	append(t, &c, 1);
}

void text_str(struct text *t, const char *s)
{
	append(t, s, strlen(s));
}

void text_number(struct text *t, int64_t n)
{
	char digits[24];
	size_t i = sizeof(digits);
	uint64_t u = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do
		digits[--i] = (char)('0' + u % 10);
	while (u /= 10);
	if (n < 0)
		digits[--i] = '-';
	append(t, digits + i, sizeof(digits) - i);
}

void text_printf(struct text *t, const char *fmt, ...)
{
	char word[256];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(word, sizeof(word), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(word))
		t->full = true;
	else
		append(t, word, (size_t)n);
}

/*
 * The length of the valid UTF-8 character at s (RFC 3629: shortest form, no
 * surrogates, up to U+10FFFF) and its number in *c; 0 if it is none.
 */
static size_t utf8_char(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > len)
		return 0;
	*c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return *c < least[n] || (*c >= 0xd800 && *c <= 0xdfff) || *c > 0x10ffff ? 0 : n;
}

/*
 * Characters that move, hide or break what stands around them on a terminal, or that nobody sees there: Unicode 15's
 * Cc, Cf, Zl, Zp, Zs but the blank, Default_Ignorable_Code_Point, and a blank letter of Braille.
 */
static bool is_unsafe(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x00a0 }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x0600, 0x0605 }, { 0x061c, 0x061c },
		{ 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x0890, 0x0891 }, { 0x08e2, 0x08e2 }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 },
		{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x2800, 0x2800 },
		{ 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i].first; i++)
		if (c <= ranges[i].last)
			return true;
	return (c & 0xfffe) == 0xfffe; /* no character */
}

/* JSON writes what is beyond U+FFFF as two surrogates (RFC 8259, 7). */
static void unicode_escape(struct text *t, uint32_t c)
{
	if (c <= 0xffff)
		text_printf(t, "\\u%04x", (unsigned)c);
	else
		text_printf(t, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)), (unsigned)(0xdc00 | (c & 0x3ff)));
}

/* Would a reader take this backslash for the start of our \xHH? */
static bool looks_like_byte(const unsigned char *s, size_t len)
{
	return len >= 4 && s[1] == 'x' && isxdigit(s[2]) && isxdigit(s[3]);
}

/* Bytes at the start of s that need no escape; the most of all input. */
static size_t plain_run(const unsigned char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static size_t escape_one(struct text *t, const unsigned char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t c;
	size_t n = utf8_char(s, len, &c);

	if (n == 0) {
		char byte[] = { '\\', '\\', 'x', hex[s[0] >> 4], hex[s[0] & 15] };

		append(t, byte, sizeof(byte));
		return 1;
	}
	if (c == '"')
		append(t, "\\\"", 2);
	else if (c == '\\')
		text_str(t, looks_like_byte(s, len) ? "\\\\x5c" : "\\\\");
	else if (is_unsafe(c))
		unicode_escape(t, c);
	else
		append(t, (const char *)s, n);
	return n;
}

void text_escaped(struct text *t, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	t->full = t->full || !t->size;
	while (len > 0 && !t->full) {
		size_t n = plain_run(p, len), room = t->size - t->len - 1;

		if (n > room) {
			append(t, (const char *)p, room);
			t->full = true;
		} else if (n > 0) {
			append(t, (const char *)p, n);
		} else {
			n = escape_one(t, p, len);
		}
		p += n;
		len -= n;
	}
}

void text_escaped_max(struct text *t, const char *s, size_t len, size_t max)
{
	if (len <= max) {
		text_escaped(t, s, len);
		return;
	}
	/* Not inside a character: its first half alone would look like a bad byte. */
	for (int back = 0; back < 3 && max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80; back++)
		max--;
	text_escaped(t, s, max);
	text_str(t, "...");
}

void text_time(struct text *t, int64_t wall_ns)
{
	int64_t sub = wall_ns % (int64_t)NSEC_PER_SEC;
	time_t seconds = (time_t)(wall_ns / (int64_t)NSEC_PER_SEC);
	struct tm tm;

	if (sub < 0) {
		sub += (int64_t)NSEC_PER_SEC;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	text_printf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	            tm.tm_min, tm.tm_sec, (int)(sub / 1000));
}

/* The narrowest makes any record fit into 1 KiB. */
const struct limits format_limits[] = {
	{ SIZE_MAX, SIZE_MAX, false }, { 4096, 16384, false }, { 4096, 4096, false }, { 1024, 1024, false },
	{ 512, 512, false },           { 256, 256, false },    { 128, 128, false },   { 64, 64, false },
	{ 32, 32, false },             { 64, 0, true },        { 32, 0, true },       { 16, 0, true },
	{ 4, 0, true },
};
const size_t format_limits_count = sizeof(format_limits) / sizeof(format_limits[0]);

bool list_next(const char *list, size_t len, size_t limit, size_t *at, const char **s, size_t *s_len, bool *cut)
{
	*cut = *at < len && *at >= limit;
	if (*at >= len || *cut)
		return false;
	*s = list + *at;
	*s_len = strnlen(*s, len - *at);
	*at += *s_len + 1;
	return true;
}

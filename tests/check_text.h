/* check_text.h - what a reader of our lines does: looks for harmful bytes, undoes the escapes */
#ifndef EPITAPH_CHECK_TEXT_H
#define EPITAPH_CHECK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Length of the UTF-8 character at s and its number; 0 if it is none (RFC 3629, written apart from escape.c). */
static inline size_t check_utf8(const unsigned char *s, size_t len, uint32_t *c)
{
	if (len >= 1 && s[0] <= 0x7f)
		return *c = s[0], 1;
	if (len >= 2 && (s[0] & 0xe0) == 0xc0 && (s[1] & 0xc0) == 0x80) {
		*c = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
		return *c >= 0x80 ? 2 : 0;
	}
	if (len >= 3 && (s[0] & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80) {
		*c = (uint32_t)(s[0] & 0xf) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
		return *c >= 0x800 && (*c < 0xd800 || *c > 0xdfff) ? 3 : 0;
	}
	if (len >= 4 && (s[0] & 0xf8) == 0xf0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80) {
		*c = (uint32_t)(s[0] & 7) << 18 | (uint32_t)(s[1] & 0x3f) << 12 | (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
		return *c >= 0x10000 && *c <= 0x10ffff ? 4 : 0;
	}
	return 0;
}

/* Valid UTF-8 without anything that a terminal, a line reader or an eye would trip over. */
static inline bool check_clean(const char *line, size_t len)
{
	const unsigned char *s = (const unsigned char *)line;
	uint32_t c;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = check_utf8(s, len, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
		    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f)
			return false;
		if (c == 0xa0 || c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f || c == 0x180e || (c >= 0x2000 && c <= 0x200f) ||
		    (c >= 0x202f && c < 0x2030) || (c >= 0x205f && c <= 0x206f) || c == 0x3000 || c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) ||
		    (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) || (c & 0xfffe) == 0xfffe)
			return false;
	}
	return true;
}

static inline int check_hex(const char *s, int digits)
{
	int n = 0;

	for (int i = 0; i < digits; i++) {
		const char *all = "0123456789abcdef", *at = s[i] ? strchr(all, s[i]) : NULL;

		if (!at)
			return -1;
		n = n * 16 + (int)(at - all);
	}
	return n;
}

/* Undoes the JSON escapes; the length, or SIZE_MAX if it is not the inside of a JSON string. */
static inline size_t check_unquote(const char *s, size_t len, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		if (s[i] == '"' || (unsigned char)s[i] < 0x20)
			return SIZE_MAX;
		if (s[i] != '\\') {
			to[n++] = s[i++];
		} else if (i + 1 < len && (s[i + 1] == '"' || s[i + 1] == '\\')) {
			to[n++] = s[i + 1];
			i += 2;
		} else if (i + 5 < len && s[i + 1] == 'u' && check_hex(s + i + 2, 4) >= 0) {
			int c = check_hex(s + i + 2, 4);

			if (c >= 0xd800 && c <= 0xdbff && i + 11 < len && s[i + 6] == '\\' && s[i + 7] == 'u') {
				int low = check_hex(s + i + 8, 4);

				if (low < 0xdc00 || low > 0xdfff)
					return SIZE_MAX;
				c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
				to[n++] = (char)(0xf0 | c >> 18);
				to[n++] = (char)(0x80 | (c >> 12 & 0x3f));
				to[n++] = (char)(0x80 | (c >> 6 & 0x3f));
				to[n++] = (char)(0x80 | (c & 0x3f));
				i += 12;
				continue;
			}
			if (c >= 0xd800 && c <= 0xdfff)
				return SIZE_MAX;
			if (c >= 0x800)
				to[n++] = (char)(0xe0 | c >> 12);
			if (c >= 0x80)
				to[n++] = (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6);
			to[n++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
			i += 6;
		} else {
			return SIZE_MAX;
		}
	}
	return n;
}

/* Then the bytes that were no UTF-8: \xHH. */
static inline size_t check_unbyte(const char *s, size_t len, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		if (s[i] == '\\' && i + 3 < len && s[i + 1] == 'x' && check_hex(s + i + 2, 2) >= 0) {
			to[n++] = (char)check_hex(s + i + 2, 2);
			i += 4;
		} else {
			to[n++] = s[i++];
		}
	}
	return n;
}

#endif

/* check_json.h - is a line one JSON object, as RFC 8259 has it, and clean?  Written apart from format_json.c */
#ifndef EPITAPH_CHECK_JSON_H
#define EPITAPH_CHECK_JSON_H

#include "check_text.h"

#define CHECK_JSON_DEPTH 8

/* Each moves *s behind what it has read; false if it is not that. */
static inline bool check_json_value(const char **s, const char *end, int depth);

static inline bool check_json_char(const char **s, const char *end, char c)
{
	if (*s == end || **s != c)
		return false;
	++*s;
	return true;
}

static inline bool check_json_string(const char **s, const char *end)
{
	if (!check_json_char(s, end, '"'))
		return false;
	for (; *s < end && **s != '"'; ++*s) {
		if ((unsigned char)**s < 0x20)
			return false;
		if (**s != '\\')
			continue;
		if (++*s == end || (**s != 'u' && !strchr("\"\\/bfnrt", **s)) || !**s)
			return false;
		if (**s == 'u' && (end - *s < 5 || check_hex(*s + 1, 4) < 0))
			return false;
	}
	return check_json_char(s, end, '"');
}

static inline size_t check_json_digits(const char **s, const char *end)
{
	const char *from = *s;

	while (*s < end && **s >= '0' && **s <= '9')
		++*s;
	return (size_t)(*s - from);
}

static inline bool check_json_number(const char **s, const char *end)
{
	check_json_char(s, end, '-');
	bool zero = *s < end && **s == '0';
	size_t digits = check_json_digits(s, end);

	if (!digits || (zero && digits > 1))
		return false;
	return !check_json_char(s, end, '.') || check_json_digits(s, end);
}

static inline bool check_json_list(const char **s, const char *end, int depth, bool object)
{
	char close = object ? '}' : ']';

	++*s;
	if (check_json_char(s, end, close))
		return true;
	do {
		if (object && (!check_json_string(s, end) || !check_json_char(s, end, ':')))
			return false;
		if (!check_json_value(s, end, depth + 1))
			return false;
	} while (check_json_char(s, end, ','));
	return check_json_char(s, end, close);
}

static inline bool check_json_value(const char **s, const char *end, int depth)
{
	if (*s == end || depth > CHECK_JSON_DEPTH)
		return false;
	if (**s == '{' || **s == '[')
		return check_json_list(s, end, depth, **s == '{');
	if (**s == '"')
		return check_json_string(s, end);
	for (int i = 0; i < 2; i++) {
		const char *word = i ? "true" : "false";
		size_t n = strlen(word);

		if ((size_t)(end - *s) >= n && memcmp(*s, word, n) == 0)
			return *s += n, true;
	}
	return check_json_number(s, end);
}

static inline bool check_json_line(const char *line, size_t len)
{
	const char *s = line, *end = line + len;

	return len && *s == '{' && check_json_value(&s, end, 0) && s == end && check_clean(line, len);
}

#endif

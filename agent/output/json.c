#include "agent/output/json.h"

#include <string.h>

void json_key(struct json *j, const char *prefix, const char *name)
{
	text_str(&j->t, ",\"");
	text_str(&j->t, prefix);
	text_str(&j->t, name);
	text_str(&j->t, "\":");
}

void json_number(struct json *j, const char *prefix, const char *name, int64_t n)
{
	json_key(j, prefix, name);
	text_number(&j->t, n);
}

void json_count(struct json *j, const char *name, uint64_t n)
{
	json_number(j, "", name, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

void json_boolean(struct json *j, const char *prefix, const char *name, bool b)
{
	json_key(j, prefix, name);
	text_str(&j->t, b ? "true" : "false");
}

static void quoted(struct json *j, const char *s, size_t len, size_t max)
{
	text_char(&j->t, '"');
	text_escaped_max(&j->t, s, len, max);
	text_char(&j->t, '"');
}

void json_string(struct json *j, const char *prefix, const char *name, const char *s)
{
	json_key(j, prefix, name);
	quoted(j, s, strlen(s), j->limits->string);
}

/* Words of our own are never cut. */
void json_word(struct json *j, const char *name, const char *s)
{
	json_key(j, "", name);
	quoted(j, s, strlen(s), SIZE_MAX);
}

void json_list(struct json *j, const char *prefix, const char *name, const char *s, size_t len)
{
	size_t at = 0, n, limit = j->limits->list;
	const char *one;
	bool cut = false;

	json_key(j, prefix, name);
	text_char(&j->t, '[');
	for (size_t start = 0; !j->t.full && list_next(s, len, limit, &at, &one, &n, &cut); start = at) {
		if (start > 0)
			text_char(&j->t, ',');
		quoted(j, one, n, limit - start);
	}
	if (cut)
		text_str(&j->t, at > 0 ? ",\"...\"" : "\"...\"");
	text_char(&j->t, ']');
}

void json_sources(struct json *j, const char *name, unsigned set)
{
	bool first = true;

	json_key(j, "", name);
	text_char(&j->t, '[');
	for (int i = 0; i < SOURCES; i++) {
		if (!(set & (1u << i)))
			continue;
		text_str(&j->t, first ? "\"" : ",\"");
		text_str(&j->t, source_name((enum source)(1u << i)));
		text_char(&j->t, '"');
		first = false;
	}
	text_char(&j->t, ']');
}

void json_time(struct json *j, const char *name, int64_t wall_ns)
{
	json_key(j, "", name);
	text_char(&j->t, '"');
	text_time(&j->t, wall_ns);
	text_char(&j->t, '"');
}

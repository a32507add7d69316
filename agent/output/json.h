/* json.h - the keys of one flat JSON object, each with its comma before it */
#ifndef EPITAPH_JSON_H
#define EPITAPH_JSON_H

#include "agent/output/format.h"

/* Line and limits, together since every helper needs both. */
struct json {
	struct text          t;
	const struct limits *limits;
};

/* The key is the prefix and the name behind it; a value written by hand is to follow. */
void json_key(struct json *j, const char *prefix, const char *name);
void json_number(struct json *j, const char *prefix, const char *name, int64_t n);
void json_count(struct json *j, const char *name, uint64_t n);
void json_boolean(struct json *j, const char *prefix, const char *name, bool b);
/* Bytes from outside: escaped, and cut as the limits have it. */
void json_string(struct json *j, const char *prefix, const char *name, const char *s);
void json_word(struct json *j, const char *name, const char *s);
/* Each entry of s ends in NUL. */
void json_list(struct json *j, const char *prefix, const char *name, const char *s, size_t len);
void json_sources(struct json *j, const char *name, unsigned set); /* enum source */
void json_time(struct json *j, const char *name, int64_t wall_ns);

#endif

/* config_world.h - text read as an agent.ini, and what came of it; after cmocka.h */
#ifndef EPITAPH_CONFIG_WORLD_H
#define EPITAPH_CONFIG_WORLD_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"

#define TARGET "[target t]\ncomm = x\n"

/* What came of a parse: a configuration, or messages, one a line. */
struct result {
	struct config *config;
	int            err;
	unsigned       messages;
	char           text[65536];
};

static inline void gather(void *ctx, const char *message)
{
	struct result *r = ctx;
	size_t len = strlen(r->text);
	assert_null(strchr(message, '\n'));
	snprintf(r->text + len, sizeof(r->text) - len, "%s\n", message);
	r->messages++;
}

static inline struct result *parse_bytes(const char *bytes, size_t size)
{
	static struct result r;
	r = (struct result){ 0 };
	FILE *f = fmemopen((void *)(uintptr_t)bytes, size, "r");
	assert_non_null(f);
	r.err = config_parse(f, "t.ini", gather, &r, &r.config);
	fclose(f);
	assert_true((r.err == 0) == (r.config != NULL));
	assert_true((r.err != 0) == (r.messages != 0));
	return &r;
}

static inline struct config *good(const char *text)
{
	struct result *r = parse_bytes(text, strlen(text));
	if (r->err)
		fail_msg("refused: %s\n%s", text, r->text);
	return r->config;
}

static inline void bad_bytes(const char *bytes, size_t size, const char *messages)
{
	struct result *r = parse_bytes(bytes, size);
	config_free(r->config);
	assert_int_equal(r->err, -EINVAL);
	assert_string_equal(r->text, messages);
}

static inline void bad(const char *text, const char *messages)
{
	bad_bytes(text, strlen(text), messages);
}

/* One key in a section that is otherwise right. */
static inline const char *text_of_key(const char *section, const char *rest, const char *key, const char *value)
{
	static char text[4096];
	snprintf(text, sizeof(text), "[%s]\n%s = %s\n%s%s", section, key, value, rest, strncmp(section, "target", 6) ? "\n" TARGET : "");
	return text;
}

static inline struct config *good_key(const char *section, const char *rest, const char *key, const char *value)
{
	return good(text_of_key(section, rest, key, value));
}

static inline void bad_key(const char *section, const char *rest, const char *key, const char *value, const char *what)
{
	char message[4096];
	snprintf(message, sizeof(message), "t.ini:2: [%s] %s: %s\n", section, key, what);
	bad(text_of_key(section, rest, key, value), message);
}

#endif

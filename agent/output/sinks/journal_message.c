#include "agent/output/sinks/journal_message.h"

#include <ctype.h>
#include <string.h>

#include "agent/output/sinks/pairs.h"

static void put_bytes(struct text *t, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_char(t, p[i]);
}

/* Quotes and backslashes as they are; what else JSON escapes is a control character, and stays escaped. */
static void put_string(struct text *t, const char *p, size_t len)
{
	for (const char *end = p + len; p < end; p++) {
		if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
			p++;
		text_char(t, *p);
	}
}

/* All of it or nothing. */
static void put_pair(struct text *t, const struct pair *p)
{
	size_t before = t->len;

	text_str(t, "EPITAPH_");
	for (size_t i = 0; i < p->key_len; i++)
		text_char(t, (char)toupper((unsigned char)p->key[i]));
	text_char(t, '=');
	if (p->is_string)
		put_string(t, p->value, p->value_len);
	else
		put_bytes(t, p->value, p->value_len);
	text_char(t, '\n');
	if (t->full) {
		t->len = before;
		t->full = false;
	}
}

size_t journal_message(const struct output_config *c, const struct line_context *words, const struct event *e, int severity,
                       const char *line, size_t len, char *to, size_t size)
{
	char json[LINE_MAX_BYTES];
	struct pair pair;
	struct text t;

	text_init(&t, to, size);
	text_printf(&t, "PRIORITY=%d\nSYSLOG_IDENTIFIER=", severity);
	text_str(&t, c->tag ? c->tag : "epitaph");
	text_str(&t, "\nMESSAGE=");
	put_bytes(&t, line, len);
	text_char(&t, '\n');
	if (e->process.pid > 0)
		text_printf(&t, "OBJECT_PID=%d\n", (int)e->process.pid);
	if (format_json(e, words, json, sizeof(json)))
		for (const char *p = json + 1; (p = pair_next(p, &pair)); )
			put_pair(&t, &pair);
	return t.len;
}

#include "agent/output/sinks/syslog_header.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/output/sinks/pairs.h"

#define COOKIE "@cee: "
#define SD_ID "epitaph@32473" /* the number that RFC 5612 sets aside for examples */

static const char *tag_of(const struct output_config *c)
{
	return c->tag ? c->tag : "epitaph";
}

static size_t old_header(const struct output_config *c, const struct line_context *words, int severity, bool with_host, char *to, size_t size)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm;
	int n;

	localtime_r(&now, &tm);
	n = snprintf(to, size, "<%d>%s %2d %02d:%02d:%02d %s%s%s[%d]: ", c->facility | severity, months[tm.tm_mon % 12],
	             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, with_host ? words->host : "", with_host ? " " : "", tag_of(c), (int)getpid());
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* A JSON string's bytes as the value of a parameter: quote, backslash and bracket are escaped (RFC 5424, 6.3.3). */
static void put_string(struct text *t, const char *p, size_t len)
{
	for (const char *end = p + len; p < end; p++) {
		if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p == '"' || *p == '\\' || *p == ']')
			text_char(t, '\\');
		text_char(t, *p);
	}
}

static bool is_called(const struct pair *p, const char *key)
{
	return p->key_len == strlen(key) && memcmp(p->key, key, p->key_len) == 0;
}

/* The header has the time and the host; a name has 32 bytes at most. */
static bool is_wanted(const struct pair *p)
{
	return !p->is_list && p->key_len <= 32 && !is_called(p, "time") && !is_called(p, "host");
}

static void put_pair(struct text *t, const struct pair *p)
{
	text_printf(t, " %.*s=\"", (int)p->key_len, p->key);
	if (p->is_string)
		put_string(t, p->value, p->value_len);
	else
		text_printf(t, "%.*s", (int)p->value_len, p->value);
	text_char(t, '"');
}

/* The keys of the record that have one value each; "-" where there is no room for all. */
static void structured_data(const struct output_config *c, const struct line_context *words, const struct event *e, struct text *t)
{
	char json[SYSLOG_HEADER_MOST / 2];
	struct pair pair;
	size_t before = t->len;

	if (c->format != FORMAT_JSON && format_json(e, words, json, sizeof(json))) {
		text_str(t, "[" SD_ID);
		for (const char *p = json + 1; (p = pair_next(p, &pair)); )
			if (is_wanted(&pair))
				put_pair(t, &pair);
		text_char(t, ']');
	}
	if (t->len == before || t->full) {
		t->len = before;
		t->full = false;
		text_char(t, '-');
	}
}

static size_t new_header(const struct output_config *c, const struct line_context *words, const struct event *e, int severity, size_t room,
                         char *to, size_t size)
{
	struct text t;

	text_init(&t, to, room < size ? room : size);
	text_printf(&t, "<%d>1 ", c->facility | severity);
	text_time(&t, (int64_t)e->at + e->wall_offset);
	text_printf(&t, " %s %s %d %s ", words->host && words->host[0] ? words->host : "-", tag_of(c), (int)getpid(), event_kind_name(e->kind));
	structured_data(c, words, e, &t);
	text_char(&t, ' ');
	return t.len;
}

size_t syslog_header_least(const struct output_config *c, const char *host)
{
	size_t names = (c->tag ? strlen(c->tag) : 7) + (c->transport != SYSLOG_LOCAL && host ? strlen(host) : 0);

	return names + (c->transport == SYSLOG_LOCAL ? 40 : 80);
}

size_t syslog_header(const struct output_config *c, const struct line_context *words, const struct event *e, int severity, size_t len,
                     char to[SYSLOG_HEADER_MOST])
{
	char header[SYSLOG_HEADER_MOST - sizeof(COOKIE) - 16];
	const char *cookie = c->format == FORMAT_JSON && c->transport != SYSLOG_LOCAL ? COOKIE : "";
	uint64_t most = c->max_message ? c->max_message : UINT64_MAX;
	size_t least = syslog_header_least(c, words->host), n;

	if (c->transport == SYSLOG_LOCAL || c->protocol == SYSLOG_RFC3164)
		n = old_header(c, words, severity, c->transport != SYSLOG_LOCAL, header, sizeof(header));
	else
		n = new_header(c, words, e, severity, most > len + least ? (size_t)(most - len) : least, header, sizeof(header));
	size_t cookie_len = strlen(cookie);
	int before = c->transport == SYSLOG_TCP ? snprintf(to, 16, "%zu ", n + cookie_len + len) : 0;
	memcpy(to + before, header, n);
	memcpy(to + before + n, cookie, cookie_len);
	return (size_t)before + n + cookie_len;
}

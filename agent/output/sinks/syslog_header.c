#include "agent/output/sinks/syslog_header.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
static const char *put_string(struct text *t, const char *p)
{
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\')) {
			text_char(t, '\\');
			text_char(t, *++p);
		} else if (*p == '\\' || *p == ']') {
			text_char(t, '\\');
			text_char(t, *p);
		} else {
			text_char(t, *p);
		}
	}
	return *p ? p + 1 : p;
}

/* Past a string, whose quote is behind p. */
static const char *skip_string(const char *p)
{
	for (; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

static const char *skip_list(const char *p)
{
	while (*p && *p != ']')
		p = *p == '"' ? skip_string(p + 1) : p + 1;
	return *p ? p + 1 : p;
}

/* The header has the time and the host. */
static bool is_wanted(const char *key, size_t len)
{
	return len <= 32 && strncmp(key, "time\"", 5) != 0 && strncmp(key, "host\"", 5) != 0;
}

/* One `"key":value` of our own JSON; lists are left out.  Where the next one begins. */
static const char *put_pair(struct text *t, const char *p)
{
	const char *key = p + 1, *end = skip_string(key), *value = *end ? end + 1 : end;
	size_t len = (size_t)(end - key) - (*end != '\0');

	if (*value == '[')
		return skip_list(value + 1);
	if (!is_wanted(key, len))
		return *value == '"' ? skip_string(value + 1) : value + strcspn(value, ",}");
	text_printf(t, " %.*s=\"", (int)len, key);
	if (*value == '"') {
		value = put_string(t, value + 1);
	} else {
		size_t n = strcspn(value, ",}");

		text_printf(t, "%.*s", (int)n, value);
		value += n;
	}
	text_char(t, '"');
	return value;
}

/* The keys of the record that have one value each; "-" where there is no room for all. */
static void structured_data(const struct output_config *c, const struct line_context *words, const struct event *e, struct text *t)
{
	char json[SYSLOG_HEADER_MOST / 2];
	size_t before = t->len;

	if (c->format != FORMAT_JSON && format_json(e, words, json, sizeof(json))) {
		text_str(t, "[" SD_ID);
		for (const char *p = json + 1; *p == '"' || *p == ','; )
			p = *p == ',' ? p + 1 : put_pair(t, p);
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

/* line.c - the parts of which lines for people are made */
#include "agent/output/line.h"

#include <string.h>

#include "agent/base/path_basename.h"

void line_str(struct line *l, const char *s)
{
	text_str(&l->t, s);
}

static bool is_plain(const char *s, size_t len, const char *others)
{
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z') ||
		      (s[i] && strchr(others, s[i]))))
			return false;
	return len > 0;
}

void line_name(struct line *l, const char *s, size_t len)
{
	bool quotes = len > l->limits->string || !is_plain(s, len, "_./:@%+,-");

	if (quotes)
		text_char(&l->t, '"');
	text_escaped_max(&l->t, s, len, l->limits->string);
	if (quotes)
		text_char(&l->t, '"');
}

void line_string(struct line *l, const char *before, const char *s)
{
	line_str(l, before);
	line_name(l, s, strlen(s));
}

/* Words of our own are never cut. */
void line_word(struct line *l, const char *before, const char *s)
{
	line_str(l, before);
	text_escaped(&l->t, s, strlen(s));
}

/* Sentences, our own but for the names in them. */
void line_reason(struct line *l, const char *before, const struct event *e)
{
	if (!(e->has & HAS_REASON))
		return;
	line_str(l, before);
	text_char(&l->t, '"');
	text_escaped_max(&l->t, e->reason, strlen(e->reason), l->limits->string);
	text_char(&l->t, '"');
}

/* One argument as a shell would take it, itself inside double quotes. */
static void argument(struct line *l, const char *s, size_t len, size_t max)
{
	bool dots = len == 3 && !memcmp(s, "...", 3); /* not ours */

	if (is_plain(s, len, "_./:@%+,-=") && !dots) {
		text_escaped_max(&l->t, s, len, max);
		return;
	}
	size_t shown = len < max ? len : max, from = 0;
	text_char(&l->t, '\'');
	for (size_t i = 0; i < shown; i++) {
		if (s[i] != '\'')
			continue;
		text_escaped(&l->t, s + from, i - from);
		line_str(l, "'\\\\''"); /* '\'' once the line's own escapes are undone */
		from = i + 1;
	}
	text_escaped_max(&l->t, s + from, len - from, max - from);
	text_char(&l->t, '\'');
}

void line_args(struct line *l, const char *before, const struct facts *f)
{
	size_t at = 0, n, limit = l->limits->list;
	const char *one;
	bool cut = false;

	if (!(f->has & FACT_ARGS) || l->limits->essential)
		return;
	line_str(l, before);
	line_str(l, "args=\"");
	for (size_t start = 0; !l->t.full && list_next(f->args, f->args_len, limit, &at, &one, &n, &cut); start = at) {
		if (start > 0)
			text_char(&l->t, ' ');
		argument(l, one, n, limit - start);
	}
	line_str(l, cut ? " ...\"" : "\"");
}

void line_fact(struct line *l, const char *before, const struct facts *f, unsigned bit, int64_t n)
{
	if (!(f->has & bit))
		return;
	line_str(l, before);
	text_number(&l->t, n);
}

void line_process(struct line *l, const struct facts *f)
{
	if ((f->has & FACT_COMM) && (f->has & FACT_PID)) {
		line_name(l, f->comm, strlen(f->comm));
		line_fact(l, "[", f, FACT_PID, f->pid);
		text_char(&l->t, ']');
	} else if (f->has & FACT_PID) {
		line_fact(l, "pid ", f, FACT_PID, f->pid);
	} else if (f->has & FACT_COMM) {
		line_string(l, "a process named ", f->comm);
	} else {
		line_str(l, "an unknown process");
	}
}

void line_ancestry(struct line *l, const struct facts *f, unsigned from)
{
	size_t at = 0, n;
	const char *one;
	bool cut = false;

	if (!(f->has & FACT_ANCESTRY) || l->limits->essential)
		return;
	for (unsigned i = 0; !l->t.full && list_next(f->ancestry, f->ancestry_len, l->limits->list, &at, &one, &n, &cut); i++) {
		if (i < from)
			continue;
		line_str(l, " < ");
		line_name(l, one, n);
	}
	if (cut)
		line_str(l, " < ...");
}

/* Its directory is one that root alone writes, and it is known to be that file here. */
static bool is_system_program(const struct facts *f)
{
	static const char *const directories[] = { "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/libexec/", "/bin/", "/sbin/", "/lib/" };

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (strncmp(f->exe, directories[i], strlen(directories[i])) == 0)
			return (f->has & FACT_FOREIGN) && !f->foreign;
	return false;
}

void line_exe(struct line *l, const char *before, const struct facts *f)
{
	if (!(f->has & FACT_EXE) || l->limits->essential)
		return;
	line_string(l, before, f->exe);
	if ((f->has & FACT_FOREIGN) && f->foreign)
		line_str(l, " (of another mount namespace)");
}

/* A process may call itself what it likes; its file is said where the name does not tell it. */
static void exe_of_other(struct line *l, const struct facts *f)
{
	if (!(f->has & FACT_EXE))
		return;
	if (!(f->has & FACT_COMM) || strncmp(path_basename(f->exe), f->comm, COMM_SIZE - 1) != 0 || !is_system_program(f))
		line_exe(l, " exe=", f);
}

void line_other(struct line *l, const struct facts *f)
{
	line_process(l, f);
	if ((f->has & FACT_ANCESTRY) && f->ancestry_len > 0 && !l->limits->essential)
		line_ancestry(l, f, 0);
	else
		line_fact(l, " ppid=", f, FACT_PPID, f->ppid);
	line_fact(l, " uid=", f, FACT_UID, f->uid);
	line_fact(l, " auid=", f, FACT_AUID, f->auid);
	if ((f->has & FACT_TTY) && !l->limits->essential)
		line_string(l, " tty=", f->tty);
	exe_of_other(l, f);
	line_args(l, " ", f);
}

void line_sources(struct line *l, const char *before, unsigned set)
{
	line_str(l, before);
	for (int i = 0; i < SOURCES; i++) {
		if (!(set & (1u << i)))
			continue;
		line_str(l, source_name((enum source)(1u << i)));
		set &= ~(1u << i);
		if (set)
			text_char(&l->t, ',');
	}
}

void line_uptime(struct line *l, double up)
{
	uint64_t s = (uint64_t)up;
	unsigned long d = (unsigned long)(s / 86400), h = s / 3600 % 24, m = s / 60 % 60;

	if (s >= 86400)
		text_printf(&l->t, ", up %lud%luh%lum", d, h, m);
	else if (s >= 3600)
		text_printf(&l->t, ", up %luh%lum", h, m);
	else if (s >= 60)
		text_printf(&l->t, ", up %lum%lus", m, (unsigned long)(s % 60));
	else
		text_printf(&l->t, ", up %.3fs", up);
}


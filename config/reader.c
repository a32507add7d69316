/*
 * reader.c - reads lines for inih, the only file that knows it.
 *
 * inih cuts long lines and section names, takes an indented line for more of
 * the value above, names only the first bad line, and does not tell of sections
 * without keys.  So it is handed only what it cannot get wrong: `key = value`,
 * not indented, without a comment, short enough.  The rest is seen to here.
 */
#include "config/parser.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One line without its end into p->text; false at the end of the file. */
static bool read_line(struct parser *p)
{
	int c;

	p->length = 0;
	p->has_nul = false;
	while ((c = getc_unlocked(p->stream)) != EOF && c != '\n') {
		if (p->length < CONFIG_LINE_MAX)
			p->text[p->length] = (char)c;
		p->length++;
		p->has_nul |= c == '\0';
	}
	if (c == EOF && p->length == 0)
		return false;
	p->line++;
	if (p->length <= CONFIG_LINE_MAX && p->length > 0 && p->text[p->length - 1] == '\r')
		p->length--;
	p->text[p->length < CONFIG_LINE_MAX ? p->length : CONFIG_LINE_MAX] = '\0';
	return true;
}

/* As inih sees them: a semicolon after a blank. */
static void cut_comment(char *text)
{
	for (char *p = text; *p; p++) {
		if (*p == ';' && p > text && blank(p[-1])) {
			*p = '\0';
			return;
		}
	}
}

static size_t cut_blanks(char *text)
{
	size_t len = strlen(text);
	while (len > 0 && blank(text[len - 1]))
		len--;
	text[len] = '\0';
	return len;
}

static void too_long(struct parser *p, const char *where, size_t length, size_t most)
{
	errors_add(&p->errors, p->line, where, "line of %zu bytes, at most %zu are possible", length, most);
}

static bool has_control(struct parser *p, const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f) {
			errors_add(&p->errors, p->line, p->where, "control byte \\x%02x in the line; take it out", (unsigned char)*text);
			return true;
		}
	}
	return false;
}

/* The key in front of = or of a colon, which inih takes as well; "" if the line is no `key = value`. */
static void find_key(const struct parser *p, const char *text, char *key, size_t size)
{
	size_t len = strcspn(text, "=:"), end = len;
	while (end > 0 && blank(text[end - 1]))
		end--;
	snprintf(key, size, "%.*s", (int)end, text);
	if (text[len] == '\0' || (text[len] == ':' && !(p->known && option_find(p->section, key))))
		*key = '\0';
}

static void no_key(struct parser *p, const char *text, bool indented)
{
	char shown[PRINTABLE_MAX], where[2 * PRINTABLE_MAX + 8];
	printable(shown, text);
	if (*text == '=')
		errors_add(&p->errors, p->line, p->where, "\"%s\" has no key in front of the =; write key = value", shown);
	else if (indented && *p->last_key)
		errors_add(&p->errors, p->line, parser_where(p, p->last_key, where, sizeof(where)),
		           "\"%s\" seems to continue the value above; a value must stand on one line", shown);
	else
		errors_add(&p->errors, p->line, p->where, "\"%s\" is no key = value, no [section] and no comment", shown);
}

/* The length of what inih is to see of the line, or 0 if there is nothing. */
static size_t prepare(struct parser *p, size_t most, char **line)
{
	char *text = p->text, key[CONFIG_LINE_MAX + 1], where[2 * PRINTABLE_MAX + 8];

	if (p->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	bool indented = blank(*text);
	text += strspn(text, " \t");
	if (p->has_nul) {
		errors_add(&p->errors, p->line, "", "NUL byte in the line; write the file as plain text in UTF-8");
		if (*text == '[')
			parser_lost_section(p);
		find_key(p, text, key, sizeof(key));
		parser_refused(p, key);
		return 0;
	}
	if (*text == '\0' || *text == ';' || *text == '#') {
		if (p->length <= CONFIG_LINE_MAX || *text)
			return 0;
	}
	cut_comment(text);
	size_t len = p->length <= CONFIG_LINE_MAX ? cut_blanks(text) : p->length;
	if (*text == '[') {
		if (len <= CONFIG_LINE_MAX) {
			parser_section(p, text);
			return 0;
		}
		too_long(p, "", len, CONFIG_LINE_MAX);
		parser_lost_section(p);
		return 0;
	}
	if (most > CONFIG_LINE_MAX)
		most = CONFIG_LINE_MAX;
	if (len <= most && has_control(p, text)) {
		find_key(p, text, key, sizeof(key));
		parser_refused(p, key);
		return 0;
	}
	find_key(p, text, key, sizeof(key));
	if (len > most) {
		too_long(p, *key ? parser_where(p, key, where, sizeof(where)) : p->where, len, most);
		parser_refused(p, key);
		return 0;
	}
	if (!*key) {
		no_key(p, text, indented);
		parser_refused(p, text);
		return 0;
	}
	printable(p->last_key, key);
	*line = text;
	return len;
}

/* inih's ini_reader: fgets on our terms. */
static char *next_line(char *to, int num, void *stream)
{
	struct parser *p = stream;
	char *line = NULL;

	if (num < 8 || !read_line(p))
		return NULL;
	size_t len = prepare(p, (size_t)num - 2, &line);
	assert(len + 2 <= (size_t)num);
	if (len)
		memcpy(to, line, len);
	memcpy(to + len, "\n", 2);
	return to;
}

/* The header says how the library calls it; lines are counted by read_line. */
#if INI_HANDLER_LINENO
static int on_key(void *user, const char *section, const char *key, const char *value, int line)
#else
static int on_key(void *user, const char *section, const char *key, const char *value)
#endif
{
#if INI_HANDLER_LINENO
	(void)line;
#endif
	(void)section;
	if (key && value)
		parser_key(user, key, value);
	return 1;
}

int reader_run(struct parser *p)
{
	errno = 0;
	int line = ini_parse_stream(next_line, p, on_key, p);
	if (ferror(p->stream))
		return errno ? -errno : -EIO;
	if (line == -2)
		return -ENOMEM;
	if (line != 0) /* next_line hands it nothing of that kind */
		errors_add(&p->errors, line > 0 ? (unsigned)line : 0, "", "inih does not understand the line");
	return 0;
}

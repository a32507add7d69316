/* audit_line.c - a record as auditd writes it to its log and its dispatcher */
#include "backends/audit_record.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#define ENRICHED 0x1D

static const struct {
	const char *name;
	unsigned    type;
} types[] = {
	{ "SYSCALL", AUDIT_SYSCALL }, { "OBJ_PID", AUDIT_OBJ_PID }, { "EXECVE", AUDIT_EXECVE },
	{ "PATH", AUDIT_PATH }, { "EOE", AUDIT_EOE }, { "ANOM_ABEND", AUDIT_ANOM_ABEND },
	{ "SECCOMP", AUDIT_SECCOMP }, { "CONFIG_CHANGE", AUDIT_CONFIG_CHANGE },
};

static unsigned type_number(const char *p, size_t len)
{
	unsigned n = 0;

	if (len > 8 && !memcmp(p, "UNKNOWN[", 8) && p[len - 1] == ']') {
		p += 8;
		len -= 9;
	}
	if (!len || len > 5)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		n = n * 10 + (unsigned)(p[i] - '0');
	}
	return n;
}

static unsigned type_of(const char *p, size_t len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (len == strlen(types[i].name) && !memcmp(p, types[i].name, len))
			return types[i].type;
	return type_number(p, len);
}

static bool is_read(unsigned type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return true;
	return false;
}

/* Moves *p behind `WORD=VALUE `; the value goes to the next blank. */
static bool take(const char **p, const char *end, const char *word, const char **value, size_t *len)
{
	size_t n = strlen(word);
	const char *blank;

	if ((size_t)(end - *p) < n || memcmp(*p, word, n))
		return false;
	blank = memchr(*p + n, ' ', (size_t)(end - *p) - n);
	if (!blank)
		return false;
	*value = *p + n;
	*len = (size_t)(blank - *value);
	*p = blank + 1;
	return true;
}

int audit_line_parse(const char *line, size_t len, unsigned *type, const char **text, size_t *text_len)
{
	const char *p = line, *end = line + len, *value;
	struct audit_stamp stamp;
	size_t n;

	while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	take(&p, end, "node=", &value, &n);
	if (!take(&p, end, "type=", &value, &n))
		return -EINVAL;
	if ((size_t)(end - p) < 4 || memcmp(p, "msg=", 4))
		return -EINVAL;
	p += 4;
	if (!audit_stamp_parse(p, (size_t)(end - p), &stamp))
		return -EINVAL;
	*type = type_of(value, n);
	*text = p;
	value = memchr(p, ENRICHED, (size_t)(end - p));
	*text_len = (size_t)((value ? value : end) - p);
	return is_read(*type) ? 0 : 1;
}

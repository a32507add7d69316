/* audit_fields.c - the key=value text of one audit record, taken apart */
#include "backends/audit_fields.h"

#include <limits.h>

#define NSEC_OF_SEC 1000000000ull
#define NSEC_OF_MSEC 1000000ull

static bool decimal(const char **text, const char *end, uint64_t *number)
{
	const char *p = *text;
	uint64_t n = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (p == *text)
		return false;
	*text = p;
	*number = n;
	return true;
}

static bool literal(const char **text, const char *end, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(end - *text) < n || memcmp(*text, word, n))
		return false;
	*text += n;
	return true;
}

size_t audit_stamp_parse(const char *text, size_t len, struct audit_stamp *stamp)
{
	const char *p = text, *end = text + len;
	uint64_t sec, msec;

	if (!literal(&p, end, "audit(") || !decimal(&p, end, &sec) || !literal(&p, end, ".") ||
	    !decimal(&p, end, &msec) || !literal(&p, end, ":") || !decimal(&p, end, &stamp->serial) ||
	    !literal(&p, end, "):"))
		return 0;
	if (sec > INT64_MAX / NSEC_OF_SEC - 1 || msec > 999)
		return 0;
	stamp->wall = sec * NSEC_OF_SEC + msec * NSEC_OF_MSEC;
	return (size_t)(p - text);
}

/* The kernel writes blanks; other control bytes it would have written as hex. */
static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

/* From an opening quote to behind the closing one; what follows must be a boundary. */
static const char *take_quoted(const char *p, const char *end, struct audit_field *f)
{
	const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));

	f->value = p + 1;
	if (!close) {
		f->form = AUDIT_FORM_BROKEN;
		f->value_len = (size_t)(end - p - 1);
		return end;
	}
	f->form = AUDIT_FORM_QUOTED;
	f->value_len = (size_t)(close - p - 1);
	for (p = close + 1; p < end && !is_space(*p); p++)
		f->form = AUDIT_FORM_BROKEN;
	return p;
}

bool audit_field_next(const char **text, const char *end, struct audit_field *f)
{
	const char *p = *text;

	for (;;) {
		while (p < end && is_space(*p))
			p++;
		f->key = p;
		while (p < end && *p != '=' && !is_space(*p))
			p++;
		if (p == end) {
			*text = p;
			return false;
		}
		if (*p == '=' && p > f->key)
			break;
		p++;
	}
	f->key_len = (size_t)(p++ - f->key);
	if (p < end && (*p == '"' || *p == '\'')) {
		p = take_quoted(p, end, f);
	} else {
		f->form = AUDIT_FORM_BARE;
		f->value = p;
		while (p < end && !is_space(*p))
			p++;
		f->value_len = (size_t)(p - f->value);
	}
	f->last = p == end;
	*text = p;
	return true;
}

bool audit_field_number(const struct audit_field *f, int64_t *number)
{
	const char *p = f->value, *end = p + f->value_len;
	bool negative = f->value_len && *p == '-';
	uint64_t n;

	p += negative;
	if (f->form != AUDIT_FORM_BARE || !decimal(&p, end, &n) || p != end || n > INT64_MAX)
		return false;
	*number = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool audit_field_hex(const struct audit_field *f, uint64_t *number)
{
	size_t prefix = f->value_len > 2 && !memcmp(f->value, "0x", 2) ? 2 : 0;
	uint64_t n = 0;

	if (f->form != AUDIT_FORM_BARE || !f->value_len || f->value_len - prefix > 16)
		return false;
	for (size_t i = prefix; i < f->value_len; i++) {
		char c = f->value[i];
		int digit = hex_digit(c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c);

		if (digit < 0)
			return false;
		n = n << 4 | (unsigned)digit;
	}
	*number = n;
	return true;
}

bool audit_field_id(const struct audit_field *f, uint32_t *id)
{
	int64_t n;

	if (!audit_field_number(f, &n) || n < 0 || n >= UINT32_MAX)
		return false;
	*id = (uint32_t)n;
	return true;
}

bool audit_field_pid(const struct audit_field *f, int *pid)
{
	int64_t n;

	if (!audit_field_number(f, &n) || n <= 0 || n > INT_MAX)
		return false;
	*pid = (int)n;
	return true;
}

static bool is_absent(const struct audit_field *f)
{
	static const char *const words[] = { "(null)", "(none)", "?" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (f->value_len == strlen(words[i]) && !memcmp(f->value, words[i], f->value_len))
			return true;
	return false;
}

int audit_field_bytes(const struct audit_field *f, char *out, size_t size)
{
	size_t n = 0;

	if (f->form == AUDIT_FORM_BROKEN)
		return -1;
	if (f->form == AUDIT_FORM_QUOTED) {
		n = f->value_len < size ? f->value_len : size;
		memcpy(out, f->value, n);
		return (int)n;
	}
	if (f->value_len % 2)
		return -1;
	for (size_t i = 0; i < f->value_len; i += 2) {
		int high = hex_digit(f->value[i]), low = hex_digit(f->value[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		if (n < size)
			out[n++] = (char)(high << 4 | low);
	}
	return (int)n;
}

int audit_field_string(const struct audit_field *f, char *out, size_t size)
{
	int n;

	/* exe="(null)" comes quoted where there is no mm, proctitle likewise */
	if (!f->value_len || (is_absent(f) && (f->form == AUDIT_FORM_BARE || f->value_len > 1)))
		return -1;
	n = audit_field_bytes(f, out, size);
	if (n <= 0 || (size_t)n >= size)
		return -1;
	out[n] = '\0';
	n = (int)strlen(out);
	return n ? n : -1;
}

int audit_field_word(const struct audit_field *f, char *out, size_t size)
{
	if (f->form != AUDIT_FORM_BARE || !f->value_len || f->value_len >= size || is_absent(f))
		return -1;
	memcpy(out, f->value, f->value_len);
	out[f->value_len] = '\0';
	return (int)f->value_len;
}

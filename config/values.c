/* values.c - values that are one word or one number: yes, 4096, 16M, 250ms, 0640, json */
#include "config/option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "agent/base/clock.h"

struct unit {
	const char *name;
	uint64_t    factor;
};

/* Largest first, as they are printed. */
static const struct unit durations[] = {
	{ "h", 3600 * NSEC_PER_SEC }, { "m", 60 * NSEC_PER_SEC },
	{ "s", NSEC_PER_SEC }, { "ms", NSEC_PER_MSEC }, { NULL, 0 },
};
static const struct unit sizes[] = {
	{ "G", 1ull << 30 }, { "M", 1ull << 20 }, { "K", 1ull << 10 }, { "", 1 }, { NULL, 0 },
};

static void store(const struct option *o, void *object, uint64_t v)
{
	char *at = (char *)object + o->at;
	if (o->size == sizeof(bool))
		*(bool *)at = v != 0;
	else if (o->size == sizeof(unsigned))
		*(unsigned *)at = (unsigned)v;
	else
		*(uint64_t *)at = v;
}

static uint64_t load(const struct option *o, const void *object)
{
	const char *at = (const char *)object + o->at;
	if (o->size == sizeof(bool))
		return *(const bool *)at;
	if (o->size == sizeof(unsigned))
		return *(const unsigned *)at;
	return *(const uint64_t *)at;
}

/* Digits of the base, then *end; false if there is none or they are too many for 64 bits. */
static bool digits(const char *text, unsigned base, uint64_t *v, const char **end)
{
	*v = 0;
	*end = text;
	for (; **end >= '0' && **end < (char)('0' + base); ++*end)
		if (__builtin_mul_overflow(*v, base, v) || __builtin_add_overflow(*v, (unsigned)(**end - '0'), v))
			return false;
	return *end > text;
}

static void print_units(uint64_t v, const struct unit *units, FILE *to)
{
	const struct unit *u = units;
	while (v % u->factor && u[1].name)
		u++;
	fprintf(to, "%" PRIu64 "%s", v / u->factor, v ? u->name : "");
}

static const char *with_units(char *to, size_t size, uint64_t v, const struct unit *units)
{
	FILE *f = fmemopen(to, size, "w");
	*to = '\0';
	if (f) {
		print_units(v, units, f);
		fclose(f);
	}
	return to;
}

static int in_range(const struct option *o, const char *text, uint64_t v, const struct unit *units, struct wrong *w)
{
	char shown[PRINTABLE_MAX], bound[32];
	if (v < o->min)
		return wrong_set(w, "%s is too little; at least %s", printable(shown, text), with_units(bound, sizeof(bound), o->min, units));
	if (v > o->max)
		return wrong_set(w, "%s is too much; at most %s", printable(shown, text), with_units(bound, sizeof(bound), o->max, units));
	return 0;
}

static int parse_number(const struct option *o, void *object, const char *text, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	const char *end;
	uint64_t v;

	bool fits = digits(text, 10, &v, &end);
	if (end[strspn(end, "0123456789")] || end == text)
		return wrong_set(w, "\"%s\" is no whole number; write digits only", printable(shown, text));
	int err = in_range(o, text, fits ? v : UINT64_MAX, sizes + 3, w);
	if (!err)
		store(o, object, v);
	return err;
}

static void print_number(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	fprintf(to, "%" PRIu64, load(o, object));
}

const struct value value_number = { .parse = parse_number, .print = print_number };

static int parse_units(const struct option *o, void *object, const char *text, const struct unit *units,
                       const char *example, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	const char *end;
	uint64_t v;

	bool fits = digits(text, 10, &v, &end);
	const char *unit = end + strspn(end, "0123456789");
	const struct unit *u = units;
	while (u->name && strcasecmp(u->name, unit) != 0)
		u++;
	if (end == text || (!u->name && (*unit || v || !fits)))
		return wrong_set(w, *unit || end == text ? "\"%s\" is not understood; write %s" : "\"%s\" has no unit; write %s",
		                 printable(shown, text), example);
	if (!fits || (u->name && __builtin_mul_overflow(v, u->factor, &v)))
		v = UINT64_MAX;
	int err = in_range(o, text, v, units, w);
	if (!err)
		store(o, object, v);
	return err;
}

static int parse_size(const struct option *o, void *object, const char *text, struct wrong *w)
{
	return parse_units(o, object, text, sizes, "bytes, or a size such as 64K, 16M or 1G", w);
}

static void print_size(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	print_units(load(o, object), sizes, to);
}

const struct value value_size = { .parse = parse_size, .print = print_size };

static int parse_duration(const struct option *o, void *object, const char *text, struct wrong *w)
{
	return parse_units(o, object, text, durations, "a duration such as 250ms, 5s, 10m or 1h", w);
}

static void print_duration(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	print_units(load(o, object), durations, to);
}

const struct value value_duration = { .parse = parse_duration, .print = print_duration };

#define RESTARTS_EXAMPLE "a number of starts and a time, such as 5/1m, or 0"

/* The option's field is the time. */
static int parse_restarts(const struct option *o, void *object, const char *text, struct wrong *w)
{
	struct target_config *t = object;
	char shown[PRINTABLE_MAX];
	const char *end;
	uint64_t v;

	bool fits = digits(text, 10, &v, &end);
	if (end != text && fits && v == 0 && !*end) {
		t->restarts = 0;
		t->restarts_window = 0;
		return 0;
	}
	if (end == text || !fits || *end != '/')
		return wrong_set(w, "\"%s\" is not understood; write " RESTARTS_EXAMPLE, printable(shown, text));
	if (v < 1 || v > RESTARTS_MAX)
		return wrong_set(w, "%s: 1 to %d starts can be allowed", printable(shown, text), RESTARTS_MAX);
	t->restarts = (unsigned)v;
	return parse_units(o, object, end + 1, durations, RESTARTS_EXAMPLE, w);
}

static void print_restarts(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	const struct target_config *t = object;
	(void)c;

	fprintf(to, "%u", t->restarts);
	if (!t->restarts)
		return;
	fputc('/', to);
	print_units(load(o, object), durations, to);
}

const struct value value_restarts = { .parse = parse_restarts, .print = print_restarts };

static int parse_mode(const struct option *o, void *object, const char *text, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	const char *end;
	uint64_t v;

	if (!digits(text, 8, &v, &end) || *end || v > 0777)
		return wrong_set(w, "\"%s\" is no file mode; write permission bits in octal, such as 0640", printable(shown, text));
	store(o, object, v);
	return 0;
}

static void print_mode(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	fprintf(to, "%04o", (unsigned)load(o, object));
}

const struct value value_mode = { .parse = parse_mode, .print = print_mode };

static int parse_yes_no(const struct option *o, void *object, const char *text, struct wrong *w)
{
	static const char *const names[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
	char shown[PRINTABLE_MAX];

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(text, names[i]) == 0) {
			store(o, object, i & 1);
			return 0;
		}
	}
	return wrong_set(w, "\"%s\" is neither yes nor no; write yes or no", printable(shown, text));
}

static void print_yes_no(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	fputs(load(o, object) ? "yes" : "no", to);
}

const struct value value_yes_no = { .parse = parse_yes_no, .print = print_yes_no };

const struct word *word_find(const struct word *words, const char *noun, const char *name, struct wrong *w)
{
	struct nearest near = { .word = name };
	char all[320] = "", shown[PRINTABLE_MAX];
	size_t len = 0;

	for (const struct word *i = words; i->name; i++) {
		if (strcmp(i->name, name) == 0)
			return i;
		nearest_try(&near, i->name);
		int n = snprintf(all + len, sizeof(all) - len, "%s%s", i == words ? "" : i[1].name ? ", " : " or ", i->name);
		len += n > 0 && (size_t)n < sizeof(all) - len ? (size_t)n : 0;
	}
	printable(shown, name);
	if (near.best)
		wrong_set(w, "\"%s\" is no %s; did you mean %s? Known: %s", shown, noun, near.best, all);
	else
		wrong_set(w, "\"%s\" is no %s; write %s", shown, noun, all);
	return NULL;
}

static int parse_word(const struct option *o, void *object, const char *text, struct wrong *w)
{
	const struct word *found = word_find(o->words, o->key, text, w);
	if (!found)
		return -EINVAL;
	store(o, object, found->value);
	return 0;
}

static void print_word(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)c;
	for (const struct word *i = o->words; i->name; i++) {
		if (i->value == load(o, object)) {
			fputs(i->name, to);
			return;
		}
	}
}

const struct value value_word = { .parse = parse_word, .print = print_word };

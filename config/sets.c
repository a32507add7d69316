/* sets.c - values that are sets of our own words: backends, events, signals, severities */
#include "config/option.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <syslog.h>

#define BIT(n) (1u << (n))
#define SIGNALS 64
#define BY_VERDICT "verdict"
#define LINE_ROOM 180     /* inih may take lines of 198 bytes only */

static const struct word events[] = {
	{ "exec", BIT(EVENT_EXEC) },
	{ "exec_failed", BIT(EVENT_EXEC_FAILED) },
	{ "exit", BIT(EVENT_EXIT) },
	{ "signal", BIT(EVENT_SIGNAL) },
	{ "fork", BIT(EVENT_FORK) },
	{ "thread", BIT(EVENT_THREAD_START) | BIT(EVENT_THREAD_END) },
	{ "delivered", BIT(EVENT_DELIVERED) | BIT(EVENT_CLEARED) },
	{ NULL, 0 },
};
#define EVENTS_ALL (BIT(EVENT_EXEC) | BIT(EVENT_EXEC_FAILED) | BIT(EVENT_EXIT) | BIT(EVENT_SIGNAL) | BIT(EVENT_FORK) | \
                    BIT(EVENT_THREAD_START) | BIT(EVENT_THREAD_END) | BIT(EVENT_DELIVERED) | BIT(EVENT_CLEARED))

static const struct word severities[] = {
	{ "emerg", LOG_EMERG }, { "alert", LOG_ALERT }, { "crit", LOG_CRIT }, { "err", LOG_ERR },
	{ "warning", LOG_WARNING }, { "notice", LOG_NOTICE }, { "info", LOG_INFO }, { "debug", LOG_DEBUG },
	{ NULL, 0 },
};

void list_init(struct list *l, const char *text)
{
	snprintf(l->text, sizeof(l->text), "%s", text);
	l->next = l->text;
}

char *comma_next(struct list *l)
{
	char *item = l->next;
	if (!item)
		return NULL;

	char *comma = strchr(item, ',');
	l->next = comma ? comma + 1 : NULL;
	char *end = comma ? comma : item + strlen(item);
	item += strspn(item, " \t");
	while (end > item && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	return item;
}

int list_empty_item(struct wrong *w)
{
	return wrong_set(w, "nothing stands between two commas, or beside one; take the comma out");
}

/* Bits of one item, 0 with *w filled in if it is none. */
typedef uint64_t (*bits_of)(const char *item, struct wrong *w);

/* X adds, `all` adds all, !X takes away whatever the order; only !X means all but them. */
static int parse_set(const char *text, uint64_t all, bits_of bits, uint64_t *set, struct wrong *w)
{
	uint64_t with = 0, without = 0;
	bool any = false;
	struct list l;

	list_init(&l, text);
	for (char *item; (item = comma_next(&l));) {
		bool exclude = *item == '!';
		if (exclude)
			item += 1 + strspn(item + 1, " \t");
		if (!*item)
			return list_empty_item(w);
		uint64_t found = strcmp(item, "all") == 0 && !exclude ? all : bits(item, w);
		if (!found)
			return -EINVAL;
		*(exclude ? &without : &with) |= found;
		any |= !exclude;
	}
	*set = (any ? with : all) & ~without;
	return *set ? 0 : wrong_set(w, "nothing is left when all the excluded are taken away; name what is wanted");
}

/* `auto`, which is 0, or a list of words, each of one bit.  what: "backend", for the message. */
static int parse_words(const struct word *words, const char *what, const char *text, unsigned *set, struct wrong *w)
{
	struct list l;

	*set = 0;
	if (strcmp(text, "auto") == 0)
		return 0;
	list_init(&l, text);
	for (char *item; (item = comma_next(&l));) {
		if (!*item)
			return list_empty_item(w);
		if (strcmp(item, "auto") == 0)
			return wrong_set(w, "auto stands alone, since it leaves the choice to the agent; write auto or a list");
		const struct word *found = word_find(words, what, item, w);
		if (!found)
			return -EINVAL;
		*set |= found->value;
	}
	return 0;
}

static void print_words(const struct word *words, unsigned set, FILE *to)
{
	const char *comma = "";

	for (const struct word *i = words; i->name; i++) {
		if (set & i->value) {
			fprintf(to, "%s%s", comma, i->name);
			comma = ", ";
		}
	}
}

static void list_backends(struct word words[SOURCES + 1])
{
	memset(words, 0, (SOURCES + 1) * sizeof(*words));
	for (unsigned i = 0; i < SOURCES; i++)
		words[i] = (struct word){ source_name((enum source)BIT(i)), BIT(i) };
}

static int parse_backends(const struct option *o, void *object, const char *text, struct wrong *w)
{
	struct config *c = object;
	struct word words[SOURCES + 1];
	unsigned set;
	(void)o;

	list_backends(words);
	int err = parse_words(words, "backend", text, &set, w);
	if (err)
		return err;
	c->backends_auto = !set;
	c->backends = set ? set : BIT(SOURCES) - 1;
	return 0;
}

static void print_backends(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	struct word words[SOURCES + 1];
	(void)o;
	(void)object;

	list_backends(words);
	if (c->backends_auto)
		fputs("auto", to);
	else
		print_words(words, c->backends, to);
}

const struct value value_backends = { .parse = parse_backends, .print = print_backends };

static const struct word rules[] = {
	{ "signals", AUDIT_RULES_SIGNALS }, { "execs", AUDIT_RULES_EXECS }, { "exits", AUDIT_RULES_EXITS }, { NULL, 0 },
};

static int parse_rules(const struct option *o, void *object, const char *text, struct wrong *w)
{
	(void)o;
	return parse_words(rules, "kind of rule", text, &((struct config *)object)->audit_rules, w);
}

static void print_rules(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	(void)o;
	(void)object;

	if (!c->audit_rules)
		fputs("auto", to);
	else
		print_words(rules, c->audit_rules, to);
}

const struct value value_rules = { .parse = parse_rules, .print = print_rules };

static uint64_t event_bits(const char *item, struct wrong *w)
{
	const struct word *found = word_find(events, "event", item, w);
	return found ? found->value : 0;
}

static int parse_events(const struct option *o, void *object, const char *text, struct wrong *w)
{
	struct target_config *t = object;
	uint64_t set;
	(void)o;

	int err = parse_set(text, EVENTS_ALL, event_bits, &set, w);
	if (err)
		return err;
	t->events = (unsigned)set;
	return 0;
}

static void print_events(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	const struct target_config *t = object;
	(void)o;
	(void)c;

	print_words(events, t->events, to);
}

const struct value value_events = { .parse = parse_events, .print = print_events };

static uint64_t signal_bits(const char *item, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	int signo = signal_number(item);
	if (signo >= 1 && signo <= SIGNALS)
		return 1ull << (signo - 1);
	wrong_set(w, "\"%s\" is no signal; write names such as TERM or SIGTERM, !NAME to exclude, or all", printable(shown, item));
	return 0;
}

static int parse_signals(const struct option *o, void *object, const char *text, struct wrong *w)
{
	(void)o;
	return parse_set(text, UINT64_MAX, signal_bits, &((struct target_config *)object)->signals, w);
}

/* Returns the bytes it wrote, or would with to == NULL. */
static size_t write_signals(uint64_t set, bool names, FILE *to)
{
	bool exclude = __builtin_popcountll(set) > SIGNALS / 2;
	size_t len = exclude ? 3 : 0;
	if (exclude && to)
		fputs("all", to);

	for (int signo = 1; signo <= SIGNALS; signo++) {
		char buf[32], number[16];
		if (!(set >> (signo - 1) & 1) != exclude)
			continue;
		snprintf(number, sizeof(number), "%d", signo);
		const char *name = names ? signal_name(signo, buf, sizeof(buf)) : number;
		if (signal_number(name) != signo)
			name = number;
		if (strncmp(name, "SIG", 3) == 0)
			name += 3;
		const char *comma = len ? ", " : "";
		len += strlen(comma) + exclude + strlen(name);
		if (to)
			fprintf(to, "%s%s%s", comma, exclude ? "!" : "", name);
	}
	return len;
}

static void print_signals(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	const struct target_config *t = object;
	(void)o;
	(void)c;
	write_signals(t->signals, write_signals(t->signals, true, NULL) <= LINE_ROOM, to);
}

const struct value value_signals = { .parse = parse_signals, .print = print_signals };

/* -EINVAL if it is none. */
static int parse_one_severity(const struct word *event, const char *name, struct wrong *w)
{
	if (event->value == BIT(EVENT_EXIT) && strcmp(name, BY_VERDICT) == 0)
		return SEVERITY_BY_VERDICT;
	const struct word *severity = word_find(severities, "severity", name, w);

	return severity ? (int)severity->value : -EINVAL;
}

/* Besides the events that a target can ask for. */
static const struct word alerts[] = { { "flapping", BIT(EVENT_FLAPPING) }, { "absent", BIT(EVENT_ABSENT) }, { NULL, 0 } };

static const struct word *severity_event(const char *name, struct wrong *w)
{
	for (const struct word *i = alerts; i->name; i++)
		if (strcmp(i->name, name) == 0)
			return i;
	return word_find(events, "event", name, w);
}

static int parse_severity(const struct option *o, void *object, const char *text, struct wrong *w)
{
	struct target_config *t = object;
	char shown[PRINTABLE_MAX];
	unsigned seen = 0;
	struct list l;
	(void)o;

	t->severity[EVENT_LOST] = LOG_ERR;
	t->severity[EVENT_AGENT] = t->severity[EVENT_CALM] = t->severity[EVENT_PRESENT] = LOG_NOTICE;
	t->severity[EVENT_FLAPPING] = t->severity[EVENT_ABSENT] = LOG_CRIT;
	list_init(&l, text);
	for (char *item; (item = comma_next(&l));) {
		char *equals = strchr(item, '=');
		if (!*item)
			return list_empty_item(w);
		if (!equals)
			return wrong_set(w, "\"%s\" is no EVENT=SEVERITY; write such as exit=notice, signal=info", printable(shown, item));
		const char *name = equals + 1 + strspn(equals + 1, " \t");
		while (equals > item && (equals[-1] == ' ' || equals[-1] == '\t'))
			equals--;
		*equals = '\0';

		const struct word *event = severity_event(item, w);
		int severity = event ? parse_one_severity(event, name, w) : -EINVAL;
		if (severity == -EINVAL)
			return -EINVAL;
		if (event->value & seen)
			return wrong_set(w, "%s has two severities; take one out", event->name);
		seen |= event->value;
		for (unsigned kind = 0; kind < EVENT_RECORDS; kind++)
			if (event->value & BIT(kind))
				t->severity[kind] = (int8_t)severity;
	}
	return 0;
}

static void print_one_severity(const struct target_config *t, const struct word *event, const char *before, FILE *to)
{
	int severity = t->severity[__builtin_ctz((unsigned)event->value)];

	fprintf(to, "%s%s=%s", before, event->name, severity == SEVERITY_BY_VERDICT ? BY_VERDICT : severities[severity].name);
}

static void print_severity(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	const struct target_config *t = object;
	(void)o;
	(void)c;

	for (const struct word *i = events; i->name; i++)
		print_one_severity(t, i, i == events ? "" : ", ", to);
	for (const struct word *i = alerts; i->name; i++)
		print_one_severity(t, i, ", ", to);
}

const struct value value_severity = { .parse = parse_severity, .print = print_severity };

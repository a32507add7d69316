/* parser.c - sections and keys of agent.ini into struct config */
#include "config/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void *parser_object(struct parser *p)
{
	switch (p->section) {
	case SECTION_OUTPUT:
		return &p->config->outputs[p->config->outputs_count - 1];
	case SECTION_TARGET:
		return &p->config->targets[p->config->targets_count - 1];
	default:
		return p->config;
	}
}

const char *parser_where(const struct parser *p, const char *key, char *to, size_t size)
{
	char shown[PRINTABLE_MAX];
	snprintf(to, size, "%s%s%s", p->where, *p->where ? " " : "", printable(shown, key));
	return to;
}

/* Enlarges an array by a zeroed member. */
static void *append(void **array, unsigned *count, size_t size)
{
	char *bigger = realloc(*array, (*count + 1) * size);
	if (!bigger)
		return NULL;
	*array = bigger;
	return memset(bigger + (size_t)(*count)++ * size, 0, size);
}

static bool good_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	return len > 0 && name[len] == '\0' && len <= CONFIG_NAME_MAX;
}

static void check_name(struct parser *p, const char *name)
{
	if (!*name)
		errors_add(&p->errors, p->line, p->where, "has no name; write [%s NAME]", section_names[p->section]);
	else if (strlen(name) > CONFIG_NAME_MAX)
		errors_add(&p->errors, p->line, p->where, "name of %zu bytes; at most %d are possible", strlen(name), CONFIG_NAME_MAX);
	else if (!good_name(name))
		errors_add(&p->errors, p->line, p->where, "a name has only letters, digits and _ . - in it");
	else if (p->section == SECTION_OUTPUT && strcmp(name, "all") == 0)
		errors_add(&p->errors, p->line, p->where, "all means all outputs; give it another name");
}

static void repeated(struct parser *p, unsigned first)
{
	errors_add(&p->errors, p->line, p->where, "stands at line %u already; put the keys of both into one section", first);
}

static void start_once(struct parser *p, const char *name)
{
	unsigned *first = &p->first_line[p->section];
	if (*name)
		errors_add(&p->errors, p->line, p->where, "[%s] takes no name", section_names[p->section]);
	if (*first)
		repeated(p, *first);
	else
		*first = p->line;
}

static bool start_output(struct parser *p, const char *name)
{
	struct config *c = p->config;
	struct output_config *o = append((void **)(void *)&c->outputs, &c->outputs_count, sizeof(*o));
	if (!o || options_preset(SECTION_OUTPUT, o))
		return false;
	o->line = p->line;
	if (c->outputs_count == CONFIG_OUTPUTS_MAX + 1)
		errors_add(&p->errors, p->line, p->where, "one output too many; at most %d are possible", CONFIG_OUTPUTS_MAX);
	if (!good_name(name))
		return true;
	for (unsigned i = 0; i + 1 < c->outputs_count; i++) {
		if (c->outputs[i].name && strcmp(c->outputs[i].name, name) == 0) {
			repeated(p, c->outputs[i].line);
			break;
		}
	}
	return (o->name = strdup(name)) != NULL;
}

static bool start_target(struct parser *p, const char *name)
{
	struct config *c = p->config;
	struct target_config *t = append((void **)(void *)&c->targets, &c->targets_count, sizeof(*t));
	if (!t || options_preset(SECTION_TARGET, t))
		return false;
	t->line = p->line;
	if (!good_name(name))
		return true;
	for (unsigned i = 0; i + 1 < c->targets_count; i++) {
		if (c->targets[i].name && strcmp(c->targets[i].name, name) == 0) {
			repeated(p, c->targets[i].line);
			break;
		}
	}
	return (t->name = strdup(name)) != NULL;
}

static void unknown_section(struct parser *p, const char *kind)
{
	struct nearest near = { .word = kind };
	for (int i = 0; i < SECTIONS; i++)
		nearest_try(&near, section_names[i]);
	p->target_meant |= near.best && strcmp(near.best, section_names[SECTION_TARGET]) == 0;
	errors_add(&p->errors, p->line, p->where, "unknown section%s%s%s; known: [agent], [audit], [output NAME], [target NAME]",
	           near.best ? ", did you mean [" : "", near.best ? near.best : "", near.best ? "]?" : "");
}

/* Makes "kind" and "name" of `[ kind  name ]`, and reports what is wrong with its form. */
static void split(struct parser *p, char *line, char **kind, char **name)
{
	char shown[PRINTABLE_MAX];
	char *inner = line + 1 + strspn(line + 1, " \t"), *close = strchr(inner, ']');
	char *end = close ? close : inner + strlen(inner);

	while (end > inner && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	char *rest = close ? close + 1 : end;
	rest += strspn(rest, " \t");
	char kept = *end;
	*end = '\0';
	snprintf(p->where, sizeof(p->where), "[%s]", printable(shown, inner));
	*end = kept;
	if (!close)
		errors_add(&p->errors, p->line, p->where, "has no ] at its end");
	else if (*rest)
		errors_add(&p->errors, p->line, p->where, "\"%s\" stands after the ]; give it a line of its own", printable(shown, rest));
	*end = '\0';

	*kind = inner;
	*name = inner + strcspn(inner, " \t");
	if (**name) {
		*(*name)++ = '\0';
		*name += strspn(*name, " \t");
	}
}

static void start(struct parser *p)
{
	check_section(p);
	memset(p->given, 0, sizeof(p->given));
	*p->where = *p->last_key = '\0';
	p->any_section = true;
	p->section_line = p->line;
}

void parser_lost_section(struct parser *p)
{
	start(p);
	p->target_meant = true;
}

void parser_section(struct parser *p, char *line)
{
	char *kind, *name;

	start(p);
	split(p, line, &kind, &name);

	int s = 0;
	while (s < SECTIONS && strcmp(kind, section_names[s]) != 0)
		s++;
	p->known = s < SECTIONS;
	if (!p->known) {
		unknown_section(p, kind);
		return;
	}
	p->section = (enum section)s;
	if (p->section == SECTION_AGENT || p->section == SECTION_AUDIT) {
		start_once(p, name);
		return;
	}
	check_name(p, name);
	if (!(p->section == SECTION_OUTPUT ? start_output(p, name) : start_target(p, name))) {
		p->no_memory = true;
		p->known = false;
	}
}

static void unknown_key(struct parser *p, const char *where, const char *key)
{
	struct nearest near = { .word = key };
	for (size_t i = 0; i < options_count; i++)
		if (options[i].section == p->section)
			nearest_try(&near, options[i].key);
	if (near.best) {
		p->given[option_index(option_find(p->section, near.best))].meant = true;
		errors_add(&p->errors, p->line, where, "unknown key, did you mean %s?", near.best);
		return;
	}
	for (int s = 0; s < SECTIONS; s++) {
		if (option_find((enum section)s, key)) {
			errors_add(&p->errors, p->line, where, "unknown key; it belongs to %s", section_heading((enum section)s));
			return;
		}
	}
	char known[400] = "";
	size_t len = 0;
	for (size_t i = 0; i < options_count; i++)
		if (options[i].section == p->section && len < sizeof(known))
			len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "", options[i].key);
	errors_add(&p->errors, p->line, where, "unknown key; known: %s", known);
}

static void remember(struct parser *p, const char *where, const char *value)
{
	struct later *l = append((void **)(void *)&p->later, &p->later_count, sizeof(*l));
	if (!l) {
		p->no_memory = true;
		return;
	}
	*l = (struct later){ .line = p->line, .target = p->config->targets_count - 1,
	                     .where = strdup(where), .names = strdup(value) };
	p->no_memory |= !l->where || !l->names;
}

void parser_refused(struct parser *p, const char *key)
{
	const struct option *o = p->known ? option_find(p->section, key) : NULL;
	if (o)
		p->given[option_index(o)].meant = true;
}

/* ` # ...` is taken for a comment by many, and by inih for a part of the value. */
static bool hash_comment(const char *value)
{
	const char *hash = strchr(value, '#');
	return hash && hash > value && (hash[-1] == ' ' || hash[-1] == '\t');
}

void parser_key(struct parser *p, const char *key, const char *value)
{
	char where[2 * PRINTABLE_MAX + 8];
	struct wrong w;

	parser_where(p, key, where, sizeof(where));
	if (!p->any_section)
		errors_add(&p->errors, p->line, where, "stands before any section; put it below a line such as [agent]");
	if (!p->known)
		return;
	const struct option *o = option_find(p->section, key);
	if (!o) {
		unknown_key(p, where, key);
		return;
	}
	struct given *g = &p->given[option_index(o)];
	if (g->line) {
		errors_add(&p->errors, p->line, where, "is given at line %u already; take one of them out", g->line);
		return;
	}
	g->line = p->line;
	p->config->given |= o->given;
	if (!*value) {
		errors_add(&p->errors, p->line, where, "has no value; write one, or take the line out");
		return;
	}
	if (!(o->flags & OPTION_HASH) && hash_comment(value)) {
		errors_add(&p->errors, p->line, where, "a # begins a comment only at the start of a line; write a blank and ; before the comment");
		return;
	}
	if (o->flags & OPTION_LATER) {
		remember(p, where, value);
		return;
	}
	int err = o->value->parse(o, parser_object(p), value, &w);
	g->good = err == 0;
	if (err == -EINVAL)
		errors_add(&p->errors, p->line, where, "%s", w.text);
	else if (err)
		p->no_memory = true;
}

void parser_fini(struct parser *p)
{
	for (unsigned i = 0; i < p->later_count; i++) {
		free(p->later[i].where);
		free(p->later[i].names);
	}
	free(p->later);
	p->later = NULL;
	p->later_count = 0;
	errors_fini(&p->errors);
}

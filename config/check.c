/* check.c - what only a whole section, or the whole file, can tell */
#include "config/parser.h"

#include <string.h>

static const char *const type_names[] = {
	[OUTPUT_STDOUT] = "stdout", [OUTPUT_FILE] = "file", [OUTPUT_SYSLOG] = "syslog", [OUTPUT_JOURNAL] = "journal", [OUTPUT_PROGRAM] = "program",
};

static const struct given *given(const struct parser *p, const char *key)
{
	return &p->given[option_index(option_find(p->section, key))];
}

static bool stands_there(const struct given *g)
{
	return g->line || g->meant;
}

/* Which outputs a key is for: "file", "syslog or journal". */
static const char *types_of(const struct option *o, char *to, size_t size)
{
	to[0] = '\0';
	for (int type = 0; type < OUTPUT_TYPES; type++)
		if (o->types & 1u << type)
			snprintf(to + strlen(to), size - strlen(to), "%s%s", to[0] ? " or " : "", type_names[type]);
	return to;
}

/* Two outputs that write one file would destroy each other's lines. */
static void check_path(struct parser *p, const char *key, const char *path)
{
	char shown[PRINTABLE_MAX], where[2 * PRINTABLE_MAX + 8];
	unsigned line = given(p, key)->line;
	const struct config *c = p->config;

	if (!path || !line)
		return;
	for (unsigned i = 0; i + 1 < c->outputs_count; i++) {
		const struct output_config *o = &c->outputs[i];
		const char *other = o->type == OUTPUT_FILE ? o->path : o->type == OUTPUT_SYSLOG ? o->spool : NULL;
		if (other && strcmp(other, path) == 0) {
			errors_add(&p->errors, line, parser_where(p, key, where, sizeof(where)),
			           "\"%s\" is written by [output %s] of line %u already; give it another path", printable(shown, path),
			           o->name ? o->name : "?", o->line);
			return;
		}
	}
}

static void check_output(struct parser *p)
{
	const struct output_config *out = parser_object(p);
	char where[2 * PRINTABLE_MAX + 8], types[64];

	if (!stands_there(given(p, "type")))
		errors_add(&p->errors, p->section_line, p->where, "has no type; write type = stdout, file, syslog, journal or program");
	if (!given(p, "type")->good)
		return;
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		if (o->section == SECTION_OUTPUT && p->given[i].line && o->types && !(o->types & 1u << out->type))
			errors_add(&p->errors, p->given[i].line, parser_where(p, o->key, where, sizeof(where)),
			           "belongs to outputs of type %s, and this is one of type %s; take it out", types_of(o, types, sizeof(types)), type_names[out->type]);
	}
	if (out->type == OUTPUT_FILE && !stands_there(given(p, "path")))
		errors_add(&p->errors, p->section_line, p->where, "has no path; write path = /var/log/epitaph.log or the like");
	if (out->type == OUTPUT_PROGRAM && !stands_there(given(p, "command")))
		errors_add(&p->errors, p->section_line, p->where, "has no command; write command = /usr/local/bin/alert or the like");
	if (out->type == OUTPUT_FILE)
		check_path(p, "path", out->path);
	else if (out->type == OUTPUT_SYSLOG)
		check_path(p, "spool", out->spool);
}

static void check_target(struct parser *p)
{
	for (size_t i = 0; i < options_count; i++)
		if (options[i].section == SECTION_TARGET && options[i].flags & OPTION_MATCH && stands_there(&p->given[i]))
			return;
	errors_add(&p->errors, p->section_line, p->where,
	           "does not say which processes it watches; write comm, exe, args, user, cgroup or pidfile");
}

void check_section(struct parser *p)
{
	if (p->known && p->section == SECTION_OUTPUT)
		check_output(p);
	else if (p->known && p->section == SECTION_TARGET)
		check_target(p);
	p->known = false;
}

void check_file(struct parser *p)
{
	struct config *c = p->config;
	struct wrong w;

	for (unsigned i = 0; i < p->later_count; i++) {
		const struct later *l = &p->later[i];
		if (outputs_resolve(c, l->names, &c->targets[l->target].outputs, &w))
			errors_add(&p->errors, l->line, l->where, "%s", w.text);
	}
	for (unsigned i = 0; i < c->targets_count; i++)
		c->targets[i].outputs &= outputs_all(c);
	if (c->targets_count == 0 && !p->target_meant)
		errors_add(&p->errors, 0, "", "no [target NAME] section, so there is nothing to do; write one, such as [target web] and below it comm = nginx");
}

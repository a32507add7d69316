/* print.c - the effective configuration as an agent.ini that gives it again */
#include "config/option.h"

#include <stdlib.h>
#include <string.h>

#define LINE_ROOM 190 /* inih may take lines of 198 bytes only */

static void close_up(char *list)
{
	char *to = list;
	for (const char *from = list; *from; from++) {
		*to++ = *from;
		if (*from == ',')
			from += strspn(from + 1, " ");
	}
	*to = '\0';
}

/* A long value is written as close as it can have stood in the file. */
static void print_key(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	char *value = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&value, &len);
	if (!f)
		return;
	o->value->print(o, object, c, f);
	bool failed = fclose(f) != 0;

	if (!failed && len) {
		bool tight = strlen(o->key) + 3 + len > LINE_ROOM || *value == ';';
		if (tight && o->flags & OPTION_LIST)
			close_up(value);
		fprintf(to, "%s%s%s%s\n", o->given && !(c->given & o->given) ? "; " : "", o->key, tight ? "=" : " = ", value);
	}
	free(value);
}

static void print_section(enum section s, const char *name, const void *object, unsigned type, const struct config *c, FILE *to)
{
	fprintf(to, "%s[%s%s%s]\n", s == SECTION_AGENT ? "" : "\n", section_names[s], name ? " " : "", name ? name : "");
	for (size_t i = 0; i < options_count; i++)
		if (options[i].section == s && (!options[i].types || options[i].types & 1u << type))
			print_key(&options[i], object, c, to);
}

void config_print(const struct config *c, FILE *to)
{
	print_section(SECTION_AGENT, NULL, c, 0, c, to);
	print_section(SECTION_AUDIT, NULL, c, 0, c, to);
	for (unsigned i = 0; i < c->outputs_count; i++)
		print_section(SECTION_OUTPUT, c->outputs[i].name, &c->outputs[i], c->outputs[i].type, c, to);
	for (unsigned i = 0; i < c->targets_count; i++)
		print_section(SECTION_TARGET, c->targets[i].name, &c->targets[i], 0, c, to);
}

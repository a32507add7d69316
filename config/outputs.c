/* outputs.c - the outputs that a target names, which may be defined below it */
#include "config/option.h"

#include <string.h>

uint32_t outputs_all(const struct config *c)
{
	return c->outputs_count < CONFIG_OUTPUTS_MAX ? (1u << c->outputs_count) - 1 : UINT32_MAX;
}

int outputs_resolve(const struct config *c, const char *text, uint32_t *mask, struct wrong *w)
{
	char shown[PRINTABLE_MAX];
	struct list l;

	*mask = 0;
	list_init(&l, text);
	for (char *item; (item = comma_next(&l));) {
		struct nearest near = { .word = item };
		bool found = false;
		if (!*item)
			return list_empty_item(w);
		for (unsigned i = 0; i < c->outputs_count && i < CONFIG_OUTPUTS_MAX; i++) {
			const char *name = c->outputs[i].name;
			if (!name)
				continue;
			nearest_try(&near, name);
			if (strcmp(item, "all") == 0 || strcmp(item, name) == 0) {
				found = true;
				*mask |= 1u << i;
			}
		}
		if (!found)
			return wrong_set(w, "there is no [output %s] in this file; %s%s%s", printable(shown, item),
			                 near.best ? "did you mean " : "write the names of outputs, or all",
			                 near.best ? near.best : "", near.best ? "?" : "");
	}
	return 0;
}

/* For the default only: what a file says waits for outputs_resolve(), since outputs may be defined below. */
static int parse_outputs(const struct option *o, void *object, const char *text, struct wrong *w)
{
	(void)o;
	(void)text;
	(void)w;
	((struct target_config *)object)->outputs = UINT32_MAX;
	return 0;
}

static void print_outputs(const struct option *o, const void *object, const struct config *c, FILE *to)
{
	const struct target_config *t = object;
	uint32_t all = outputs_all(c);
	const char *comma = "";
	(void)o;

	if (t->outputs == all) {
		fputs("all", to);
		return;
	}
	for (unsigned i = 0; i < c->outputs_count; i++) {
		if (t->outputs & 1u << i) {
			fprintf(to, "%s%s", comma, c->outputs[i].name);
			comma = ", ";
		}
	}
}

const struct value value_outputs = { .parse = parse_outputs, .print = print_outputs };

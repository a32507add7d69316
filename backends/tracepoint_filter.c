#include "backends/tracepoint_filter.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/event.h"
#include "agent/base/path_basename.h"
#include "agent/base/request_words.h"
#include "backends/backend.h"

/* All but those of the set. */
static void leave_out(uint64_t unwanted, char filter[FILTER_MAX])
{
	size_t len = (size_t)snprintf(filter, FILTER_MAX, "sig!=0");

	for (int signo = 1; signo <= 64; signo++)
		if (unwanted >> (signo - 1) & 1)
			len += (size_t)snprintf(filter + len, FILTER_MAX - len, "&&sig!=%d", signo);
}

void filter_of_signals(const struct config *c, char filter[FILTER_MAX])
{
	leave_out(~backend_signals_needed(c), filter);
}

void filter_of_delivered(const struct config *c, char filter[FILTER_MAX])
{
	uint64_t wanted = 0;

	for (unsigned i = 0; i < c->targets_count; i++)
		if (c->targets[i].events & 1u << EVENT_DELIVERED)
			wanted |= c->targets[i].signals;
	filter[0] = '\0';
	if (wanted)
		leave_out(~(wanted | 1ull << (SIGKILL - 1)), filter); /* as which one that ends the process is delivered */
}

/* Appends the clauses for a program's name, which may be a glob.  False if the kernel cannot be told, or every path would do. */
static bool add_name(char filter[FILTER_MAX], size_t *len, const char *name, bool cut)
{
	if (!name[0] || strspn(name, "*") == strlen(name) || strpbrk(name, "\"\\[]{}"))
		return false;
	/* The path may be the bare name; a comm of full length may be the beginning of a longer name. */
	const char *rest = cut && strlen(name) >= COMM_SIZE - 1 && !strchr(name, '*') ? "*" : "";
	int n = snprintf(filter + *len, FILTER_MAX - *len, "%sfilename~\"*/%s%s\"||filename~\"%s%s\"", *len ? "||" : "", name, rest, name, rest);
	if (n < 0 || (size_t)n >= FILTER_MAX - *len)
		return false;
	*len += (size_t)n;
	return true;
}

void filter_of_paths(const struct config *c, char filter[FILTER_MAX])
{
	size_t len = 0;

	filter[0] = '\0';
	for (size_t i = 0; request_command(i); i++) /* who is asked to end a target names the target in its arguments */
		add_name(filter, &len, request_command(i), false);
	if (c->backends & SOURCE_AUDIT) /* it is not taken for the audit daemon while another one is: see audit_owner_executed() */
		add_name(filter, &len, "auditd", false);
	for (unsigned i = 0; i < c->targets_count; i++) {
		const struct target_config *t = &c->targets[i];
		const char *name = t->comm ? t->comm : t->exe ? path_basename(t->exe) : NULL;

		/* A path may be a link to the executable, or a script that it interprets: that one is found when it is read in its turn. */
		if (!name || !add_name(filter, &len, name, t->comm)) {
			filter[0] = '\0';
			return;
		}
	}
}

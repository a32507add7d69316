/* audit_open.c - the table of the calls whose records have not all come */
#include "backends/audit_open.h"

#include <stddef.h>

struct audit_open *audit_open_find(struct audit_assembler *a, const struct audit_stamp *stamp)
{
	for (unsigned i = 0; i < a->high; i++) {
		struct audit_open *o = &a->open[i];

		if (o->call != CALL_NONE && o->stamp.serial == stamp->serial && o->stamp.wall == stamp->wall)
			return o;
	}
	return NULL;
}

/*
 * What gives way first: a signal that failed may have no record to come, tells of nothing that happened, and anybody can make any
 * number of them (rt_sigqueueinfo with a code of 0); of a group's signal receivers have been told; the others wait for all they tell.
 */
static int worth(const struct audit_open *o)
{
	return o->failed && !audit_is_exec(o->call) ? 0 : o->told ? 1 : 2;
}

struct audit_open *audit_open_room(struct audit_assembler *a)
{
	struct audit_open *least = &a->open[0];

	for (unsigned i = 0; i < AUDIT_OPEN_MAX; i++) {
		struct audit_open *o = &a->open[i];

		if (o->call == CALL_NONE)
			return o;
		if (worth(o) < worth(least) || (worth(o) == worth(least) && o->touched < least->touched))
			least = o;
	}
	return least;
}

void audit_open_keep(struct audit_assembler *a, struct audit_open *o, enum audit_call call, const struct audit_stamp *stamp)
{
	unsigned index = (unsigned)(o - a->open);

	o->call = call;
	o->stamp = *stamp;
	o->touched = a->clock->now;
	if (index >= a->high)
		a->high = index + 1;
}

struct audit_args *audit_open_args(struct audit_assembler *a, const struct audit_open *o)
{
	for (int i = 0; i < AUDIT_ARGS_BUFFERS; i++)
		if (a->args[i].owner == o)
			return &a->args[i];
	return NULL;
}

void audit_open_close(struct audit_assembler *a, struct audit_open *o)
{
	struct audit_args *args = audit_open_args(a, o);

	if (args)
		args->owner = NULL;
	o->call = CALL_NONE;
	while (a->high && a->open[a->high - 1].call == CALL_NONE)
		a->high--;
}

/* A sender that auditd's settings make wait does so between its records; its signal waits for nothing else. */
uint64_t audit_open_awaits(const struct audit_open *o)
{
	return o->touched + (audit_is_exec(o->call) || o->told || o->failed ? 0 : AUDIT_SIGNAL_AGE);
}

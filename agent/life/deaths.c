#include "agent/life/deaths.h"

#include <stdlib.h>

static struct death_count *find(const struct deaths *d, unsigned cause, unsigned signo)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->of[i].cause == cause && d->of[i].signo == signo)
			return &d->of[i];
	return NULL;
}

void deaths_add(struct deaths *d, const struct event *e)
{
	unsigned signo = e->has & HAS_SIGNO ? (unsigned)e->signo : 0;
	struct death_count *one = find(d, e->cause, signo);

	d->last = e->at;
	if (!one) {
		struct death_count *grown = realloc(d->of, (d->count + 1) * sizeof(*grown));

		if (!grown)
			return;
		d->of = grown;
		one = &d->of[d->count++];
		*one = (struct death_count){.cause = (uint8_t)e->cause, .signo = (uint8_t)signo};
	}
	one->count++;
}

void deaths_free(struct deaths *d)
{
	free(d->of);
	*d = (struct deaths){0};
}

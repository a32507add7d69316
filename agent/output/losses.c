#include "agent/output/losses.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"

#define TOLD_EVERY NSEC_PER_SEC

static uint64_t due_of(const struct loss *one)
{
	return one->times ? one->told_at + TOLD_EVERY : 0;
}

static struct loss *find(struct losses *l, unsigned source, const char *reason)
{
	for (int i = 0; i < LOSSES_KEPT; i++)
		if (l->kept[i].told_at && l->kept[i].source == source && strcmp(l->kept[i].reason, reason) == 0)
			return &l->kept[i];
	return NULL;
}

/* The place of which least is lost; NULL if each has something to tell. */
static struct loss *oldest(struct losses *l)
{
	struct loss *found = NULL;

	for (int i = 0; i < LOSSES_KEPT; i++)
		if (!l->kept[i].times && (!found || l->kept[i].told_at < found->told_at))
			found = &l->kept[i];
	return found;
}

bool losses_keep(struct losses *l, unsigned source, uint64_t count, const char *reason, uint64_t now)
{
	char shown[LOSS_REASON];

	snprintf(shown, sizeof(shown), "%s", reason ? reason : "");
	struct loss *one = find(l, source, shown);
	if (one && (one->times || now - one->told_at < TOLD_EVERY)) {
		one->times++;
		one->count += count;
		one->uncounted += count == 0;
		return true;
	}
	one = one ? one : oldest(l);
	if (one) {
		*one = (struct loss){.source = source, .told_at = now};
		memcpy(one->reason, shown, sizeof(shown));
	}
	return false;
}

uint64_t losses_due(const struct losses *l)
{
	uint64_t first = 0;

	for (int i = 0; i < LOSSES_KEPT; i++) {
		uint64_t due = due_of(&l->kept[i]);

		if (due && (!first || due < first))
			first = due;
	}
	return first;
}

/* What its record says of a sum. */
static void say_times(struct loss *sum)
{
	size_t len = strlen(sum->reason), room = sizeof(sum->reason) - len;

	if (sum->times > 1 && sum->uncounted && sum->count)
		snprintf(sum->reason + len, room, "; %llu times, of %llu of which it is not known how many", (unsigned long long)sum->times, (unsigned long long)sum->uncounted);
	else if (sum->times > 1)
		snprintf(sum->reason + len, room, "; %llu times", (unsigned long long)sum->times);
}

bool losses_take(struct losses *l, uint64_t until, uint64_t now, struct loss *sum)
{
	for (int i = 0; i < LOSSES_KEPT; i++) {
		struct loss *one = &l->kept[i];

		if (!one->times || due_of(one) > until)
			continue;
		*sum = *one;
		say_times(sum);
		one->told_at = now;
		one->times = one->count = one->uncounted = 0;
		return true;
	}
	return false;
}

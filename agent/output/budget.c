#include "agent/output/budget.h"

#include <stdio.h>

#include "agent/base/clock.h"

#define MINUTE (60 * NSEC_PER_SEC)

bool budget_is_over(const struct budget *b, uint64_t now)
{
	return b->minute != now / MINUTE;
}

void budget_next(struct budget *b, uint64_t now)
{
	bool follows = now / MINUTE == b->minute + 1;

	b->minute = now / MINUTE;
	b->due = 0;
	for (int i = 0; i <= BUDGET_USERS; i++) {
		b->accounts[i].taken = follows && b->accounts[i].bytes > 0;
		b->accounts[i].bytes = 0;
	}
}

struct account *budget_account(struct budget *b, uid_t uid)
{
	struct account *free = NULL;

	for (int i = 0; i < BUDGET_USERS; i++) {
		struct account *a = &b->accounts[i];

		if (a->taken && a->uid == uid)
			return a;
		if (!a->taken && !free)
			free = a;
	}
	if (!free)
		return &b->accounts[BUDGET_USERS];
	free->taken = true;
	free->uid = uid;
	return free;
}

enum due_to budget_due_to(const struct account *a, uint64_t bytes)
{
	return a->bytes < bytes ? DUE_WHOLE : a->bytes / 2 < bytes ? DUE_SHORT : DUE_NOTHING;
}

static void tell_later(struct budget *b)
{
	b->due = (b->minute + 1) * MINUTE;
}

void budget_charge(struct budget *b, struct account *a, size_t len, bool shortened)
{
	a->bytes += len;
	a->shortened += shortened;
	if (shortened)
		tell_later(b);
}

void budget_leave_out(struct budget *b, struct account *a)
{
	a->left_out++;
	tell_later(b);
}

bool budget_say(const struct budget *b, const struct account *a, uint64_t bytes, char *to, size_t size)
{
	char who[64];

	if (!a->shortened && !a->left_out)
		return false;
	if (a == &b->accounts[BUDGET_USERS])
		snprintf(who, sizeof(who), "users beside %d others", BUDGET_USERS);
	else if (a->uid == USER_UNKNOWN)
		snprintf(who, sizeof(who), "users who are not known");
	else
		snprintf(who, sizeof(who), "uid %u", (unsigned)a->uid);
	snprintf(to, size, "%s caused more than %llu bytes of records in a minute ([agent] budget): %llu were written short and without arguments, %llu (no ends) were not written",
	         who, (unsigned long long)bytes, (unsigned long long)a->shortened, (unsigned long long)a->left_out);
	return true;
}

void budget_told(struct account *a)
{
	a->shortened = a->left_out = 0;
}

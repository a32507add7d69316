#include "agent/life/user_shares.h"

#include <stdlib.h>

unsigned user_shares_of(const struct user_shares *s, uid_t uid)
{
	const struct user_share *user = s->users[uid % USER_SHARES];

	while (user && user->uid != uid)
		user = user->next;
	return user ? user->watched : 0;
}

static struct user_share **find(struct user_shares *s, uid_t uid)
{
	struct user_share **at = &s->users[uid % USER_SHARES];

	while (*at && (*at)->uid != uid)
		at = &(*at)->next;
	return at;
}

bool user_shares_add(struct user_shares *s, uid_t uid)
{
	struct user_share **at = find(s, uid);

	if (!*at)
		*at = calloc(1, sizeof(**at));
	if (!*at)
		return false;
	(*at)->uid = uid;
	(*at)->watched++;
	return true;
}

void user_shares_drop(struct user_shares *s, uid_t uid)
{
	struct user_share **at = find(s, uid), *user = *at;

	if (!user || --user->watched)
		return;
	*at = user->next;
	free(user);
}

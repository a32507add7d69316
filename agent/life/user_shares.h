/* user_shares.h - how many processes of each user are watched */
#ifndef EPITAPH_USER_SHARES_H
#define EPITAPH_USER_SHARES_H

#include <stdbool.h>
#include <sys/types.h>

#define USER_SHARES 256

struct user_share {
	uid_t    uid;
	unsigned watched;
	struct user_share *next; /* in its hash bucket */
};

/* Zeroed at first.  Users without a watched process have no entry, so there are no more than watched processes. */
struct user_shares {
	struct user_share *users[USER_SHARES];
};

unsigned user_shares_of(const struct user_shares *s, uid_t uid);
bool     user_shares_add(struct user_shares *s, uid_t uid); /* false if out of memory */
void     user_shares_drop(struct user_shares *s, uid_t uid);

#endif

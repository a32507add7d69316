/* budget.h - how many bytes of records each user may cause in a minute, so that nobody pushes the records of others out of a file */
#ifndef EPITAPH_BUDGET_H
#define EPITAPH_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BUDGET_USERS 32             /* at a time; all others share one account */
#define BUDGET_LINE 1024            /* bytes of a record that is written short; no record needs more, see format.h */
#define USER_UNKNOWN ((uid_t)-1)    /* no user has this number (chown(2)) */

/* What a user has caused in the present minute. */
struct account {
	uid_t    uid;
	bool     taken;
	uint64_t bytes;
	uint64_t shortened; /* records written without arguments and short, not yet told */
	uint64_t left_out;  /* records not written, not yet told */
};

struct budget {
	uint64_t minute;    /* by CLOCK_BOOTTIME */
	uint64_t due;       /* when there is something to tell of this minute, ns CLOCK_BOOTTIME; 0 = nothing */
	struct account accounts[BUDGET_USERS + 1]; /* the last one is the shared one */
};

enum due_to { DUE_WHOLE, DUE_SHORT, DUE_NOTHING };

/* Is now in another minute than what is counted?  Then the old one is to be told, and ended by budget_next. */
bool budget_is_over(const struct budget *b, uint64_t now);
/* The minute of now begins: who had nothing in the one before loses his account. */
void budget_next(struct budget *b, uint64_t now);
/* The account of that user, the shared one if there is no other. */
struct account *budget_account(struct budget *b, uid_t uid);
/* What is due to a user who may cause `bytes` a minute: up to that much whole records, up to twice as much short ones. */
enum due_to budget_due_to(const struct account *a, uint64_t bytes);
/* A record of len bytes was written. */
void budget_charge(struct budget *b, struct account *a, size_t len, bool shortened);
void budget_leave_out(struct budget *b, struct account *a);
/* The sentence about what of an account is not told yet; false if there is nothing.  Then it is to be told, and budget_told. */
bool budget_say(const struct budget *b, const struct account *a, uint64_t bytes, char *to, size_t size);
void budget_told(struct account *a);

#endif

/*
 * senders.h - who sent the signals that are kept: facts that all signals of one sender share, and a bound on the bytes of their strings
 *
 * What a sender's arguments are is the sender's choice, and one signal of each of many to each of many processes would fill the
 * memory.  So when there are more than SENDERS_BYTES, those that came first lose their program, arguments and control group; their
 * ids, name, terminal and ancestry stay, as many as there are signals kept.
 */
#ifndef EPITAPH_SENDERS_H
#define EPITAPH_SENDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "agent/base/event.h"

#define SENDERS_BYTES (256u << 10)

struct details;

struct sender {
	struct facts    facts;  /* with `started`, if it is known, as the identity; the strings stand in kept */
	struct details *kept;
	unsigned        refs;   /* signals */
	size_t          size;   /* of kept, while it is among `whole`; 0: it is not */
	bool            known;  /* by sender_learn, not by the record of its signal alone */
	bool            past;   /* it has executed something since: further signals of it are another's */
	struct senders *all;    /* NULL: of none */
	TAILQ_ENTRY(sender) order;
};

TAILQ_HEAD(sender_list, sender);

struct senders {
	struct sender_list whole; /* those with all of their strings, the newest last */
	size_t             bytes; /* of these */
};

void senders_init(struct senders *all);
/* One more signal of that sender: the one that is kept already, if it was among the last few, or a new one.  NULL if out of memory.  all may be NULL. */
struct sender *sender_take(struct senders *all, const struct facts *f);
/* *f, whose strings are copied, is all that is known of it; for each signal that shares it. */
void sender_learn(struct sender *s, const struct facts *f);
void sender_unref(struct sender *s); /* accepts NULL */
/* That process executes something: what is known of it is of the program before. */
void senders_part(struct senders *all, pid_t pid);

#endif

/* early_signals.h - the latest signals to unwatched processes, one of which may be found to be a target's, and to have died of it */
#ifndef EPITAPH_EARLY_SIGNALS_H
#define EPITAPH_EARLY_SIGNALS_H

#include <stdbool.h>

#include "agent/base/event.h"

#define EARLY_SIGNALS 512 /* audit is some 100 ms behind under load */

struct early_signals {
	struct early_signal {
		pid_t    pid; /* with born the receiver; 0: free */
		uint64_t born, at;
		pid_t    tid, sender_pid;
		bool     has_sender;
		int      signo, si_code;
		enum origin origin;
		enum signal_result result;
		const char *via; /* a constant of the backend, or NULL */
		unsigned sources;
	} slots[EARLY_SIGNALS];
	unsigned next, count; /* count: slots that are not free */
};

/* Keeps an exact source's signal to that process, in place of the oldest one. */
void early_signals_put(struct early_signals *q, pid_t pid, uint64_t born, const struct event *e);
/* The oldest one of that process, and it is kept no longer.  False if there is none. */
bool early_signals_take(struct early_signals *q, pid_t pid, uint64_t born, struct event *e);

#endif

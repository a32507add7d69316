/* suspects.h - which of the signals seen can have ended a process */
#ifndef EPITAPH_SUSPECTS_H
#define EPITAPH_SUSPECTS_H

#include <stdbool.h>

#include "agent/verdict/evidence.h"
#include "agent/verdict/verdict_input.h"

/* What the signals seen say of an end by signo. */
struct suspects {
	const struct seen_signal *by;   /* the first who sent it: another process, or the kernel */
	const struct seen_signal *self; /* the first time that it sent itself the signal */
	bool     raised;                /* it sent itself the signal again after that one: then it had lived on, and handled it */
	unsigned others;                /* who else qualifies */
	bool     maybe;                 /* somebody else sent it, but long ago, or not to this process for certain */
	const struct seen_signal *long_ago; /* the last of these, where every signal is known */
	unsigned long_ago_count;
};

struct suspects suspects_of(const struct verdict_input *in, int signo);
/* Can this signal have ended the process?  Where each signal is known exactly, only those count. */
bool suspect_qualifies(const struct verdict_input *in, const struct seen_signal *s, int signo);
/* The process sent it to itself. */
bool suspect_is_own(const struct seen_signal *s);

#endif

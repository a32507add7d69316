/* reason.h - the sentences of a verdict's reason */
#ifndef EPITAPH_REASON_H
#define EPITAPH_REASON_H

#include <stddef.h>

#include "agent/verdict/verdict_input.h"

/* Appends to the string in buf; what does not fit is cut. */
void reason_add(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Why a sender may have gone unseen, one clause for each reason. */
void reason_add_unseen(const struct verdict_input *in, char *buf, size_t size);
/* Why the kernel may have asked it to end, which leaves no record of audit's; NULL if it had no occasion. */
const char *kernel_may_have_asked(const struct verdict_input *in);
/* How the kernel itself comes to send it: signal(7). */
const char *kernel_sends(int signo);

#endif

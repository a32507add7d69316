/* kmsg.h - the decoder of kernel log records, apart for tests */
#ifndef EPITAPH_KMSG_H
#define EPITAPH_KMSG_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/event.h"

/*
 * One record of /dev/kmsg, `prio,seq,usec,flags;text` (Documentation/ABI/
 * testing/dev-kmsg).  Only the kernel's own records count (facility 0), so
 * nobody can write one.  Emits EVENT_OOM or EVENT_FAULT; true if it did.
 */
bool kmsg_decode(const char *record, size_t len, event_emit emit, void *ctx);

/* Opens /dev/kmsg at its end.  A descriptor, or -errno with *why filled in. */
struct reason;
int kmsg_find(struct reason *why);

#endif

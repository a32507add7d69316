/* cn_proc_decode.h - the decoder of process connector messages, apart for tests */
#ifndef EPITAPH_CN_PROC_DECODE_H
#define EPITAPH_CN_PROC_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/base/event.h"

#define CN_PROC_CPUS 1024 /* loss is counted per CPU for so many; beyond by ENOBUFS alone */

struct cn_proc_sequence {
	uint32_t next[CN_PROC_CPUS];
	uint8_t  known[CN_PROC_CPUS];
	int64_t  missing; /* messages that did not come, not yet told */
};

enum cn_proc_what { CN_PROC_EVENT, CN_PROC_ACK, CN_PROC_OTHER, CN_PROC_BAD };

/*
 * One netlink message: nlmsghdr, cn_msg, proc_event (include/uapi/linux/
 * cn_proc.h).  Events were added and grew from 2.6.15 to 6.18: what counts is
 * whether the bytes that are used are there, never the size of the struct.
 * Emits at most one event.  For an ACK *error is its err.  sequence may be NULL.
 */
enum cn_proc_what cn_proc_decode(const void *message, size_t len, const struct clock *clock,
                                 struct cn_proc_sequence *sequence, event_emit emit, void *ctx, int *error);

#endif

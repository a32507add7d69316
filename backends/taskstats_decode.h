/* taskstats_decode.h - what the kernel sends at the end of each thread: what it had used, and its status */
#ifndef EPITAPH_TASKSTATS_DECODE_H
#define EPITAPH_TASKSTATS_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/event.h"

/* Of version 17, with both groups of a thread that was not alone, there are 1,448 bytes. */
#define TASKSTATS_MESSAGE_SIZE 4096

/*
 * One netlink message of the family taskstats (genetlink; fill_stats() and
 * taskstats_exit(), kernel/taskstats.c), of any version of struct taskstats
 * (include/uapi/linux/taskstats.h: 8 has been since 2.6.33, 17 is of 7.1).
 * True and *e is EVENT_USED, without `at`: process.pid and tid, and for the last
 * thread of a process HAS_STATUS with its wait status; e->used is *used, of the
 * caller.  False if it is none.
 */
bool taskstats_decode(const uint8_t *message, size_t len, uint16_t family, struct event *e, struct used *used);

#endif

/* system.h - what the engine asks about itself and the machine: enum system_ask */
#ifndef EPITAPH_SYSTEM_H
#define EPITAPH_SYSTEM_H

#include <sys/types.h>

#include "agent/base/rights.h"
#include "agent/warden/kept.h"

/* Of the engine when it has no real-time priority, as auditd's (priority_boost = 4): a storm of others' must not keep it from reading. */
#define ENGINE_NICE (-4)

/* asker: whose priority it is; most: processes that are kept; fd: what came with the request, taken over. */
void system_serve(pid_t asker, struct kept *kept, unsigned most, const struct rights_request *r, int fd, struct rights_answer *a);

#endif

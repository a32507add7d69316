/* system.h - what the engine asks about itself and the machine: enum system_ask */
#ifndef EPITAPH_SYSTEM_H
#define EPITAPH_SYSTEM_H

#include <sys/types.h>

#include "agent/base/rights.h"

/* asker: whose priority it is; 0 = this process. */
void system_serve(pid_t asker, const struct rights_request *r, struct rights_answer *a);

#endif

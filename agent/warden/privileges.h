/* privileges.h - the engine gives up what it does not need, step by step, as far as the kernel has it */
#ifndef EPITAPH_PRIVILEGES_H
#define EPITAPH_PRIVILEGES_H

#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

/*
 * Becomes the user that the configuration names, keeps CAP_SYS_PTRACE alone
 * (/proc/PID/exe and the exit status of others), can gain nothing by
 * executing, and is not to be traced by its own user.  With `user = root`, or
 * sanitizers, it keeps all.  0, or -errno, said: it must not go on.
 */
int privileges_drop(const struct config *c);
/* The warden keeps what it needs to open things and to start engines, and no more; what that is depends on the kernel.  Not with user = root. */
void privileges_of_warden(const struct config *c);
/* And has every system call refused that is not on the list (syscalls.h), in which case *refused_call is told.  The same. */
int privileges_filter(int32_t *refused_call);
#endif

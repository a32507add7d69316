/* syscalls.h - the system calls that the engine may make, and the filter that refuses all others */
#ifndef EPITAPH_SYSCALLS_H
#define EPITAPH_SYSCALLS_H

#include <stdint.h>

/*
 * From now on any call that is not on the list is not made, and ends this
 * process by SIGSYS, after its number plus one was written to *refused.  0, or
 * -ENOSYS where the kernel has no such filter (before 3.5, or built without
 * CONFIG_SECCOMP_FILTER) or its architecture is not known here; -errno.  seccomp(2).
 */
int syscalls_filter(int32_t *refused);

#endif

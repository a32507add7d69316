/* tracepoint_hotplug.h - processors that come online, as the kernel announces them */
#ifndef EPITAPH_TRACEPOINT_HOTPLUG_H
#define EPITAPH_TRACEPOINT_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The perf events of a processor that goes offline are gone for good
 * (perf_event_exit_cpu(), kernel/events/core.c): when it comes back they must
 * be opened anew, or what runs on it goes unseen.
 */

/* A non-blocking socket (NETLINK_KOBJECT_UEVENT) that gets what processors do and nothing else; -errno. */
int hotplug_open(void);
/* 1 and the next processor that came online; 0: none; -errno, as -ENOBUFS where the socket was full. */
int hotplug_next(int fd, int *cpu);
/* The number of the processor in a uevent "online@/devices/system/cpu/cpu1"; -1 if it tells of none. */
int hotplug_cpu(const char *message, size_t len);

#endif

/* taskstats_socket.h - the subscription to the ends of threads (generic netlink, Documentation/accounting/taskstats.rst) */
#ifndef EPITAPH_TASKSTATS_SOCKET_H
#define EPITAPH_TASKSTATS_SOCKET_H

#include <linux/netlink.h>
#include <stdint.h>

#include "backends/backend.h"

struct taskstats_socket {
	int      fd;
	uint16_t family; /* the type of its messages */
};

/* 0, or -errno with *why filled in; then nothing stays open.  Does not block: the kernel answers within send(). */
int  taskstats_subscribe(struct taskstats_socket *s, struct reason *why);
void taskstats_unsubscribe(struct taskstats_socket *s);

#endif

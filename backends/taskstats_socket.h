/* taskstats_socket.h - the subscription to the ends of threads (generic netlink, Documentation/accounting/taskstats.rst) */
#ifndef EPITAPH_TASKSTATS_SOCKET_H
#define EPITAPH_TASKSTATS_SOCKET_H

#include <linux/netlink.h>
#include <stdint.h>

#include "agent/base/rights.h"
#include "backends/backend.h"

/* What the reader of that socket asks of the half with the rights. */
enum taskstats_ask {
	TASKSTATS_ASK_OPEN, /* the descriptor; value: the family */
	TASKSTATS_ASK_CLOSE
};

struct taskstats_socket {
	int      fd;
	uint16_t family; /* the type of its messages */
};

/* 0, or -errno with *why filled in; then nothing stays open.  Does not block: the kernel answers within send(). */
int  taskstats_subscribe(struct taskstats_socket *s, struct reason *why);
void taskstats_unsubscribe(struct taskstats_socket *s);

#endif

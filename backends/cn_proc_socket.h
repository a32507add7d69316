/* cn_proc_socket.h - sockets that the process connector sends to: subscribed, tested, closed */
#ifndef EPITAPH_CN_PROC_SOCKET_H
#define EPITAPH_CN_PROC_SOCKET_H

#include "agent/base/rights.h"
#include "backends/backend.h"

/* What the reader of these sockets asks of the half with the rights. */
enum cn_proc_ask {
	CN_PROC_ASK_OPEN,   /* a descriptor of cn_proc_subscribe */
	CN_PROC_ASK_CLOSE,
	CN_PROC_ASK_URGENT, /* a descriptor of cn_proc_open_urgent */
	CN_PROC_ASK_CHILD   /* a child that ends at once, whose exit is to be heard */
};

#define CN_PROC_MESSAGE_SIZE 128 /* 76 bytes in 6.18, 68 in 2.6.32 */

/*
 * A non-blocking socket that gets every event and was seen to.  -errno with
 * *why filled in.  May block for some seconds: the acknowledgement, the test.
 */
int cn_proc_subscribe(struct reason *why);
/* A listener that only closes stays counted, and every later fork and exit pays (all versions to 6.18). */
void cn_proc_unsubscribe(int fd);

/*
 * A second socket, which gets the execs alone: readable when what the first
 * one has cannot wait, since /proc soon no longer shows what was executed.
 * It subscribes to nothing, so it is just closed.  -errno.
 */
int cn_proc_open_urgent(void);
/* Throws away what it was rung with. */
void cn_proc_drain_urgent(int urgent);

#endif

/* control.h - the control socket: who connects is told the agent's figures, and is not listened to */
#ifndef EPITAPH_CONTROL_H
#define EPITAPH_CONTROL_H

#include <ev.h>

#include "agent/agent.h"

#define CONTROL_CLIENTS 4

struct control_client {
	ev_io    writable;
	ev_timer patience;
	int      fd;   /* -1: none */
	char    *text;
	size_t   len, sent;
};

struct control {
	struct agent         *agent; /* NULL: there is no socket */
	ev_io                 listening;
	ev_timer              again;   /* listens again, after there was no descriptor for who connected */
	struct control_client clients[CONTROL_CLIENTS];
};

/*
 * Listens at [agent] control, if there is one; a socket that cannot be made is
 * a warning.  Root, and the agent's own user, are told; a client has five seconds to
 * read all of it, and a fifth one is turned away.
 */
void control_begin(struct control *c, struct agent *a, struct ev_loop *loop);
void control_end(struct control *c, struct ev_loop *loop);

#endif

/*
 * connect.h - connections to other hosts, made by a child that has no rights
 *
 * Names are looked up (c-ares) and connections awaited in a process of its own, so
 * that nobody waits, and what a name server answers is read by nobody who has
 * rights.  Asked again, the descriptor is there.
 */
#ifndef EPITAPH_CONNECT_H
#define EPITAPH_CONNECT_H

#include <stdint.h>
#include <sys/types.h>

#include "agent/files/open.h"

struct connection {
	uint32_t id;     /* of the output; 0 with socket < 0: free */
	int      socket; /* on which the child answers */
};

struct connections {
	struct connection of[CONFIG_OUTPUTS_MAX];
	unsigned          count; /* that were ever in use */
};

/* A connected descriptor, not blocking; -EINPROGRESS: ask again, at least every second; or -errno, and why says more. */
int  connections_ask(struct connections *c, const struct output_config *o, char why[FILES_WHY]);
/* Those that are made for outputs of another generation of the configuration are given up. */
void connections_keep(struct connections *c, uint32_t generation);
void connections_end(struct connections *c);

#endif

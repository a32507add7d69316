/* requests.h - the commands that ask a supervisor for something and were executed lately */
#ifndef EPITAPH_REQUESTS_H
#define EPITAPH_REQUESTS_H

#include "agent/base/event.h"

#define REQUESTS 32
#define REQUEST_ARGS 512 /* longer ones are not kept */

struct requests {
	struct request {
		pid_t    pid; /* with born the command's process; 0: free */
		uint64_t born, at; /* at: its exec */
		struct facts facts; /* pid, uid, auid, comm; args if they are known */
		char     name[COMM_SIZE + 4]; /* of the command, which may be longer than its comm */
		char     comm[COMM_SIZE];
		char     args[REQUEST_ARGS];
	} slots[REQUESTS];
	unsigned next;
};

/* That of this process, or an empty one in place of the oldest. */
struct request *requests_slot(struct requests *q, pid_t pid, uint64_t born, uint64_t at);
/* Takes over what *f tells of it; name: of the command. */
void requests_keep(struct request *r, const char *name, const struct facts *f);

#endif

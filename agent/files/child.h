/* child.h - what a child of the process that has rights leaves behind before it does anything else */
#ifndef EPITAPH_CHILD_H
#define EPITAPH_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Closes every descriptor from that one on, also those that the agent was started with. */
void child_close_from(int first);
/* Becomes that user, without other groups, where it is root.  False if it cannot. */
bool child_become(uid_t uid, gid_t gid);

#endif

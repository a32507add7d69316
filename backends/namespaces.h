/* namespaces.h - is this the machine's own view, or a container's? */
#ifndef EPITAPH_NAMESPACES_H
#define EPITAPH_NAMESPACES_H

#include <stdbool.h>

/*
 * False only if this is surely not the initial namespace of that kind; `kind`
 * is "pid" or "user".  Before 3.8 /proc does not tell, and there it is true.
 */
bool namespace_is_initial(const char *kind);

/*
 * Is a process (dirfd: of its /proc/PID) in the namespace of that kind, "mnt", "user" or "pid", that PID 1 is in?
 * Where PID 1's cannot be read, the agent's own.  0, or -errno if it is not known: gone, not ours to read, before 3.8.
 */
int namespace_is_here(int dirfd, const char *kind, bool *here);

#endif

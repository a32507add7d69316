/* namespaces.h - is this the machine's own view, or a container's? */
#ifndef EPITAPH_NAMESPACES_H
#define EPITAPH_NAMESPACES_H

#include <stdbool.h>

/*
 * False only if this is surely not the initial namespace of that kind; `kind`
 * is "pid" or "user".  Before 3.8 /proc does not tell, and there it is true.
 */
bool namespace_is_initial(const char *kind);

#endif

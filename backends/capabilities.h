/* capabilities.h - what this process may do, capabilities(7) */
#ifndef EPITAPH_CAPABILITIES_H
#define EPITAPH_CAPABILITIES_H

#include <stdbool.h>

/* Is the capability (linux/capability.h) in the effective set?  True if that is not known: let the kernel say. */
bool capability_is_effective(int capability);

#endif

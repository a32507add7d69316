/* tracefs.h - the kernel's descriptions of its tracepoints, whether tracefs is mounted or not */
#ifndef EPITAPH_TRACEFS_H
#define EPITAPH_TRACEFS_H

#include <stddef.h>

#include "backends/backend.h"

/*
 * A descriptor of tracefs: where it is mounted, else mounted for this
 * descriptor alone (fsmount(2), 5.2), else that of debugfs (before 4.1).
 * Leaves no mount behind.  -errno with *why filled in.
 */
int tracefs_open(struct reason *why);
/* The file as a string; -errno, -E2BIG if it does not fit. */
int tracefs_read(int tracefs, const char *path, char *buf, size_t size);

#endif

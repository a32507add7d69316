/* path_basename.h - the name by which a program is called */
#ifndef EPITAPH_PATH_BASENAME_H
#define EPITAPH_PATH_BASENAME_H

#include <string.h>

/*
 * What stands behind the last slash, or the whole path without one; within
 * `path`.  Of it the kernel makes the comm of what is executed by that path
 * (kbasename(), begin_new_exec(), fs/exec.c, 6.12).
 */
static inline const char *path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

#endif

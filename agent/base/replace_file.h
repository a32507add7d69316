/* replace_file.h - a file that is written whole or stays as it was */
#ifndef EPITAPH_REPLACE_FILE_H
#define EPITAPH_REPLACE_FILE_H

#include <stdio.h>

#include "agent/base/path.h"

struct replace_file {
	FILE *to;               /* what the new content is written to */
	const struct path *at;  /* borrowed */
	char  new_name[NAME_MAX + 1];
};

/* Makes NAME.new beside the place, mode 0600; what had that name is removed.  0 or -errno. */
int replace_file_begin(struct replace_file *r, const struct path *at);
/* Gives it the name; 0, or -errno with the old file in place.  After a begin that returned 0. */
int replace_file_end(struct replace_file *r);

#endif

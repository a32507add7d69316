/* replace_file.h - a file that is written whole or stays as it was */
#ifndef EPITAPH_REPLACE_FILE_H
#define EPITAPH_REPLACE_FILE_H

#include <stdio.h>

struct replace_file {
	FILE *to; /* what the new content is written to */
	char  path[4096], new_path[4096];
};

/* Opens DIR/NAME.new, mode 0600, never through a link, and never waits for a reader of a FIFO.  0 or -errno. */
int replace_file_begin(struct replace_file *r, const char *dir, const char *name);
/* Gives it the name DIR/NAME; 0, or -errno with the old file in place.  After a begin that returned 0. */
int replace_file_end(struct replace_file *r);

#endif

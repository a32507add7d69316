/* replace_file.h - a file that is written whole or stays as it was */
#ifndef EPITAPH_REPLACE_FILE_H
#define EPITAPH_REPLACE_FILE_H

#include "agent/base/path.h"

struct replace_file {
	struct path at;         /* where it stands; closed by end and give_up */
	char  new_name[NAME_MAX + 1];
};

/* Makes NAME.new beside r->at, mode 0600; what had that name is removed.  A descriptor for the new content, or -errno with r->at closed. */
int replace_file_begin(struct replace_file *r);
/* Gives it the name; 0, or -errno with the old file in place.  After a begin that succeeded. */
int replace_file_end(struct replace_file *r);
/* Or leaves the old file in place. */
void replace_file_give_up(struct replace_file *r);

#endif

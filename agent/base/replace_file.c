#include "agent/base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int make(struct replace_file *r)
{
	if (snprintf(r->new_name, sizeof(r->new_name), "%s.new", path_name(&r->at)) >= (int)sizeof(r->new_name))
		return -ENAMETOOLONG;
	if (unlinkat(r->at.dir, r->new_name, 0) < 0 && errno != ENOENT)
		return -errno;
	int fd = openat(r->at.dir, r->new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int replace_file_begin(struct replace_file *r)
{
	int fd = make(r);

	if (fd < 0)
		path_close(&r->at);
	return fd;
}

int replace_file_end(struct replace_file *r)
{
	int error = renameat(r->at.dir, r->new_name, r->at.dir, path_name(&r->at)) < 0 ? -errno : 0;

	if (error)
		unlinkat(r->at.dir, r->new_name, 0);
	path_close(&r->at);
	return error;
}

void replace_file_give_up(struct replace_file *r)
{
	unlinkat(r->at.dir, r->new_name, 0);
	path_close(&r->at);
}

#include "agent/base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int replace_file_begin(struct replace_file *r, const struct path *at)
{
	r->at = at;
	if (snprintf(r->new_name, sizeof(r->new_name), "%s.new", path_name(at)) >= (int)sizeof(r->new_name))
		return -ENAMETOOLONG;
	if (unlinkat(at->dir, r->new_name, 0) < 0 && errno != ENOENT)
		return -errno;
	int fd = openat(at->dir, r->new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r->to = fdopen(fd, "w");
	if (r->to)
		return 0;
	close(fd);
	unlinkat(at->dir, r->new_name, 0);
	return -ENOMEM;
}

int replace_file_end(struct replace_file *r)
{
	int error = 0;

	if (fflush(r->to) != 0 || ferror(r->to))
		error = errno ? -errno : -EIO;
	if (fclose(r->to) != 0 && !error)
		error = -errno;
	if (!error && renameat(r->at->dir, r->new_name, r->at->dir, path_name(r->at)) < 0)
		error = -errno;
	if (error)
		unlinkat(r->at->dir, r->new_name, 0);
	return error;
}

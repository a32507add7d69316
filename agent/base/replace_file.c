#include "agent/base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int replace_file_begin(struct replace_file *r, const char *dir, const char *name)
{
	if (snprintf(r->path, sizeof(r->path), "%s/%s", dir, name) >= (int)sizeof(r->path) ||
	    snprintf(r->new_path, sizeof(r->new_path), "%s/%s.new", dir, name) >= (int)sizeof(r->new_path))
		return -ENAMETOOLONG;
	int fd = open(r->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r->to = fdopen(fd, "w");
	if (r->to)
		return 0;
	close(fd);
	unlink(r->new_path);
	return -ENOMEM;
}

int replace_file_end(struct replace_file *r)
{
	int error = 0;

	if (fflush(r->to) != 0 || ferror(r->to))
		error = errno ? -errno : -EIO;
	if (fclose(r->to) != 0 && !error)
		error = -errno;
	if (!error && rename(r->new_path, r->path) < 0)
		error = -errno;
	if (error)
		unlink(r->new_path);
	return error;
}

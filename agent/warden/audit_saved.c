#include "agent/warden/audit_saved.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/boot_id.h"
#include "agent/base/log.h"
#include "agent/base/path.h"
#include "agent/base/replace_file.h"
#include "config/config.h"

#define FILE_NAME "audit-found"
#define FORMAT "epitaph audit 1 %s enabled %" PRIu32 " backlog_limit %" PRIu32 " backlog_wait_time %" PRIu32 "\n"

/* The file as a string; false if it cannot be read, or others may have written it. */
static bool read_file(const struct audit_control *b, char *out, size_t size)
{
	struct path at;
	int fd = path_find_in(&at, b->config->state_dir, FILE_NAME);

	if (!fd)
		fd = path_open(&at, O_RDONLY, 0);
	path_close(&at);
	ssize_t n = fd >= 0 ? read(fd, out, size - 1) : -1;
	if (fd >= 0)
		close(fd);
	if (fd == -EPERM)
		log_warning("%s/" FILE_NAME ": %s: it is not believed", b->config->state_dir, at.why);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Settings of another boot say nothing about this one. */
static bool read_found(const struct audit_control *b, struct audit_found *f)
{
	char text[256], again[256], id[BOOT_ID_SIZE];

	if (!read_file(b, text, sizeof(text)) || !boot_id(id))
		return false;
	const char *rest = strstr(text, " enabled ");
	if (!rest || sscanf(rest, " enabled %" SCNu32 " backlog_limit %" SCNu32 " backlog_wait_time %" SCNu32, &f->enabled,
	                    &f->backlog_limit, &f->backlog_wait_time) != 3)
		return false;
	/* whole, and of this boot, if it is what would be written */
	snprintf(again, sizeof(again), FORMAT, id, f->enabled, f->backlog_limit, f->backlog_wait_time);
	return strcmp(text, again) == 0;
}

/* 0 or -errno, and at->why says more where others may interfere. */
static int write_found(const struct audit_control *b, struct path *at)
{
	const struct audit_found *f = &b->found;
	char id[BOOT_ID_SIZE];
	struct replace_file r;
	int error = path_find_in(&r.at, b->config->state_dir, FILE_NAME), fd;

	*at = r.at;
	if (error)
		return error;
	if (!boot_id(id)) {
		path_close(&r.at);
		return -ENOENT;
	}
	fd = replace_file_begin(&r);
	if (fd < 0)
		return fd;
	if (dprintf(fd, FORMAT, id, f->enabled, f->backlog_limit, f->backlog_wait_time) < 0)
		error = -errno;
	if (close(fd) != 0 && !error)
		error = -errno;
	if (!error)
		return replace_file_end(&r);
	replace_file_give_up(&r);
	return error;
}

void audit_saved_found(struct audit_control *c)
{
	struct audit_found before = c->found;
	struct path at;

	if (!c->config->state_dir || c->shared)
		return;
	/* A killed agent left its rules, or else its settings: a backlog wait of 0 is nobody's default. */
	bool killed = c->found.leftovers || (c->found.has_wait_time && c->found.backlog_wait_time == 0);
	if (killed && read_found(c, &before))
		audit_control_found_set(c, &before);
	else
		c->found.noted = true;
	int error = write_found(c, &at);
	if (error)
		log_warning("%s/" FILE_NAME ": %s: should the agent be killed, audit's settings cannot be put back",
		            c->config->state_dir, at.why[0] ? at.why : strerror(-error));
}

void audit_saved_closed(struct audit_control *c)
{
	struct path at;

	if (c->shared || !c->config->state_dir || !(c->begun || c->found.noted) || path_find_in(&at, c->config->state_dir, FILE_NAME))
		return;
	unlinkat(at.dir, path_name(&at), 0);
	path_close(&at);
}

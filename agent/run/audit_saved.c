#include "agent/run/audit_saved.h"

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
#include "backends/audit.h"
#include "config/config.h"

#define FILE_NAME "audit-found"
#define FORMAT "epitaph audit 1 %s enabled %" PRIu32 " backlog_limit %" PRIu32 " backlog_wait_time %" PRIu32 "\n"

/* The file as a string; false if it cannot be read, or others may have written it. */
static bool read_file(const struct backend *b, char *out, size_t size)
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
static bool read_found(const struct backend *b, struct audit_found *f)
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
static int write_found(const struct backend *b, const struct audit_found *f, struct path *at)
{
	char id[BOOT_ID_SIZE];
	struct replace_file r;
	int error = path_find_in(at, b->config->state_dir, FILE_NAME);

	if (error)
		return error;
	error = boot_id(id) ? replace_file_begin(&r, at) : -ENOENT;
	if (!error) {
		fprintf(r.to, FORMAT, id, f->enabled, f->backlog_limit, f->backlog_wait_time);
		error = replace_file_end(&r);
	}
	path_close(at);
	return error;
}

void audit_saved_opened(struct backend *b)
{
	struct audit_found found = *audit_found(b), before = found;
	struct path at;

	if (!b->config->state_dir || audit_is_shared(b))
		return;
	/* A killed agent left its rules, or else its settings: a backlog wait of 0 is nobody's default. */
	bool killed = found.leftovers || (found.has_wait_time && found.backlog_wait_time == 0);
	if (killed && read_found(b, &before)) {
		audit_found_set(b, &before);
		found = before;
	} else {
		audit_found_noted(b);
	}
	int error = write_found(b, &found, &at);
	if (error)
		log_warning("%s/" FILE_NAME ": %s: should the agent be killed, audit's settings cannot be put back",
		            b->config->state_dir, at.why[0] ? at.why : strerror(-error));
}

void audit_saved_failed(const struct backend *b)
{
	if (audit_found(b)->noted)
		audit_saved_closed(b);
}

void audit_saved_closed(const struct backend *b)
{
	struct path at;

	if (audit_is_shared(b) || !b->config->state_dir || path_find_in(&at, b->config->state_dir, FILE_NAME))
		return;
	unlinkat(at.dir, path_name(&at), 0);
	path_close(&at);
}

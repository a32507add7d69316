/* reload.c - SIGHUP: the configuration is read again, a bad one changes nothing */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/files/files.h"
#include "agent/run/loop.h"
#include "agent/run/reconfigure.h"

static void log_line(void *ctx, const char *message)
{
	(void)ctx;
	log_error("%s", message);
}

/* Parses what may have been opened, and said to be right, by another process. */
static int load(const char *path, struct config **c)
{
	uint32_t generation;
	int fd = files_open_config(path, log_line, NULL, &generation);
	FILE *text = fd >= 0 ? fdopen(fd, "r") : NULL;

	*c = NULL;
	if (fd < 0)
		return fd;
	if (!text) {
		close(fd);
		return -ENOMEM;
	}
	int error = config_parse(text, path, log_line, NULL, c);
	fclose(text);
	if (!error)
		config_number(*c, generation);
	return error;
}

void loop_reload(struct loop *l)
{
	struct agent *a = l->agent;
	struct config *c;
	const struct output_config *failed;
	char reason[1024];

	clock_refresh(&a->clock);
	if (load(a->config->path, &c) < 0) {
		snprintf(reason, sizeof(reason), "%s is not taken: the running configuration stays", a->config->path);
		log_error("%s", reason);
		output_reopen(&a->output);
		agent_report(a, AGENT_RELOADED, reason);
		return;
	}
	loop_unwatch_outputs(l);
	if (a->coverage.missed)
		loop_catch_up(l); /* what was queued before the loss */
	int taken = reconfigure(a, c, &failed);
	if (taken < 0) {
		char why[512];

		if (failed)
			sink_explain(failed, taken, why, sizeof(why));
		snprintf(reason, sizeof(reason), "%s: the running configuration stays", failed ? why : strerror(-taken));
		log_error("%s", reason);
		files_take_config(0);
		config_free(c);
		output_reopen(&a->output);
		agent_report(a, AGENT_RELOADED, reason);
	} else {
		files_take_config(a->config->generation);
		loop_reload_backends(l);
		log_info("configuration read again from %s", a->config->path);
		if (!(a->coverage.sees & (SEES_EXEC | SEES_EXIT | SEES_SIGNAL)))
			log_error("no backend can be used, so nothing can be seen");
		loop_limits(l, reason, sizeof(reason));
		if (taken) {
			size_t len = strlen(reason);
			const char *kept = "user, max_processes, state_dir, control and transport stay as they were at the start, until the next one";

			log_warning("%s", kept);
			snprintf(reason + len, sizeof(reason) - len, "%s%s", len ? "; " : "", kept);
		}
		agent_report(a, AGENT_RELOADED, reason[0] ? reason : NULL);
	}
	loop_watch_outputs(l);
}

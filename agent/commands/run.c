#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/base/log.h"
#include "agent/commands/commands.h"
#include "agent/run/loop.h"
#include "agent/warden/warden.h"

static void print_line(void *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "%s\n", message);
}

/* Accepted keys whose feature is still to come are named rather than ignored. */
static void tell_not_built(const struct config *c)
{
	for (unsigned i = 0; i < c->outputs_count; i++) {
		const struct output_config *o = &c->outputs[i];

		if (o->spool)
			log_warning("[output %s] spool: not built yet, so nothing is spooled", o->name);
	}
}

#define OPEN_FILES_MOST 65536

/* Each watched process and each processor take some descriptors; the usual soft limit of 1,024 is for select(2). */
static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	rlim_t most = limit.rlim_max < OPEN_FILES_MOST ? limit.rlim_max : OPEN_FILES_MOST;
	if (limit.rlim_cur >= most)
		return;
	limit.rlim_cur = most;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The engine: all of the agent but what needs rights. */
static int run_engine(struct config *c, const char *gap)
{
	struct agent *a = calloc(1, sizeof(*a));
	const struct output_config *failed;
	int status = STATUS_FAILED;

	if (!a) {
		config_free(c);
		return STATUS_FAILED;
	}
	int error = agent_init(a, c, &failed);
	if (error && failed) {
		char why[512];

		sink_explain(failed, error, why, sizeof(why));
		log_error("%s", why);
	} else if (error) {
		log_error("start: %s", strerror(-error));
	} else if (loop_run(a, gap) == 0) {
		status = STATUS_DONE;
	}
	agent_fini(a);
	free(a);
	return status;
}

int command_run(const char *config_path)
{
	struct config *c;

	if (config_load(config_path, print_line, NULL, &c) < 0)
		return STATUS_USAGE;
	config_number(c, 1);
	signal(SIGPIPE, SIG_IGN); /* writing tells by EPIPE and EFBIG */
	signal(SIGXFSZ, SIG_IGN);
	tell_not_built(c);
	raise_open_files();
	return warden_run(c, run_engine);
}

/* A name and arguments are what a process says of itself. */
static void tell_forgeable(const struct config *c)
{
	for (unsigned i = 0; i < c->targets_count; i++) {
		const struct target_config *t = &c->targets[i];

		if (!t->exe && !t->user && !t->cgroup && !t->pidfile)
			log_warning("[target %s] %s: any user's process can match; add user or exe", t->name, t->comm ? "comm" : "args");
	}
}

int command_check(const char *config_path)
{
	struct config *c;

	if (config_load(config_path, print_line, NULL, &c) < 0)
		return STATUS_USAGE;
	config_print(c, stdout);
	tell_forgeable(c);
	config_free(c);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

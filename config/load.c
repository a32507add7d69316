/* load.c - loads agent.ini, and frees what came of it */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/path.h"
#include "config/parser.h"

static void output_fini(struct output_config *o)
{
	free(o->name);
	free(o->path);
	free(o->host);
	free(o->tag);
	free(o->spool);
	free(o->command);
	free(o->command_user);
}

static void target_fini(struct target_config *t)
{
	free(t->name);
	free(t->comm);
	free(t->exe);
	free(t->args);
	free(t->user);
	free(t->cgroup);
	free(t->pidfile);
}

bool config_same_text(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->outputs_count; i++)
		output_fini(&c->outputs[i]);
	for (unsigned i = 0; i < c->targets_count; i++)
		target_fini(&c->targets[i]);
	free(c->outputs);
	free(c->targets);
	free(c->path);
	free(c->user);
	free(c->state_dir);
	free(c->control);
	free(c->host);
	free(c);
}

void config_only_stdout(struct config *c, enum output_format format)
{
	while (c->outputs_count > 1)
		output_fini(&c->outputs[--c->outputs_count]);
	c->outputs[0].type = OUTPUT_STDOUT;
	c->outputs[0].format = format;
	c->outputs[0].patient = true;
	for (unsigned i = 0; i < c->targets_count; i++)
		c->targets[i].outputs = 1;
}

/* The system's name, which may be anything, made fit for a syslog header. */
static char *system_host(void)
{
	char name[254] = "";
	if (gethostname(name, sizeof(name) - 1) || !*name)
		return strdup("localhost");
	for (char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '#' || *p == ';')
			*p = '-';
	return strdup(name);
}

static int implicit_output(struct config *c)
{
	c->outputs = calloc(1, sizeof(*c->outputs));
	if (!c->outputs)
		return -ENOMEM;
	c->outputs_count = 1;
	c->outputs->type = OUTPUT_STDOUT;
	c->outputs->name = strdup("stdout");
	return c->outputs->name ? options_preset(SECTION_OUTPUT, c->outputs) : -ENOMEM;
}

static int complete(struct parser *p)
{
	struct config *c = p->config;

	check_section(p);
	int err = c->outputs_count ? 0 : implicit_output(c);
	if (!err && !c->host && !(c->host = system_host()))
		err = -ENOMEM;
	if (!err)
		check_file(p);
	return err ? err : p->no_memory || p->errors.no_memory ? -ENOMEM : 0;
}

static int parse(struct parser *p, const char *name)
{
	struct config *c = p->config = calloc(1, sizeof(*c));
	if (!c || !(c->path = strdup(name)) || options_preset(SECTION_AGENT, c) || options_preset(SECTION_AUDIT, c))
		return -ENOMEM;
	int err = reader_run(p);
	if (!err)
		err = complete(p);
	return err;
}

/* refused: why it is not believed, NULL if it is no matter of that. */
static void report_failure(const char *name, int err, const char *refused, config_tell tell, void *ctx)
{
	char *message = NULL;
	const char *why = refused ? refused : err == -EOPNOTSUPP ? "it is no regular file" : strerror(-err);
	const char *cure = err == -ENOENT ? "; write one (agent.ini.example is a start), or name another with -c" : "";
	if (asprintf(&message, "%s: %s: %s%s", name, refused ? "is not believed" : "cannot be read", why, cure) < 0)
		message = NULL;
	tell(ctx, message ? message : "out of memory");
	free(message);
}

int config_parse(FILE *stream, const char *name, config_tell tell, void *ctx, struct config **out)
{
	struct parser *p = calloc(1, sizeof(*p));
	int err = -ENOMEM;

	*out = NULL;
	if (p) {
		p->errors.file = name;
		p->stream = stream;
		err = parse(p, name);
		errors_report(&p->errors, tell, ctx);
	}
	if (err)
		report_failure(name, err, NULL, tell, ctx);
	else if (p->errors.count)
		err = -EINVAL;
	if (p) {
		if (err)
			config_free(p->config);
		else
			*out = p->config;
		parser_fini(p);
		free(p);
	}
	return err;
}

int config_open(const char *path, config_tell tell, void *ctx)
{
	struct path at;
	int fd = path_open_file(&at, path, OPEN_TO_OWNERS, O_RDONLY, 0);

	if (fd < 0)
		report_failure(path, fd, fd == -EPERM ? at.why : NULL, tell, ctx);
	return fd;
}

int config_load(const char *path, config_tell tell, void *ctx, struct config **out)
{
	int fd = config_open(path, tell, ctx);
	FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;

	*out = NULL;
	if (stream) {
		int err = config_parse(stream, path, tell, ctx, out);

		fclose(stream);
		return err;
	}
	if (fd < 0)
		return fd;
	close(fd);
	report_failure(path, -ENOMEM, NULL, tell, ctx);
	return -ENOMEM;
}

void config_number(struct config *c, uint32_t generation)
{
	c->generation = generation & 0xffff;
	for (unsigned i = 0; i < c->outputs_count; i++)
		c->outputs[i].id = c->generation << 16 | i;
	for (unsigned i = 0; i < c->targets_count; i++)
		c->targets[i].id = c->generation << 16 | i;
}

/* The table has its size, what audit was like before us is noted in that directory, and audit is open by that transport. */
bool config_keep_fixed(struct config *now, struct config *old)
{
	bool same = now->max_processes == old->max_processes && config_same_text(now->state_dir, old->state_dir) &&
		config_same_text(now->control, old->control) && config_same_text(now->user, old->user) &&
		now->transport == old->transport;
	char *state_dir = now->state_dir, *control = now->control, *user = now->user;

	now->max_processes = old->max_processes;
	now->transport = old->transport;
	now->state_dir = old->state_dir;
	old->state_dir = state_dir;
	now->control = old->control;
	old->control = control;
	now->user = old->user;
	old->user = user;
	return !same;
}

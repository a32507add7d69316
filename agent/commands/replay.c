/* replay.c - epitaph replay: what a recorded audit log tells */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/commands/commands.h"
#include "agent/replay/replay.h"

#define CHUNK 65536

struct options {
	const char *config, *target, *file;
	bool        json;
};

static void print_line(void *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "%s\n", message);
}

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "epitaph replay: %s%s%s; usage: epitaph replay -c agent.ini|-t NAME [--json] FILE|-\n", what,
	        word ? " " : "", word ? word : "");
	return STATUS_USAGE;
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{"config", required_argument, NULL, 'c'},
		{"target", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* main has been over argv */
	while ((option = getopt_long(argc, argv, ":c:t:", names, NULL)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 't': o->target = optarg; break;
		case 'j': o->json = true; break;
		case ':': return usage("a value is missing after", argv[optind - 1]);
		default:  return usage("unknown option", unknown_option(argv, "ct", (char[3]){0}));
		}
	}
	if (o->config && o->target)
		return usage("-c and -t exclude each other", NULL);
	if (!o->config && !o->target)
		return usage("what to tell of is missing: -t NAME, -t '*' for everything, or -c for the targets of agent.ini", NULL);
	if (o->target && !o->target[0])
		return usage("-t needs a name", NULL);
	if (argc - optind != 1)
		return usage(optind < argc ? "one FILE at a time, not also" : "FILE is missing", optind < argc ? argv[optind + 1] : NULL);
	o->file = argv[optind];
	return STATUS_DONE;
}

/* One target: a path is an exe, anything else a comm, of which the kernel keeps 15 bytes. */
static int name_target(struct target_config *t, const char *name)
{
	char *glob = strdup(name), *label = strdup(strcmp(name, "*") == 0 ? "all" : name);

	if (!glob || !label) {
		free(glob);
		free(label);
		return -ENOMEM;
	}
	free(t->comm);
	free(t->name);
	t->comm = NULL;
	t->name = label;
	if (name[0] == '/') {
		t->exe = glob;
		return 0;
	}
	t->comm = glob;
	if (!strpbrk(name, "*?[\\") && strlen(name) > COMM_SIZE - 1)
		glob[COMM_SIZE - 1] = '\0';
	return 0;
}

static int load(const struct options *o, struct config **c)
{
	static const char text[] = "[output stdout]\ntype = stdout\n"
		"[target all]\ncomm = *\nevents = exec, exec_failed, signal, exit\nsignals = all\nrate = 0\n";
	enum output_format format = FORMAT_TEXT;
	int err;

	if (o->config) {
		err = config_load(o->config, print_line, NULL, c);
		for (unsigned i = 0; !err && i < (*c)->outputs_count; i++)
			if ((*c)->outputs[i].type == OUTPUT_STDOUT) {
				format = (*c)->outputs[i].format;
				break;
			}
	} else {
		FILE *from = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");

		err = from ? config_parse(from, "replay", print_line, NULL, c) : -ENOMEM;
		if (from)
			fclose(from);
		if (!err && (err = name_target((*c)->targets, o->target)))
			config_free(*c);
	}
	if (!err)
		config_only_stdout(*c, o->json ? FORMAT_JSON : format);
	return err;
}

/* Keys of a target that no log can answer are named in a warning. */
static void tell_deaf_targets(struct config *c)
{
	c->budget = 0;
	for (unsigned i = 0; i < c->targets_count; i++) {
		struct target_config *t = &c->targets[i];
		const char *key = t->pidfile ? "pidfile" : t->cgroup ? "cgroup" : NULL;

		t->rate = 0;
		if (key)
			log_warning("[target %s] %s: a log does not tell it, so nothing matches this target", t->name, key);
	}
}

static void tell_counts(const struct replay *r, const char *name)
{
	const struct audit_counts *c = &r->assembler.counts;

	if (!r->records && r->foreign + r->too_long)
		log_error("%s: there is no audit record in it", name);
	else if (r->foreign)
		log_warning("%s: %" PRIu64 " of %" PRIu64 " lines are no audit records", name, r->foreign, r->foreign + r->records);
	if (r->interpreted)
		log_warning("%s: ausearch -i has interpreted it, which cannot be read; use ausearch --raw", name);
	if (r->too_long)
		log_warning("%s: %" PRIu64 " lines are longer than %d bytes and were passed over", name, r->too_long, REPLAY_LINE_MAX);
	if (c->dropped)
		log_warning("%s: %" PRIu64 " records are damaged and were passed over", name, c->dropped);
	if (r->other_hosts)
		log_warning("%s: %" PRIu64 " records of other hosts than %s were passed over: replay one host at a time (ausearch --node)",
		            name, r->other_hosts, r->node[0] ? r->node : "the first, which is not named,");
}

/* 0 or -errno. */
static int read_log(struct replay *r, int fd)
{
	struct sink *out = &r->agent->output.sinks[0];
	char *chunk = malloc(CHUNK);
	ssize_t n = chunk ? 1 : 0;
	int err = chunk ? 0 : -ENOMEM;

	while (n > 0 && !out->gone) {
		n = read(fd, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			err = -errno;
		else if (n > 0)
			replay_bytes(r, chunk, (size_t)n);
		sink_flush(out, &r->agent->clock);
	}
	free(chunk);
	if (!out->gone) {
		replay_end(r);
		sink_flush(out, &r->agent->clock);
	}
	return err;
}

static int run(struct agent *a, const char *name, int fd)
{
	struct replay *r = malloc(sizeof(*r));
	const struct sink *out = &a->output.sinks[0];
	int err = r ? 0 : -ENOMEM, status = STATUS_DONE;

	if (r) {
		replay_init(r, a);
		err = read_log(r, fd);
		tell_counts(r, name);
		if (!r->records && r->foreign + r->too_long)
			status = STATUS_FAILED;
	}
	if (err) {
		log_error("%s: %s", name, strerror(-err));
		status = STATUS_FAILED;
	}
	if (out->last_error && out->last_error != -EPIPE) {
		log_error("standard output: %s: %" PRIu64 " records could not be written", strerror(-out->last_error),
		          out->dropped_total);
		status = STATUS_FAILED;
	}
	a->output.sinks[0].dropped = 0; /* they are told */
	free(r);
	return status;
}

int command_replay(int argc, char **argv)
{
	struct options o = {0};
	struct config *c;
	struct agent *a;
	const struct output_config *failed;
	int status = read_options(argc, argv, &o);

	if (status != STATUS_DONE)
		return status;
	if (load(&o, &c) < 0)
		return STATUS_USAGE;
	bool is_stdin = strcmp(o.file, "-") == 0;
	const char *name = is_stdin ? "standard input" : o.file;
	int fd = is_stdin ? STDIN_FILENO : open(o.file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	a = fd >= 0 ? calloc(1, sizeof(*a)) : NULL;
	if (!a) {
		log_error("%s: %s", name, strerror(errno));
		config_free(c);
		return STATUS_FAILED;
	}
	signal(SIGPIPE, SIG_IGN); /* writing tells by EPIPE */
	tell_deaf_targets(c);
	int err = agent_init(a, c, &failed);
	if (err) {
		log_error("%s: %s", failed ? "standard output" : "start", strerror(-err));
		status = STATUS_FAILED;
	} else {
		status = run(a, name, fd);
	}
	agent_fini(a);
	free(a);
	if (!is_stdin)
		close(fd);
	return status;
}

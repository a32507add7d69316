/* status.c - epitaph status: the figures of the running agent, from its control socket */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/commands/commands.h"
#include "config/config.h"

#define DEFAULT_CONTROL "/run/epitaph.sock"
#define PATIENCE 5 /* s: the agent answers in a turn */

enum form { FORM_TABLE, FORM_JSON, FORM_PROMETHEUS };

struct options {
	const char *config;
	enum form   form;
};

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "epitaph status: %s%s%s; usage: epitaph status [-c agent.ini] [--json|--prometheus]\n", what, word ? " " : "", word ? word : "");
	return STATUS_USAGE;
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"prometheus", no_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* main has been over argv */
	while ((option = getopt_long(argc, argv, ":c:", names, NULL)) != -1) {
		switch (option) {
		case 'c': o->config = optarg; break;
		case 'j':
		case 'p':
			if (o->form != FORM_TABLE)
				return usage("--json and --prometheus exclude each other, and stand once", NULL);
			o->form = option == 'j' ? FORM_JSON : FORM_PROMETHEUS;
			break;
		case ':': return usage("a value is missing after", argv[optind - 1]);
		default:  return usage("unknown option", unknown_option(argv, "c", (char[3]){0}));
		}
	}
	return optind < argc ? usage("takes no arguments, not", argv[optind]) : STATUS_DONE;
}

/* ---- asking */

static void print_line(void *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "%s\n", message);
}

/* Where the agent of that configuration listens; -1 and a message if it is wrong or names none. */
static int find_control(const char *config, char *to, size_t size)
{
	struct config *c;

	snprintf(to, size, "%s", DEFAULT_CONTROL);
	if (!config && access(DEFAULT_CONFIG, F_OK) != 0)
		return 0;
	if (config_load(config ? config : DEFAULT_CONFIG, print_line, NULL, &c) < 0)
		return -1;
	bool has = c->control && strlen(c->control) < size;
	if (has)
		snprintf(to, size, "%s", c->control);
	else
		fprintf(stderr, "epitaph: %s: control = none: that agent cannot be asked\n", config ? config : DEFAULT_CONFIG);
	config_free(c);
	return has ? 0 : -1;
}

static int connect_to(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(to.sun_path, path, strlen(path) + 1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)); /* of connect(2) */
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

static const char *cure(int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		return ": no agent listens there; is one running, and does its agent.ini name another `control` (-c)?";
	return error == -EACCES ? ": only root, and the agent's own user, are told" : "";
}

/* All that it says, or NULL and a message. */
static char *ask(const char *path)
{
	char *text = NULL, buf[4096];
	size_t len = 0;
	int fd = connect_to(path);
	FILE *to = fd >= 0 ? open_memstream(&text, &len) : NULL;
	ssize_t n = 0;

	if (!to) {
		fprintf(stderr, "epitaph: %s: %s%s\n", path, fd < 0 ? strerror(-fd) : "out of memory", fd < 0 ? cure(fd) : "");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, to);
	int error = n < 0 ? errno : 0;
	close(fd);
	if (fclose(to) == 0 && !error && len > 0)
		return text;
	fprintf(stderr, "epitaph: %s: %s\n", path,
	        error == EAGAIN ? "the agent does not answer" : error ? strerror(error) : "the agent hung up: it tells root and its own user alone, four at a time");
	free(text);
	return NULL;
}

/* ---- telling */

/* One line `epitaph_NAME{KEY="VALUE",...} NUMBER`, cut into its parts. */
struct figure {
	char name[64], labels[512];
	double value;
};

static bool read_figure(const char *line, struct figure *f)
{
	f->labels[0] = '\0';
	return sscanf(line, "epitaph_%63[a-z_]{%511[^}]} %lf", f->name, f->labels, &f->value) == 3 || sscanf(line, "epitaph_%63[a-z_] %lf", f->name, &f->value) == 2;
}

/* The value of a label, "" if there is none. */
static const char *label(const struct figure *f, const char *key, char *to, size_t size)
{
	char begin[40];
	int len = snprintf(begin, sizeof(begin), "%s=\"", key);
	const char *at = strstr(f->labels, begin);
	size_t n = 0;

	for (at = at ? at + len : ""; *at && *at != '"' && n + 1 < size; at++) {
		if (*at == '\\' && at[1])
			at++;
		to[n++] = *at;
	}
	to[n] = '\0';
	return to;
}

/* The next figure of that name (NULL: of any); false at the end. */
static bool next(const char **text, const char *name, struct figure *f)
{
	while (**text) {
		const char *line = *text, *end = strchr(line, '\n');

		*text = end ? end + 1 : line + strlen(line);
		if (read_figure(line, f) && (!name || strcmp(f->name, name) == 0))
			return true;
	}
	return false;
}

static double figure_of(const char *text, const char *name, const char *key, const char *value, double otherwise)
{
	struct figure f;
	char is[256];

	while (next(&text, name, &f))
		if (!key || strcmp(label(&f, key, is, sizeof(is)), value) == 0)
			return f.value;
	return otherwise;
}

static void print_json(const char *text)
{
	struct figure f;

	while (next(&text, NULL, &f)) {
		printf("{\"name\":\"epitaph_%s\"", f.name);
		for (char *at = f.labels, *equals; (equals = strchr(at, '=')); ) {
			char *end = equals + 2;

			while (*end && *end != '"')
				end += *end == '\\' && end[1] ? 2 : 1;
			printf(",\"%.*s\":%.*s", (int)(equals - at), at, (int)(end - equals), equals + 1);
			at = *end ? end + 1 : end;
			at += *at == ',';
		}
		printf(",\"value\":%.15g}\n", f.value);
	}
}

/* The words of those figures whose value is as asked, with commas. */
static unsigned print_set(const char *text, const char *name, const char *key, bool set, const char *before)
{
	struct figure f;
	char word[64];
	unsigned n = 0;

	while (next(&text, name, &f))
		if ((f.value != 0) == set)
			printf("%s%s", n++ ? ", " : before, label(&f, key, word, sizeof(word)));
	return n;
}

static void print_time(double seconds)
{
	time_t t = (time_t)seconds;
	char text[40];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("%-20s", seconds > 0 ? text : "-");
}

static void print_deaths(const char *text, const char *target)
{
	struct figure f;
	char is[256], cause[16], name[24];
	const char *before = "  ";

	while (next(&text, "deaths_total", &f)) {
		if (strcmp(label(&f, "target", is, sizeof(is)), target) != 0)
			continue;
		label(&f, "cause", cause, sizeof(cause));
		label(&f, "signal", name, sizeof(name));
		printf("%s%.0f %s%s%s", before, f.value, cause, name[0] ? " " : "", name);
		before = ", ";
	}
}

static double deaths_total(const char *text, const char *target)
{
	struct figure f;
	char is[256];
	double n = 0;

	while (next(&text, "deaths_total", &f))
		if (strcmp(label(&f, "target", is, sizeof(is)), target) == 0)
			n += f.value;
	return n;
}

static void print_about(const char *text)
{
	struct figure f;
	const char *at = text;
	char version[64], host[256];
	double up = (double)time(NULL) - figure_of(text, "start_time_seconds", NULL, NULL, 0);

	if (!next(&at, "info", &f))
		return;
	printf("epitaph %s on %s, up %.0f h %02.0f min", label(&f, "version", version, sizeof(version)), label(&f, "host", host, sizeof(host)),
	       (double)(long)(up / 3600), (double)((long)(up / 60) % 60));
	print_set(text, "sees", "event", true, "; sees ");
	print_set(text, "sees", "event", false, "; does not see ");
	printf("\nbackends: ");
	if (!print_set(text, "backend_up", "backend", true, ""))
		printf("none");
	print_set(text, "backend_up", "backend", false, "; not open: ");
	double unaudited = figure_of(text, "unaudited_processes", NULL, NULL, 0);
	if (unaudited > 0)
		printf("\n%.0f live processes whose signals are not seen", unaudited);
	putchar('\n');
}

static void print_targets(const char *text)
{
	const char *at = text;
	struct figure f;
	char name[64];

	printf("\n%-20s %5s %8s %8s  %-20s  %s\n", "TARGET", "NOW", "STARTS", "DEATHS", "LAST DEATH", "HOW");
	while (next(&at, "watched_processes", &f)) {
		label(&f, "target", name, sizeof(name));
		printf("%-20s %5.0f %8.0f %8.0f  ", name, f.value, figure_of(text, "starts_total", "target", name, 0), deaths_total(text, name));
		print_time(figure_of(text, "last_death_timestamp_seconds", "target", name, 0));
		print_deaths(text, name);
		printf("%s%s\n", figure_of(text, "flapping", "target", name, 0) > 0 ? "  FLAPPING" : "", figure_of(text, "absent", "target", name, 0) > 0 ? "  ABSENT" : "");
	}
}

static void print_outputs(const char *text)
{
	const char *at = text;
	struct figure f;
	char name[64];

	printf("\n%-20s %10s %8s\n", "OUTPUT", "WRITTEN", "DROPPED");
	while (next(&at, "output_written_total", &f)) {
		label(&f, "output", name, sizeof(name));
		printf("%-20s %10.0f %8.0f%s\n", name, f.value, figure_of(text, "output_dropped_total", "output", name, 0),
		       figure_of(text, "output_up", "output", name, 1) > 0 ? "" : "  CANNOT BE WRITTEN");
	}
	printf("\nnot seen: ");
	unsigned n = 0;
	for (at = text; next(&at, "events_lost_total", &f); )
		if (f.value > 0)
			printf("%s%s %.0f", n++ ? ", " : "", label(&f, "backend", name, sizeof(name)), f.value);
	puts(n ? "" : "nothing");
}

int command_status(int argc, char **argv)
{
	struct options o = {0};
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int status = read_options(argc, argv, &o);

	if (status)
		return status;
	if (find_control(o.config, path, sizeof(path)) < 0)
		return STATUS_USAGE;
	char *text = ask(path);
	if (!text)
		return STATUS_FAILED;
	if (o.form == FORM_PROMETHEUS) {
		fputs(text, stdout);
	} else if (o.form == FORM_JSON) {
		print_json(text);
	} else {
		print_about(text);
		print_targets(text);
		print_outputs(text);
	}
	free(text);
	return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

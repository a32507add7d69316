#include "agent/base/request_words.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/path_basename.h"

#define WORD_MAX 256

static const struct {
	const char *comm; /* as the kernel cuts it */
	unsigned    is;
} supervisors[] = {
	{"systemd", SUPERVISOR_SYSTEMD},
	{"init", SUPERVISOR_SYSTEMD | SUPERVISOR_INIT},
	{"start-stop-daem", SUPERVISOR_INIT},
	{"supervise-daemo", SUPERVISOR_INIT},
	{"dockerd", SUPERVISOR_CONTAINERS},
	{"containerd", SUPERVISOR_CONTAINERS},
	{"containerd-shim", SUPERVISOR_CONTAINERS},
	{"runc", SUPERVISOR_CONTAINERS},
	{"crun", SUPERVISOR_CONTAINERS},
	{"conmon", SUPERVISOR_CONTAINERS},
	{"podman", SUPERVISOR_CONTAINERS},
	{"supervisord", SUPERVISOR_SUPERVISORD},
	{"runsv", SUPERVISOR_RUNIT},
	{"s6-supervise", SUPERVISOR_S6},
	{"monit", SUPERVISOR_MONIT},
};

enum form {
	VERB_FIRST, /* systemctl stop web: the first word that is no option says what is asked */
	VERB_LAST,  /* service web stop: the second one */
	VERB_ANY,   /* busctl call ... StopUnit ss web.service */
	VERB_LETTER /* s6-svc -wd -dx web: a letter of an option */
};

#define UNIT_METHODS " StopUnit RestartUnit TryRestartUnit ReloadOrRestartUnit ReloadOrTryRestartUnit KillUnit ReloadUnit "
#define CONTAINER_VERBS " stop kill restart rm "

/* valued: options of one letter that a value follows.  verbs: to stop, restart or signal; all: those that name nothing and mean everything. */
static const struct command {
	const char *name;
	unsigned    asks;
	enum form   form;
	const char *valued, *verbs, *all;
} commands[] = {
	{"systemctl", SUPERVISOR_SYSTEMD, VERB_FIRST, "tpPsnoT", " stop restart try-restart condrestart reload-or-restart try-reload-or-restart force-reload kill disable mask reload ", " isolate rescue emergency reboot poweroff halt kexec soft-reboot "},
	{"service", SUPERVISOR_SYSTEMD | SUPERVISOR_INIT, VERB_LAST, "", " stop restart force-reload force-restart condrestart try-restart reload ", ""},
	{"invoke-rc.d", SUPERVISOR_SYSTEMD | SUPERVISOR_INIT, VERB_LAST, "", " stop restart force-reload reload ", ""},
	{"rc-service", SUPERVISOR_INIT, VERB_LAST, "", " stop restart condrestart reload zap ", ""},
	{"initctl", SUPERVISOR_INIT, VERB_FIRST, "", " stop restart reload ", ""},
	{"start-stop-daemon", SUPERVISOR_INIT, VERB_ANY, "", " --stop -K --signal ", ""},
	{"busctl", SUPERVISOR_SYSTEMD, VERB_ANY, "", UNIT_METHODS, ""},
	{"dbus-send", SUPERVISOR_SYSTEMD, VERB_ANY, "", UNIT_METHODS, ""},
	{"gdbus", SUPERVISOR_SYSTEMD, VERB_ANY, "", UNIT_METHODS, ""},
	{"docker", SUPERVISOR_CONTAINERS, VERB_FIRST, "lc", CONTAINER_VERBS, ""},
	{"podman", SUPERVISOR_CONTAINERS, VERB_FIRST, "c", CONTAINER_VERBS, ""},
	{"nerdctl", SUPERVISOR_CONTAINERS, VERB_FIRST, "na", CONTAINER_VERBS, ""},
	{"supervisorctl", SUPERVISOR_SUPERVISORD, VERB_FIRST, "csupr", " stop restart signal remove update ", " shutdown reload "},
	{"sv", SUPERVISOR_RUNIT, VERB_FIRST, "w", " stop down d restart shutdown exit e x term t kill k force-stop force-shutdown force-restart force-reload try-restart hup h interrupt i int quit q 1 2 alarm a reload ", ""},
	{"s6-svc", SUPERVISOR_S6, VERB_LETTER, "", " -d -D -r -t -k -h -i -q -1 -2 -a ", ""},
	{"monit", SUPERVISOR_MONIT, VERB_FIRST, "cdglps", " stop restart ", ""},
};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

unsigned supervisor_of(const char *comm)
{
	for (size_t i = 0; i < COUNT(supervisors); i++)
		if (strcmp(supervisors[i].comm, comm) == 0)
			return supervisors[i].is;
	return 0;
}

unsigned request_asks(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].asks;
	return 0;
}

const char *request_command(size_t i)
{
	return i < COUNT(commands) ? commands[i].name : NULL;
}

static bool is_among(const char *word, const char *list)
{
	char spaced[WORD_MAX + 2];

	snprintf(spaced, sizeof(spaced), " %s ", word);
	return word[0] && !strchr(word, ' ') && strstr(list, spaced);
}

/* What a D-Bus method, as org.freedesktop.systemd1.Manager.StopUnit, is called. */
static const char *method(const char *word)
{
	const char *dot = strrchr(word, '.');

	return dot ? dot + 1 : word;
}

static bool is_verb(const char *word, const struct command *command)
{
	const char *verbs = command->verbs;

	if (command->form != VERB_LETTER)
		return is_among(word, verbs) || is_among(method(word), verbs);
	if (word[0] != '-' || word[1] == '-')
		return false;
	for (const char *c = word + 1; *c; c++) /* -dx */
		if (is_among((char[]){'-', *c, '\0'}, verbs))
			return true;
	return false;
}

static bool only_reloads(const char *word)
{
	return is_among(method(word), " reload ReloadUnit hup h -h 1 2 -1 -2 interrupt i ");
}

static bool same(const char *word, const char *name)
{
	return name && name[0] && strcmp(word, name) == 0;
}

static bool is_unit(const char *word, const char *unit)
{
	size_t len = strlen(word);

	if (strpbrk(word, "*?["))
		return fnmatch(word, unit, 0) == 0;
	return strcmp(word, unit) == 0 || (strncmp(word, unit, len) == 0 && strcmp(unit + len, ".service") == 0);
}

/* A program that is in no group is one by itself. */
static bool is_group(const char *word, size_t len, const struct request_names *n)
{
	const char *names[] = {n->target, n->comm, n->program};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i] && strlen(names[i]) == len && strncmp(word, names[i], len) == 0)
			return true;
	return false;
}

/* Names come as they are, as paths (sv), with their group (supervisorctl) or their type (dbus-send). */
static bool is_name(const char *word, const struct request_names *n)
{
	const char *colon, *bare;

	if (strncmp(word, "string:", 7) == 0)
		word += 7;
	if (n->unit)
		return is_unit(word, n->unit);
	if (n->container_id && strlen(word) >= 4 && strncmp(word, n->container_id, strlen(word)) == 0)
		return true;
	colon = strrchr(word, ':');
	bare = path_basename(word);
	if (bare == word && colon)
		bare = colon + 1;
	if (n->service)
		return same(bare, n->service);
	if (colon && same(bare, "*"))
		return is_group(word, (size_t)(colon - word), n);
	return same(word, "all") || same(bare, n->target) || same(bare, n->comm) || same(bare, n->program) ||
	       same(word, n->target);
}

/* The words behind the one that is the command itself, which may be interpreted. */
static const char *behind_command(const char *name, const char *args, const char *end)
{
	for (const char *word = args; word < end; word += strlen(word) + 1)
		if (strcmp(path_basename(word), name) == 0)
			return word + strlen(word) + 1;
	return args + strlen(args) + 1;
}

/* It asks another machine, or a user's own manager. */
static bool asks_elsewhere(const char *word)
{
	return is_among(word, " --user --session -H -M ") || strncmp(word, "--host", 6) == 0 || strncmp(word, "--machine", 9) == 0;
}

/* What a command line has asked so far. */
struct asked {
	const struct command *command;
	unsigned words;   /* that are no options, nor their values */
	bool verb, named, all, ends, now, elsewhere, needs_now;
};

static bool is_verbs_place(const struct asked *a)
{
	switch (a->command->form) {
	case VERB_FIRST: return a->words == 1;
	case VERB_LAST:  return a->words == 2;
	case VERB_ANY:
	case VERB_LETTER: return !a->verb;
	}
	return false;
}

/* A word, and whether the next one is its value. */
static bool take_word(struct asked *a, const char *word, const struct request_names *names, int signo)
{
	const struct command *c = a->command;
	bool option = word[0] == '-';

	a->elsewhere |= asks_elsewhere(word);
	a->now |= strcmp(word, "--now") == 0;
	if (option && c->form != VERB_ANY && c->form != VERB_LETTER)
		return word[1] && !word[2] && strchr(c->valued, word[1]);
	if (!option && !(a->words == 0 && c->asks == SUPERVISOR_CONTAINERS && is_among(word, " container ")))
		a->words++;
	if (is_verbs_place(a) && is_among(word, c->all)) {
		a->all = true;
	} else if (is_verbs_place(a) && is_verb(word, c)) {
		a->verb = true;
		a->ends = !only_reloads(word) || (signo != SIGTERM && signo != SIGKILL);
		a->needs_now = is_among(word, " disable mask ");
	} else if (!option) {
		a->named |= is_name(word, names);
	}
	return false;
}

bool request_is_for(const char *name, const char *args, size_t len, const struct request_names *names, int signo)
{
	struct asked a = {.command = NULL};
	const char *end = args + len;
	bool value = false;

	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			a.command = &commands[i];
	if (!a.command || !len || args[len - 1])
		return false;
	for (const char *word = behind_command(name, args, end); word < end; word += strlen(word) + 1)
		value = !value && strlen(word) < WORD_MAX && take_word(&a, word, names, signo);
	if (a.elsewhere || (a.needs_now && !a.now))
		return false;
	return a.all || (a.verb && a.named && a.ends);
}

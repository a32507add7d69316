#include "agent/base/request_words.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

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

/* A verb of one letter is an option of s6-svc and may stand among others. */
static const struct {
	const char *name;
	unsigned    asks;
	const char *verbs; /* to stop, restart or signal */
	const char *all;   /* verbs that name nothing and mean everything */
} commands[] = {
	{"systemctl", SUPERVISOR_SYSTEMD, " stop restart try-restart condrestart reload-or-restart try-reload-or-restart force-reload kill disable mask reload ", " isolate rescue emergency reboot poweroff halt kexec soft-reboot "},
	{"service", SUPERVISOR_SYSTEMD | SUPERVISOR_INIT, " stop restart force-reload force-restart condrestart try-restart --full-restart reload ", ""},
	{"invoke-rc.d", SUPERVISOR_SYSTEMD | SUPERVISOR_INIT, " stop restart force-reload reload ", ""},
	{"rc-service", SUPERVISOR_INIT, " stop restart condrestart reload zap ", ""},
	{"initctl", SUPERVISOR_INIT, " stop restart reload ", ""},
	{"start-stop-daemon", SUPERVISOR_INIT, " --stop -K --signal ", ""},
	{"busctl", SUPERVISOR_SYSTEMD, " StopUnit RestartUnit TryRestartUnit ReloadOrRestartUnit ReloadOrTryRestartUnit KillUnit ReloadUnit ", ""},
	{"dbus-send", SUPERVISOR_SYSTEMD, " StopUnit RestartUnit TryRestartUnit ReloadOrRestartUnit ReloadOrTryRestartUnit KillUnit ReloadUnit ", ""},
	{"gdbus", SUPERVISOR_SYSTEMD, " StopUnit RestartUnit TryRestartUnit ReloadOrRestartUnit ReloadOrTryRestartUnit KillUnit ReloadUnit ", ""},
	{"docker", SUPERVISOR_CONTAINERS, " stop kill restart rm ", ""},
	{"podman", SUPERVISOR_CONTAINERS, " stop kill restart rm ", ""},
	{"nerdctl", SUPERVISOR_CONTAINERS, " stop kill restart rm ", ""},
	{"supervisorctl", SUPERVISOR_SUPERVISORD, " stop restart signal remove update ", " shutdown reload "},
	{"sv", SUPERVISOR_RUNIT, " stop down d restart shutdown exit e x term t kill k force-stop force-shutdown force-restart force-reload try-restart hup h interrupt i int quit q 1 2 alarm a reload ", ""},
	{"s6-svc", SUPERVISOR_S6, " -d -D -r -t -k -h -i -q -1 -2 -a ", ""},
	{"monit", SUPERVISOR_MONIT, " stop restart ", ""},
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

static bool is_verb(const char *word, const char *verbs)
{
	if (is_among(word, verbs) || is_among(method(word), verbs))
		return true;
	if (word[0] != '-' || word[1] == '-' || !strstr(verbs, " -d "))
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

/* Names come as they are, as paths (sv), with their group (supervisorctl) or their type (dbus-send). */
static bool is_name(const char *word, const struct request_names *n)
{
	const char *colon, *slash;

	if (strncmp(word, "string:", 7) == 0)
		word += 7;
	if (n->unit)
		return is_unit(word, n->unit);
	if (n->container_id && strlen(word) >= 4 && strncmp(word, n->container_id, strlen(word)) == 0)
		return true;
	colon = strrchr(word, ':');
	slash = strrchr(word, '/');
	const char *bare = slash ? slash + 1 : colon ? colon + 1 : word;
	if (n->service)
		return same(bare, n->service);
	return same(word, "all") || (colon && same(bare, "*")) || same(bare, n->target) || same(bare, n->comm) || same(bare, n->program) ||
	       same(word, n->target);
}

/* The words behind the one that is the command itself, which may be interpreted. */
static const char *behind_command(const char *name, const char *args, const char *end)
{
	for (const char *word = args; word < end; word += strlen(word) + 1) {
		const char *slash = strrchr(word, '/');

		if (strcmp(slash ? slash + 1 : word, name) == 0)
			return word + strlen(word) + 1;
	}
	return args + strlen(args) + 1;
}

bool request_is_for(const char *name, const char *args, size_t len, const struct request_names *names, int signo)
{
	const char *verbs = "", *all = "", *end = args + len;
	bool asks = false, named = false, ends = false;

	if (!len || args[len - 1])
		return false;
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0) {
			verbs = commands[i].verbs;
			all = commands[i].all;
		}
	for (const char *word = behind_command(name, args, end); word < end; word += strlen(word) + 1) {
		if (strlen(word) >= WORD_MAX)
			continue;
		if (!asks && is_among(word, all))
			return true;
		if (!asks && is_verb(word, verbs)) {
			asks = true;
			ends = !only_reloads(word);
		} else if (word[0] != '-') {
			named |= is_name(word, names);
		}
	}
	return asks && named && (ends || (signo != SIGTERM && signo != SIGKILL));
}

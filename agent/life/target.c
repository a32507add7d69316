#include "agent/life/target.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/files/files.h"

static bool glob_matches(const char *glob, struct subject *s, unsigned fact, const char *const *value)
{
	if (!glob)
		return true;
	subject_need(s, fact);
	return (s->facts.has & fact) && fnmatch(glob, *value, 0) == 0;
}

/* A user can have a file of his own at any path of a mount namespace of his own.  A program that is gone before that is known matches. */
static bool exe_matches(const struct target_config *t, struct subject *s)
{
	if (!glob_matches(t->exe, s, FACT_EXE, &s->facts.exe))
		return false;
	if (!t->exe || t->any_namespace)
		return true;
	subject_need(s, FACT_FOREIGN);
	return !((s->facts.has & FACT_FOREIGN) && s->facts.foreign);
}

/* Matched as `ps` prints them: with a space between. */
static bool args_match(const char *glob, struct subject *s)
{
	char line[PROCFS_ARGS_MAX];

	if (!glob)
		return true;
	subject_need(s, FACT_ARGS);
	size_t len = s->facts.args_len;
	if (!(s->facts.has & FACT_ARGS) || len == 0 || len > sizeof(line))
		return false;
	for (size_t i = 0; i < len; i++)
		line[i] = s->facts.args[i] ? s->facts.args[i] : ' ';
	line[len - 1] = '\0';
	return fnmatch(glob, line, 0) == 0;
}

static bool user_matches(const struct target_config *t, const struct target_state *state, struct subject *s)
{
	char number[16];

	if (!t->user)
		return true;
	subject_need(s, FACT_UID);
	if (!(s->facts.has & FACT_UID))
		return false;
	for (unsigned i = 0; i < state->uids_count; i++)
		if (state->uids[i] == s->facts.uid)
			return true;
	snprintf(number, sizeof(number), "%u", (unsigned)s->facts.uid);
	return fnmatch(t->user, number, 0) == 0;
}

/* A user must not have a process of somebody else watched under the name of his daemon. */
static bool pidfile_names(const struct target_state *state, struct subject *s)
{
	return state->pidfile_pid == s->pid && (!state->pidfile_user || subject_is_of(s, state->pidfile_user));
}

static bool matches(const struct target_config *t, const struct target_state *state, struct subject *s)
{
	if (t->pidfile && !pidfile_names(state, s))
		return false;
	return glob_matches(t->comm, s, FACT_COMM, &s->facts.comm) && exe_matches(t, s) && args_match(t->args, s) &&
	       user_matches(t, state, s) && glob_matches(t->cgroup, s, FACT_CGROUP, &s->facts.cgroup);
}

int target_match(const struct config *c, const struct target_state *states, struct subject *s)
{
	for (unsigned i = 0; i < c->targets_count; i++)
		if (matches(&c->targets[i], &states[i], s))
			return (int)i;
	return -1;
}

static bool add_users(struct target_state *state, const char *glob)
{
	FILE *passwd = fopen("/etc/passwd", "re"); /* not getpwnam: a static binary has no NSS */
	struct passwd entry, *found;
	char buf[1024];
	bool ok = true;

	while (ok && passwd && fgetpwent_r(passwd, &entry, buf, sizeof(buf), &found) == 0) {
		if (fnmatch(glob, entry.pw_name, 0) != 0)
			continue;
		uid_t *uids = realloc(state->uids, (state->uids_count + 1) * sizeof(*uids));
		ok = uids;
		if (ok) {
			state->uids = uids;
			uids[state->uids_count++] = entry.pw_uid;
		}
	}
	if (passwd)
		fclose(passwd);
	return ok;
}

static bool prepare(struct target_state *state, const struct target_config *t)
{
	if (t->user && !add_users(state, t->user))
		return false;
	if (t->restarts) {
		state->alerts.starts_size = t->restarts + 1;
		state->alerts.starts = calloc(state->alerts.starts_size, sizeof(*state->alerts.starts));
		if (!state->alerts.starts)
			return false;
	}
	target_read_pidfile(state, t);
	return true;
}

static void forget(struct target_state *state)
{
	free(state->uids);
	state->uids = NULL;
	state->uids_count = 0;
	free(state->alerts.starts);
	state->alerts.starts = NULL;
	deaths_free(&state->deaths);
}

void target_state_take(struct target_state *to, struct target_state *from)
{
	struct target_alerts own = to->alerts;

	to->starts = from->starts;
	to->deaths = from->deaths;
	from->deaths = (struct deaths){0};
	to->alerts = from->alerts;
	from->alerts.starts = NULL;
	if (to->alerts.starts_size == own.starts_size) {
		free(own.starts);
		return;
	}
	free(to->alerts.starts); /* another number is allowed: it is counted anew */
	to->alerts.starts = own.starts;
	to->alerts.starts_size = own.starts_size;
	to->alerts.starts_next = to->alerts.starts_count = 0;
	to->alerts.flapping = false;
}

void target_states_free(struct target_state *states, unsigned count)
{
	for (unsigned i = 0; states && i < count; i++)
		forget(&states[i]);
	free(states);
}

struct target_state *target_states_new(const struct config *c)
{
	struct target_state *states = calloc(c->targets_count ? c->targets_count : 1, sizeof(*states));

	for (unsigned i = 0; states && i < c->targets_count; i++)
		if (!prepare(&states[i], &c->targets[i])) {
			target_states_free(states, c->targets_count);
			return NULL;
		}
	return states;
}

/* The pid at the beginning of a file, 0 if there is none. */
static pid_t read_pid(int fd)
{
	char buf[32];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	long pid = strtol(buf, NULL, 10);
	return pid > 0 && pid <= PID_LIMIT ? (pid_t)pid : 0;
}

bool target_read_pidfile(struct target_state *state, const struct target_config *t)
{
	const struct target_state was = *state;
	char why[FILES_WHY];

	state->pidfile_pid = 0;
	state->pidfile_user = 0;
	if (!t->pidfile)
		return false;
	int fd = files_open_pidfile(t, &state->pidfile_user, why);
	if (fd >= 0) {
		state->pidfile_pid = read_pid(fd);
		close(fd);
	} else if (fd == -EPERM && !state->pidfile_told) {
		log_warning("target %s: pidfile %s is not believed: %s", t->name, t->pidfile, why);
		state->pidfile_told = true;
	}
	return state->pidfile_pid != was.pidfile_pid || state->pidfile_user != was.pidfile_user;
}

#include "agent/files/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/files/child.h"
#include "agent/files/user.h"

static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run(const char *command, int in, uid_t uid, gid_t gid)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setsid(); /* what a terminal sends to the agent is not for it */
	if (dup2(in, STDIN_FILENO) < 0 || (null >= 0 && dup2(null, STDOUT_FILENO) < 0) || chdir("/") != 0)
		_exit(126);
	if (uid != 0 && !child_become(uid, gid))
		_exit(126);
	reset_signals();
	child_close_from(STDERR_FILENO + 1);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int program_start(const struct config *c, const struct output_config *o, char why[FILES_WHY])
{
	const char *name = o->command_user ? o->command_user : c->user;
	int ends[2];
	uid_t uid;
	gid_t gid;

	why[0] = '\0';
	if (!(o->command_user ? user_find(name, &uid, &gid) : user_of_engine(name, &uid, &gid))) {
		snprintf(why, FILES_WHY, "there is no user %s in /etc/passwd", name);
		return -ENOENT;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	pid_t child = fork();
	if (child == 0)
		run(o->command, ends[0], uid, gid);
	int error = child < 0 ? -errno : 0;
	close(ends[0]);
	if (!error && fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0)
		error = -errno;
	if (!error)
		return ends[1];
	close(ends[1]);
	return error;
}

/* keeper.c - the first process: starts the warden, and cleans up after one that was killed */
#include "agent/warden/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/log.h"

#define FAILED 1

void say_end(int status, char *to, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(to, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(to, size, "ended with status %d", WEXITSTATUS(status));
}

static void clean_up(struct shared *shared)
{
#if HAVE_AUDIT
	audit_control_clean_up(&shared->audit);
#endif
	memset(shared, 0, sizeof(*shared));
}

/* The pid, or -1. */
static pid_t start(struct config *c, warden_engine engine, const char *gap, struct shared *shared, const sigset_t *signals)
{
	pid_t keeper = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != keeper)
		_exit(FAILED);
	exit(warden_live(c, engine, gap, shared, signals));
}

/* Until the warden has ended: its wait status.  Signals for the agent go to it. */
static int wait_for(pid_t warden, const sigset_t *signals)
{
	int status, signo;

	for (;;) {
		while ((signo = sigwaitinfo(signals, NULL)) < 0 && errno == EINTR)
			;
		if (signo != SIGCHLD) {
			kill(warden, signo == SIGHUP ? SIGHUP : SIGTERM);
			continue;
		}
		pid_t ended;
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
			if (ended == warden)
				return status;
	}
}

/* The engine of a warden that is gone ends too: the kernel kills it (PR_SET_PDEATHSIG). */
static void wait_for_orphans(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int keep(struct config *c, warden_engine engine, struct shared *shared, const sigset_t *signals)
{
	char gap[GAP_SIZE] = "", end[128];

	for (;;) {
		pid_t warden = start(c, engine, gap[0] ? gap : NULL, shared, signals);

		if (warden < 0) {
			log_error("start: %s", strerror(errno));
			return FAILED;
		}
		int status = wait_for(warden, signals);
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		wait_for_orphans();
		clean_up(shared);
		say_end(status, end, sizeof(end));
		snprintf(gap, sizeof(gap), "the agent's process that has its rights %s", end);
		log_error("%s: it is started again", gap);
	}
}

int warden_run(struct config *c, warden_engine engine)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigset_t signals, before;
	int status = FAILED;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals, &before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (shared == MAP_FAILED) {
		log_error("out of memory");
	} else {
		status = keep(c, engine, shared, &signals);
		munmap(shared, sizeof(*shared));
	}
	config_free(c);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

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

#include "agent/base/clock.h"
#include "agent/base/log.h"

#define FAILED 1
#define BACKOFF_FIRST NSEC_PER_SEC
#define BACKOFF_MAX (60 * NSEC_PER_SEC)
#define CURED_AFTER (60 * NSEC_PER_SEC) /* one that ran as long does not crash at its start */

void say_end(int status, char *to, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(to, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(to, size, "ended with status %d", WEXITSTATUS(status));
}

void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	log_error("out of memory");
	return NULL;
}

static uint64_t now(void)
{
	struct clock c;

	clock_refresh(&c);
	return c.now;
}

void restarts_note(struct restarts *r)
{
	r->started = now();
}

/* Who kills it may do so again, and the next one is worth as much; who crashes may do so at each start. */
uint64_t restarts_next(struct restarts *r, int status)
{
	uint64_t at = now(), ran = at - r->started;

	if (WTERMSIG(status) == SIGKILL)
		r->backoff = ran >= NSEC_PER_SEC ? 0 : BACKOFF_FIRST;
	else
		r->backoff = ran >= CURED_AFTER ? 0 : r->backoff ? r->backoff * 2 : BACKOFF_FIRST;
	if (r->backoff > BACKOFF_MAX)
		r->backoff = BACKOFF_MAX;
	return at + r->backoff;
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

/* The engine of a warden that is gone ends too: the kernel kills it (PR_SET_PDEATHSIG).  A program of an output may live on. */
static void wait_for_engine(pid_t engine)
{
	while (engine > 0 && waitpid(engine, NULL, 0) < 0 && errno == EINTR)
		;
}

/* False if it was told to stop meanwhile. */
static bool wait_until(uint64_t then, const sigset_t *signals)
{
	for (uint64_t at = now(); at < then; at = now()) {
		uint64_t left = then - at;
		const struct timespec time = {.tv_sec = (time_t)(left / NSEC_PER_SEC), .tv_nsec = (long)(left % NSEC_PER_SEC)};
		int signo = sigtimedwait(signals, NULL, &time);

		if (signo > 0 && signo != SIGHUP && signo != SIGCHLD)
			return false;
	}
	return true;
}

static int keep(struct config *c, warden_engine engine, struct shared *shared, const sigset_t *signals)
{
	struct restarts restarts = {0};
	char gap[GAP_SIZE] = "", end[128];

	for (;;) {
		restarts_note(&restarts);
		pid_t warden = start(c, engine, gap[0] ? gap : NULL, shared, signals);

		if (warden < 0) {
			log_error("start: %s", strerror(errno));
			return FAILED;
		}
		int status = wait_for(warden, signals);
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		wait_for_engine(shared->engine);
		clean_up(shared);
		say_end(status, end, sizeof(end));
		snprintf(gap, sizeof(gap), "the agent's process that has its rights %s", end);
		log_error("%s: it is started again", gap);
		if (!wait_until(restarts_next(&restarts, status), signals))
			return 0;
	}
}

int warden_run(struct config *c, warden_engine engine)
{
	struct shared *shared = share(sizeof(*shared));
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
	if (shared) {
		status = keep(c, engine, shared, &signals);
		munmap(shared, sizeof(*shared));
	}
	config_free(c);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

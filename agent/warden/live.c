/* live.c - the warden: answers the engine, and starts another should it be killed */
#include "agent/warden/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/rights.h"
#include "agent/files/files.h"
#if HAVE_AUDIT
#include "agent/warden/audit_saved.h"
#endif
#include "agent/warden/privileges.h"
#include "agent/warden/system.h"
#include "backends/serve.h"
#if FAULTS
#include "agent/warden/payload.h"
#endif

#define FAILED 1
#define STOP_WITHIN (10 * NSEC_PER_SEC) /* an engine that was asked to stop; then it is killed */

struct warden {
	warden_engine  run;
	struct shared *shared;
	int32_t       *refused_call; /* the system call for which the filter ended the engine, plus one; written by the engine */
	const sigset_t *signals;
	int      signal_fd;
	struct files_served    files;
	struct backends_served backends;
	struct kept    kept;
	pid_t    engine;     /* 0: none runs */
	int      socket;     /* to it; -1: it has closed its end */
	struct restarts restarts;
	uint64_t stop_at;    /* ns CLOCK_BOOTTIME: an engine that does not stop is killed; 0 = it may go on */
	bool     stopping;
};

static uint64_t now(void)
{
	struct clock c;

	clock_refresh(&c);
	return c.now;
}

/* ---- requests */

static void serve(struct warden *w, const struct rights_request *r, int fd, struct rights_answer *a)
{
	if (r->of == RIGHTS_SYSTEM) {
		system_serve(w->engine, &w->kept, w->files.config->max_processes, r, fd, a);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (r->of == RIGHTS_FILES)
		files_serve(&w->files, r, a);
	else
		backends_serve(&w->backends, w->files.config, r, a);
}

static void on_request(struct warden *w)
{
	static struct rights_request r;
	static struct rights_answer a;
	int fd, n = rights_receive(w->socket, &r, &fd);

	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0) {
		if (n < 0) {
			log_error("the engine sent what is no request: it is killed");
			kill(w->engine, SIGKILL);
		}
		close(w->socket);
		w->socket = -1;
		return;
	}
	memset(&a, 0, sizeof(a));
	serve(w, &r, fd, &a);
	a.number = r.number;
	if (r.number)
		rights_reply(w->socket, &a);
	else
		rights_forget(&a);
}

/* ---- the engine */

static void become_engine(struct warden *w, pid_t warden, int socket, const char *gap)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != warden)
		_exit(FAILED);
	close(w->signal_fd);
	munmap(w->shared, sizeof(*w->shared));
	sigprocmask(SIG_UNBLOCK, w->signals, NULL);
	setpriority(PRIO_PROCESS, 0, ENGINE_NICE); /* without CAP_SYS_NICE it goes without */
	rights_served_at(socket);
	if (privileges_drop(w->files.config) < 0)
		_exit(FAILED);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user has cleared it */
#if FAULTS
	payload_prepare();
#endif
	if (getppid() != warden || privileges_filter(w->refused_call) < 0)
		_exit(FAILED);
#if FAULTS
	payload_run();
#endif
	exit(w->run(w->files.config, gap));
}

static int start_engine(struct warden *w, const char *gap)
{
	int ends[2], error = rights_pair(ends);
	pid_t warden = getpid();

	if (error)
		return error;
	*w->refused_call = 0;
	w->engine = fork();
	if (w->engine == 0) {
		close(ends[0]);
		become_engine(w, warden, ends[1], gap);
	}
	error = w->engine < 0 ? -errno : 0;
	w->shared->engine = w->engine;
	close(ends[1]);
	w->socket = ends[0];
	restarts_note(&w->restarts);
	return error;
}

/* All that it had asked for is taken back: audit is as it was found. */
static void end_served(struct warden *w)
{
	if (w->socket >= 0)
		close(w->socket);
	w->socket = -1;
	backends_served_end(&w->backends);
	files_served_end(&w->files);
}

/* ---- signals */

static void stop(struct warden *w)
{
	w->stopping = true;
	if (!w->engine)
		return;
	kill(w->engine, SIGTERM);
	if (!w->stop_at)
		w->stop_at = now() + STOP_WITHIN;
}

/* True if the engine has ended, with that wait status. */
static bool reap(const struct warden *w, int *status)
{
	bool ended = false;
	pid_t pid;
	int one;

	while ((pid = waitpid(-1, &one, WNOHANG)) > 0)
		if (pid == w->engine) {
			*status = one;
			ended = true;
		}
	return ended;
}

/* The same. */
static bool on_signal(struct warden *w, int *status)
{
	struct signalfd_siginfo s;
	bool ended = false;

	while (read(w->signal_fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGCHLD)
			ended |= reap(w, status);
		else if (s.ssi_signo != SIGHUP)
			stop(w);
		else if (w->engine)
			kill(w->engine, SIGHUP);
	}
	return ended;
}

/* Waits until then (0 = for ever) for what comes.  True if the engine has ended. */
static bool turn(struct warden *w, uint64_t until, int *status)
{
	struct pollfd fds[2] = {{.fd = w->signal_fd, .events = POLLIN}, {.fd = w->socket, .events = POLLIN}};
	uint64_t at = now();
	int ms = !until ? -1 : until <= at ? 0 : (int)((until - at) / NSEC_PER_MSEC) + 1;

	if (poll(fds, 2, ms) <= 0)
		return false;
	if (fds[1].revents)
		on_request(w);
	return fds[0].revents && on_signal(w, status);
}

/* Answers the engine until it ends: its wait status. */
static int attend(struct warden *w)
{
	int status = 0;

	while (!turn(w, w->stop_at, &status))
		if (w->stop_at && now() >= w->stop_at) {
			log_error("the engine does not stop: it is killed");
			kill(w->engine, SIGKILL);
			w->stop_at = 0;
		}
	return status;
}

/* ---- an engine that was killed, or crashed */

static void say_gap(struct warden *w, int status, char gap[GAP_SIZE])
{
	char end[128];

	say_end(status, end, sizeof(end));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && *w->refused_call)
		snprintf(end, sizeof(end), "made the system call %d, which is not on its list", (int)*w->refused_call - 1);
	snprintf(gap, GAP_SIZE, "the agent's engine %s", end);
}

/* False if the agent is to stop. */
static bool wait_to_start(struct warden *w, int status)
{
	uint64_t until = restarts_next(&w->restarts, status);
	int ignored;

	while (!w->stopping && now() < until)
		turn(w, until, &ignored);
	return !w->stopping;
}

static int run_engines(struct warden *w, const char *first_gap)
{
	char gap[GAP_SIZE];

	snprintf(gap, sizeof(gap), "%s", first_gap ? first_gap : "");
	for (;;) {
		int error = start_engine(w, gap[0] ? gap : NULL);

		if (error) {
			log_error("start: %s", strerror(-error));
			return FAILED;
		}
		if (w->stopping)
			stop(w);
		int status = attend(w);
		w->engine = 0;
		w->stop_at = 0;
		end_served(w);
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (w->stopping)
			return FAILED;
		say_gap(w, status, gap);
		log_error("%s: it is started again", gap);
		if (!wait_to_start(w, status))
			return 0;
	}
}

int warden_live(struct config *c, warden_engine engine, const char *gap, struct shared *shared, const sigset_t *signals)
{
	struct warden w = {.run = engine, .shared = shared, .signals = signals, .files.config = c, .socket = -1};

	privileges_of_warden(c);
	w.files.generations = c->generation;
	w.refused_call = share(sizeof(*w.refused_call));
	if (!w.refused_call)
		return FAILED;
	w.signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w.signal_fd < 0) {
		log_error("start: %s", strerror(errno));
		return FAILED;
	}
	backends_served_init(&w.backends);
#if HAVE_AUDIT
	w.backends.audit.left = &shared->audit;
	w.backends.audit.found_hook = audit_saved_found;
	w.backends.audit.closed_hook = audit_saved_closed;
#endif
	int status = run_engines(&w, gap);
	close(w.signal_fd);
	kept_fini(&w.kept);
	munmap(w.refused_call, sizeof(*w.refused_call));
	config_free(w.files.config);
	return status;
}

/* victim.c - a program that ends, or lives, in the one way it is told to; `victim --list` prints them */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/system/deaths.h"

static volatile sig_atomic_t got;

static void run(char **argv) __attribute__((noreturn));

static void say_pid(pid_t pid)
{
	char line[16];
	int len = snprintf(line, sizeof line, "%d\n", (int)pid);
	if (write(STDOUT_FILENO, line, (size_t)len) < 0)
		fail("write");
}

static void wait_forever(void)
{
	say_pid(getpid());
	for (;;)
		pause();
}

static void on_signal(int signo)
{
	got = signo;
}

/* Only the soft limit: raising the hard one takes CAP_SYS_RESOURCE.  Where core_pattern is a pipe, it is 1 that means no core (core(5)). */
static void core_limit(rlim_t soft)
{
	char first = 0;
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);

	limit(RLIMIT_CORE, soft == 0 && read(fd, &first, 1) == 1 && first == '|' ? 1 : soft);
	close(fd);
}

/* Ways to end by itself. */
static void way_exit(void) { exit(number(rest[0], 0)); }
static void way_quick(void) { syscall(SYS_exit_group, number(rest[0], 0)); }

static void *exit_group_thread(void *arg)
{
	rest_for(20);
	syscall(SYS_exit_group, *(int *)arg);
	return NULL;
}

static void start_thread(void *(*body)(void *), void *arg)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, body, arg) != 0)
		fail("pthread_create");
}

static void way_thread_exit(void)
{
	int code = number(rest[0], 9);
	start_thread(exit_group_thread, &code);
	for (;;)
		pause();
}

static void *last_thread(void *arg)
{
	(void)arg;
	rest_for(100);
	syscall(SYS_exit, 5);
	return NULL;
}

static void way_leader_first(void)
{
	start_thread(last_thread, NULL);
	syscall(SYS_exit, 4);
}

static void *killed_thread(void *arg)
{
	(void)arg;
	rest_for(100);
	kill(getpid(), signal_of(rest[0], SIGKILL));
	for (;;)
		pause();
	return NULL;
}

static void way_leader_first_killed(void)
{
	start_thread(killed_thread, NULL);
	syscall(SYS_exit, 4);
}

static void *exec_thread(void *arg)
{
	char **argv = arg;
	rest_for(20);
	execv(argv[0], argv);
	fail("execv");
	return NULL;
}

static void way_exec_thread(void)
{
	static char *again[] = { "/proc/self/exe", "exit", "7", NULL };
	start_thread(exec_thread, rest[0] ? rest : again);
	for (;;)
		pause();
}

static void way_exec(void)
{
	execv(rest[0], rest);
	fail("execv");
}

/* Ways with a child. */
static void way_worker(void)
{
	pid_t child = fork();
	if (child == 0)
		run(rest);
	say_pid(child);
	waitpid(child, NULL, 0);
	exit(0);
}

static void way_daemon(void)
{
	pid_t child = fork();
	if (child == 0) {
		setsid();
		rest_for(50);
		run(rest);
	}
	say_pid(child);
	_exit(0);
}

static void way_sigchld_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	pid_t child = fork();
	if (child == 0)
		run(rest);
	say_pid(child);
	while (waitpid(child, NULL, 0) < 0 && errno != ECHILD)
		;
	exit(0);
}

static void way_pdeathsig(void)
{
	int ready[2];
	char byte;
	if (pipe(ready) < 0)
		fail("pipe");
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, signal_of(rest[0], SIGTERM));
		if (write(ready[1], "x", 1) != 1)
			fail("write");
		for (;;)
			pause();
	}
	say_pid(child);
	if (read(ready[0], &byte, 1) != 1)
		fail("read");
	exit(0);
}

/* Its standard input, a pipe, tells by a signal that there is something to be read. */
static void way_async(void)
{
	if (fcntl(0, F_SETOWN, getpid()) < 0 || fcntl(0, F_SETSIG, signal_of(rest[0], SIGUSR1)) < 0 || fcntl(0, F_SETFL, O_ASYNC) < 0)
		fail("fcntl");
	wait_forever();
}

/* A terminal whose session leader is the child: `hangup` closes it, `intr` types ctrl-C. */
static void way_tty(void)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, ready[2];
	char slave[32], byte;
	unsigned index;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) < 0 || ioctl(master, TIOCGPTN, &index) < 0 || pipe(ready) < 0)
		fail("/dev/ptmx");
	snprintf(slave, sizeof slave, "/dev/pts/%u", index);
	pid_t child = fork();
	if (child == 0) {
		close(master);
		setsid();
		int fd = open(slave, O_RDWR);
		if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0 || write(ready[1], "x", 1) != 1)
			fail(slave);
		for (;;)
			pause();
	}
	say_pid(child);
	if (read(ready[0], &byte, 1) != 1)
		fail("read");
	if (rest[0] && strcmp(rest[0], "intr") == 0) {
		if (write(master, "\003", 1) != 1)
			fail("write");
	} else {
		close(master);
	}
	waitpid(child, NULL, 0);
	exit(0);
}

/* Ways to live. */
static void way_wait(void) { wait_forever(); }

static void way_ignore(void)
{
	signal(signal_of(rest[0], SIGTERM), SIG_IGN);
	wait_forever();
}

static void take_signal(int signo)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t mask, old;
	sigemptyset(&mask);
	sigaddset(&mask, signo);
	sigprocmask(SIG_BLOCK, &mask, &old);
	sigaction(signo, &action, NULL);
	say_pid(getpid());
	while (!got)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void way_term_exit(void)
{
	take_signal(signal_of(rest[0] ? rest[1] : NULL, SIGTERM));
	rest_for(rest[0] && rest[1] ? number(rest[2], 0) : 0);
	exit(number(rest[0], 0));
}

static void raise_again(int signo)
{
	signal(signo, SIG_DFL);
	raise(signo); /* waits until the handler returns, which then meets its fault again */
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, signo);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

static void way_segv_reraise(void)
{
	signal(SIGSEGV, raise_again);
	way_segv();
}

static void way_term_reraise(void)
{
	int signo = signal_of(rest[0], SIGTERM);
	take_signal(signo);
	signal(signo, SIG_DFL);
	raise(signo);
}

static void way_sigwait(void)
{
	int signo = signal_of(rest[0], SIGTERM);
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, signo);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	say_pid(getpid());
	sigwait(&mask, &signo);
	exit(number(rest[0] ? rest[1] : NULL, 0));
}

static void way_threads(void)
{
	for (int i = number(rest[0], 2); i > 1; i--)
		start_thread(killed_thread, NULL);
	wait_forever();
}

static void *short_thread(void *arg) { return arg; }

/* One that ends by itself can be the last that ends of all. */
static void way_churn(void)
{
	pthread_t thread;

	for (int left = number(rest[0], -1); left != 0; left -= left > 0)
		if (pthread_create(&thread, NULL, short_thread, NULL) != 0 || pthread_join(thread, NULL) != 0)
			fail("pthread_create");
	exit(number(rest[1], 3));
}

static const struct way {
	const char *name, *arguments, *what;
	void      (*run)(void);
} ways[] = {
	{ "exit", "N", "exit(N)", way_exit },
	{ "quick", "N", "exit_group(N) without a look at libc", way_quick },
	{ "thread_exit", "N", "exit_group(N) from a thread while the leader waits", way_thread_exit },
	{ "leader_first", "", "the leader ends with 4, the last thread 100 ms later with 5", way_leader_first },
	{ "leader_first_killed", "SIG", "the leader ends with 4, SIG ends the rest", way_leader_first_killed },
	{ "exec_thread", "[PROGRAM ARG...]", "a thread execs PROGRAM, else this program to exit 7", way_exec_thread },
	{ "exec", "PROGRAM ARG...", "exec", way_exec },
	{ "worker", "WAY...", "fork a child that goes WAY without exec, print its pid, exit 0 after it", way_worker },
	{ "daemon", "WAY...", "fork such a child in a new session, print its pid, exit 0 before it", way_daemon },
	{ "sigchld_ignored", "WAY...", "as worker, ignoring SIGCHLD", way_sigchld_ignored },
	{ "pdeathsig", "SIG", "a child that gets SIG when its parent exits", way_pdeathsig },
	{ "async", "SIG", "print the pid, wait for SIG when something can be read on standard input", way_async },
	{ "tty", "[hangup|intr]", "a child whose terminal hangs up or sends ctrl-C", way_tty },
	{ "abort", "", "abort()", way_abort },
	{ "raise", "SIG", "raise(SIG)", way_raise },
	{ "kill", "SIG", "kill(getpid(), SIG)", way_kill },
	{ "segv", "", "write to address 8", way_segv },
	{ "bus", "", "read a mapping beyond the end of its file", way_bus },
	{ "fpe", "", "divide by zero", way_fpe },
	{ "ill", "", "an illegal instruction", way_ill },
	{ "trap", "", "a breakpoint", way_trap },
	{ "sys", "", "a system call that seccomp kills", way_sys },
	{ "pipe", "", "write to a pipe nobody reads", way_pipe },
	{ "xcpu", "", "use more than a second of processor time", way_xcpu },
	{ "xfsz", "", "write beyond the file size limit", way_xfsz },
	{ "alarm", "", "an interval timer's SIGALRM", way_alarm },
	{ "timer", "SIG", "a POSIX timer's SIG", way_timer },
	{ "oom", "", "take memory until killed", way_oom },
	{ "wait", "", "print the pid, wait for ever", way_wait },
	{ "ignore", "SIG", "the same, ignoring SIG", way_ignore },
	{ "threads", "N", "the same with N threads, which die of KILL after 100 ms", way_threads },
	{ "churn", "[N [CODE]]", "N threads, one after the other, or for ever; then exit(CODE)", way_churn },
	{ "term_exit", "N [SIG [MS]]", "print the pid, exit N after handling TERM or SIG, and MS more", way_term_exit },
	{ "segv_reraise", "", "write to address 8, raise SEGV again in the handler", way_segv_reraise },
	{ "term_reraise", "[SIG]", "the same, but raise it again", way_term_reraise },
	{ "sigwait", "SIG [N]", "print the pid, fetch SIG by sigwait, exit N", way_sigwait },
};

static void usage(FILE *to)
{
	fputs("usage: victim [--core N|unlimited] [--delay MS] [--comm NAME] [--uid N] WAY [ARG...]\n", to);
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		fprintf(to, "  %-19s %-16s %s\n", ways[i].name, ways[i].arguments, ways[i].what);
}

static void run(char **argv)
{
	for (size_t i = 0; argv[0] && i < sizeof ways / sizeof ways[0]; i++) {
		if (strcmp(argv[0], ways[i].name) != 0)
			continue;
		rest = argv + 1;
		ways[i].run();
		_exit(124); /* it should have ended */
	}
	usage(stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	core_limit(0);
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		usage(stdout);
		return 0;
	}
	for (argv++; argv[0] && argv[1] && strncmp(argv[0], "--", 2) == 0; argv += 2) {
		const char *value = argv[1];
		if (strcmp(argv[0], "--core") == 0)
			core_limit(strcmp(value, "unlimited") == 0 ? RLIM_INFINITY : (rlim_t)number(value, 0));
		else if (strcmp(argv[0], "--delay") == 0)
			rest_for(number(value, 0));
		else if (strcmp(argv[0], "--comm") == 0)
			prctl(PR_SET_NAME, value);
		else if (strcmp(argv[0], "--uid") == 0 && (setgid((gid_t)number(value, 0)) || setuid((uid_t)number(value, 0))))
			fail("setuid");
	}
	run(argv);
}

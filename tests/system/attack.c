/* attack.c - what an unprivileged user does to make the agent believe something else; `attack` alone prints the ways */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **rest; /* arguments after the way, NULL at the end */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static const char *word(int i)
{
	for (int n = 0; n < i; n++)
		if (!rest[n])
			return "0";
	return rest[i] ? rest[i] : "0";
}

static long number(int i)
{
	return strtol(word(i), NULL, 0);
}

static int signo(int i)
{
	for (int n = 1; n < NSIG; n++)
		if (sigabbrev_np(n) && strcmp(sigabbrev_np(n), word(i)) == 0)
			return n;
	return (int)number(i);
}

/* The kernel logs `NAME[pid] bad frame in rt_sigreturn ...`, and ends it. */
static void way_badframe(void)
{
	prctl(PR_SET_NAME, word(0));
#ifdef __x86_64__
	__asm__ volatile("mov $8, %%rsp; syscall" : : "a"((long)SYS_rt_sigreturn) : "memory", "rcx", "r11");
#endif
	_exit(125);
}

/* Whatever is written to this pipe makes the kernel send SIG to PID, which has asked for nothing. */
static void way_async(void)
{
	int ends[2];

	if (pipe(ends) < 0 || fcntl(ends[0], F_SETOWN, (pid_t)number(1)) < 0 || fcntl(ends[0], F_SETSIG, signo(0)) < 0 ||
	    fcntl(ends[0], F_SETFL, O_ASYNC) < 0)
		fail("fcntl");
	if (write(ends[1], "x", 1) != 1)
		fail("write");
}

/* SIG to PID in place of one that it was just to get. */
static void way_trace(void)
{
	pid_t pid = (pid_t)number(1);
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
		fail("ptrace");
	if (waitpid(pid, &status, __WALL) != pid || ptrace(PTRACE_CONT, pid, NULL, (void *)(long)signo(0)) < 0)
		fail("ptrace");
	waitpid(pid, &status, __WALL);
}

/* A code that only the kernel may give: refused before a receiver is looked at. */
static void way_halves(void)
{
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_USER};

	for (long i = 0; i < number(1); i++)
		syscall(SYS_rt_sigqueueinfo, (pid_t)number(0), SIGUSR1, &info);
}

/* SIG with the code that a message queue's notice has. */
static void way_notice(void)
{
	siginfo_t info = {.si_signo = signo(0), .si_code = SI_MESGQ};

	if (syscall(SYS_rt_sigqueueinfo, (pid_t)number(1), signo(0), &info) < 0)
		fail("rt_sigqueueinfo");
}

/* COUNT processes, one after the other, that each send SIG to each PID once, with so many more bytes of arguments. */
static void way_many(void)
{
	long count = number(2), bytes = number(3);
	char *long_one = malloc((size_t)bytes + 1);

	if (!long_one)
		fail("malloc");
	memset(long_one, 'x', (size_t)bytes);
	long_one[bytes] = '\0';
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child == 0) {
			execl("/proc/self/exe", "many", "once", word(0), word(1), bytes ? long_one : NULL, (char *)NULL);
			fail("execl");
		}
		waitpid(child, NULL, 0);
	}
}

static void way_once(void)
{
	char *end;
	int sig = signo(0);

	for (const char *p = word(1); *p; p = *end ? end + 1 : end) /* PID,PID... */
		kill((pid_t)strtol(p, &end, 10), sig);
	if (rest[0] && rest[1] && rest[2])
		usleep(100000); /* so that its arguments can be read */
}

/* By the table of x32; ENOSYS where the kernel has none. */
static void way_x32(void)
{
#ifdef __x86_64__
	if (syscall(0x40000000 + SYS_kill, (pid_t)number(1), signo(0)) < 0)
		fail("x32");
#else
	errno = ENOSYS;
	fail("x32");
#endif
}

static const struct way {
	const char *name, *arguments;
	void      (*run)(void);
} ways[] = {
	{"badframe", "NAME", way_badframe}, {"async", "SIG PID", way_async}, {"trace", "SIG PID", way_trace},
	{"halves", "PID COUNT", way_halves}, {"notice", "SIG PID", way_notice}, {"many", "SIG PID[,PID...] COUNT [BYTES]", way_many},
	{"once", "SIG PID[,PID...]", way_once}, {"x32", "SIG PID", way_x32},
};

int main(int argc, char **argv)
{
	rest = argv + 2;
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, argv[1]) == 0) {
			ways[i].run();
			return 0;
		}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		fprintf(stderr, "attack %s %s\n", ways[i].name, ways[i].arguments);
	return 2;
}

/* send.c - sends a signal by the system call it is told to, COUNT times, and prints what a call took */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open 434
#endif

static int pidfd = -1;

static siginfo_t queued(int signo)
{
	siginfo_t info = { .si_signo = signo, .si_code = SI_QUEUE };
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = 42;
	return info;
}

static long send_kill(pid_t pid, int signo) { return syscall(SYS_kill, pid, signo); }
static long send_group(pid_t pid, int signo) { return syscall(SYS_kill, -pid, signo); }
static long send_tkill(pid_t pid, int signo) { return syscall(SYS_tkill, pid, signo); }
static long send_tgkill(pid_t pid, int signo) { return syscall(SYS_tgkill, pid, pid, signo); }

static long send_sigqueue(pid_t pid, int signo)
{
	siginfo_t info = queued(signo);
	return syscall(SYS_rt_sigqueueinfo, pid, signo, &info);
}

/* As a timer's signal looks: any code below 0 but SI_TKILL may be given to another process's signal. */
static long send_forged(pid_t pid, int signo)
{
	siginfo_t info = queued(signo);
	info.si_code = SI_TIMER;
	return syscall(SYS_rt_sigqueueinfo, pid, signo, &info);
}

static long send_tgsigqueue(pid_t pid, int signo)
{
	siginfo_t info = queued(signo);
	return syscall(SYS_rt_tgsigqueueinfo, pid, pid, signo, &info);
}

static long send_pidfd(pid_t pid, int signo)
{
	if (pidfd < 0 && (pidfd = (int)syscall(SYS_pidfd_open, pid, 0)) < 0)
		return -1;
	return syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0);
}

/* The 32-bit system call table from a 64-bit process: kill is 37 there. */
static long send_int80(pid_t pid, int signo)
{
#ifdef __x86_64__
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(37L), "b"((long)pid), "c"((long)signo)
	                 : "memory", "r8", "r9", "r10", "r11");
	result = (int)result;
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
#else
	(void)pid, (void)signo;
	errno = ENOSYS;
	return -1;
#endif
}

static const struct {
	const char *name;
	long      (*send)(pid_t pid, int signo);
} ways[] = {
	{ "kill", send_kill }, { "tkill", send_tkill }, { "tgkill", send_tgkill },
	{ "sigqueue", send_sigqueue }, { "rt_sigqueueinfo", send_sigqueue },
	{ "rt_tgsigqueueinfo", send_tgsigqueue }, { "pidfd_send_signal", send_pidfd },
	{ "forged", send_forged }, { "group", send_group }, { "int80", send_int80 },
};

static int signal_of(const char *text)
{
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcmp(sigabbrev_np(i), text + (strncmp(text, "SIG", 3) ? 0 : 3)) == 0)
			return i;
	return (int)strtol(text, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: send SYSCALL SIG PID [COUNT]; SYSCALL:", stderr);
		for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
			fprintf(stderr, " %s", ways[i].name);
		fputs(" (group: PID is the process group)\n", stderr);
		return 2;
	}
	long (*send)(pid_t, int) = NULL;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			send = ways[i].send;
	if (!send)
		return 2;

	int signo = signal_of(argv[2]), error = 0;
	pid_t pid = (pid_t)strtol(argv[3], NULL, 0);
	long count = argc > 4 ? strtol(argv[4], NULL, 0) : 1, failed = 0;
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (long i = 0; i < count; i++) {
		if (send(pid, signo) < 0) {
			failed++;
			error = errno;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	double ns = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
	printf("%s %d to %d: %ld calls, %ld failed, %.0f ns each\n", argv[1], signo, (int)pid, count, failed,
	       count > 0 ? ns / (double)count : 0);
	if (failed)
		fprintf(stderr, "send: %s\n", strerror(error));
	return failed ? 1 : 0;
}

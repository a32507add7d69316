/* deaths.h - victim's ways to be ended by a signal: its own, a fault, a limit, a timer */
#ifndef EPITAPH_TESTS_DEATHS_H
#define EPITAPH_TESTS_DEATHS_H

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char **rest; /* arguments after the way, NULL at the end */

static void fail(const char *what)
{
	perror(what);
	_exit(125);
}

static int number(const char *text, int fallback)
{
	return text ? (int)strtol(text, NULL, 0) : fallback;
}

static int signal_of(const char *text, int fallback)
{
	for (int i = 1; text && i < NSIG; i++)
		if (sigabbrev_np(i) && strcmp(sigabbrev_np(i), text + (strncmp(text, "SIG", 3) ? 0 : 3)) == 0)
			return i;
	return number(text, fallback);
}

static void limit(int what, rlim_t soft)
{
	struct rlimit r;
	getrlimit(what, &r);
	r.rlim_cur = soft < r.rlim_max ? soft : r.rlim_max;
	setrlimit(what, &r);
}

static void way_abort(void) { abort(); }
static void way_raise(void) { raise(signal_of(rest[0], SIGTERM)); }

static void way_kill(void)
{
	kill(getpid(), signal_of(rest[0], SIGTERM));
	pause();
}

static void way_segv(void)
{
	volatile uintptr_t address = 8;
	*(volatile int *)address = 1;
}

static void way_bus(void)
{
	int fd = (int)syscall(SYS_memfd_create, "bus", 0);
	volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	(void)page[0];
}

static void way_fpe(void)
{
#if defined(__x86_64__) || defined(__i386__)
	volatile int one = 1, zero = 0;
	one = one / zero;
#else
	raise(SIGFPE);
#endif
}

static void way_ill(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("ud2");
#else
	__builtin_trap();
#endif
}

static void way_trap(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("int3");
#else
	raise(SIGTRAP);
#endif
}

static void way_sys(void)
{
	struct sock_filter kill_getppid[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof kill_getppid / sizeof kill_getppid[0], kill_getppid };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		fail("seccomp");
	syscall(SYS_getppid);
}

static void way_pipe(void)
{
	int ends[2];
	if (pipe(ends) < 0)
		fail("pipe");
	close(ends[0]);
	if (write(ends[1], "x", 1) < 0)
		fail("write");
}

static void way_xcpu(void)
{
	limit(RLIMIT_CPU, 1);
	for (volatile unsigned long i = 0;; i++)
		;
}

static void way_xfsz(void)
{
	int fd = (int)syscall(SYS_memfd_create, "xfsz", 0);
	limit(RLIMIT_FSIZE, 4096);
	static char data[4096];
	for (int i = 0; i < 2; i++)
		if (write(fd, data, sizeof data) < 0)
			fail("write");
}

static void way_alarm(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { 0, 20000 } }, NULL);
	for (;;)
		pause();
}

static void way_timer(void)
{
	timer_t timer;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal_of(rest[0], SIGALRM) };
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		fail("timer_create");
	timer_settime(timer, 0, &(struct itimerspec){ .it_value = { 0, 20000000 } }, NULL);
	for (;;)
		pause();
}

static void way_oom(void)
{
	for (size_t size = 1 << 20;;) {
		char *p = malloc(size);
		if (p)
			memset(p, 1, size);
	}
}

static inline void rest_for(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

#endif

/*
 * kills.c - kills PID SIG COUNT [PAUSE_US]: COUNT signals to PID; prints what the calls took
 *
 * A call of more than 10 ms was held up by the kernel only if this thread gave
 * the processor up by itself in it (ru_nvcsw): one that was preempted, on a
 * busy machine, is counted apart.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long waits(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw;
}

static int signal_of(const char *text)
{
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcmp(sigabbrev_np(i), text) == 0)
			return i;
	return (int)strtol(text, NULL, 0);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: kills PID SIG COUNT [PAUSE_US]\n", stderr);
		return 2;
	}
	pid_t pid = (pid_t)strtol(argv[1], NULL, 0);
	int signo = signal_of(argv[2]);
	long count = strtol(argv[3], NULL, 0), pause_us = argc > 4 ? strtol(argv[4], NULL, 0) : 0;
	long failed = 0, slow = 0, held = 0, waited = 0, before = waits();
	double longest = 0, all = 0;

	for (long i = 0; i < count; i++) {
		double begin = now_us();
		int rc = kill(pid, signo);
		double took = now_us() - begin;
		long after = waits();

		failed += rc != 0;
		waited += after != before;
		all += took;
		longest = took > longest ? took : longest;
		if (took > 10000) {
			slow++;
			held += after != before;
		}
		if (pause_us)
			nanosleep(&(struct timespec){ pause_us / 1000000, pause_us % 1000000 * 1000 }, NULL);
		before = pause_us ? waits() : after;
	}
	printf("sent %ld failed %ld mean_us %.1f max_us %.0f over_10ms %ld held_over_10ms %ld waited %ld\n", count, failed,
	       count ? all / (double)count : 0, longest, slow, held, waited);
	return failed ? 1 : 0;
}

/*
 * bomb.c - bomb SECONDS: a fork bomb that ends by itself
 *
 * Every process forks as fast as it can; of those that are refused every second one ends, so that the bomb goes
 * on at the limit of processes.  Prints how many forks there were, and how many were refused.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int main(int argc, char **argv)
{
	time_t end = seconds() + (argc == 2 ? strtol(argv[1], NULL, 0) : 0);
	atomic_long *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t first = getpid();

	if (argc != 2 || counts == MAP_FAILED)
		return 2;
	signal(SIGCHLD, SIG_IGN); /* the kernel reaps them */
	while (seconds() < end) {
		pid_t pid = fork();

		if (pid >= 0) {
			counts[0] += pid == 0;
			continue;
		}
		if (counts[1]++ % 2 && getpid() != first)
			_exit(0);
	}
	if (getpid() == first)
		printf("%ld forks, %ld refused\n", counts[0], counts[1]);
	return 0;
}

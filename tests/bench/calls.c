/* calls.c - calls N: what one getppid(2) takes, ns, the median of 21 rounds of N */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 21

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	double took[ROUNDS];

	if (n < 1) {
		fputs("usage: calls N\n", stderr);
		return 2;
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct timespec a, b;

		clock_gettime(CLOCK_MONOTONIC, &a);
		for (long i = 0; i < n; i++)
			syscall(SYS_getppid);
		clock_gettime(CLOCK_MONOTONIC, &b);
		took[round] = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)n;
	}
	qsort(took, ROUNDS, sizeof(took[0]), by_value);
	printf("%.1f\n", took[ROUNDS / 2]);
	return 0;
}

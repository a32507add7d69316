/* sleepers.c - N children that sleep; ends and starts so many of them each second, or lists /proc as plainly as can be */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static double cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Every name in /proc, and the stat of each that is a process. */
static int list_once(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300], text[1024];
	int found = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		int fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		found += read(fd, text, sizeof text) > 0;
		close(fd);
	}
	if (dir)
		closedir(dir);
	return found;
}

static int list(int times)
{
	int found = list_once(); /* the first one warms up */
	double begin = cpu_us();

	for (int i = 0; i < times; i++)
		found = list_once();
	printf("%d %.1f\n", found, (cpu_us() - begin) / times);
	return found > 0 ? 0 : 1;
}

/* Replaces `changes` of them each second, spread over it, until its input ends. */
static void churn(pid_t *pids, int count, int changes)
{
	static int at;

	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < changes / 10; j++, at = (at + 1) % count) {
			kill(pids[at], SIGKILL);
			waitpid(pids[at], NULL, 0);
			pids[at] = sleeper();
		}
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	}
}

int main(int argc, char **argv)
{
	char line[32];

	if (argc == 3 && strcmp(argv[1], "list") == 0)
		return list((int)strtol(argv[2], NULL, 10));
	int count = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;
	pid_t *pids = count > 0 ? calloc((size_t)count, sizeof *pids) : NULL;
	if (!pids) {
		fputs("usage: sleepers N      N children; each line `CHANGES SECONDS` on its input changes so many a second\n"
		      "       sleepers list N  lists /proc with the stat of all N times: processes and us each\n", stderr);
		return 2;
	}
	for (int i = 0; i < count; i++)
		if ((pids[i] = sleeper()) < 0)
			count = i;
	printf("%d\n", count);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		int changes, seconds;

		if (sscanf(line, "%d %d", &changes, &seconds) == 2)
			while (seconds-- > 0)
				churn(pids, count, changes);
		puts("done");
		fflush(stdout);
	}
	for (int i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}

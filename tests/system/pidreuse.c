/* pidreuse.c - runs a second program at the pid of the first as soon as that ended: pidreuse A ARG... -- B ARG... */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static const char last_pid_file[] = "/proc/sys/kernel/ns_last_pid";

/* Forks; the child runs argv if its pid is the wanted one (0 = any) and ends unseen if not. */
static pid_t start(char **argv, pid_t wanted)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (wanted && getpid() != wanted)
			_exit(0);
		execv(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	return pid;
}

int main(int argc, char **argv)
{
	int split = 1, fd = open(last_pid_file, O_RDWR | O_CLOEXEC);
	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (split < 2 || split + 1 >= argc) {
		fputs("usage: pidreuse A ARG... -- B ARG...\n", stderr);
		return 2;
	}
	argv[split] = NULL;
	if (fd < 0) {
		perror(last_pid_file);
		return 1;
	}
	flock(fd, LOCK_EX);
	pid_t first = start(argv + 1, 0);
	waitpid(first, NULL, 0);
	for (int attempt = 1; attempt <= 100; attempt++) {
		char text[16];
		int len = snprintf(text, sizeof text, "%d", (int)first - 1);
		if (pwrite(fd, text, (size_t)len, 0) < 0) {
			perror(last_pid_file);
			return 1;
		}
		pid_t second = start(argv + split + 1, first);
		waitpid(second, NULL, 0);
		if (second == first) {
			printf("%d %d\n", (int)first, attempt);
			return 0;
		}
	}
	fprintf(stderr, "pidreuse: others were always faster to get pid %d\n", (int)first);
	return 1;
}

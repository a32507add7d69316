/* spawn.c - starts N children, P at a time, as fast as the machine goes: spawn [-c] [-k] [-f FILE] N P -- PROGRAM ARG... */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct child {
	pid_t pid;    /* 0 = not started */
	int   status; /* as wait(2) gives it */
};

/* Starts children first, first + step, ... one after the other. */
static void spawn_some(struct child *children, int count, int first, int step, char **argv, char **code, int kills)
{
	static char text[16];
	if (code)
		*code = text;
	for (int i = first; i < count; i += step) {
		snprintf(text, sizeof text, "%d", i % 256);
		if (posix_spawn(&children[i].pid, argv[0], NULL, NULL, argv, environ) != 0) {
			children[i].pid = 0;
			continue;
		}
		if (kills)
			kill(children[i].pid, SIGKILL);
		while (waitpid(children[i].pid, &children[i].status, 0) < 0 && errno == EINTR)
			;
	}
}

int main(int argc, char **argv)
{
	const char *file = NULL;
	int option, with_code = 0, kills = 0;

	while ((option = getopt(argc, argv, "+ckf:")) != -1) {
		if (option == 'c')
			with_code = 1;
		else if (option == 'k')
			kills = 1;
		else if (option == 'f')
			file = optarg;
		else
			return 2;
	}
	if (argc - optind < 3) {
		fputs("usage: spawn [-c] [-k] [-f FILE] N P -- PROGRAM ARG...\n"
		      "  -c  the i-th child's last argument is i % 256, which it should exit with\n"
		      "  -k  kill each as soon as it has executed the program\n"
		      "  -f  write `PID CODE` of each (128 + signal where it was killed)\n", stderr);
		return 2;
	}
	int count = (int)strtol(argv[optind], NULL, 0), at_once = (int)strtol(argv[optind + 1], NULL, 0);
	char **program = argv + optind + 2;
	if (strcmp(program[0], "--") == 0)
		program++;
	int words = argc - (int)(program - argv);
	if (count < 1 || at_once < 1 || words < 1)
		return 2;
	char **child_argv = calloc((size_t)words + 2, sizeof *child_argv);
	struct child *children = mmap(NULL, (size_t)count * sizeof *children, PROT_READ | PROT_WRITE,
	                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!child_argv || children == MAP_FAILED)
		return 1;
	memcpy(child_argv, program, (size_t)words * sizeof *child_argv);

	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < at_once; i++) {
		pid_t spawner = fork();
		if (spawner == 0) {
			spawn_some(children, count, i, at_once, child_argv, with_code ? &child_argv[words] : NULL, kills);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	clock_gettime(CLOCK_MONOTONIC, &end);

	FILE *out = file ? fopen(file, "w") : NULL;
	if (file && !out) {
		perror(file);
		return 1;
	}
	int spawned = 0, right = 0;
	for (int i = 0; i < count; i++) {
		int status = children[i].status;
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (!children[i].pid)
			continue;
		spawned++;
		right += !with_code || code == i % 256;
		if (out)
			fprintf(out, "%d %d\n", (int)children[i].pid, code);
	}
	if (out && fclose(out) != 0)
		return 1;
	printf("%d spawned, %d right, %.3f s\n", spawned, right,
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return spawned == count && right == count ? 0 : 1;
}

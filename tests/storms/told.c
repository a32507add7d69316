/*
 * told.c - told FILE MS PROGRAM ARG...: how long after a daemon's death its record stands in FILE
 *
 * Every MS ms, until it is told to stop by SIGTERM: starts the program, which says its pid when it is ready and then waits,
 * lets it live a while, kills it by SIGKILL, reaps it, and looks into FILE until its exit record is there, at most 20 s.
 * For each a line `PID TOLD_MS`, counted from when it was reaped; -1: it never was told.  At a real-time
 * priority, so that a machine without a free processor delays the agent, and not this look.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIVES_MS 300
#define PATIENCE_MS 20000

extern char **environ;
static volatile sig_atomic_t stop;

static void on_term(int signo)
{
	(void)signo;
	stop = 1;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void rest(long ms) { nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL); }

static bool line_is_end_of(const char *line, const char *pid_key)
{
	return strstr(line, "\"event\":\"exit\"") && strstr(line, pid_key);
}

/* Lines that have come into the file since the last call: is the record of that end among them? */
static bool came(FILE *file, const char *pid_key)
{
	static char line[1 << 16];
	bool found = false;
	long at = ftell(file);

	while (fgets(line, sizeof line, file)) {
		size_t n = strlen(line);

		if (line[n - 1] != '\n') { /* the rest of it is to come */
			fseek(file, at, SEEK_SET);
			break;
		}
		at += (long)n;
		found |= line_is_end_of(line, pid_key);
	}
	clearerr(file);
	return found;
}

static pid_t start(char **argv)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t normal;
	int said[2];
	char byte;
	pid_t pid;

	if (pipe2(said, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, said[1], STDOUT_FILENO);
	posix_spawnattr_init(&normal);
	posix_spawnattr_setflags(&normal, POSIX_SPAWN_SETSCHEDULER);
	posix_spawnattr_setschedpolicy(&normal, SCHED_OTHER);
	posix_spawnattr_setschedparam(&normal, &(struct sched_param){ 0 });
	if (posix_spawn(&pid, argv[0], &actions, &normal, argv, environ) != 0)
		pid = -1;
	close(said[1]);
	if (pid > 0 && read(said[0], &byte, 1) != 1)
		pid = -1;
	close(said[0]);
	return pid;
}

int main(int argc, char **argv)
{
	FILE *file = argc > 3 ? fopen(argv[1], "r") : NULL;
	long every = argc > 3 ? strtol(argv[2], NULL, 0) : 0;

	if (!file) {
		fputs("usage: told FILE MS PROGRAM ARG...\n", stderr);
		return 2;
	}
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 10 }) < 0)
		perror("told: no real-time priority");
	signal(SIGTERM, on_term);
	setvbuf(stdout, NULL, _IOLBF, 0);
	do {
		char key[32];
		pid_t pid = start(argv + 3);

		if (pid < 0)
			return 1;
		rest(LIVES_MS);
		snprintf(key, sizeof key, "\"pid\":%d,", (int)pid);
		fseek(file, 0, SEEK_END);
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		long begin = now_ms();
		bool told = false;

		while (!(told = came(file, key)) && now_ms() - begin < PATIENCE_MS)
			rest(2);
		printf("%d %ld\n", (int)pid, told ? now_ms() - begin : -1);
		rest(every);
	} while (!stop);
	return 0;
}

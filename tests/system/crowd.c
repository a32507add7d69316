/* crowd.c - daemons that wait, are ended in different ways at random moments and reaped at once; or children that come and go */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Ways to end one: what `victim` is told to do, and what it is sent. */
static const struct fate {
	const char *way;
	int         signo;
} fates[] = {
	{ "wait", SIGKILL }, { "term_exit", SIGTERM }, { "wait", SIGTERM }, { "wait", SIGUSR1 }, { "term_exit", SIGTERM },
	{ "wait", SIGSEGV }, { "wait", SIGHUP },       { "term_exit", SIGTERM }, { "wait", SIGABRT }, { "wait", SIGPIPE },
};
#define FATES ((int)(sizeof fates / sizeof fates[0]))

static pid_t start(const char *program, int i, int said)
{
	posix_spawn_file_actions_t actions;
	char code[16];
	pid_t pid = -1;

	snprintf(code, sizeof code, "%d", i % 200 + 1);
	char *argv[] = { (char *)program, (char *)fates[i % FATES].way, code, NULL };
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, said, STDOUT_FILENO);
	if (posix_spawn(&pid, program, &actions, NULL, argv, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void rest(long us)
{
	nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

static void tell(FILE *to, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		fprintf(to, "%d signal %d %s\n", (int)pid, WTERMSIG(status), WCOREDUMP(status) ? "true" : "false");
	else
		fprintf(to, "%d exit %d\n", (int)pid, WEXITSTATUS(status));
}

/* As fast as they can, two at a time, without an exec. */
static int come_and_go(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || (i % 2 && (wait(NULL) < 0 || wait(NULL) < 0)))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return come_and_go((int)strtol(argv[1], NULL, 0));
	if (argc != 5) {
		fputs("usage: crowd N               N children that do nothing\n"
		      "       crowd N MS FILE PROGRAM\n"
		      "  starts N, says `ready`, waits for a line, ends them all within MS ms,\n"
		      "  writes `PID exit CODE` or `PID signal NUMBER CORE` of each to FILE\n", stderr);
		return 2;
	}
	int count = (int)strtol(argv[1], NULL, 0), said[2];
	long span = strtol(argv[2], NULL, 0) * 1000;
	pid_t *pids = count > 0 ? calloc((size_t)count, sizeof *pids) : NULL;
	FILE *to = fopen(argv[3], "w");
	char byte;

	if (!pids || !to || pipe2(said, O_CLOEXEC) < 0)
		return 1;
	for (int i = 0; i < count; i++)
		if ((pids[i] = start(argv[4], i, said[1])) < 0)
			return 1;
	for (int lines = 0; lines < count;) /* each says its pid when its handler stands */
		if (read(said[0], &byte, 1) == 1)
			lines += byte == '\n';
	puts("ready");
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	srandom((unsigned)getpid());
	for (int i = 0; i < count; i++) {
		int status;

		rest(span / count * (random() % 200) / 100);
		kill(pids[i], fates[i % FATES].signo);
		waitpid(pids[i], &status, 0);
		tell(to, pids[i], status);
	}
	return fclose(to) == 0 ? 0 : 1;
}

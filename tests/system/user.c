/*
 * user.c - `user PROGRAM WAY`: PROGRAM, a copy of this one, uses what WAY says; then a line of
 * its pid, what wait4(2) counts of it (user and system ms, most KiB), and what it says itself of
 * its bytes read and written.
 * WAY: threads (1.5 s of processor time in three, 60 MiB, 10 MiB written), leader (the first
 * thread ends before the others), single (as `threads`, in one), idle (waits for a byte on its
 * standard input, and has had a thread before that).
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define MIB (1 << 20)

static void fail(const char *what)
{
	fprintf(stderr, "user: %s\n", what);
	exit(1);
}

static void burn(long ms)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
}

static void *burner(void *none)
{
	burn(500);
	return none;
}

/* What /proc/self/io has; 0: nothing. */
static long counted(const char *key)
{
	char line[128];
	long n = 0;
	FILE *f = fopen("/proc/self/io", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			n = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return n;
}

static void write_file(void)
{
	char *memory = malloc(60 * MIB), path[] = "/var/tmp/epitaph-user-XXXXXX";
	int fd = mkstemp(path);

	if (!memory || fd < 0)
		fail("no memory or no file");
	unlink(path);
	memset(memory, 1, 60 * MIB);
	if (write(fd, memory, 10 * MIB) != 10 * MIB || fsync(fd) != 0)
		fail("write");
	close(fd);
}

static void *last(void *none)
{
	pthread_t t[2];

	usleep(20000); /* the first thread is gone by then */
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, burner, NULL);
	burn(500);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	dprintf(3, "%ld %ld\n", counted("read_bytes:"), counted("write_bytes:"));
	exit(5);
	return none;
}

static void use(const char *way)
{
	pthread_t t[3];
	char byte;

	if (strcmp(way, "idle") == 0) {
		pthread_create(&t[0], NULL, burner, NULL);
		pthread_join(t[0], NULL);
		(void)!write(1, "had\n", 4);
		(void)!read(0, &byte, 1);
		exit(0);
	}
	write_file();
	if (strcmp(way, "leader") == 0) {
		pthread_create(&t[0], NULL, last, NULL);
		syscall(SYS_exit, 4);
	}
	for (int i = 0; i < 3 && strcmp(way, "threads") == 0; i++)
		pthread_create(&t[i], NULL, burner, NULL);
	for (int i = 0; i < 3 && strcmp(way, "threads") == 0; i++)
		pthread_join(t[i], NULL);
	if (strcmp(way, "single") == 0)
		burn(1500);
	dprintf(3, "%ld %ld\n", counted("read_bytes:"), counted("write_bytes:"));
	exit(3);
}

static long ms(struct timeval t)
{
	return t.tv_sec * 1000 + t.tv_usec / 1000;
}

int main(int argc, char **argv)
{
	int said[2], status;
	char line[64] = "";
	struct rusage used;

	if (argc == 3 && strcmp(argv[1], "--use") == 0)
		use(argv[2]);
	if (argc != 3 || pipe(said) != 0)
		fail("usage: user PROGRAM WAY");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(said[1], 3);
		execl(argv[1], argv[1], "--use", argv[2], (char *)NULL);
		_exit(127);
	}
	close(said[1]);
	if (wait4(pid, &status, 0, &used) != pid)
		fail("wait4");
	if (read(said[0], line, sizeof(line) - 1) < 0)
		fail("read");
	printf("%d %ld %ld %ld %s", (int)pid, ms(used.ru_utime), ms(used.ru_stime), used.ru_maxrss, line[0] ? line : "\n");
	return 0;
}

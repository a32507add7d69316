/*
 * lives.c - daemons that live and end in random ways, so many a second, each reaped and told:
 * lives DEATHS SECONDS SEED DIRECTORY
 *
 * The daemons are the programs of DIRECTORY, copies of `victim`.  For each that is over, a line:
 *   death PID START STATUS SENDER FATE   START: field 22 of /proc/PID/stat; STATUS: exit N or signal N; SENDER: a pid that may have signalled it, or 0
 * Orphans of theirs come here, and are told as well.  Standard input: `pause` lets all end and answers `paused SENT`, the
 * signals sent so far; `go` goes on.  At the end of the input, or of the deaths, all are ended, and the last line is `done SENT`.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_ALIVE 1024
#define MOST_PROGRAMS 16
#define BURST 100 /* started at most in a turn */

extern char **environ;

enum how { ITSELF, SENT, BOTH }; /* who ends it */

/* %d: a code of 1 to 200; %r: 1 to 2000 ms. */
static const struct fate {
	const char *name, *words;
	enum how    how;
	int         weight;
} fates[] = {
	{ "exit", "exit %d", ITSELF, 20 },
	{ "quick", "quick %d", ITSELF, 14 },
	{ "later", "--delay %r exit %d", ITSELF, 24 },
	{ "thread_exit", "thread_exit %d", ITSELF, 2 },
	{ "leader_first", "leader_first", ITSELF, 1 },
	{ "churn", "churn 3 %d", ITSELF, 2 },
	{ "exec", "exec %p exit %d", ITSELF, 4 },
	{ "daemon", "daemon exit %d", ITSELF, 5 },
	{ "abort", "abort", ITSELF, 1 },
	{ "segv", "segv", ITSELF, 1 },
	{ "raise", "raise USR2", ITSELF, 2 },
	{ "killed", "wait", SENT, 14 },
	{ "asked", "term_exit %d", SENT, 8 },
	{ "bothered", "ignore USR1", SENT, 4 },
	{ "raced", "--delay %r exit %d", BOTH, 4 },
};
#define FATES ((int)(sizeof fates / sizeof fates[0]))

static const int deadly[] = { SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGVTALRM, SIGPIPE };

static struct life {
	pid_t pid;        /* 0 = free */
	int   fate;       /* index of fates, or -1: no daemon, a fork of this program */
	long  kill_at;    /* ms; 0 = not before it has said that it is ready */
	int   bothers;    /* signals before the last one */
	int   signo;      /* the one that is to end it */
	bool  sent;
} lives[MOST_ALIVE];
static int alive;
static const char *programs[MOST_PROGRAMS];
static int programs_count;
static long sent, started;
static char directory[512];

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long below(long n) { return random() % n; }

static struct life *life_of(pid_t pid)
{
	for (int i = 0; i < MOST_ALIVE; i++)
		if (lives[i].pid == pid)
			return &lives[i];
	return NULL;
}

static void find_programs(const char *path)
{
	DIR *d = opendir(path);

	snprintf(directory, sizeof directory, "%s", path);
	for (struct dirent *e; d && programs_count < MOST_PROGRAMS && (e = readdir(d));)
		if (e->d_name[0] != '.')
			programs[programs_count++] = strdup(e->d_name);
	if (d)
		closedir(d);
}

static int any_fate(void)
{
	int all = 0, i = 0;

	for (i = 0; i < FATES; i++)
		all += fates[i].weight;
	all = (int)below(all);
	for (i = 0; (all -= fates[i].weight) >= 0; i++)
		;
	return i;
}

/* The words of a fate, as arguments. */
static void write_words(const struct fate *f, const char *path, long delay, char *text, size_t size, char **argv)
{
	char *p = text, *end = text + size;
	int n = 1;

	for (const char *w = f->words; *w && p < end - 1; w++) {
		if (*w == ' ')
			*p++ = '\0';
		else if (*w != '%')
			*p++ = *w;
		else if (*++w == 'p')
			p += snprintf(p, (size_t)(end - p), "%s", path);
		else
			p += snprintf(p, (size_t)(end - p), "%ld", *w == 'd' ? 1 + below(200) : delay);
	}
	*p = '\0';
	for (char *w = text; w <= p && n < 9; w += strlen(w) + 1)
		argv[n++] = w;
	argv[n] = NULL;
}

static void start(int said)
{
	struct life *l = life_of(0);
	posix_spawn_file_actions_t actions;
	char path[800], text[900], *argv[10];

	if (!l)
		return;
	*l = (struct life){ .fate = any_fate(), .signo = SIGKILL };
	const struct fate *f = &fates[l->fate];
	/* One that is killed in the midst of its exec has executed nothing, and is no daemon. */
	long delay = f->how == BOTH ? 300 + below(1700) : 1 + below(2000), now = now_ms();
	snprintf(path, sizeof path, "%s/%s", directory, programs[below(programs_count)]);
	argv[0] = path;
	write_words(f, path, delay, text, sizeof text, argv);
	if (strcmp(f->name, "killed") == 0)
		l->signo = deadly[below((long)(sizeof deadly / sizeof deadly[0]))];
	else if (strcmp(f->name, "asked") == 0)
		l->signo = SIGTERM;
	else if (strcmp(f->name, "bothered") == 0)
		l->bothers = (int)below(5);
	else if (f->how == BOTH)
		l->kill_at = now + delay + below(6);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, said, STDOUT_FILENO);
	if (posix_spawn(&l->pid, path, &actions, NULL, argv, environ) != 0) {
		l->pid = 0;
	} else {
		alive++;
		started++;
	}
	posix_spawn_file_actions_destroy(&actions);
}

/* A process that is none of the daemons, of which every machine has many. */
static void start_other(void)
{
	struct life *l = life_of(0);

	if (!l)
		return;
	*l = (struct life){ .fate = -1, .pid = fork() };
	if (l->pid == 0)
		_exit(0);
	if (l->pid < 0)
		l->pid = 0;
	else
		alive++;
}

/* By one of the calls there are. */
static void send_one(pid_t pid, int signo)
{
	union sigval value = { 0 };

	switch (below(3)) {
	case 0:
		sigqueue(pid, signo, value);
		break;
	case 1:
		syscall(SYS_tgkill, pid, pid, signo);
		break;
	default:
		kill(pid, signo);
	}
	sent++;
}

/* Returns when the next one is due, ms. */
static long send_due(long now, bool hurry)
{
	long next = now + 1000;

	for (int i = 0; i < MOST_ALIVE; i++) {
		struct life *l = &lives[i];

		if (!l->pid || !l->kill_at || l->sent)
			continue;
		if (l->kill_at <= now || (hurry && fates[l->fate].how == SENT)) {
			l->sent = l->bothers-- <= 0;
			send_one(l->pid, l->sent ? l->signo : SIGUSR1);
			l->kill_at = now + 1 + below(100);
		}
		if (!l->sent && l->kill_at < next)
			next = l->kill_at;
	}
	return next;
}

/* A daemon that waits says its pid when it is ready. */
static void read_said(int fd)
{
	static char line[16];
	static size_t len;
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n') {
				line[len] = buf[i];
				len += len < sizeof line - 1;
				continue;
			}
			line[len] = '\0';
			len = 0;
			struct life *l = life_of((pid_t)strtol(line, NULL, 10));
			if (l && l->pid && l->fate >= 0 && fates[l->fate].how == SENT)
				l->kill_at = now_ms() + 1 + below(1500);
		}
}

/* Field 22 of /proc/PID/stat, in clock ticks since boot; 0: not known. */
static unsigned long long start_of(pid_t pid)
{
	char path[32], buf[1024];

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, sizeof buf - 1) : 0;
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	char *p = strrchr(buf, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

static void reap(void)
{
	siginfo_t info = { 0 };
	int status;

	while (info.si_pid = 0, waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
		pid_t pid = info.si_pid;
		struct life *l = life_of(pid);
		unsigned long long begun = start_of(pid);

		if (waitpid(pid, &status, 0) != pid)
			continue;
		if (l && l->fate < 0) {
			l->pid = 0;
			alive--;
			continue;
		}
		printf("death %d %llu %s %d %d %s\n", (int)pid, begun, WIFSIGNALED(status) ? "signal" : "exit",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), l && l->sent ? (int)getpid() : 0,
		       l ? fates[l->fate].name : "orphan");
		if (l) {
			l->pid = 0;
			alive--;
		}
	}
}

static bool paused, over;

static void read_orders(void)
{
	static char line[16];
	static size_t len;
	char c;
	ssize_t n;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1) {
		if (c != '\n') {
			line[len] = c;
			len += len < sizeof line - 1;
			continue;
		}
		line[len] = '\0';
		len = 0;
		paused = strcmp(line, "pause") == 0;
	}
	over |= n == 0;
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Those that are due by now.  What a pause has held up is not made good. */
static void start_due(long count, double a_second, int said)
{
	static double due;
	static long last;
	long now = now_ms();

	if (last && !paused && !over)
		due += (double)(now - last) * a_second / 1000;
	last = now;
	for (int i = 0; due >= 1 && i < BURST && alive < MOST_ALIVE - 2 && !paused && !over; i++) {
		start(said);
		if (below(2))
			start_other();
		due--;
		over |= started >= count;
	}
	if (due > 10 * BURST)
		due = 10 * BURST;
}

int main(int argc, char **argv)
{
	if (argc == 5)
		find_programs(argv[4]);
	if (argc != 5 || !programs_count) {
		fputs("usage: lives DEATHS SECONDS SEED DIRECTORY\n", stderr);
		return 2;
	}
	long count = strtol(argv[1], NULL, 0);
	double seconds = strtod(argv[2], NULL);
	int said[2];
	bool told = false;

	srandom((unsigned)strtoul(argv[3], NULL, 0));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(said, O_CLOEXEC | O_NONBLOCK) < 0)
		return 1;
	fcntl(said[1], F_SETFL, 0); /* the daemons' end blocks */
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	while (!over || has_children()) {
		struct pollfd fds[] = { { .fd = said[0], .events = POLLIN }, { .fd = over ? -1 : STDIN_FILENO, .events = POLLIN } };

		start_due(count, (double)count / seconds, said[1]);
		reap();
		long now = now_ms(), next = send_due(now, paused || over);
		told &= paused;
		if (paused && !told && !has_children()) {
			printf("paused %ld\n", sent);
			told = true;
		}
		fflush(stdout);
		poll(fds, 2, next - now < 4 ? (int)(next > now ? next - now : 0) : 4);
		read_said(said[0]);
		if (!over)
			read_orders();
	}
	printf("done %ld\n", sent);
	return fflush(stdout) == 0 ? 0 : 1;
}

#include "backends/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/base/clock.h"

#define PF_EXITING 0x00000004u /* include/linux/sched.h */
#define PF_FORKNOEXEC 0x00000040u
#define PF_KTHREAD 0x00200000u

uint64_t procfs_tick(void)
{
	static uint64_t tick; /* a constant of the system */

	if (!tick) {
		long hz = sysconf(_SC_CLK_TCK);
		tick = NSEC_PER_SEC / (uint64_t)(hz > 0 ? hz : 100);
	}
	return tick;
}

bool procfs_same_start(uint64_t from_proc, uint64_t born)
{
	/*
	 * The kernel cuts the start to a tick and stamps the fork event a little
	 * later; half a second covers a parent that was preempted in between.
	 */
	return from_proc <= born + procfs_tick() && born < from_proc + procfs_tick() + NSEC_PER_SEC / 2;
}

bool procfs_status_is_whole(void)
{
	struct utsname u;
	unsigned major = 0, minor = 0;

	return uname(&u) == 0 && sscanf(u.release, "%u.%u", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 1));
}

bool procfs_parse_stat(const char *text, size_t len, struct procfs_stat *s)
{
	const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len);
	unsigned long long v[53] = {0};
	char tail[1024];
	int field = 3;

	memset(s, 0, sizeof(*s));
	/* Without its newline it is cut, and its last number is another. */
	if (!open || !close || close < open || text[len - 1] != '\n')
		return false;
	size_t n = (size_t)(close - open - 1);
	if (n >= sizeof(s->comm))
		n = sizeof(s->comm) - 1;
	memcpy(s->comm, open + 1, n);

	n = len - (size_t)(close + 1 - text);
	if (n < 4 || n >= sizeof(tail))
		return false;
	memcpy(tail, close + 1, n);
	tail[n] = '\0';
	s->state = tail[1];
	char *at = tail + 2, *end;
	while (++field <= 52) {
		v[field] = strtoull(at, &end, 10);
		if (end == at)
			break;
		at = end;
	}
	if (field <= 22)
		return false;
	s->ppid = (pid_t)v[4];
	s->pgid = (pid_t)v[5];
	s->sid = (pid_t)v[6];
	s->tty_nr = (unsigned)v[7];
	s->exiting = v[9] & PF_EXITING;
	s->copy = v[9] & PF_FORKNOEXEC;
	s->kernel_thread = v[9] & PF_KTHREAD;
	s->threads = (unsigned)v[20];
	s->started = v[22] * procfs_tick();
	s->readable = field > 26 && v[26] != 1;
	s->image = field > 28 && s->readable ? v[28] ^ v[26] << 16 : 0;
	s->bits = field > 28 && s->readable && v[28] ? (v[28] >> 32 ? 64 : 32) : 0;
	s->has_exit_code = field > 52;
	s->exit_code = (int)v[52];
	return true;
}

bool procfs_is_ours(void)
{
	char text[32];
	ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);

	if (n <= 0)
		return n < 0 && errno != ENOENT; /* the link of one that has no pid there leads nowhere */
	text[n] = '\0';
	return strtol(text, NULL, 10) == getpid();
}

int procfs_open(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

/* Bytes read, NUL-terminated; -errno. */
static ssize_t read_file(int dirfd, const char *name, char *buf, size_t size)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	/* A short read of these files is the last one, unless it filled a page. */
	do {
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < size - 1 && n % 1024 == 0);
	close(fd);
	buf[len] = '\0';
	return len ? (ssize_t)len : -ESRCH;
}

static int read_stat(int dirfd, const char *path, struct procfs_stat *s)
{
	char buf[1024];
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, buf, sizeof(buf)); /* seq_file: one read gives it whole */
	int error = n < 0 ? errno : ESRCH;
	close(fd);
	return n > 0 && procfs_parse_stat(buf, (size_t)n, s) ? 0 : -error;
}

int procfs_read_stat_of(pid_t pid, struct procfs_stat *s)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return read_stat(AT_FDCWD, path, s);
}

int procfs_read_stat(int dirfd, struct procfs_stat *s)
{
	return read_stat(dirfd, "stat", s);
}

bool procfs_read_comm(int dirfd, char *comm, size_t size)
{
	ssize_t n = read_file(dirfd, "comm", comm, size);

	if (n <= 0)
		return false;
	if (comm[n - 1] == '\n')
		comm[n - 1] = '\0';
	return true;
}

/* Names of the terminals that have one of their own number ranges, Documentation/admin-guide/devices.txt. */
static bool tty_name(unsigned tty_nr, char *buf, size_t size)
{
	unsigned major = (tty_nr >> 8) & 0xfff, minor = (tty_nr & 0xff) | ((tty_nr >> 12) & 0xfff00);

	if (!tty_nr)
		return false;
	if (major >= 136 && major <= 143)
		snprintf(buf, size, "pts%u", (major - 136) * 256 + minor); /* as audit writes it */
	else if (major == 4 && minor < 64)
		snprintf(buf, size, "tty%u", minor);
	else if (major == 4)
		snprintf(buf, size, "ttyS%u", minor - 64);
	else
		snprintf(buf, size, "%u:%u", major, minor);
	return true;
}

bool procfs_is_thread(pid_t pid)
{
	char buf[4096];
	int dirfd = procfs_open(pid);
	ssize_t n = dirfd >= 0 ? read_file(dirfd, "status", buf, sizeof(buf)) : -1;

	if (dirfd >= 0)
		close(dirfd);
	const char *at = n > 0 ? strstr(buf, "\nTgid:\t") : NULL; /* comm's newline is escaped in this file */
	return at && strtol(at + 7, NULL, 10) != pid;
}

/* The real and the effective one; false if there is no such line. */
static bool id_line(const char *status, const char *key, unsigned *real, unsigned *effective)
{
	const char *at = strstr(status, key); /* comm's newline is escaped in this file */
	char *end;

	if (!at)
		return false;
	*real = (unsigned)strtoul(at + strlen(key), &end, 10);
	*effective = (unsigned)strtoul(end, NULL, 10);
	return true;
}

static void read_ids(int dirfd, struct facts *f)
{
	char buf[4096];

	if (read_file(dirfd, "status", buf, sizeof(buf)) <= 0)
		return;
	if (id_line(buf, "\nUid:\t", &f->uid, &f->euid))
		f->has |= FACT_UID | FACT_EUID;
	if (id_line(buf, "\nGid:\t", &f->gid, &f->egid))
		f->has |= FACT_GID | FACT_EGID;
}

/* loginuid and sessionid: 4294967295 means unset. */
static bool read_number(int dirfd, const char *name, uint32_t *value)
{
	char buf[32];

	if (read_file(dirfd, name, buf, sizeof(buf)) <= 0)
		return false;
	unsigned long v = strtoul(buf, NULL, 10);
	*value = (uint32_t)v;
	return v < UINT32_MAX;
}

static bool is_exiting(int dirfd)
{
	struct procfs_stat stat;

	return procfs_read_stat(dirfd, &stat) != 0 || stat.exiting;
}

/* The v2 path, else that of systemd's or the first named hierarchy, else the first line's. */
static bool read_cgroup(int dirfd, char *buf, size_t size)
{
	ssize_t n = read_file(dirfd, "cgroup", buf, size);
	char *best = NULL, *save = NULL;
	int best_rank = 0;
	bool v1 = false;

	if (n <= 0)
		return false;
	for (char *line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(line, '/');
		int rank = strncmp(line, "0::", 3) == 0 ? 2 : strstr(line, ":name=systemd:") ? 2 : 1;

		v1 |= strncmp(line, "0::", 3) != 0;
		if (path && path[1]) /* a path that tells something goes before "/" */
			rank += 2;
		if (path && rank > best_rank) {
			best = path;
			best_rank = rank;
		}
	}
	if (!best)
		return false;
	/* From the start of its end on, v1 hierarchies show a process as in "/" (proc_cgroup_show, kernel/cgroup/cgroup.c). */
	if (v1 && !best[1] && is_exiting(dirfd))
		return false;
	memmove(buf, best, strlen(best) + 1);
	return true;
}

static void read_args(int dirfd, struct procfs_strings *s, struct facts *f)
{
	ssize_t n = read_file(dirfd, "cmdline", s->args, sizeof(s->args));

	if (n <= 0)
		return; /* a zombie or a kernel thread has none */
	if (s->args[n - 1] != '\0') /* cut, or changed by the process: read_file left room */
		n++;
	f->args = s->args;
	f->args_len = (size_t)n;
	f->has |= FACT_ARGS;
}

static void read_exe(int dirfd, struct procfs_strings *s, struct facts *f)
{
	ssize_t n = readlinkat(dirfd, "exe", s->exe, sizeof(s->exe) - 1);

	if (n <= 0)
		return;
	s->exe[n] = '\0';
	procfs_cut_deleted(s->exe, (size_t)n); /* a file replaced by an upgrade is still that program */
	f->exe = s->exe;
	f->has |= FACT_EXE;
}

void procfs_read_facts(int dirfd, const struct procfs_stat *stat, unsigned want,
                       struct procfs_strings *s, struct facts *f)
{
	uint32_t number;

	if (want & FACT_COMM) {
		/* stat escapes newline and backslash; the file of its own has comm raw. */
		if (!strchr(stat->comm, '\\') || !procfs_read_comm(dirfd, s->comm, sizeof(s->comm)))
			snprintf(s->comm, sizeof(s->comm), "%s", stat->comm);
		f->comm = s->comm;
		f->has |= FACT_COMM;
	}
	if (want & FACT_PPID) {
		f->ppid = stat->ppid;
		f->has |= FACT_PPID;
	}
	if ((want & FACT_PGID) && stat->pgid > 0) { /* 0: that of another pid namespace */
		f->pgid = stat->pgid;
		f->has |= FACT_PGID;
	}
	if ((want & FACT_SID) && stat->sid > 0) {
		f->sid = stat->sid;
		f->has |= FACT_SID;
	}
	if ((want & FACT_BITS) && stat->bits) {
		f->bits = stat->bits;
		f->has |= FACT_BITS;
	}
	if (want & FACT_STARTED) {
		f->started = stat->started;
		f->has |= FACT_STARTED;
	}
	if ((want & FACT_TTY) && tty_name(stat->tty_nr, s->tty, sizeof(s->tty))) {
		f->tty = s->tty;
		f->has |= FACT_TTY;
	}
	if (want & FACT_EXE)
		read_exe(dirfd, s, f);
	if ((want & FACT_FOREIGN) && (f->has & FACT_EXE) && procfs_tells_foreign(dirfd, f->exe, &f->foreign))
		f->has |= FACT_FOREIGN;
	if (want & FACT_ARGS)
		read_args(dirfd, s, f);
	if (want & (FACT_UID | FACT_GID | FACT_EUID | FACT_EGID))
		read_ids(dirfd, f);
	if ((want & FACT_AUID) && read_number(dirfd, "loginuid", &number)) {
		f->auid = number;
		f->has |= FACT_AUID;
	}
	/* The two are set together (audit_set_loginuid, kernel/auditsc.c). */
	bool logged_in = !(want & FACT_AUID) || (f->has & FACT_AUID);
	if ((want & FACT_SES) && logged_in && read_number(dirfd, "sessionid", &number)) {
		f->ses = number;
		f->has |= FACT_SES;
	}
	if ((want & FACT_CGROUP) && read_cgroup(dirfd, s->cgroup, sizeof(s->cgroup))) {
		f->cgroup = s->cgroup;
		f->has |= FACT_CGROUP;
	}
}

/* fuzz_procfs.c - any bytes as the files of a /proc/PID, each up to a byte 0xff: what they tell is within its bounds */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cgroup.h"
#include "backends/procfs.h"

#define END 0xff

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In the order of the input; what the link exe says comes last. */
static const char *const names[] = {"stat", "status", "cgroup", "cmdline", "comm", "loginuid", "sessionid"};
#define NAMES (sizeof(names) / sizeof(names[0]))

static char dir[64];
static int  dirfd, fds[NAMES];

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "procfs: %s\n", what);
	abort();
}

static void remove_dir(void)
{
	for (size_t i = 0; i < NAMES; i++)
		unlinkat(dirfd, names[i], 0);
	unlinkat(dirfd, "exe", 0);
	rmdir(dir);
}

/* A directory in memory, once. */
static void make_dir(void)
{
	if (dir[0])
		return;
	snprintf(dir, sizeof(dir), "%s/epitaph-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(dir) != NULL, "no directory");
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < NAMES; i++)
		fds[i] = openat(dirfd, names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	atexit(remove_dir);
}

static void write_file(int fd, const uint8_t *bytes, size_t len)
{
	must(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, len, 0) == (ssize_t)len, "no file");
}

/* Like the kernel's, it may have any bytes but NUL. */
static void write_link(const uint8_t *bytes, size_t len)
{
	char to[1024];

	snprintf(to, sizeof(to), "%.*s", (int)len, (const char *)bytes);
	unlinkat(dirfd, "exe", 0);
	must(!to[0] || symlinkat(to, dirfd, "exe") == 0, "no link");
}

static void write_files(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i <= NAMES; i++) {
		const uint8_t *end = size ? memchr(data, END, size) : NULL;
		size_t n = end ? (size_t)(end - data) : size;

		if (i < NAMES)
			write_file(fds[i], data, n);
		else
			write_link(data, n);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
}

/* Its own block, so that a sanitizer sees a read beyond the text. */
static void check_stat(const uint8_t *data, size_t size)
{
	char *copy = malloc(size);
	struct procfs_stat s;

	must(copy, "memory");
	memcpy(copy, data, size);
	if (procfs_parse_stat(copy, size, &s)) {
		must(memchr(s.comm, '\0', sizeof(s.comm)), "comm has no end");
		must(s.bits == 0 || s.bits == 32 || s.bits == 64, "bits");
		must(s.readable || !s.image, "an image that cannot be seen");
	}
	free(copy);
}

static void check_cgroup(const char *cgroup)
{
	char name[CGROUP_NAME];

	must(cgroup[0] == '/' && !strchr(cgroup, '\n'), "cgroup");
	if (cgroup_unit(cgroup, name))
		must(name[0] && strlen(name) < sizeof(name) && !strchr(name, '/') && strstr(cgroup, name), "unit");
	if (cgroup_container_id(cgroup, name))
		must(name[0] && strlen(name) < sizeof(name) && !strchr(name, '/') && strstr(cgroup, name), "container");
}

static void check_facts(const struct facts *f, const struct procfs_strings *s)
{
	if (f->has & FACT_COMM)
		must(memchr(f->comm, '\0', sizeof(s->comm)), "comm");
	if (f->has & FACT_ARGS)
		must(f->args_len && f->args_len <= sizeof(s->args) && !f->args[f->args_len - 1], "args");
	if (f->has & FACT_EXE)
		must(f->exe[0] && strlen(f->exe) < 1024, "exe");
	if (f->has & FACT_TTY)
		must(f->tty[0] && strlen(f->tty) < sizeof(s->tty), "tty");
	if (f->has & FACT_CGROUP)
		check_cgroup(f->cgroup);
	must(!(f->has & FACT_AUID) || f->auid != UINT32_MAX, "auid");
	must(!(f->has & FACT_SES) || (f->ses != UINT32_MAX && (f->has & FACT_AUID)), "ses");
	must(!(f->has & FACT_PGID) || f->pgid > 0, "pgid");
	must(!(f->has & FACT_SID) || f->sid > 0, "sid");
	must(!(f->has & FACT_BITS) || f->bits == 32 || f->bits == 64, "bits");
	must(!(f->has & FACT_FOREIGN), "it has no namespaces");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct procfs_strings strings;
	struct procfs_stat stat;
	struct facts f = {0};

	if (size)
		check_stat(data, size);
	make_dir();
	write_files(data, size);
	/* Bytes that were never read are none of its text. */
	memset(&strings, 'x', sizeof(strings));
	if (procfs_read_stat(dirfd, &stat) != 0)
		memset(&stat, 0, sizeof(stat));
	procfs_read_facts(dirfd, &stat, ~0u, &strings, &f);
	check_facts(&f, &strings);
	return 0;
}

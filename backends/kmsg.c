/* kmsg.c - the kernel log from now on: OOM kills and unhandled faults */
#include "backends/kmsg.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/rights.h"
#include "backends/backend.h"
#include "backends/namespaces.h"

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX, kernel/printk/printk.c */

struct kmsg {
	char record[RECORD_MAX];
};

/*
 * comm may hold anything, these very words too, but no more than 15 bytes: the
 * mark behind it is the last one within reach, since the kernel's own words
 * that follow hold none.
 */
static bool take_comm(struct event *e, long pid, const char *from, const char *to, char comm[COMM_SIZE])
{
	if (pid <= 0 || pid > PID_LIMIT)
		return false;
	memcpy(comm, from, (size_t)(to - from));
	comm[to - from] = '\0';
	e->process.pid = e->tid = (pid_t)pid;
	e->process.comm = comm;
	e->process.has = FACT_PID | FACT_COMM;
	e->has = HAS_TID;
	return true;
}

/*
 * What oom_kill_process() may have written before it.  Other lines of the kernel hold words that anybody chooses: a mount
 * in a user namespace has it say `tmpfs: Unknown parameter '...'`.
 */
static const char *behind_message(const char *text)
{
	static const char *const messages[] = {
		"Out of memory: ", "Out of memory (oom_kill_allocating_task): ", "Memory cgroup out of memory: ",
		"Memory cgroup out of memory (oom_kill_allocating_task): ",
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (strncmp(text, messages[i], strlen(messages[i])) == 0)
			return text + strlen(messages[i]);
	return text;
}

/* "Killed process 84 (bad) total-vm:..."; before 5.x a comma follows, and older ones say UID in between. */
static bool oom(const char *text, struct event *e, char comm[COMM_SIZE])
{
	static const char killed[] = "Killed process ";
	const char *at = behind_message(text);
	char *name;

	if (strncmp(at, killed, sizeof(killed) - 1) != 0)
		return false;
	long pid = strtol(at + sizeof(killed) - 1, &name, 10);
	if (strncmp(name, " (", 2) != 0)
		return false;
	name += 2;
	const char *close = memrchr(name, ')', strnlen(name, COMM_SIZE));
	e->kind = EVENT_OOM;
	return close && (close[1] == ',' || strncmp(close + 1, " total-vm:", 10) == 0) && take_comm(e, pid, name, close, comm);
}

/*
 * "oom-kill:constraint=CONSTRAINT_MEMCG,...,oom_memcg=/x,task_memcg=/x/y,task=bad,pid=84,uid=0", since 5.0, before the
 * line above; `global_oom` stands in place of oom_memcg where the machine has no memory left.  The path is cut out of text.
 */
static bool oom_place(char *text, bool whole, struct event *e, char comm[COMM_SIZE])
{
	static const char start[] = "oom-kill:constraint=", memcg[] = ",oom_memcg=", task_memcg[] = ",task_memcg=", task[] = ",task=", pid[] = ",pid=";
	char *at, *name = NULL, *number = NULL;

	/* A path that fills the line could say what the kernel says behind it. */
	if (!whole || strncmp(text, start, sizeof(start) - 1) != 0)
		return false;
	for (at = text; (at = strstr(at, pid)); at++) /* a comm can look like it, so the last counts */
		number = at;
	for (at = text; number && (at = strstr(at, task)) && at < number; at++)
		if (number - (at + sizeof(task) - 1) < COMM_SIZE && !name)
			name = at + sizeof(task) - 1;
	if (!name || !take_comm(e, strtol(number + sizeof(pid) - 1, NULL, 10), name, number, comm))
		return false;
	e->kind = EVENT_OOM;
	char *path = strstr(text, memcg), *behind = path ? strstr(path, task_memcg) : NULL;
	if (behind) {
		*behind = '\0';
		e->path = path + sizeof(memcg) - 1;
	} else if (strstr(text, ",global_oom,")) {
		e->path = "";
	}
	e->has |= e->path ? HAS_PATH : 0;
	return true;
}

/* Does what the kernel's format has in between stand before `next`? */
static bool leads_to(const char *words, const char *format, const char *next)
{
	size_t len = strlen(format);

	return strncmp(words, format, len) == 0 && strstr(words + len, next);
}

/*
 * What stands behind `comm[tid]` (x86: show_signal_msg() in mm/fault.c, show_signal() in kernel/traps.c, signal_fault() in
 * kernel/signal.c, 2.6.32 to 7.3; arm64: kernel/signal.c).
 */
static bool is_fault(const char *words)
{
	return leads_to(words, ": segfault at ", " ip ") || leads_to(words, " trap ", " ip:") || leads_to(words, " general protection", " ip:") ||
	       leads_to(words, " bad frame in ", " ip:") || leads_to(words, ": bad frame in ", ": pc=");
}

/*
 * "bad[78]: segfault at 8 ip ...", "traps: bad[75] trap invalid opcode ip:...", "traps: bad[76] general protection ...".
 * comm may hold a number in brackets and such words too, so the last number within reach is the kernel's, and counts alone.
 */
static bool fault(const char *text, struct event *e, char comm[COMM_SIZE])
{
	const char *start = strncmp(text, "traps: ", 7) == 0 ? text + 7 : text;
	char *after;

	for (size_t i = strnlen(start, COMM_SIZE); i-- > 0;) {
		if (start[i] != '[' || !isdigit((unsigned char)start[i + 1]))
			continue;
		long tid = strtol(start + i + 1, &after, 10);
		if (*after != ']')
			continue;
		e->kind = EVENT_FAULT;
		return is_fault(after + 1) && take_comm(e, tid, start, start + i, comm);
	}
	return false;
}

/* The kernel writes bytes that do not print, and the backslash, as \xNN. */
static void unescape(char *text)
{
	char *to = text;
	unsigned byte;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) && isxdigit((unsigned char)from[3]) &&
		    sscanf(from + 2, "%2x", &byte) == 1 && byte) {
			*to = (char)byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

bool kmsg_decode(const char *record, size_t len, event_emit emit, void *ctx)
{
	char text[1024], comm[COMM_SIZE];
	struct event e = {.sources = SOURCE_KMSG};
	const char *semicolon = memchr(record, ';', len);
	char *end;

	if (!semicolon || !isdigit((unsigned char)record[0]))
		return false;
	unsigned long priority = strtoul(record, &end, 10);
	if (*end != ',' || priority >> 3 != 0)
		return false;
	size_t n = len - (size_t)(semicolon + 1 - record);
	const char *newline = memchr(semicolon + 1, '\n', n);
	if (newline)
		n = (size_t)(newline - semicolon - 1);
	bool whole = newline && n < sizeof(text);
	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	memcpy(text, semicolon + 1, n);
	text[n] = '\0';
	unescape(text);
	if (!oom(text, &e, comm) && !oom_place(text, whole, &e, comm) && !fault(text, &e, comm))
		return false;
	emit(ctx, &e);
	return true;
}

int kmsg_find(struct reason *why)
{
	int fd;

	if (!namespace_is_initial("pid")) {
		reason_set(why, "run epitaph in the initial pid namespace (a container needs --pid=host)",
		           "the kernel log names processes by pids of the initial pid namespace, which are others here");
		return -ENOTSUP;
	}
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;

		reason_set(why, error == ENOENT ? "mknod /dev/kmsg c 1 11 (kernels from 3.5)" :
		           "run epitaph as root or with CAP_SYSLOG (sysctl kernel.dmesg_restrict)",
		           "/dev/kmsg: %s", strerror(error));
		return -error;
	}
	char c;
	/* Some containers put another file in its place. */
	if (lseek(fd, 0, SEEK_END) < 0 || (read(fd, &c, 0) < 0 && errno != EAGAIN && errno != EINVAL)) {
		int error = errno;

		reason_set(why, "", "/dev/kmsg cannot be followed: %s", strerror(error));
		close(fd);
		return -error;
	}
	return fd;
}

static int probe(const struct config *config, struct reason *why)
{
	(void)config;
	int fd = kmsg_find(why);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int kmsg_open(struct backend *b)
{
	struct rights_answer a;

	rights_ask_for(RIGHTS_KMSG, 0, 0, &a);
	b->fd = rights_fd(&a);
	if (b->fd >= 0)
		return 0;
	reason_set(&b->note, a.cure, "%s", a.why[0] ? a.why : strerror(-b->fd));
	return b->fd;
}

/* The stamps of the kernel log drift against the other clocks, so the time of arrival is taken. */
static void stamp_and_emit(void *backend, const struct event *decoded)
{
	struct backend *b = backend;
	struct event e = *decoded;

	e.at = b->clock->now;
	b->emit(b->ctx, &e);
}

static int kmsg_read(struct backend *b, int budget)
{
	struct kmsg *k = b->state;
	uint64_t until = b->clock->now;
	int total = 0;

	while (total < budget) {
		ssize_t n = read(b->fd, k->record, sizeof(k->record) - 1);

		if (n < 0 && errno == EPIPE) {
			backend_lost(b, 0, "kernel log records were overwritten before they could be read");
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			b->sight.told_until = until;
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0 && errno != EINVAL) {
			int error = errno;

			reason_set(&b->note, "", "/dev/kmsg: %s", strerror(error));
			return -error;
		}
		if (n == 0)
			break;
		total++;
		if (n > 0)
			k->record[n] = '\0', kmsg_decode(k->record, (size_t)n, stamp_and_emit, b);
	}
	return total;
}

static void kmsg_close(struct backend *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

const struct backend_ops backend_kmsg = {
	.name = "kmsg",
	.source = SOURCE_KMSG,
	.sees = SEES_CAUSE,
	.state_size = sizeof(struct kmsg),
	.probe = probe,
	.open = kmsg_open,
	.read = kmsg_read,
	.reload = backend_reload_nothing,
	.close = kmsg_close,
};

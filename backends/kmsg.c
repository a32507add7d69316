/* kmsg.c - the kernel log from now on: OOM kills and unhandled faults */
#include "backends/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/backend.h"

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX, kernel/printk/printk.c */

struct kmsg {
	char record[RECORD_MAX];
};

/* "123 (comm)": comm may hold anything, so it ends at the last `)` before `end`. */
static bool pid_and_comm(const char *at, const char *end, struct event *e, char *comm, size_t size)
{
	char *after;
	long pid = strtol(at, &after, 10);

	if (pid <= 0 || after == at || strncmp(after, " (", 2) != 0)
		return false;
	after += 2;
	const char *close = memrchr(after, ')', (size_t)(end - after));
	if (!close || (size_t)(close - after) >= size)
		return false;
	memcpy(comm, after, (size_t)(close - after));
	comm[close - after] = '\0';
	e->process.pid = e->tid = (pid_t)pid;
	e->process.comm = comm;
	e->process.has = FACT_PID | FACT_COMM;
	e->has = HAS_TID;
	return true;
}

/* "Killed process 84 (bad) total-vm:..." with any prefix; a comma follows before 5.x, and older ones say UID in between. */
static bool oom(const char *text, struct event *e, char *comm, size_t size)
{
	static const char killed[] = "Killed process ";
	const char *at = strstr(text, killed);

	if (!at || (at != text && !strstr(text, "ut of memory")))
		return false;
	const char *end = strstr(at, " total-vm:");
	if (!end)
		end = at + strlen(at);
	e->kind = EVENT_OOM;
	return pid_and_comm(at + sizeof(killed) - 1, end, e, comm, size);
}

/* "bad[78]: segfault at 8 ip ...", "traps: bad[75] trap invalid opcode ip:...", "traps: bad[76] general protection ..." */
static bool fault(const char *text, struct event *e, char *comm, size_t size)
{
	static const char *const words[] = {": segfault at ", " trap ", " general protection", ": bad frame in "};
	const char *start = strncmp(text, "traps: ", 7) == 0 ? text + 7 : text, *at = NULL;
	char *after;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !at; i++)
		at = strstr(start, words[i]);
	if (!at || at == start || at[-1] != ']')
		return false;
	const char *open = memrchr(start, '[', (size_t)(at - start));
	if (!open || (size_t)(open - start) >= size)
		return false;
	long tid = strtol(open + 1, &after, 10);
	if (tid <= 0 || after != at - 1)
		return false;
	memcpy(comm, start, (size_t)(open - start));
	comm[open - start] = '\0';
	e->kind = EVENT_FAULT;
	e->process.pid = e->tid = (pid_t)tid;
	e->process.comm = comm;
	e->process.has = FACT_PID | FACT_COMM;
	e->has = HAS_TID;
	return true;
}

bool kmsg_decode(const char *record, size_t len, event_emit emit, void *ctx)
{
	char text[1024], comm[64];
	struct event e = {.sources = SOURCE_KMSG};
	const char *semicolon = memchr(record, ';', len);
	char *end;

	if (!semicolon || semicolon == record)
		return false;
	unsigned long priority = strtoul(record, &end, 10);
	if (*end != ',' || priority >> 3 != 0)
		return false;
	size_t n = len - (size_t)(semicolon + 1 - record);
	const char *newline = memchr(semicolon + 1, '\n', n);
	if (newline)
		n = (size_t)(newline - semicolon - 1);
	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	memcpy(text, semicolon + 1, n);
	text[n] = '\0';
	if (!oom(text, &e, comm, sizeof(comm)) && !fault(text, &e, comm, sizeof(comm)))
		return false;
	emit(ctx, &e);
	return true;
}

static int open_kmsg(struct reason *why)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

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
	int fd = open_kmsg(why);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int kmsg_open(struct backend *b)
{
	int fd = open_kmsg(&b->note);

	if (fd < 0)
		return fd;
	b->fd = fd;
	return 0;
}

static void emit_lost(struct backend *b)
{
	struct event e = {
		.kind = EVENT_LOST,
		.sources = SOURCE_KMSG,
		.backend = SOURCE_KMSG,
		.has = HAS_BACKEND | HAS_REASON,
		.at = b->clock->now,
		.reason = "kernel log records were overwritten before they could be read",
	};

	b->emit(b->ctx, &e);
}

/* Its own stamps drift against the other clocks, so arrival is the time. */
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
	int total = 0;

	while (total < budget) {
		ssize_t n = read(b->fd, k->record, sizeof(k->record) - 1);

		if (n < 0 && errno == EPIPE) {
			emit_lost(b);
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0 && errno != EINVAL) {
			reason_set(&b->note, "", "/dev/kmsg: %s", strerror(errno));
			return -errno;
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

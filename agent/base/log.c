#include "agent/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static unsigned long dropped; /* messages of this process, not yet told */
static pid_t counted_by;

/* A pipe that can be written takes PIPE_BUF bytes, which is more than a line and the count before it, and a socket more than that. */
static bool can_be_written(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) > 0;
}

/* What stands before the first line that goes through again. */
static size_t say_dropped(char *to, size_t size)
{
	if (counted_by != getpid()) { /* a child tells only its own */
		counted_by = getpid();
		dropped = 0;
	}
	if (!dropped)
		return 0;
	return (size_t)snprintf(to, size, "epitaph: %lu message%s before this one could not be written\n", dropped, dropped > 1 ? "s" : "");
}

/* One write, so that lines of several processes do not mix; a line for a full or closed stderr is dropped, and stops nobody. */
__attribute__((format(printf, 2, 0)))
static void say(const char *severity, const char *fmt, va_list args)
{
	char text[1200];
	size_t before = say_dropped(text, sizeof(text) - 1024);
	char *line = text + before;
	int size = 1024, len = snprintf(line, (size_t)size, "epitaph: %s", severity);

	len += vsnprintf(line + len, (size_t)(size - len - 1), fmt, args);
	if (len > size - 2)
		len = size - 2;
	line[len++] = '\n';
	if (can_be_written(STDERR_FILENO) && write(STDERR_FILENO, text, before + (size_t)len) >= 0)
		dropped = 0;
	else
		dropped++;
}

#define SAY(severity)                \
	va_list args;                \
	va_start(args, fmt);         \
	say(severity, fmt, args);    \
	va_end(args)

void log_error(const char *fmt, ...)
{
	SAY("");
}

void log_warning(const char *fmt, ...)
{
	SAY("warning: ");
}

void log_info(const char *fmt, ...)
{
	SAY("");
}

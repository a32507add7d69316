#include "agent/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* A pipe that can be written takes PIPE_BUF bytes, which is more than a line here, and a socket more than that. */
static bool can_be_written(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) > 0;
}

/* One write, so that lines of several processes do not mix; a line for a full or closed stderr is dropped, and stops nobody. */
__attribute__((format(printf, 2, 0)))
static void say(const char *severity, const char *fmt, va_list args)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "epitaph: %s", severity);

	len += vsnprintf(line + len, sizeof(line) - (size_t)len - 1, fmt, args);
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (can_be_written(STDERR_FILENO) && write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
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

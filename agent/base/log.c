#include "agent/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* One write, so that lines of several processes do not mix; a full or closed stderr is nobody's problem. */
__attribute__((format(printf, 2, 0)))
static void say(const char *severity, const char *fmt, va_list args)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "epitaph: %s", severity);

	len += vsnprintf(line + len, sizeof(line) - (size_t)len - 1, fmt, args);
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
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

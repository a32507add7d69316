/* registry.c - the backends that are built in */
#include <stdarg.h>
#include <stdio.h>

#include "backends/backend.h"

const struct backend_ops *const backends[] = {
#if HAVE_AUDIT
	&backend_audit,
#endif
	&backend_tracepoint,
	&backend_cn_proc,
	&backend_proc,
	&backend_taskstats,
	&backend_kmsg,
	NULL,
};

void reason_set(struct reason *r, const char *cure, const char *why_format, ...)
{
	va_list args;

	va_start(args, why_format);
	vsnprintf(r->why, sizeof(r->why), why_format, args);
	va_end(args);
	snprintf(r->cure, sizeof(r->cure), "%s", cure);
}

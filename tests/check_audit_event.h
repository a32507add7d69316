/* check_audit_event.h - what holds for every event of the audit backend, whatever the records were */
#ifndef EPITAPH_CHECK_AUDIT_EVENT_H
#define EPITAPH_CHECK_AUDIT_EVENT_H

#include <stdlib.h>
#include <string.h>

#include "backends/audit_open.h"

static inline void check_audit_text(const char *text)
{
	if (!*text || strlen(text) >= 4096)
		abort();
}

static inline void check_audit_facts(const struct facts *f)
{
	if (f->has & FACT_PID && f->pid <= 0)
		abort();
	if ((f->has & FACT_AUID && f->auid == UINT32_MAX) || (f->has & FACT_SES && f->ses == UINT32_MAX))
		abort();
	if (f->has & FACT_COMM)
		check_audit_text(f->comm);
	if (f->has & FACT_EXE)
		check_audit_text(f->exe);
	if (f->has & FACT_TTY)
		check_audit_text(f->tty);
	if (f->has & FACT_ARGS && (!f->args_len || f->args_len > AUDIT_ARGS_MAX || f->args[f->args_len - 1]))
		abort();
}

static inline void check_audit_event(void *ctx, const struct event *e)
{
	(void)ctx;
	check_audit_facts(&e->process);
	check_audit_facts(&e->sender);
	if (!(e->process.has & FACT_PID))
		abort();
	if (e->has & HAS_SIGNO && (e->signo < 1 || e->signo > 128))
		abort();
	if (e->has & HAS_EXIT_CODE && (e->exit_code < 0 || e->exit_code > 255))
		abort();
	if (e->has & HAS_ERRNO && e->error <= 0)
		abort();
	if (e->has & HAS_PATH)
		check_audit_text(e->path);
}

#endif

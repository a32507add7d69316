/* audit.h - what the audit backend tells besides its events */
#ifndef EPITAPH_AUDIT_H
#define EPITAPH_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backends/backend.h"

/* The kernel's settings as they were before open changed them; close puts them back. */
struct audit_found {
	uint32_t enabled, backlog_limit;
	uint32_t backlog_wait_time; /* jiffies */
	bool     has_wait_time;     /* 3.14 */
	bool     leftovers;         /* rules of a killed agent were there: these may be its settings */
	bool     noted;             /* it was written down at this open, and is worth nothing if that fails */
};

struct audit_view {
	bool     cmdline_audit1; /* audit=1 at boot: every process is audited (PID 1 from 4.15) */
	bool     off;            /* another program switched auditing off */
	unsigned hidden;         /* SEES_EXEC, SEES_SIGNAL: a rule before ours (never,exit, or exclude) may keep records of it from being made */
	bool     task_never;     /* `-a task,never` is loaded: processes forked since are not audited */
	/*
	 * CLOCK_BOOTTIME: a process that started before it may have no audit
	 * context, so that its signals cannot be seen.  0 with audit=1; the start
	 * of auditd where one runs; else when this backend was opened.
	 */
	uint64_t enabled_since;
	pid_t    daemon;         /* auditd, 0 if none */
	const char *transport;   /* "unicast", "multicast", "stdin" */
	bool     shared;         /* another epitaph runs here: settings and leftovers are its own */
	uint64_t lost;           /* records that the kernel lost since open */
	uint64_t dropped;        /* records that could not be read */
};

/* Both of an open backend_audit; valid until close. */
const struct audit_view *audit_view(const struct backend *b);
const struct audit_found *audit_found(const struct backend *b);
/* It is written down now, and was not before. */
void audit_found_noted(struct backend *b);
/* What close is to put back instead, as a killed agent had written it down; beside auditd it is put back now. */
void audit_found_set(struct backend *b, const struct audit_found *found);

#endif

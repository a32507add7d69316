/* audit_view.h - what auditing is like on this machine: as it was found, and as it is now */
#ifndef EPITAPH_AUDIT_VIEW_H
#define EPITAPH_AUDIT_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
	bool     shared;         /* another epitaph runs here: settings and leftovers are its own */
	uint64_t lost;           /* records that the kernel lost since open */
	uint64_t dropped;        /* records that could not be read */
};

#endif

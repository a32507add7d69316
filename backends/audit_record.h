/* audit_record.h - audit records, put together by serial, become events */
#ifndef EPITAPH_AUDIT_RECORD_H
#define EPITAPH_AUDIT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/event.h"
#include "backends/audit_open.h"

/* Facts that the record of an exec has whenever the process has them; and those of them that every process has, which a record can lack when it was lost in part or too long. */
#define AUDIT_EXEC_TELLS (FACT_PPID | FACT_UID | FACT_GID | FACT_AUID | FACT_SES | FACT_TTY | FACT_COMM | FACT_EXE | FACT_ARGS)
#define AUDIT_EXEC_MAY_LACK (FACT_UID | FACT_GID | FACT_COMM | FACT_EXE | FACT_ARGS)

void audit_assembler_init(struct audit_assembler *a, const struct clock *clock, event_emit emit, void *ctx);

/*
 * Takes one record: its netlink type and text (`audit(STAMP:SERIAL): ...`, no
 * NUL needed).  Any type may be given; only kernel types that tell of calls of
 * audit_syscalls.h and of deaths are read, whatever their key= says.
 *
 * An event is emitted as soon as it is known whole.  audit_log_exit() writes
 * SYSCALL, (BPRM_FCAPS), EXECVE, OBJ_PID..., CWD, PATH..., PROCTITLE, EOE, each
 * queued by itself, so the events of several CPUs interleave.  Hence:
 *   signal   one for each OBJ_PID, when it is read; none for signal 0
 *   exec     with the EXECVE record that holds the last argument
 *   failure  with the PATH record of item 0, or at once where items=0
 *   exit, ANOM_ABEND, SECCOMP   at once
 * An exec whose other records do not come is emitted without them at EOE, by
 * audit_assembler_flush, or when the table is full.
 */
void audit_assembler_feed(struct audit_assembler *a, unsigned type, const char *text, size_t len);

/* CLOCK_BOOTTIME when a flush has work to do; 0 when nothing waits. */
uint64_t audit_assembler_due(const struct audit_assembler *a);
/* Finishes what no record was read for since older_than; UINT64_MAX: everything. */
void audit_assembler_flush(struct audit_assembler *a, uint64_t older_than);

/*
 * One line of audit.log, of `ausearch --raw` or of auditd's dispatcher:
 * `[node=HOST ]type=SYSCALL msg=audit(STAMP:SERIAL): FIELDS`, without its
 * newline.  Text and length are those of the kernel's part: what auditd adds
 * behind a 0x1D byte is cut off.  0; 1 for a record of a type that is not
 * read; -EINVAL for any other line.
 */
int audit_line_parse(const char *line, size_t len, unsigned *type, const char **text, size_t *text_len);

/* Between audit_record.c and audit_args.c: the fields of one EXECVE record; whether the last argument came. */
void audit_args_take(struct audit_args *args, const char *fields, const char *end);
bool audit_args_whole(const struct audit_args *args);

#endif

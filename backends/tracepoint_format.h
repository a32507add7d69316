/* tracepoint_format.h - where the fields of a tracepoint's raw sample are, as tracefs describes them */
#ifndef EPITAPH_TRACEPOINT_FORMAT_H
#define EPITAPH_TRACEPOINT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in the raw sample.  size 0: this kernel's tracepoint has no such field. */
struct trace_field {
	uint16_t offset, size;
};

/* The tracepoints that are read, in the order of their names below. */
enum tracepoint {
	TRACEPOINT_SIGNAL, /* signal:signal_generate */
	TRACEPOINT_FORK,   /* sched:sched_process_fork */
	TRACEPOINT_EXIT,   /* sched:sched_process_exit */
	TRACEPOINT_EXEC,   /* sched:sched_process_exec */
	TRACEPOINT_OOM,    /* oom:mark_victim */
	TRACEPOINT_DELIVER, /* signal:signal_deliver */
	TRACEPOINTS
};
#define TRACEPOINTS_NEEDED 4 /* the first ones: without one of them the others are worth nothing */

/* All of them; id 0: the kernel has no such tracepoint. */
struct tracepoint_formats {
	uint16_t id[TRACEPOINTS];
	struct trace_field flags; /* common_flags: what was interrupted */
	struct trace_field signo, code, group, result, signal_pid;
	struct trace_field child_pid;
	struct trace_field exit_pid;
	struct trace_field exec_filename;
	struct trace_field oom_pid;
	struct trace_field deliver_signo, deliver_code, handler;
};

/* "signal/signal_generate": its folder below events/. */
const char *tracepoint_folder(enum tracepoint t);
/*
 * Takes in the text of one format file.  0, or -EBADMSG if it has no id or
 * lacks a field, whose name is then in *missing.
 */
int tracepoint_format_read(struct tracepoint_formats *f, enum tracepoint t, const char *text, const char **missing);

/* A field's number, sign extended; 0 if it is not there or the sample is too short for it. */
int64_t trace_field_number(const struct trace_field *f, const uint8_t *raw, size_t len);
/* The string of a __data_loc field, which stays in raw; NULL if there is none, or it has no end in the sample. */
const char *trace_field_string(const struct trace_field *f, const uint8_t *raw, size_t len);

#endif

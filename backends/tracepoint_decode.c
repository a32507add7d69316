#include "backends/tracepoint_decode.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/path_basename.h"

/* trace_flag_type, include/linux/trace_events.h */
#define FLAG_HARDIRQ 0x08
#define FLAG_SOFTIRQ 0x10

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* asm-generic/siginfo.h; musl and older C libraries lack it */
#endif

/* enum in kernel/signal.c: TRACE_SIGNAL_DELIVERED and what follows it, include/trace/events/signal.h */
enum { DELIVERED, IGNORED, ALREADY_PENDING, OVERFLOW_FAIL, LOSE_INFO };

/* SIGCHLD has codes of its own from 1 on; for it and for faults O_ASYNC's is SI_SIGIO (send_sigio_to_task(), fs/fcntl.c). */
static bool is_of_descriptor(int signo, int code)
{
	return code >= POLL_IN && code <= POLL_HUP && signo != SIGCHLD;
}

/* Nobody but the kernel can give a code above 0 to another process's signal (rt_sigqueueinfo(2)). */
static enum origin by_kernel(int signo, int code, bool group, bool itself)
{
	if (signo == SIGBUS && (code == BUS_MCEERR_AR || code == BUS_MCEERR_AO))
		return ORIGIN_FAULT;
	if (is_fault_signal(signo) && itself && !group)
		return signo == SIGSYS && code == SYS_SECCOMP ? ORIGIN_SECCOMP : ORIGIN_FAULT;
	if (is_of_descriptor(signo, code))
		return ORIGIN_ASYNC_IO;
	if (code != SI_KERNEL)
		return ORIGIN_KERNEL;
	switch (signo) {
	case SIGKILL:
		return group ? ORIGIN_KERNEL_KILL : itself ? ORIGIN_KERNEL : ORIGIN_TRACER_END;
	case SIGXCPU:
		return ORIGIN_CPU_LIMIT;
	case SIGALRM: case SIGVTALRM: case SIGPROF:
		return ORIGIN_TIMER;
	case SIGINT: case SIGQUIT: case SIGTSTP: /* a worker of the kernel sends it, and to itself a process gives any code */
		return itself ? ORIGIN_KERNEL : ORIGIN_TERMINAL;
	case SIGHUP: case SIGCONT:
		return ORIGIN_HANGUP;
	case SIGIO:
		return ORIGIN_ASYNC_IO;
	}
	return ORIGIN_KERNEL;
}

enum origin signal_origin(int signo, int code, bool group, bool itself, bool irq, bool exiting)
{
	if (irq) {
		if (signo == SIGALRM || signo == SIGVTALRM || signo == SIGPROF || code == SI_TIMER)
			return ORIGIN_TIMER;
		if (code == SI_KERNEL && (signo == SIGXCPU || signo == SIGKILL)) /* where CPU clocks are looked at in the interrupt */
			return signo == SIGXCPU ? ORIGIN_CPU_LIMIT : ORIGIN_KERNEL_KILL;
		return is_of_descriptor(signo, code) && group ? ORIGIN_ASYNC_IO : ORIGIN_KERNEL;
	}
	if (exiting) {
		if (code == SI_USER)
			return ORIGIN_PARENT_END;
		if (is_of_descriptor(signo, code) || code == SI_SIGIO) /* its own are closed for it */
			return ORIGIN_ASYNC_IO;
		if (code == SI_KERNEL && signo == SIGKILL)
			return group ? ORIGIN_NAMESPACE_END : ORIGIN_TRACER_END;
		return code == SI_KERNEL && (signo == SIGHUP || signo == SIGCONT) ? ORIGIN_HANGUP : ORIGIN_KERNEL;
	}
	if (code > 0)
		return by_kernel(signo, code, group, itself);
	if (code == SI_USER && !group) { /* send_sig(): no system call of a process looks like this */
		if (signo == SIGKILL)
			return ORIGIN_CGROUP_KILL;
		if (!itself)
			return ORIGIN_KERNEL;
		return signo == SIGPIPE ? ORIGIN_PIPE : signo == SIGXFSZ ? ORIGIN_FILE_LIMIT : ORIGIN_KERNEL;
	}
	if (code == SI_TIMER && itself) /* a CPU clock's: its thread finds out by itself that the timer is due */
		return ORIGIN_TIMER;
	bool notice = code == SI_MESGQ || code == SI_ASYNCIO || code == SI_SIGIO; /* codes that a process can make up */
	return notice && !itself ? ORIGIN_NOTICE : ORIGIN_CALL;
}

static bool is_exiting(const struct tracepoint_decoder *d, pid_t tid)
{
	return tid > 0 && d->exiting[tid % EXITING] == tid;
}

static enum signal_result result_of(const struct tracepoint_formats *f, const struct perf_record *r)
{
	switch (trace_field_number(&f->result, r->raw, r->raw_len)) {
	case IGNORED: return RESULT_IGNORED;
	case ALREADY_PENDING: return RESULT_PENDING;
	case OVERFLOW_FAIL: return RESULT_FAILED;
	}
	return RESULT_SENT;
}

static void decode_signal(const struct tracepoint_decoder *d, const struct perf_record *r, uint64_t at, event_emit emit, void *ctx)
{
	const struct tracepoint_formats *f = &d->formats;
	bool irq = trace_field_number(&f->flags, r->raw, r->raw_len) & (FLAG_HARDIRQ | FLAG_SOFTIRQ) || r->pid <= 0;
	struct event e = {
		.kind = EVENT_SIGNAL,
		.has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_RESULT,
		.sources = SOURCE_TRACEPOINT,
		.at = at,
		.stamp = STAMP_EXACT,
		.process = {.has = FACT_PID},
		.signo = (int)trace_field_number(&f->signo, r->raw, r->raw_len),
		.si_code = (int)trace_field_number(&f->code, r->raw, r->raw_len),
		.result = result_of(f, r),
	};

	e.tid = e.process.pid = (pid_t)trace_field_number(&f->signal_pid, r->raw, r->raw_len);
	if (e.tid <= 0 || e.tid > PID_LIMIT || e.signo < 1 || e.signo > 64)
		return;
	e.origin = signal_origin(e.signo, e.si_code, trace_field_number(&f->group, r->raw, r->raw_len), r->tid == e.tid, irq, is_exiting(d, r->tid));
	if (!irq && r->pid <= PID_LIMIT) { /* who was interrupted has nothing to do with it */
		e.sender.pid = r->pid;
		e.sender.has = FACT_PID;
	}
	if (e.origin != ORIGIN_CALL) {
		e.via = e.origin == ORIGIN_CGROUP_KILL ? "cgroup.kill" : "kernel";
		e.has |= HAS_VIA;
	}
	emit(ctx, &e);
}

/* A program that is executed by a descriptor has a name that the path does not tell (fexecve(3)). */
static bool is_named_by_path(const char *path)
{
	return path[0] && strncmp(path, "/dev/fd/", 8) != 0;
}

static void decode_exec(const struct tracepoint_formats *f, const struct perf_record *r, uint64_t at, event_emit emit, void *ctx)
{
	char comm[COMM_SIZE];
	struct event e = {
		.kind = EVENT_EXEC,
		.has = HAS_TID,
		.sources = SOURCE_TRACEPOINT,
		.at = at,
		.stamp = STAMP_EXACT,
		.tid = r->tid,
		.process = {.has = FACT_PID, .pid = r->pid, .comm = comm},
		.path = trace_field_string(&f->exec_filename, r->raw, r->raw_len),
	};

	if (r->pid <= 0 || r->pid > PID_LIMIT || r->tid != r->pid) /* an exec ends all other threads, and the one that is left has the first one's tid */
		return;
	if (e.path && is_named_by_path(e.path)) {
		snprintf(comm, sizeof(comm), "%s", path_basename(e.path));
		e.process.has |= FACT_COMM;
		e.tells = FACT_COMM;
		e.has |= HAS_PATH;
	}
	emit(ctx, &e);
}

static void decode_oom(const struct tracepoint_formats *f, const struct perf_record *r, uint64_t at, event_emit emit, void *ctx)
{
	struct event e = {
		.kind = EVENT_OOM,
		.has = HAS_TID,
		.sources = SOURCE_TRACEPOINT,
		.at = at,
		.stamp = STAMP_EXACT,
		.tid = (pid_t)trace_field_number(&f->oom_pid, r->raw, r->raw_len),
		.process = {.has = FACT_PID},
	};

	e.process.pid = e.tid;
	if (e.tid > 0 && e.tid <= PID_LIMIT)
		emit(ctx, &e);
}

/* By get_signal(), kernel/signal.c, also of one that is then ignored. */
static void decode_delivered(const struct tracepoint_formats *f, const struct perf_record *r, uint64_t at, event_emit emit, void *ctx)
{
	int64_t handler = trace_field_number(&f->handler, r->raw, r->raw_len);
	struct event e = {
		.kind = EVENT_DELIVERED,
		.has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_HANDLED,
		.sources = SOURCE_TRACEPOINT,
		.at = at,
		.stamp = STAMP_EXACT,
		.process = {.has = FACT_PID, .pid = r->pid},
		.tid = r->tid,
		.signo = (int)trace_field_number(&f->deliver_signo, r->raw, r->raw_len),
		.si_code = (int)trace_field_number(&f->deliver_code, r->raw, r->raw_len),
		.handled = handler != (intptr_t)SIG_DFL,
	};

	if (r->pid > 0 && r->pid <= PID_LIMIT && r->tid > 0 && r->tid <= PID_LIMIT && e.signo >= 1 && e.signo <= 64 && handler != (intptr_t)SIG_IGN)
		emit(ctx, &e);
}

void tracepoint_decode(struct tracepoint_decoder *d, const struct perf_record *r, uint64_t at, event_emit emit, void *ctx)
{
	const struct tracepoint_formats *f = &d->formats;
	uint16_t id = 0;
	pid_t tid;

	if (r->raw_len < sizeof(id))
		return;
	memcpy(&id, r->raw, sizeof(id));
	if (!id)
		return;
	if (id == f->id[TRACEPOINT_SIGNAL]) {
		decode_signal(d, r, at, emit, ctx);
	} else if (id == f->id[TRACEPOINT_FORK]) {
		tid = (pid_t)trace_field_number(&f->child_pid, r->raw, r->raw_len);
		if (is_exiting(d, tid))
			d->exiting[tid % EXITING] = 0;
	} else if (id == f->id[TRACEPOINT_EXIT]) {
		tid = (pid_t)trace_field_number(&f->exit_pid, r->raw, r->raw_len);
		if (tid > 0)
			d->exiting[tid % EXITING] = tid;
	} else if (id == f->id[TRACEPOINT_EXEC]) {
		decode_exec(f, r, at, emit, ctx);
	} else if (id == f->id[TRACEPOINT_OOM]) {
		decode_oom(f, r, at, emit, ctx);
	} else if (id == f->id[TRACEPOINT_DELIVER]) {
		decode_delivered(f, r, at, emit, ctx);
	}
}

void tracepoint_missed(struct tracepoint_decoder *d)
{
	memset(d->exiting, 0, sizeof(d->exiting));
}

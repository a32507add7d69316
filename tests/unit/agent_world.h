/* agent_world.h - an agent without a loop: events are given by hand, records are read from its output; after cmocka.h */
#ifndef EPITAPH_AGENT_WORLD_H
#define EPITAPH_AGENT_WORLD_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/base/path_basename.h"
#include "agent/life/watched.h"
#include "agent/process/subject.h"

#define MS NSEC_PER_MSEC
#define RECORDS_MAX 400

/* Pids beyond kernel.pid_max of most machines: /proc and pidfds know nothing of them. */
#define PID(n) (4000000 + (n))

struct world {
	struct agent agent;
	char     dir[40], log[64], config[2048];
	uint64_t start;                   /* CLOCK_BOOTTIME when the test began; events are so many ms later */
	struct sight audit;               /* whose execs and signals audit sees */
	struct sight exact;               /* how far the tracepoint backend has told */
	struct sight log_read;            /* how far the kernel log was */
	struct sight used;                /* how far the taskstats backend has */
	char     text[1 << 18];
	char    *records[RECORDS_MAX];
	unsigned count;
};

static inline void world_fail(void *ctx, const char *message)
{
	(void)ctx;
	fail_msg("%s", message);
}

static inline struct config *world_config(struct world *w, const char *sections)
{
	struct config *c;

	snprintf(w->config, sizeof(w->config),
	         "[agent]\nstate_dir = none\ncontrol = none\nhost = h\n%s\n[output o]\ntype = file\nformat = json\npath = %s\n",
	         sections, w->log);
	FILE *f = fmemopen(w->config, strlen(w->config), "r");
	assert_int_equal(config_parse(f, "test", world_fail, NULL, &c), 0);
	fclose(f);
	return c;
}

/* Backends that are open: what they see follows. */
static inline void world_open(struct world *w, unsigned sources)
{
	struct coverage *c = &w->agent.coverage;

	coverage_clear(c);
	c->faults_logged = sources & SOURCE_KMSG;
	if (sources & SOURCE_TRACEPOINT) {
		w->exact.every_process = true;
		coverage_add(c, SOURCE_TRACEPOINT, SEES_SIGNAL | SEES_EVERY_SIGNAL | SEES_EXEC | SEES_EXEC_PATH, &w->exact);
		c->every_signal_since = 1;
	}
	if (sources & SOURCE_TASKSTATS) {
		coverage_add(c, SOURCE_TASKSTATS, SEES_USED, &w->used);
		c->used_since = 1;
	}
	if (sources & SOURCE_CN_PROC)
		coverage_add(c, SOURCE_CN_PROC, SEES_FORK | SEES_EXEC | SEES_EXIT | SEES_EVERY_FORK | SEES_EXACT_EXEC | SEES_EXACT_END | SEES_TRACERS, NULL);
	if (sources & SOURCE_AUDIT)
		coverage_add(c, SOURCE_AUDIT, SEES_EXEC | SEES_SIGNAL | SEES_EXEC_FACTS | SEES_EXIT_CALL, &w->audit);
	if (sources & SOURCE_PROC)
		coverage_add(c, SOURCE_PROC, SEES_FORK | SEES_EXEC | SEES_EXIT, NULL);
	if (sources & SOURCE_KMSG)
		coverage_add(c, SOURCE_KMSG, SEES_CAUSE, &w->log_read);
}

/* sections: keys of [agent] and the targets, after which `[output o]` follows. */
static inline void world_init(struct world *w, const char *sections)
{
	const struct output_config *failed;

	memset(w, 0, sizeof(*w));
	snprintf(w->dir, sizeof(w->dir), "/tmp/epitaph-agent-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->log, sizeof(w->log), "%s/log", w->dir);
	assert_int_equal(agent_init(&w->agent, world_config(w, sections), &failed), 0);
	w->start = w->agent.clock.now;
	w->agent.coverage.signals_since = 1;
	w->audit = (struct sight){.every_process = true, .new_processes = true};
	world_open(w, SOURCE_CN_PROC | SOURCE_AUDIT | SOURCE_KMSG);
}

static inline void world_fini(struct world *w)
{
	agent_fini(&w->agent);
	unlink(w->log);
	assert_int_equal(rmdir(w->dir), 0);
}

/* Audit does not tell all execs: cn_proc's are read from /proc. */
static inline void world_unaudited(struct world *w)
{
	w->audit.every_process = w->audit.new_processes = false;
}

static inline void give(struct world *w, struct event e, double ms)
{
	e.at = w->start + (uint64_t)(ms * 1e6);
	if (e.at > w->agent.clock.now)
		w->agent.clock.now = e.at;
	agent_event(&w->agent, &e);
}

/* Time goes on to so many ms after the start, as far as deadlines go in steps. */
static inline void until(struct world *w, double ms)
{
	uint64_t to = w->start + (uint64_t)(ms * 1e6), due;

	while ((due = agent_next_due(&w->agent)) && due <= to) {
		if (due > w->agent.clock.now)
			w->agent.clock.now = due;
		agent_run_due(&w->agent);
		assert_true(agent_next_due(&w->agent) == 0 || agent_next_due(&w->agent) > w->agent.clock.now);
	}
	if (to > w->agent.clock.now)
		w->agent.clock.now = to;
}

/* Reads all records written since the start of the test. */
static inline unsigned read_records(struct world *w)
{
	struct agent *a = &w->agent;

	for (unsigned i = 0; i < a->config->outputs_count; i++)
		sink_flush(&a->output.sinks[i], &a->clock);
	int fd = open(w->log, O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, w->text, sizeof(w->text) - 1) : 0;
	assert_true(n >= 0 && n < (ssize_t)sizeof(w->text) - 1);
	if (fd >= 0)
		close(fd);
	w->text[n] = '\0';
	w->count = 0;
	for (char *at = w->text, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		assert_true(w->count < RECORDS_MAX);
		w->records[w->count++] = at;
	}
	return w->count;
}

/* Records of that kind; *last is the last of them. */
static inline unsigned count_of(struct world *w, const char *kind, const char **last)
{
	char key[40];
	unsigned n = 0;

	read_records(w);
	snprintf(key, sizeof(key), "\"event\":\"%s\"", kind);
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], key)) {
			n++;
			if (last)
				*last = w->records[i];
		}
	return n;
}

static inline void print_records(struct world *w)
{
	read_records(w);
	for (unsigned i = 0; i < w->count; i++)
		print_message("  %s\n", w->records[i]);
}

/* Exactly so many records of that kind; returns the last. */
static inline const char *expect(struct world *w, const char *kind, unsigned want)
{
	const char *last = "";
	unsigned n = count_of(w, kind, &last);

	if (n != want) {
		print_records(w);
		fail_msg("%u %s records instead of %u", n, kind, want);
	}
	return last;
}

static inline void holds(const char *record, const char *what)
{
	if (!strstr(record, what))
		fail_msg("%s is not in %s", what, record);
}

static inline void lacks(const char *record, const char *what)
{
	if (strstr(record, what))
		fail_msg("%s is in %s", what, record);
}

/* Events as backends make them. */

static inline struct event cn_fork(pid_t parent, pid_t pid)
{
	return (struct event){.kind = EVENT_FORK, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = pid,
	                      .process = {.has = FACT_PID | FACT_PPID, .pid = pid, .ppid = parent}};
}

static inline struct event cn_thread(pid_t pid, pid_t tid)
{
	struct event e = cn_fork(1, pid);

	e.tid = tid;
	return e;
}

static inline struct event cn_exec(pid_t pid)
{
	return (struct event){.kind = EVENT_EXEC, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = pid,
	                      .process = {.has = FACT_PID, .pid = pid}};
}

static inline struct event cn_exit(pid_t pid, pid_t tid, int status)
{
	return (struct event){.kind = EVENT_EXIT, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID | HAS_STATUS, .tid = tid, .final = true,
	                      .wait_status = status, .process = {.has = FACT_PID, .pid = pid}};
}

static inline struct event cn_comm(pid_t pid, const char *comm)
{
	return (struct event){.kind = EVENT_RENAME, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = pid,
	                      .process = {.has = FACT_PID | FACT_COMM, .pid = pid, .comm = comm}};
}

/* by: 0 = nobody traces it any more. */
static inline struct event cn_traced(pid_t pid, pid_t by)
{
	return (struct event){.kind = EVENT_TRACED, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = pid,
	                      .process = {.has = FACT_PID, .pid = pid}, .sender = {.has = by ? FACT_PID : 0, .pid = by}};
}

/* The tracepoint backend: a signal to a thread, by a system call of `by`. */
static inline struct event exact_signal(pid_t by, pid_t tid, int signo)
{
	return (struct event){.kind = EVENT_SIGNAL, .sources = SOURCE_TRACEPOINT, .stamp = STAMP_EXACT, .tid = tid, .signo = signo,
	                      .has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_RESULT, .process = {.has = FACT_PID, .pid = tid},
	                      .sender = {.has = FACT_PID, .pid = by}};
}

static inline struct event exact_exec(pid_t pid, const char *path)
{
	return (struct event){.kind = EVENT_EXEC, .sources = SOURCE_TRACEPOINT, .stamp = STAMP_EXACT, .tid = pid, .has = HAS_TID | HAS_PATH,
	                      .path = path, .tells = FACT_COMM, .process = {.has = FACT_PID | FACT_COMM, .pid = pid, .comm = path_basename(path)}};
}

/* It has told all until then. */
static inline void exact_told(struct world *w, double ms)
{
	w->exact.told_until = w->start + (uint64_t)(ms * 1e6);
}

/* What a thread used; whole: no other had ended before. */
static inline struct event used_by(pid_t pid, pid_t tid, uint64_t ms, bool whole, bool last)
{
	static struct used kept[8];
	static unsigned at;
	struct used *used = &kept[++at % 8];

	*used = (struct used){.user_us = ms * 1000, .run_ns = ms * 1000000, .max_rss_kib = 100 * ms, .whole = whole, .last = last};
	return (struct event){.kind = EVENT_USED, .sources = SOURCE_TASKSTATS, .has = HAS_TID | HAS_USED, .process = {.has = FACT_PID, .pid = pid}, .tid = tid,
	                      .used = used};
}

/* The same, to be changed. */
static inline struct used *used_in(const struct event *e)
{
	return (struct used *)(uintptr_t)e->used;
}

static inline void used_told(struct world *w, double ms)
{
	w->used.told_until = w->start + (uint64_t)(ms * 1e6);
}

static inline struct event lost(unsigned source)
{
	return (struct event){.kind = EVENT_LOST, .sources = source, .backend = source, .has = HAS_BACKEND | HAS_REASON | HAS_COUNT,
	                      .count = 7, .reason = "test"};
}

static inline uint64_t next_serial(void)
{
	static uint64_t serial = 100;

	return ++serial;
}

/* args: one argument after comm. */
static inline struct event audit_exec(pid_t parent, pid_t pid, const char *comm, const char *arg)
{
	static char args[8][128], exe[8][64];
	static unsigned at;
	char *line = args[++at % 8], *path = exe[at % 8];
	int n = snprintf(line, sizeof(args[0]), "%s%c%s", comm, '\0', arg);

	snprintf(path, sizeof(exe[0]), "/bin/%s", comm);
	return (struct event){
		.kind = EVENT_EXEC, .sources = SOURCE_AUDIT, .stamp = STAMP_COARSE,
		.tells = FACT_PPID | FACT_UID | FACT_GID | FACT_AUID | FACT_SES | FACT_TTY | FACT_COMM | FACT_EXE | FACT_ARGS,
		.has = HAS_SERIAL | HAS_VIA, .serial = next_serial(), .via = "execve",
		.process = {.has = FACT_PID | FACT_PPID | FACT_UID | FACT_GID | FACT_COMM | FACT_EXE | FACT_ARGS, .pid = pid,
		            .ppid = parent, .uid = 33, .gid = 33, .comm = comm, .exe = path, .args = line, .args_len = (size_t)n + 1},
	};
}

static inline struct event audit_signal(pid_t by, const char *comm, pid_t to, const char *to_comm, int signo)
{
	return (struct event){
		.kind = EVENT_SIGNAL, .sources = SOURCE_AUDIT, .stamp = STAMP_COARSE, .has = HAS_SIGNO | HAS_VIA | HAS_RESULT | HAS_SERIAL,
		.serial = next_serial(), .signo = signo, .via = "kill", .result = RESULT_SENT,
		.process = {.has = FACT_PID | FACT_COMM, .pid = to, .comm = to_comm},
		.sender = {.has = FACT_PID | FACT_COMM | FACT_UID, .pid = by, .comm = comm},
	};
}

static inline struct event audit_exiting(pid_t pid, const char *via, int code)
{
	return (struct event){.kind = EVENT_EXITING, .sources = SOURCE_AUDIT, .stamp = STAMP_COARSE, .has = HAS_EXIT_CODE | HAS_VIA | HAS_SERIAL,
	                      .serial = next_serial(), .via = via, .exit_code = code, .process = {.has = FACT_PID, .pid = pid}};
}

static inline struct event audit_abend(pid_t pid, int signo)
{
	return (struct event){.kind = EVENT_ABEND, .sources = SOURCE_AUDIT, .stamp = STAMP_COARSE, .has = HAS_SIGNO | HAS_SERIAL,
	                      .serial = next_serial(), .signo = signo, .process = {.has = FACT_PID, .pid = pid}};
}

static inline struct event kmsg(enum event_kind kind, pid_t tid, const char *comm)
{
	return (struct event){.kind = kind, .sources = SOURCE_KMSG, .has = HAS_TID, .tid = tid,
	                      .process = {.has = FACT_PID | FACT_COMM, .pid = tid, .comm = comm}};
}

/* A pidfd or a look at /proc: the end without its status. */
static inline struct event proc_ended(pid_t pid)
{
	return (struct event){.kind = EVENT_ENDED, .sources = SOURCE_PROC, .process = {.has = FACT_PID, .pid = pid}};
}

/* pid is a watched daemon since `ms`, its exec record written. */
static inline void start_daemon(struct world *w, pid_t pid, double ms)
{
	give(w, cn_fork(1, pid), ms);
	give(w, cn_exec(pid), ms + 1);
	give(w, audit_exec(1, pid, "daemon", "-d"), ms + 1);
}

#endif

#include "agent/run/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/base/boot_id.h"
#include "agent/base/log.h"
#include "agent/base/rights.h"
#include "agent/life/alerts.h"
#include "agent/life/watch.h"
#include "agent/output/format.h"
#include "agent/process/subject.h"
#include "agent/run/state_read.h"

static void write_hex(FILE *to, const char *s)
{
	if (!s || !s[0])
		fputs(" -", to);
	else
		fputc(' ', to);
	for (; s && *s; s++)
		fprintf(to, "%02x", (unsigned char)*s);
}

static void write_lines(const struct agent *a, FILE *to)
{
	char id[BOOT_ID_SIZE];
	const struct process *p;
	unsigned lines = 0;

	boot_id(id);
	fprintf(to, "epitaph 1 %s %" PRId64 "\n", id, (int64_t)a->clock.now + a->clock.to_wall);
	for (unsigned i = 0; i < a->config->targets_count; i++, lines++)
		fprintf(to, "target %s %" PRIu64 "\n", a->config->targets[i].name, a->life.targets[i].starts);
	TAILQ_FOREACH(p, &a->table.watches, order) {
		struct facts f;

		if (p->born_unknown)
			continue; /* one whose end is known, but not told, is written: its record may never be */
		watch_facts(p, &f);
		fprintf(to, "process %d %" PRIu64 " %s %" PRId64, (int)p->pid, p->born,
		        a->config->targets[p->watch->target].name, p->has_uid ? (int64_t)p->uid : -1);
		write_hex(to, (f.has & FACT_COMM) ? f.comm : NULL);
		write_hex(to, (f.has & FACT_EXE) ? f.exe : NULL);
		fputc('\n', to);
		lines++;
	}
	fprintf(to, "end %u\n", lines);
}

static void take_file(struct state *s, int fd)
{
	state_close(s);
	s->fd = fd > 0 ? fd : 0;
}

void state_close(struct state *s)
{
	if (s->fd > 0)
		close(s->fd);
	s->fd = 0;
}

/* 0 or -errno, and why says more where others may interfere. */
static int write_file(struct state *s, const struct agent *a, char why[FILES_WHY])
{
	int fd = files_begin_state(&s->file, a->config, why);
	FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (fd < 0)
		return fd;
	if (!to) {
		close(fd);
		files_end_state(&s->file, false);
		return -ENOMEM;
	}
	errno = 0;
	write_lines(a, to);
	bool whole = !ferror(to);
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fclose(to) != 0)
		whole = false;
	int error = whole ? 0 : errno ? -errno : -EIO;
	int ended = files_end_state(&s->file, whole);
	if (!error)
		error = ended;
	if (error && again >= 0)
		close(again);
	if (!error)
		take_file(s, again);
	return error;
}

/* Should this process be killed, its successor learns how those ended that are in the file. */
static void keep_pidfds(struct agent *a)
{
	const struct rights_request all = {.of = RIGHTS_SYSTEM, .what = SYSTEM_POST_FORGET};
	struct process *p;

	if (a->life.ended_dropped) { /* those that live are kept anew */
		if (rights_post(&all, -1) < 0)
			return;
		TAILQ_FOREACH(p, &a->table.watches, order)
			p->watch->kept = false;
		a->life.ended_dropped = false;
	}
	TAILQ_FOREACH(p, &a->table.watches, order) {
		const struct rights_request r = {.of = RIGHTS_SYSTEM, .what = SYSTEM_POST_KEEP, .arg = p->pid, .stamp = p->born};

		if (p->born_unknown || p->watch->kept || p->ended || p->watch->pidfd < 0)
			continue;
		if (rights_post(&r, p->watch->pidfd) < 0)
			return; /* the next time */
		p->watch->kept = true;
	}
	a->life.held = false;
}

void state_told(struct state *s, struct agent *a)
{
	char line[64];

	for (unsigned i = 0; i < a->life.ended_count; i++) {
		const struct ended *e = &a->life.ended[i];
		const struct rights_request r = {.of = RIGHTS_SYSTEM, .what = SYSTEM_POST_FORGET, .arg = e->pid, .stamp = e->born};
		int n = snprintf(line, sizeof(line), "told %d %" PRIu64 "\n", (int)e->pid, e->born);

		if (s->fd > 0 && write(s->fd, line, (size_t)n) != n)
			state_close(s); /* the disk is full: what stands there counts */
		if (rights_post(&r, -1) < 0)
			a->life.ended_dropped = true;
	}
	a->life.ended_count = 0;
	if ((a->life.held || a->life.ended_dropped) && a->config->state_dir)
		keep_pidfds(a);
}

uint64_t state_due(const struct state *s, const struct agent *a)
{
	if (!a->config->state_dir || a->life.changes == s->changes)
		return 0;
	return s->written && s->written + NSEC_PER_SEC > a->clock.now ? s->written + NSEC_PER_SEC : a->clock.now;
}

void state_write(struct state *s, struct agent *a, bool now)
{
	uint64_t due = state_due(s, a);

	if (!a->config->state_dir || (!now && (!due || due > a->clock.now)))
		return;
	char why[FILES_WHY];
	int error = write_file(s, a, why);
	s->changes = a->life.changes;
	s->written = a->clock.now;
	if (error && error != s->error)
		log_warning("%s/" FILES_STATE ": %s: deaths while the agent is down will not be told", a->config->state_dir,
		            why[0] ? why : strerror(-error));
	s->error = error;
}

static int target_named(const struct agent *a, const char *name)
{
	for (unsigned i = 0; i < a->config->targets_count; i++)
		if (strcmp(a->config->targets[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* What the warden has learned of one that is gone: 0 and its wait status, or -errno. */
static int kept_status(const struct facts *f, int *status)
{
	const struct rights_request r = {.of = RIGHTS_SYSTEM, .what = SYSTEM_ASK_STATUS, .arg = f->pid, .stamp = f->started};
	struct rights_answer answer;

	if (rights_are_here() || !(f->has & FACT_STARTED))
		return -ENODATA;
	rights_ask(&r, &answer);
	*status = answer.value;
	return answer.error;
}

static void tell_gone(struct agent *a, int64_t written, bool same_boot, unsigned target, struct facts *f)
{
	char reason[256], from[40], to[40];
	struct text t;
	struct event e = {.kind = EVENT_EXIT, .has = HAS_CAUSE | HAS_REASON, .sources = SOURCE_PROC,
	                  .at = a->clock.now, .cause = CAUSE_UNKNOWN, .process = *f};

	int wait_status;

	if (kept_status(f, &wait_status) == 0)
		event_put_status(&e, wait_status);
	text_init(&t, from, sizeof(from));
	text_time(&t, written);
	text_init(&t, to, sizeof(to));
	text_time(&t, (int64_t)a->clock.now + a->clock.to_wall);
	snprintf(reason, sizeof(reason), "ended between %s and %s while the agent was not running%s", from, to,
	         same_boot ? "" : ", at the latest when the machine was started again");
	e.reason = reason;
	output_record(&a->output, target, &e, 0);
	alerts_ended(&a->life, target, f->pid, &e);
}

/* p ended and its parent has not reaped it yet, so /proc still shows its status. */
static void tell_zombie(struct agent *a, struct process *p, unsigned target, const struct facts *f)
{
	struct subject s;

	if (subject_open(&s, &a->table, p->pid) != 0)
		return;
	bool zombie = s.stat.state == 'Z' && s.stat.threads <= 1;
	/* Whether it had threads nobody knows, and before 6.1 the leader's own end may be meant. */
	bool readable = s.stat.has_exit_code && s.stat.exit_code && (WIFSIGNALED(s.stat.exit_code) || procfs_status_is_whole());
	struct event e = {.kind = EVENT_ENDED, .has = readable ? HAS_STATUS : 0, .sources = SOURCE_PROC,
	                  .at = a->clock.now, .wait_status = s.stat.exit_code};
	subject_close(&s);
	if (!zombie)
		return;
	watch_begin(&a->life, p, target, details_new(f));
	if (!p->watch)
		return;
	p->watch->death.vanished = true; /* when it ended is not known */
	life_death(&a->life, p, &e);
	life_settle(&a->life, p);
}

/* Can it live on unseen?  /proc may not show it to us (hidepid), and the table may have had no room for it. */
static bool may_live(struct agent *a, pid_t pid, uint64_t born)
{
	struct subject s;

	if (subject_open(&s, &a->table, pid) == 0) {
		subject_close(&s);
		return procfs_same_start(s.stat.started, born);
	}
	return kill(pid, 0) == 0 || errno != ESRCH;
}

struct restore {
	struct agent *agent;
	char boot[BOOT_ID_SIZE]; /* the present one */
	struct ended *told;      /* by the one before, after it wrote the file */
	unsigned count, size;
};

static void note_told(void *ctx, pid_t pid, uint64_t born)
{
	struct restore *r = ctx;

	if (r->count == r->size) {
		unsigned size = r->size ? 2 * r->size : 64;
		struct ended *grown = realloc(r->told, size * sizeof(*grown));

		if (!grown)
			return;
		r->told = grown;
		r->size = size;
	}
	r->told[r->count++] = (struct ended){pid, born};
}

static bool was_told(const struct restore *r, const struct facts *f)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->told[i].pid == f->pid && r->told[i].born == f->started)
			return true;
	return false;
}

static bool is_of_this_boot(const struct restore *r, const struct state_header *h)
{
	return strcmp(h->boot, r->boot) == 0;
}

static void restore_process(void *ctx, const struct state_header *h, const char *name, const struct facts *told)
{
	const struct restore *r = ctx;
	struct agent *a = r->agent;
	int target = target_named(a, name);
	struct facts f = *told;
	bool same_boot = is_of_this_boot(r, h);

	if (target < 0 || was_told(r, told))
		return;
	struct process *p = process_live(&a->table, f.pid);
	bool there = same_boot && p && procfs_same_start(p->born, f.started);
	if (there && p->watch)
		return; /* it lives on */
	if (!same_boot)
		f.has &= ~(unsigned)FACT_STARTED; /* it counted from the other boot */
	if (there)
		tell_zombie(a, p, (unsigned)target, &f); /* else it lives on, but no target wants it any more */
	else if (!same_boot || !may_live(a, f.pid, f.started))
		tell_gone(a, h->wall, same_boot, (unsigned)target, &f);
}

static void restore_target(void *ctx, const struct state_header *h, const char *name, uint64_t starts)
{
	const struct restore *r = ctx;
	int target = target_named(r->agent, name);

	if (target >= 0 && is_of_this_boot(r, h))
		alerts_ran(&r->agent->life, (unsigned)target, starts);
}

void state_restore(struct agent *a)
{
	struct restore r = {.agent = a};
	const struct state_reader first = {.told = note_told, .ctx = &r}, to = {.target = restore_target, .process = restore_process, .ctx = &r};
	char why[FILES_WHY];

	if (!a->config->state_dir)
		return;
	boot_id(r.boot);
	int fd = files_open_state(a->config, why);
	if (fd == -ENOENT)
		return; /* the first start */
	FILE *from = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool good = from && state_read(from, &first);
	if (good) {
		rewind(from);
		state_read(from, &to);
	} else {
		log_warning("%s/" FILES_STATE ": %s: what ended while the agent was down is not known", a->config->state_dir,
		            fd < 0 ? (why[0] ? why : strerror(-fd)) : "it is torn or no state file");
		output_lost(&a->output, 0, 0, "the state file is torn or foreign: what ended while the agent was down is not known");
	}
	if (from)
		fclose(from);
	else if (fd >= 0)
		close(fd);
	free(r.told);
	a->life.ended_dropped = true; /* those that the warden kept for this start */
}

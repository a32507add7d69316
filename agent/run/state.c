#include "agent/run/state.h"

#include <errno.h>
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
#include "agent/life/watch.h"
#include "agent/output/format.h"
#include "agent/process/subject.h"

#define LINE_SIZE (3 * 4096 + 512) /* an exe of PATH_MAX in hex, and the rest */

static void write_hex(FILE *to, const char *s)
{
	if (!s || !s[0])
		fputs(" -", to);
	else
		fputc(' ', to);
	for (; s && *s; s++)
		fprintf(to, "%02x", (unsigned char)*s);
}

/* Decodes in place; false if it is no hex.  "-" becomes NULL in *out. */
static bool read_hex(char *hex, const char **out)
{
	size_t n = strlen(hex);
	unsigned byte;

	*out = NULL;
	if (strcmp(hex, "-") == 0)
		return true;
	if (n % 2)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		if (strspn(hex + i, "0123456789abcdef") < 2 || sscanf(hex + i, "%2x", &byte) != 1 || !byte)
			return false;
		hex[i / 2] = (char)byte;
	}
	hex[n / 2] = '\0';
	*out = hex;
	return true;
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
	if (fclose(to) != 0)
		whole = false;
	int error = whole ? 0 : errno ? -errno : -EIO;
	int ended = files_end_state(&s->file, whole);
	return error ? error : ended;
}

/* Should this process be killed, its successor learns how those ended that are in the file. */
static void keep_pidfds(struct agent *a)
{
	struct process *p;

	TAILQ_FOREACH(p, &a->table.watches, order) {
		const struct rights_request r = {.of = RIGHTS_SYSTEM, .what = SYSTEM_POST_KEEP, .arg = p->pid, .stamp = p->born};

		if (p->born_unknown || p->watch->kept || p->ended)
			continue;
		if (rights_post(&r, p->watch->pidfd) < 0)
			return; /* the next time */
		p->watch->kept = true;
	}
}

void state_told(struct agent *a)
{
	for (unsigned i = 0; i < a->life.ended_count; i++) {
		const struct ended *e = &a->life.ended[i];
		const struct rights_request r = {.of = RIGHTS_SYSTEM, .what = SYSTEM_POST_TOLD, .arg = e->pid, .stamp = e->born};

		rights_post(&r, -1);
	}
	a->life.ended_count = 0;
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
	if (!error)
		keep_pidfds(a);
}

/* The file's first line: whether it is of this boot, and when it was written. */
struct header {
	bool    same_boot;
	int64_t wall;
};

static int target_named(const struct agent *a, const char *name)
{
	for (unsigned i = 0; i < a->config->targets_count; i++)
		if (strcmp(a->config->targets[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* What the warden has learned of one that is gone: its wait status, -EALREADY if its end was told, -ENODATA. */
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

static void tell_gone(struct agent *a, const struct header *h, unsigned target, struct facts *f)
{
	char reason[256], from[40], to[40];
	struct text t;
	struct event e = {.kind = EVENT_EXIT, .has = HAS_CAUSE | HAS_REASON, .sources = SOURCE_PROC,
	                  .at = a->clock.now, .cause = CAUSE_UNKNOWN, .process = *f};
	int known = kept_status(f, &e.wait_status);

	if (known == -EALREADY)
		return;
	if (known == 0)
		e.has |= HAS_STATUS;
	text_init(&t, from, sizeof(from));
	text_time(&t, h->wall);
	text_init(&t, to, sizeof(to));
	text_time(&t, (int64_t)a->clock.now + a->clock.to_wall);
	snprintf(reason, sizeof(reason), "ended between %s and %s while the agent was not running%s", from, to,
	         h->same_boot ? "" : ", at the latest when the machine was started again");
	e.reason = reason;
	output_record(&a->output, target, &e, 0);
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

static bool restore_process(struct agent *a, const struct header *h, char *fields, bool tell)
{
	char *word[6], *save = NULL;
	struct facts f = {.has = FACT_PID};
	const char *comm, *exe;

	for (int i = 0; i < 6; i++)
		if (!(word[i] = strtok_r(i ? NULL : fields, " ", &save)))
			return false;
	long pid = strtol(word[0], NULL, 10);
	uint64_t born = strtoull(word[1], NULL, 10);
	long long uid = strtoll(word[3], NULL, 10);
	int target = target_named(a, word[2]);
	if (pid <= 0 || pid > PID_LIMIT || !read_hex(word[4], &comm) || !read_hex(word[5], &exe))
		return false;
	if (!tell || target < 0)
		return true;
	struct process *p = process_live(&a->table, (pid_t)pid);
	bool there = h->same_boot && p && procfs_same_start(p->born, born);
	if (there && p->watch)
		return true; /* it lives on */
	f.pid = (pid_t)pid;
	if (h->same_boot) {
		f.started = born;
		f.has |= FACT_STARTED;
	}
	if (uid >= 0) {
		f.uid = (uid_t)uid;
		f.has |= FACT_UID;
	}
	f.comm = comm;
	f.exe = exe;
	f.has |= (comm ? FACT_COMM : 0) | (exe ? FACT_EXE : 0);
	if (there)
		tell_zombie(a, p, (unsigned)target, &f); /* else it lives on, but no target wants it any more */
	else if (!h->same_boot || !may_live(a, f.pid, born))
		tell_gone(a, h, (unsigned)target, &f);
	return true;
}

static bool restore_target(struct agent *a, const struct header *h, char *fields, bool tell)
{
	char *save = NULL, *name = strtok_r(fields, " ", &save), *starts = name ? strtok_r(NULL, " ", &save) : NULL;

	if (!starts)
		return false;
	int target = target_named(a, name);
	if (tell && target >= 0 && h->same_boot)
		a->life.targets[target].starts += strtoull(starts, NULL, 10);
	return true;
}

/* Goes over the file; tells only if `tell`.  False if it is torn or none of ours. */
static bool read_lines(struct agent *a, FILE *from, bool tell)
{
	static const char first[] = "epitaph 1 ";
	char id[BOOT_ID_SIZE], own[BOOT_ID_SIZE], line[LINE_SIZE];
	struct header h;
	unsigned lines = 0, promised;

	boot_id(own);
	if (!fgets(line, sizeof(line), from) || strncmp(line, first, sizeof(first) - 1) != 0 ||
	    sscanf(line + sizeof(first) - 1, "%36s %" SCNd64, id, &h.wall) != 2)
		return false;
	h.same_boot = strcmp(id, own) == 0;
	while (fgets(line, sizeof(line), from)) {
		size_t n = strlen(line);

		if (!n || line[n - 1] != '\n')
			return false;
		line[n - 1] = '\0';
		if (sscanf(line, "end %u", &promised) == 1)
			return promised == lines && !fgets(line, sizeof(line), from);
		if (strncmp(line, "process ", 8) == 0) {
			if (!restore_process(a, &h, line + 8, tell))
				return false;
		} else if (strncmp(line, "target ", 7) != 0 || !restore_target(a, &h, line + 7, tell)) {
			return false;
		}
		lines++;
	}
	return false;
}

void state_restore(struct agent *a)
{
	char why[FILES_WHY];

	if (!a->config->state_dir)
		return;
	int fd = files_open_state(a->config, why);
	if (fd == -ENOENT)
		return; /* the first start */
	FILE *from = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool good = from && read_lines(a, from, false);
	if (good) {
		rewind(from);
		read_lines(a, from, true);
	} else {
		log_warning("%s/" FILES_STATE ": %s: what ended while the agent was down is not known", a->config->state_dir,
		            fd < 0 ? (why[0] ? why : strerror(-fd)) : "it is torn or no state file");
		output_lost(&a->output, 0, 0, "the state file is torn or foreign: what ended while the agent was down is not known");
	}
	if (from)
		fclose(from);
	else if (fd >= 0)
		close(fd);
}

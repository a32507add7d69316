#include "agent/process/subject.h"

#include <errno.h>
#include <unistd.h>

int subject_directory(const struct process_table *t, pid_t pid)
{
	return t->recorded ? -ENOENT : procfs_open(pid);
}

void subject_init(struct subject *s, pid_t pid, const struct facts *f, unsigned tried)
{
	s->pid = pid;
	s->dirfd = -1;
	s->born = 0;
	s->table = NULL;
	s->facts = *f;
	s->tried = tried;
}

void subject_may_read(struct subject *s, const struct process_table *t, uint64_t born)
{
	s->table = t;
	s->born = born;
}

/* The leader ended before the other threads: its directory has neither exe nor arguments any more. */
static void read_by_a_thread(struct subject *s)
{
	struct procfs_stat thread;
	int dirfd = procfs_open_thread(s->dirfd, &thread);

	if (dirfd < 0)
		return;
	close(s->dirfd);
	s->dirfd = dirfd;
	s->stat.state = thread.state;
	s->stat.exiting = false;
	s->stat.readable = thread.readable;
	s->stat.image = thread.image;
}

int subject_open(struct subject *s, const struct process_table *t, pid_t pid)
{
	const struct facts none = {.has = FACT_PID, .pid = pid};

	subject_init(s, pid, &none, 0);
	s->dirfd = subject_directory(t, pid);
	if (s->dirfd < 0)
		return s->dirfd;
	int error = procfs_read_stat(s->dirfd, &s->stat);
	if (error) {
		subject_close(s);
		return error;
	}
	if (s->stat.state == 'Z' && s->stat.threads > 1)
		read_by_a_thread(s);
	subject_need(s, FACT_COMM | FACT_PPID | FACT_TTY | FACT_STARTED);
	return 0;
}

int subject_open_process(struct subject *s, const struct process_table *t, const struct process *p)
{
	int error = subject_open(s, t, p->pid);

	if (error || p->born_unknown || procfs_same_start(s->stat.started, p->born))
		return error;
	subject_close(s);
	return -ESRCH;
}

/* Facts that came without /proc do not need it, mostly. */
static void open_late(struct subject *s)
{
	uint64_t born = s->born;

	s->born = 0;
	s->dirfd = subject_directory(s->table, s->pid);
	if (s->dirfd >= 0 && (procfs_read_stat(s->dirfd, &s->stat) != 0 || !procfs_same_start(s->stat.started, born)))
		subject_close(s);
}

void subject_need(struct subject *s, unsigned want)
{
	want &= ~s->tried;
	s->tried |= want;
	want &= ~s->facts.has;
	if (want && s->born)
		open_late(s);
	if (want && s->dirfd >= 0)
		procfs_read_facts(s->dirfd, &s->stat, want, &s->strings, &s->facts);
}

bool subject_is_of(struct subject *s, uid_t uid)
{
	struct facts now = {0};

	if (s->born)
		open_late(s);
	if (s->dirfd >= 0)
		procfs_read_facts(s->dirfd, &s->stat, FACT_UID, &s->strings, &now);
	const struct facts *f = now.has & FACT_UID ? &now : &s->facts;
	return (f->has & FACT_UID) && f->uid == uid;
}

bool subject_ended(const struct subject *s)
{
	struct procfs_stat now;

	if (!(s->tried & ~s->facts.has & (FACT_EXE | FACT_ARGS | FACT_UID | FACT_CGROUP)))
		return false;
	if (s->dirfd < 0)
		return true;
	/* A process drops its memory some steps before it is a zombie (exit_mm, kernel/exit.c). */
	return procfs_read_stat(s->dirfd, &now) != 0 || now.exiting || now.state == 'Z' || now.state == 'X';
}

bool subject_is_zombie(const struct subject *s)
{
	return s->stat.threads <= 1 && (s->stat.state == 'Z' || s->stat.state == 'X');
}

void subject_close(struct subject *s)
{
	if (s->dirfd >= 0)
		close(s->dirfd);
	s->dirfd = -1;
}

struct process *subject_add(struct process_table *t, struct subject *s)
{
	struct process *p = process_add(t, s->pid, s->stat.started);

	if (!p)
		return NULL;
	p->born_in_tick = true;
	p->ppid = s->stat.ppid;
	p->kernel_thread = s->stat.kernel_thread;
	p->image = s->stat.image;
	if (!p->kernel_thread)
		subject_need(s, FACT_UID | FACT_GID | FACT_EUID | FACT_EGID); /* its children inherit them */
	process_know(p, &s->facts);
	return p;
}

struct process *subject_of_zombie(const struct process_table *t, const struct subject *s)
{
	struct process *p = NULL;

	if (!subject_is_zombie(s))
		return NULL;
	while ((p = process_next_holder(t, s->pid, p)) && !procfs_same_start(s->stat.started, p->born))
		;
	return p;
}

struct process *subject_take_in(struct process_table *t, pid_t pid)
{
	struct process *p = process_live(t, pid);
	struct subject s;

	if (p || pid <= 0 || subject_open(&s, t, pid) != 0)
		return p;
	p = subject_of_zombie(t, &s);
	if (!p)
		p = subject_add(t, &s);
	subject_close(&s);
	return p;
}

#include "agent/life/requester.h"

#include <string.h>

#include "agent/base/cgroup.h"
#include "agent/base/path_basename.h"
#include "agent/base/request_words.h"
#include "agent/life/watch.h"
#include "agent/process/holder.h"
#include "agent/process/subject.h"

/* The name by which a command is known: of the path, of the program, or the comm. */
static const char *name_of(const struct event *e, const struct facts *f)
{
	const char *names[] = {
		(e->has & HAS_PATH) ? path_basename(e->path) : NULL, (f->has & FACT_COMM) ? f->comm : NULL, (f->has & FACT_EXE) ? path_basename(f->exe) : NULL,
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] && request_asks(names[i]))
			return names[i];
	return NULL;
}

void requester_note(struct life *l, const struct process *p, const struct event *e, struct subject *s)
{
	const char *name = name_of(e, &s->facts);

	if (!name || l->table->recorded)
		return;
	subject_need(s, FACT_ARGS | FACT_UID | FACT_AUID);
	requests_keep(requests_slot(&l->requests, p->pid, p->born, e->at), name, &s->facts);
}

void requester_note_path(struct life *l, const struct process *p, const struct event *e)
{
	struct subject s;

	if (!request_asks(path_basename(e->path)) || l->table->recorded)
		return;
	if (p->ended || subject_open_process(&s, l->table, p) != 0)
		subject_init(&s, p->pid, &e->process, SUBJECT_ALL);
	requester_note(l, p, e, &s);
	subject_close(&s);
}

/* enum supervisor: what the sender is, or, with *since, who had it executed at that time. */
static unsigned asked(const struct life *l, const struct facts *sender, uint64_t at, uint64_t *since)
{
	const struct process *p = holder_exact(l->table, sender->pid, at);
	unsigned is = sender->pid == 1 ? SUPERVISOR_SYSTEMD | SUPERVISOR_INIT : 0;

	if (sender->has & FACT_COMM)
		is |= supervisor_of(sender->comm);
	*since = UINT64_MAX;
	if (is || !p || !(sender->has & FACT_ANCESTRY) || !sender->ancestry_len)
		return is;
	*since = p->born;
	return supervisor_of(sender->ancestry);
}

/* What runsv and s6-supervise call it: their argument. */
static const char *service_of(unsigned is, const struct facts *sender)
{
	const char *first;

	if (!(is & (SUPERVISOR_RUNIT | SUPERVISOR_S6)) || !(sender->has & FACT_ARGS))
		return NULL;
	first = memchr(sender->args, '\0', sender->args_len);
	return first && first + 1 < sender->args + sender->args_len ? path_basename(first + 1) : NULL;
}

#define WAITS_MOST (300 * NSEC_PER_SEC) /* so long a command may wait for what it asked: systemd's stop takes 90 s at most as a rule */

/* It was still there when the signal was sent, or had been until shortly before. */
static bool is_recent(const struct life *l, const struct request *r, uint64_t at)
{
	const struct process *p = process_born(l->table, r->pid, r->born);
	bool waits = p && (!p->ended || p->ended >= at);

	return at - r->at <= (waits ? WAITS_MOST : l->config->stop_window);
}

static bool is_roots(const struct request *r)
{
	return (r->facts.has & FACT_UID) && r->facts.uid == 0;
}

/* What PID 1 executes for a unit is in it; other children of PID 1 act for themselves. */
static bool is_helper_of_unit(const struct facts *sender, const char *unit)
{
	char own[CGROUP_NAME];

	return unit && (sender->has & FACT_CGROUP) && cgroup_unit(sender->cgroup, own) && strcmp(own, unit) == 0;
}

/* A supervisor's own decision, as for a service that takes too long to start, is about a process that was born after it was asked. */
static bool is_about(const struct life *l, const struct process *p, const struct request *r, uint64_t since, uint64_t at)
{
	return r->at <= since && r->pid && (r->facts.has & FACT_ARGS) && r->at <= at && p->born < r->at && is_recent(l, r, at);
}

/* Anybody can call his program like a supervisor, and have it kill what is his just when root asks the true one for something. */
static bool obeys(const struct facts *sender, const struct request *r)
{
	bool same_user = (sender->has & r->facts.has & FACT_UID) && sender->uid == r->facts.uid;

	return sender->pid == 1 || same_user || ((sender->has & FACT_UID) && sender->uid == 0);
}

/* A script that executes the command: what was typed is the script. */
static bool is_child_of(const struct life *l, const struct request *r, const struct request *of)
{
	const struct process *p = process_born(l->table, r->pid, r->born);

	return p && p->ppid == of->pid && p->parent_born == of->born;
}

void requester_name(const struct life *l, const struct process *p, const struct seen_signal *s, struct event *record)
{
	const struct facts *sender = s->sender && signal_has_sender(s) ? &s->sender->facts : NULL;
	uint64_t since; /* a helper of a supervisor is executed after it was asked */
	unsigned is = sender ? asked(l, sender, s->at, &since) : 0;
	char unit[CGROUP_NAME], container[CGROUP_NAME];
	const struct request *found = NULL;
	struct facts f;
	bool two = false; /* two could be meant */

	if (!is)
		return;
	watch_facts(p, &f);
	struct request_names names = {
		.unit = is & SUPERVISOR_SYSTEMD && (f.has & FACT_CGROUP) && cgroup_unit(f.cgroup, unit) ? unit : NULL,
		.container_id = (f.has & FACT_CGROUP) && cgroup_container_id(f.cgroup, container) ? container : NULL,
		.service = service_of(is, sender),
		.target = l->config->targets[p->watch->target].name,
		.comm = (f.has & FACT_COMM) ? f.comm : NULL,
		.program = (f.has & FACT_EXE) ? path_basename(f.exe) : NULL,
	};
	if (since != UINT64_MAX && (is & SUPERVISOR_SYSTEMD) && !is_helper_of_unit(sender, names.unit))
		return;
	for (unsigned i = 0; i < REQUESTS; i++) {
		const struct request *r = &l->requests.slots[i];

		if (!is_about(l, p, r, since, s->at) || !obeys(sender, r) || !(request_asks(r->name) & is) || !request_is_for(r->name, r->args, r->facts.args_len, &names, s->signo))
			continue;
		if (!found || is_child_of(l, found, r) || (is_roots(r) && !is_roots(found))) {
			two = false; /* nobody hides root's request by one of his own */
			found = r;
		} else if (!is_child_of(l, r, found) && is_roots(r) == is_roots(found)) {
			two = true;
		}
	}
	if (found && !two)
		record->requester = found->facts;
}

#include "backends/cn_proc_decode.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>

/* Offsets in struct proc_event; its header is the same in every version. */
enum { WHAT = 0, CPU = 4, STAMP = 8, DATA = 16 };
/* Since 3.1 and 3.2; not in older headers. */
#define EVENT_WHAT_PTRACE 0x00000100u
#define EVENT_WHAT_COMM 0x00000200u

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void count_missing(struct cn_proc_sequence *s, uint32_t cpu, uint32_t seq)
{
	if (cpu >= CN_PROC_CPUS)
		return;
	int32_t ahead = (int32_t)(seq - s->next[cpu]);
	if (!s->known[cpu]) {
		s->known[cpu] = 1;
	} else if (ahead > 0) {
		s->missing += ahead;
	} else if (ahead < 0) {
		/* before 5.x a sender could be moved between numbering and sending */
		s->missing -= s->missing > 0;
		return;
	}
	s->next[cpu] = seq + 1;
}

/* Fills *e from the event's own data; false if it is too short or not used. */
static bool fill(struct event *e, uint32_t what, const uint8_t *d, size_t len, char *comm)
{
	if (len < 8)
		return false;
	e->tid = (pid_t)u32(d);
	e->process.pid = (pid_t)u32(d + 4);
	e->process.has = FACT_PID;
	e->has = HAS_TID;
	switch (what) {
	case PROC_EVENT_FORK:
		if (len < 16)
			return false;
		e->kind = EVENT_FORK;
		e->process.ppid = (pid_t)u32(d + 4);
		e->tid = (pid_t)u32(d + 8);
		e->process.pid = (pid_t)u32(d + 12);
		e->process.has |= FACT_PPID;
		return true;
	case PROC_EVENT_EXEC:
		e->kind = EVENT_EXEC;
		return true;
	case PROC_EVENT_UID:
	case PROC_EVENT_GID: /* pid, tgid, real id, effective id */
		if (len < 16)
			return false;
		e->kind = what == PROC_EVENT_UID ? EVENT_UID : EVENT_GID;
		if (e->kind == EVENT_UID) {
			e->process.uid = u32(d + 8);
			e->process.euid = u32(d + 12);
			e->process.has |= FACT_UID | FACT_EUID;
		} else {
			e->process.gid = u32(d + 8);
			e->process.egid = u32(d + 12);
			e->process.has |= FACT_GID | FACT_EGID;
		}
		return true;
	case PROC_EVENT_SID:
		e->kind = EVENT_SID;
		return true;
	case EVENT_WHAT_PTRACE: /* pid, tgid, pid and tgid of the tracer, which are 0 when it ceases to be one */
		if (len < 16)
			return false;
		e->kind = EVENT_TRACED;
		e->sender.pid = (pid_t)u32(d + 12);
		e->sender.has = e->sender.pid ? FACT_PID : 0;
		return true;
	case EVENT_WHAT_COMM:
		if (len < 24)
			return false;
		e->kind = EVENT_RENAME;
		memcpy(comm, d + 8, 16);
		comm[16] = '\0';
		e->process.comm = comm;
		e->process.has |= FACT_COMM;
		return true;
	case PROC_EVENT_EXIT:
		if (len < 12)
			return false;
		e->kind = EVENT_EXIT;
		e->wait_status = (int)u32(d + 8);
		e->has |= HAS_STATUS;
		e->final = true;
		/* 4.18; 0 where the parent ignores SIGCHLD and it is gone already */
		if (len >= 24 && u32(d + 20)) {
			e->process.ppid = (pid_t)u32(d + 20);
			e->process.has |= FACT_PPID;
		}
		return true;
	}
	return false; /* COREDUMP and what is yet to come */
}

enum cn_proc_what cn_proc_decode(const void *message, size_t len, const struct clock *clock,
                                 struct cn_proc_sequence *sequence, event_emit emit, void *ctx, int *error)
{
	const uint8_t *m = message;
	struct nlmsghdr nl;
	struct cn_msg cn;
	struct event e = {.sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT};
	char comm[17];
	uint64_t stamp;

	if (len < sizeof(nl) + sizeof(cn) + DATA)
		return CN_PROC_BAD;
	memcpy(&nl, m, sizeof(nl));
	memcpy(&cn, m + sizeof(nl), sizeof(cn));
	if (cn.id.idx != CN_IDX_PROC || cn.id.val != CN_VAL_PROC || nl.nlmsg_type == NLMSG_ERROR ||
	    nl.nlmsg_type == NLMSG_NOOP)
		return CN_PROC_OTHER;
	const uint8_t *p = m + sizeof(nl) + sizeof(cn);
	size_t data_len = len - sizeof(nl) - sizeof(cn);
	if (cn.len < data_len)
		data_len = cn.len;
	if (data_len < DATA)
		return CN_PROC_BAD;
	data_len -= DATA;

	uint32_t what = u32(p + WHAT);
	/* Acknowledgements, also those of other listeners, are numbered too. */
	if (sequence)
		count_missing(sequence, u32(p + CPU), cn.seq);
	if (what == PROC_EVENT_NONE) {
		if (data_len < 4)
			return CN_PROC_BAD;
		*error = (int)u32(p + DATA);
		return CN_PROC_ACK;
	}
	memcpy(&stamp, p + STAMP, sizeof(stamp));
	e.at = clock_of_monotonic(clock, stamp);
	if (!fill(&e, what, p + DATA, data_len, comm))
		return CN_PROC_OTHER;
	emit(ctx, &e);
	return CN_PROC_EVENT;
}

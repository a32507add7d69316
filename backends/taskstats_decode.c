#include "backends/taskstats_decode.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <string.h>

/* What version 12 added, where the headers may lack it: 8-byte words before it are those of version 11. */
#define AT_TGID 368
#define LAST_OF_PROCESS 0x20 /* ac_flag: AGROUP, include/uapi/linux/acct.h */
#define FIRST_WITH_LAST 12

/*
 * Version 15 (6.14 and 6.15) has a longest and a shortest delay behind each of
 * the delays, and 16 moved them to the end: so many bytes more stand before the
 * times of version 15, and before what version 12 added.
 */
#define MOVED_VERSION 15
#define MOVED_SIZE 560
#define MOVED_TIMES 48
#define MOVED_TGID 96

struct attribute {
	const uint8_t *at;
	size_t len;
};

/* The attribute of that type among those in `in`; false if there is none. */
static bool find(struct attribute in, uint16_t type, struct attribute *out)
{
	while (in.len >= sizeof(struct nlattr)) {
		struct nlattr head;

		memcpy(&head, in.at, sizeof(head));
		if (head.nla_len < sizeof(head) || head.nla_len > in.len)
			return false;
		if ((head.nla_type & NLA_TYPE_MASK) == type) {
			*out = (struct attribute){in.at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN};
			return true;
		}
		size_t step = NLA_ALIGN(head.nla_len);
		step = step < in.len ? step : in.len;
		in.at += step;
		in.len -= step;
	}
	return false;
}

/* The id in a group of attributes: PID in AGGR_PID, TGID in AGGR_TGID.  0 if there is none. */
static uint32_t id_of(struct attribute group, uint16_t type)
{
	struct attribute id;
	uint32_t number = 0;

	if (find(group, type, &id) && id.len >= sizeof(number))
		memcpy(&number, id.at, sizeof(number));
	return number <= PID_LIMIT ? number : 0;
}

static uint64_t word(struct attribute stats, size_t offset)
{
	uint64_t value = 0;

	if (offset + sizeof(value) <= stats.len)
		memcpy(&value, stats.at + offset, sizeof(value));
	return value;
}

#define OFFSET(member) offsetof(struct taskstats, member)

static void read_used(struct attribute stats, size_t moved, struct used *u)
{
	u->run_ns = word(stats, OFFSET(cpu_run_virtual_total) + moved);
	u->elapsed_us = word(stats, OFFSET(ac_etime) + moved);
	u->user_us = word(stats, OFFSET(ac_utime) + moved);
	u->system_us = word(stats, OFFSET(ac_stime) + moved);
	u->max_rss_kib = word(stats, OFFSET(hiwater_rss) + moved);
	u->read_bytes = word(stats, OFFSET(read_bytes) + moved);
	u->write_bytes = word(stats, OFFSET(write_bytes) + moved);
}

/* group: the sums are there, so it is the last thread of a process that had several. */
static bool read_stats(struct attribute stats, bool group, struct event *e, struct used *used)
{
	uint16_t version;
	uint32_t status, tgid = 0;

	if (stats.len < OFFSET(nvcsw)) /* as long as it has been since version 2 */
		return false;
	memcpy(&version, stats.at, sizeof(version));
	memcpy(&status, stats.at + OFFSET(ac_exitcode), sizeof(status));
	bool moved = version == MOVED_VERSION && stats.len >= MOVED_SIZE;
	size_t at_tgid = AT_TGID + (moved ? MOVED_TGID : 0);

	if (version == MOVED_VERSION && !moved)
		return false; /* a kernel between two releases */
	read_used(stats, moved ? MOVED_TIMES : 0, used);
	if (version >= FIRST_WITH_LAST && at_tgid + sizeof(tgid) <= stats.len) {
		memcpy(&tgid, stats.at + at_tgid, sizeof(tgid));
		used->last = stats.at[OFFSET(ac_flag)] & LAST_OF_PROCESS;
		used->whole = used->last && !group;
	} else {
		used->last = group;
		used->by_tid = true;
	}
	if (tgid && tgid <= PID_LIMIT)
		e->process.pid = (pid_t)tgid;
	if (used->last) {
		e->wait_status = (int)status;
		e->has |= HAS_STATUS;
	}
	return true;
}

bool taskstats_decode(const uint8_t *message, size_t len, uint16_t family, struct event *e, struct used *used)
{
	struct attribute all, thread, group, stats;
	struct nlmsghdr head;
	struct genlmsghdr command;

	if (len < NLMSG_HDRLEN + GENL_HDRLEN)
		return false;
	memcpy(&head, message, sizeof(head));
	memcpy(&command, message + NLMSG_HDRLEN, sizeof(command));
	if (head.nlmsg_type != family || head.nlmsg_len > len || head.nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN || command.cmd != TASKSTATS_CMD_NEW)
		return false;
	all = (struct attribute){message + NLMSG_HDRLEN + GENL_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN};
	if (!find(all, TASKSTATS_TYPE_AGGR_PID, &thread) || !find(thread, TASKSTATS_TYPE_STATS, &stats))
		return false;
	/* The sums come with the last of several threads (taskstats_exit()); they lack most of it. */
	bool last = find(all, TASKSTATS_TYPE_AGGR_TGID, &group);
	uint32_t tid = id_of(thread, TASKSTATS_TYPE_PID), tgid = last ? id_of(group, TASKSTATS_TYPE_TGID) : tid;

	if (!tid || !tgid)
		return false;
	*e = (struct event){
		.kind = EVENT_USED, .sources = SOURCE_TASKSTATS, .has = HAS_TID | HAS_USED, .process = {.has = FACT_PID, .pid = (pid_t)tgid},
		.tid = (pid_t)tid, .used = used,
	};
	*used = (struct used){0};
	return read_stats(stats, last, e, used);
}

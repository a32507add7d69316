/* audit_reader.c - the socket on which audit records arrive */
#include "backends/audit_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/hash.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* PATH is first, so that leaving it out is starting one further on. */
static const uint16_t types_read[] = {
	AUDIT_PATH, AUDIT_SYSCALL, AUDIT_OBJ_PID, AUDIT_EXECVE, AUDIT_ANOM_ABEND, AUDIT_SECCOMP,
	AUDIT_CONFIG_CHANGE, AUDIT_REPLACE, AUDIT_GET, NLMSG_ERROR,
};
#define TYPES (sizeof(types_read) / sizeof(*types_read))

/* nlmsg_type is at offset 4 in host order; a BPF half-word load is in network order. */
int audit_reader_filter(struct audit_reader *r, bool with_paths)
{
	struct sock_filter code[TYPES + 3];
	struct sock_fprog program = { .filter = code };
	unsigned n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4);
	for (size_t i = !with_paths; i < TYPES; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(types_read[i]),
			(uint8_t)(TYPES - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	program.len = (unsigned short)n;
	return setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

int audit_reader_open(struct audit_reader *r, bool with_paths)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int size = AUDIT_RCVBUF, err;

	r->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
	if (r->fd < 0)
		return -errno;
	r->count = r->next = 0;
	for (int i = 0; i < AUDIT_BATCH; i++)
		r->iovs[i] = (struct iovec){ r->slots[i], AUDIT_SLOT };
	if (setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	err = audit_reader_filter(r, with_paths);
	if (!err && bind(r->fd, (struct sockaddr *)&self, sizeof(self)))
		err = -errno;
	if (err)
		audit_reader_close(r);
	return err;
}

void audit_reader_close(struct audit_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static int membership(struct audit_reader *r, int option)
{
	int group = AUDIT_NLGRP_READLOG;

	return setsockopt(r->fd, SOL_NETLINK, option, &group, sizeof(group)) ? -errno : 0;
}

int audit_reader_join(struct audit_reader *r)
{
	return membership(r, NETLINK_ADD_MEMBERSHIP);
}

int audit_reader_leave(struct audit_reader *r)
{
	return membership(r, NETLINK_DROP_MEMBERSHIP);
}

int audit_reader_request(struct audit_reader *r, unsigned type, const void *data, size_t len, uint32_t seq, bool ack)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(len), .nlmsg_type = (uint16_t)type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (ack ? NLM_F_ACK : 0)), .nlmsg_seq = seq,
	};
	struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)(uintptr_t)data, len } };
	struct msghdr msg = {
		.msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = iov, .msg_iovlen = len ? 2 : 1,
	};

	return sendmsg(r->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int receive(struct audit_reader *r)
{
	ssize_t n;

	if (!r->one_by_one) {
		int count = recvmmsg(r->fd, r->msgs, AUDIT_BATCH, MSG_DONTWAIT, NULL);

		if (count >= 0 || errno != ENOSYS)
			return count;
		r->one_by_one = true;
	}
	n = recvmsg(r->fd, &r->msgs[0].msg_hdr, MSG_DONTWAIT);
	r->msgs[0].msg_len = n > 0 ? (unsigned)n : 0;
	return n < 0 ? -1 : 1;
}

int audit_reader_fetch(struct audit_reader *r)
{
	int n;

	for (int i = 0; i < AUDIT_BATCH; i++)
		r->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &r->from[i], .msg_namelen = sizeof(r->from[i]),
			.msg_iov = &r->iovs[i], .msg_iovlen = 1,
		};
	r->count = r->next = 0;
	do
		n = receive(r);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	r->count = (unsigned)n;
	return n;
}

static bool is_second_copy(struct audit_reader *r, const struct audit_message *m)
{
	uint64_t before = r->last_hash;

	r->last_hash = hash_bytes(m->data, m->len) ^ m->type;
	return r->last_hash == before;
}

bool audit_reader_next(struct audit_reader *r, struct audit_message *m)
{
	while (r->next < r->count) {
		unsigned i = r->next++;
		const struct msghdr *h = &r->msgs[i].msg_hdr;
		struct nlmsghdr head;

		if (r->msgs[i].msg_len < sizeof(head) || h->msg_flags & MSG_TRUNC ||
		    h->msg_namelen != sizeof(struct sockaddr_nl) || r->from[i].nl_pid != 0) {
			r->refused++;
			continue;
		}
		memcpy(&head, r->slots[i], sizeof(head));
		*m = (struct audit_message){
			.type = head.nlmsg_type, .seq = head.nlmsg_seq,
			.data = r->slots[i] + NLMSG_HDRLEN, .len = r->msgs[i].msg_len - NLMSG_HDRLEN,
		};
		if (r->doubled && is_second_copy(r, m))
			continue;
		return true;
	}
	return false;
}

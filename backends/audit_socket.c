/* audit_socket.c - the socket on which audit records arrive: opened, filtered, joined, and asked from */
#include "backends/audit_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define RCVBUF (8 << 20)

/* PATH is first, so that leaving it out is starting one further on. */
static const uint16_t types_read[] = {
	AUDIT_PATH, AUDIT_SYSCALL, AUDIT_OBJ_PID, AUDIT_EXECVE, AUDIT_ANOM_ABEND, AUDIT_SECCOMP,
	AUDIT_CONFIG_CHANGE, AUDIT_REPLACE, NLMSG_ERROR,
};
#define TYPES (sizeof(types_read) / sizeof(*types_read))

/* nlmsg_type is at offset 4 in host order; a BPF half-word load is in network order. */
int audit_socket_filter(int fd, bool with_paths)
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
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

int audit_socket_open(bool with_paths)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int size = RCVBUF, err;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	err = audit_socket_filter(fd, with_paths);
	if (!err && bind(fd, (struct sockaddr *)&self, sizeof(self)))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int membership(int fd, int option)
{
	int group = AUDIT_NLGRP_READLOG;

	return setsockopt(fd, SOL_NETLINK, option, &group, sizeof(group)) ? -errno : 0;
}

int audit_socket_join(int fd)
{
	return membership(fd, NETLINK_ADD_MEMBERSHIP);
}

int audit_socket_leave(int fd)
{
	return membership(fd, NETLINK_DROP_MEMBERSHIP);
}

int audit_socket_send_pid(int fd, uint32_t pid, uint32_t seq)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr     head;
		struct audit_status status;
	} m = {
		.head = { .nlmsg_len = sizeof(m), .nlmsg_type = AUDIT_SET, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = seq },
		.status = { .mask = AUDIT_STATUS_PID, .pid = pid },
	};

	return sendto(fd, &m, sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
}

int audit_socket_answer(int fd, uint32_t seq)
{
	struct {
		struct nlmsghdr head;
		int             error;
	} m;
	struct sockaddr_nl from;

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, &m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&from, &size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIME : -errno;
		if ((size_t)n >= sizeof(m) && from.nl_pid == 0 && m.head.nlmsg_type == NLMSG_ERROR && m.head.nlmsg_seq == seq)
			return m.error;
	}
}

/* auditpid.c - takes the audit records over as an audit daemon does, holds them until its input ends, gives them back */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0, or the kernel's -errno. */
static int set_pid(int fd, pid_t pid)
{
	static unsigned seq;
	struct {
		struct nlmsghdr     nl;
		struct audit_status status;
	} m = {
		.nl = { .nlmsg_len = sizeof m, .nlmsg_type = AUDIT_SET, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = ++seq },
		.status = { .mask = AUDIT_STATUS_PID, .pid = (unsigned)pid },
	};
	struct {
		struct nlmsghdr nl;
		struct nlmsgerr error;
		char            rest[9000];
	} answer;
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	if (send(fd, &m, sizeof m, 0) < 0)
		return -errno;
	while (poll(&readable, 1, 2000) > 0)
		if (recv(fd, &answer, sizeof answer, 0) > 0 && answer.nl.nlmsg_type == NLMSG_ERROR && answer.nl.nlmsg_seq == seq)
			return answer.error.error;
	return -ETIME;
}

int main(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT), error = -EEXIST;
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	char record[9000];

	/* The one who has them is asked first, and is to make way. */
	for (int tries = 0; error == -EEXIST && tries < 50; tries++) {
		error = fd < 0 ? -errno : set_pid(fd, getpid());
		if (error == -EEXIST)
			usleep(100000);
	}
	if (error) {
		fprintf(stderr, "auditpid: %s\n", strerror(-error));
		return 1;
	}
	puts("taken");
	fflush(stdout);
	while (poll(fds, 2, -1) > 0 && !fds[0].revents)
		if (fds[1].revents && recv(fd, record, sizeof record, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS)
			break;
	return set_pid(fd, 0) ? 1 : 0;
}

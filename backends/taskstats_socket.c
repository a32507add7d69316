#include "backends/taskstats_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/namespaces.h"
#include "backends/processors.h"

/* Some 800 messages: the kernel charges 1,283 bytes for each, and doubles what is asked for. */
#define RECEIVE_BUFFER (512 << 10)

struct request {
	struct nlmsghdr   head;
	struct genlmsghdr command;
	struct nlattr     attribute;
	char              text[PROCESSORS_LIST];
};

/* Sends a command with one attribute, a text.  0 or -errno. */
static int request(int fd, uint16_t family, uint8_t command, uint16_t flags, uint16_t attribute, const char *text)
{
	struct request r = {
		.head = {.nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | flags},
		.command = {.cmd = command, .version = 1},
		.attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + strlen(text) + 1), .nla_type = attribute},
	};

	memcpy(r.text, text, strlen(text) + 1); /* no longer than PROCESSORS_LIST */
	r.head.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN + NLA_ALIGN(r.attribute.nla_len);
	return send(fd, &r, r.head.nlmsg_len, 0) == (ssize_t)r.head.nlmsg_len ? 0 : -errno;
}

/* The next answer, of which len bytes are in buf: its length, 0 for an acknowledgement, or -errno. */
static ssize_t answer(int fd, void *buf, size_t size)
{
	struct nlmsghdr head;
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	if ((size_t)n < sizeof(head))
		return -EBADMSG;
	memcpy(&head, buf, sizeof(head));
	if (head.nlmsg_type != NLMSG_ERROR)
		return n;
	if ((size_t)n < NLMSG_HDRLEN + sizeof(int))
		return -EBADMSG;
	int error;
	memcpy(&error, (char *)buf + NLMSG_HDRLEN, sizeof(error));
	return error;
}

/* The number that the kernel has given to the family taskstats; -errno, as -ENOENT where it has none. */
static int find_family(int fd)
{
	_Alignas(struct nlmsghdr) char buf[1024];
	int error = request(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME);
	ssize_t n = error ? error : answer(fd, buf, sizeof(buf));

	if (n <= 0)
		return n < 0 ? (int)n : -EBADMSG;
	for (size_t at = NLMSG_HDRLEN + GENL_HDRLEN; at + NLA_HDRLEN + sizeof(uint16_t) <= (size_t)n;) {
		struct nlattr head;
		uint16_t id;

		memcpy(&head, buf + at, sizeof(head));
		memcpy(&id, buf + at + NLA_HDRLEN, sizeof(id));
		if (head.nla_type == CTRL_ATTR_FAMILY_ID)
			return id;
		if (head.nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(head.nla_len);
	}
	return -EBADMSG;
}

/* The acknowledgement may stand behind the ends of threads. */
static int set_listening(const struct taskstats_socket *s, uint16_t attribute)
{
	_Alignas(struct nlmsghdr) char buf[256]; /* the beginning is enough */
	char processors[PROCESSORS_LIST];
	int error = processors_possible_list(processors);
	ssize_t n;

	if (error)
		return error;
	error = request(s->fd, s->family, TASKSTATS_CMD_GET, NLM_F_ACK, attribute, processors);
	if (error)
		return error;
	while ((n = answer(s->fd, buf, sizeof(buf))) > 0)
		;
	return (int)n;
}

static int explain(int error, struct reason *why)
{
	if (error == -ENOENT)
		reason_set(why, "a kernel with CONFIG_TASKSTATS=y", "this kernel does not tell what processes use");
	else if (error == -EPERM)
		reason_set(why, "run epitaph as root or with CAP_NET_ADMIN", "what processes use is told only to CAP_NET_ADMIN");
	else if (error == -EINVAL && !(namespace_is_initial("pid") && namespace_is_initial("user")))
		reason_set(why, "run epitaph in the initial pid and user namespaces (a container needs --pid=host)",
		           "the kernel tells what processes use only in the initial namespaces");
	else
		reason_set(why, "", "taskstats: %s", strerror(-error));
	return error;
}

static void set_receive_buffer(int fd)
{
	int size = RECEIVE_BUFFER;

#if FAULTS
	const char *fault = getenv("EPITAPH_FAULT_TASKSTATS_RCVBUF");
	if (fault)
		size = (int)strtol(fault, NULL, 10);
#endif
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)); /* capped by net.core.rmem_max */
}

static int subscribe(struct taskstats_socket *s)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	int family;

	if (bind(s->fd, (struct sockaddr *)&self, sizeof(self)) != 0)
		return -errno;
	set_receive_buffer(s->fd);
	family = find_family(s->fd);
	if (family < 0)
		return family;
	s->family = (uint16_t)family;
	return set_listening(s, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK);
}

int taskstats_subscribe(struct taskstats_socket *s, struct reason *why)
{
	s->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_GENERIC);
	int error = s->fd < 0 ? -errno : subscribe(s);

	if (!error)
		return 0;
	if (s->fd >= 0)
		close(s->fd);
	return explain(error, why);
}

void taskstats_unsubscribe(struct taskstats_socket *s)
{
	set_listening(s, TASKSTATS_CMD_ATTR_DEREGISTER_CPUMASK);
	close(s->fd);
}

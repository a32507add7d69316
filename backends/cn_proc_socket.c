#include "backends/cn_proc_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backends/cn_proc_decode.h"
#include "backends/namespaces.h"

/* 20,000 events: the kernel charges 832 bytes for each and doubles what is asked for. */
#define RECEIVE_BUFFER (8 << 20)
#define ACK_TIMEOUT_MS 1000

/* 4 bytes, which every version takes: the 8-byte request of 6.6 is silently ignored before. */
static int request(int fd, enum proc_cn_mcast_op op, uint32_t ack)
{
	struct {
		struct nlmsghdr nl;
		struct cn_msg   cn;
		uint32_t        op;
	} __attribute__((packed)) m = {
		.nl = {.nlmsg_len = sizeof(m), .nlmsg_type = NLMSG_DONE},
		.cn = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .ack = ack, .len = sizeof(m.op)},
		.op = op,
	};

	return send(fd, &m, sizeof(m), 0) == sizeof(m) ? 0 : -errno;
}

static void explain_silence(struct reason *why)
{
	if (!namespace_is_initial("pid"))
		reason_set(why, "run epitaph in the initial pid namespace (a container needs --pid=host)",
		           "the kernel ignores subscriptions from a pid namespace that is not the initial one");
	else if (!namespace_is_initial("user"))
		reason_set(why, "run epitaph in the initial user namespace",
		           "the kernel ignores subscriptions from a user namespace that is not the initial one");
	else
		reason_set(why, "look for CONFIG_PROC_EVENTS=y in the kernel's configuration",
		           "the kernel did not acknowledge the subscription within a second");
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);

	return fd >= 0 ? fd : -errno;
}

static int join_group(int fd)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
}

static int explain(int error, const char *call, struct reason *why)
{
	if (error == -EPROTONOSUPPORT)
		reason_set(why, "a kernel with CONFIG_CONNECTOR=y and CONFIG_PROC_EVENTS=y",
		           "this kernel has no netlink connector (%s: %s)", call, strerror(-error));
	else if (error == -ECONNREFUSED)
		reason_set(why, "run epitaph in the initial network namespace (a container needs --net=host)",
		           "the process connector answers only in the initial network namespace, "
		           "or the kernel lacks CONFIG_PROC_EVENTS (%s: %s)", call, strerror(-error));
	else if (error == -EPERM || error == -EACCES)
		reason_set(why, "run epitaph as root or with CAP_NET_ADMIN",
		           "kernels before 6.6 want CAP_NET_ADMIN (%s: %s)", call, strerror(-error));
	else
		reason_set(why, "", "%s: %s", call, strerror(-error));
	return error;
}

static void set_receive_buffer(int fd)
{
	int size = RECEIVE_BUFFER;

#if FAULTS
	const char *fault = getenv("EPITAPH_FAULT_RCVBUF");
	if (fault)
		size = (int)strtol(fault, NULL, 10);
#endif
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)); /* capped by net.core.rmem_max */
}

static void ignore_event(void *ctx, const struct event *e)
{
	(void)ctx;
	(void)e;
}

/* All listeners get every acknowledgement; it has the number of the request, plus one. */
static bool acknowledges(const uint8_t *m, uint32_t ack)
{
	uint32_t number;

	memcpy(&number, m + sizeof(struct nlmsghdr) + offsetof(struct cn_msg, ack), sizeof(number));
	return number == ack + 1;
}

/* Within a second.  The end of a child of ours interrupts: SIGCHLD is sent before the event of its exit. */
static bool something_comes(struct pollfd *p)
{
	int n = poll(p, 1, ACK_TIMEOUT_MS);

	return n > 0 || (n < 0 && errno == EINTR);
}

/* True when the subscription's acknowledgement came.  Events before it are none that were promised. */
static bool await_ack(int fd, uint32_t ack, int *error)
{
	uint8_t m[CN_PROC_MESSAGE_SIZE];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct clock clock = {0};
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (!something_comes(&p))
			return false;
		ssize_t n = recv(fd, m, sizeof(m), MSG_DONTWAIT);
		if (n > 0 && cn_proc_decode(m, (size_t)n, &clock, NULL, ignore_event, NULL, error) == CN_PROC_ACK &&
		    acknowledges(m, ack))
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ACK_TIMEOUT_MS);
	return false;
}

static void note_child(void *ctx, const struct event *e)
{
	pid_t *child = ctx;

	if (e->kind == EVENT_EXIT && e->process.pid == *child)
		*child = 0;
}

/* Does the exit of a child of ours come within a second? */
static bool hears_a_child(int fd)
{
	uint8_t m[CN_PROC_MESSAGE_SIZE];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct clock clock = {0};
	int error;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0)
		return true; /* not the connector's fault */
	pid_t waiting = child;
	for (int tries = 0; waiting && tries < 100000; tries++) {
		ssize_t n = recv(fd, m, sizeof(m), MSG_DONTWAIT);
		if (n > 0)
			cn_proc_decode(m, (size_t)n, &clock, NULL, note_child, &waiting, &error);
		else if (n < 0 && errno == ENOBUFS)
			waiting = 0; /* overrun, so anything but deaf */
		else if (!something_comes(&p))
			break;
	}
	waitpid(child, NULL, 0);
	return waiting == 0;
}

/* An acknowledged listener can still be deaf: 6.6.13 to 6.8-rc zeroed the count of listeners. */
static bool self_test(int fd)
{
	return hears_a_child(fd) || hears_a_child(fd);
}

int cn_proc_subscribe(struct reason *why)
{
	struct timespec now;
	int error, ack_error = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint32_t ack = (uint32_t)now.tv_nsec; /* a number that others hardly have */
	int fd = open_socket();

	if (fd < 0)
		return explain(fd, "socket", why);
	set_receive_buffer(fd);
	if ((error = join_group(fd)) < 0) {
		explain(error, "bind", why);
	} else if ((error = request(fd, PROC_CN_MCAST_LISTEN, ack)) < 0) {
		explain(error, "send", why);
	} else if (!await_ack(fd, ack, &ack_error)) {
		explain_silence(why);
		error = -ENOTCONN;
	} else if (ack_error) {
		error = explain(-ack_error, "subscription", why);
	} else if (!self_test(fd)) {
		reason_set(why, "", "the subscription was acknowledged but a child's exit did not come");
		request(fd, PROC_CN_MCAST_IGNORE, 0);
		error = -EIO;
	} else {
		return fd;
	}
	close(fd);
	return error;
}

void cn_proc_unsubscribe(int fd)
{
	request(fd, PROC_CN_MCAST_IGNORE, 0);
	close(fd);
}

/* Rings for nothing but execs; a kernel that takes no filter lets it ring for all. */
static void filter_execs(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct nlmsghdr) + sizeof(struct cn_msg)), /* proc_event.what */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXEC), 0, 1), /* the load swaps, the message is in host order */
		BPF_STMT(BPF_RET | BPF_K, CN_PROC_MESSAGE_SIZE),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	(void)!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int cn_proc_open_urgent(void)
{
	int fd = open_socket();

	if (fd < 0)
		return fd;
	filter_execs(fd);
	int error = join_group(fd);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

void cn_proc_drain_urgent(int urgent)
{
	struct mmsghdr none[64] = {0};

	int n;

	do {
		errno = 0;
		n = recvmmsg(urgent, none, 64, MSG_DONTWAIT, NULL);
	} while (n == 64 || errno == ENOBUFS);
}

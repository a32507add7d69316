/* cn_proc.c - the process connector: fork, exec, ids, comm and exit, as they happen */
#include "backends/cn_proc.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/namespaces.h"

#define BATCH 64
#define MESSAGE_SIZE 128  /* 76 bytes in 6.18, 68 in 2.6.32 */
/* 20,000 events: the kernel charges 832 bytes for each and doubles what is asked for. */
#define RECEIVE_BUFFER (8 << 20)
#define ACK_TIMEOUT_MS 1000
#define QUIET (60 * NSEC_PER_SEC) /* so long without an event, and it is tested again */

struct cn_proc {
	struct cn_proc_sequence sequence;
	struct mmsghdr     headers[BATCH];
	struct iovec       vectors[BATCH];
	struct sockaddr_nl from[BATCH];
	uint8_t            messages[BATCH][MESSAGE_SIZE];
	bool               overrun;
	uint64_t           ignored;   /* messages that were none of ours */
	uint64_t           heard_at;  /* ns CLOCK_BOOTTIME: the last message, or the open */
	uint64_t           tested_at; /* a child was forked to be heard; 0 = none since */
#if FAULTS
	long               dies_after; /* messages; 0 = never */
#endif
};

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
	uint8_t m[MESSAGE_SIZE];
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
	uint8_t m[MESSAGE_SIZE];
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

/* The subscribed socket, or -errno with *why filled in. */
static int subscribe(struct reason *why)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	struct timespec now;
	int error, ack_error = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint32_t ack = (uint32_t)now.tv_nsec; /* a number that others hardly have */
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);

	if (fd < 0)
		return explain(-errno, "socket", why);
	set_receive_buffer(fd);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error = explain(-errno, "bind", why);
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

static void unsubscribe(int fd)
{
	/* A listener that only closes stays counted, and every later fork and exit pays. */
	request(fd, PROC_CN_MCAST_IGNORE, 0);
	close(fd);
}

static int probe(const struct config *config, struct reason *why)
{
	(void)config;
	int fd = subscribe(why);

	if (fd < 0)
		return fd;
	unsubscribe(fd);
	return 0;
}

static int cn_open(struct backend *b)
{
	struct cn_proc *c = b->state;

	b->fd = subscribe(&b->note);
	if (b->fd < 0) {
		int error = b->fd;

		b->fd = -1;
		return error;
	}
	c->heard_at = b->clock->now;
	b->interval = QUIET;
#if FAULTS
	const char *fault = getenv("EPITAPH_FAULT_CN_PROC_EVENTS");
	c->dies_after = fault ? strtol(fault, NULL, 10) : 0;
#endif
	for (int i = 0; i < BATCH; i++) {
		c->vectors[i] = (struct iovec){c->messages[i], MESSAGE_SIZE};
		c->headers[i].msg_hdr = (struct msghdr){.msg_iov = &c->vectors[i], .msg_iovlen = 1, .msg_name = &c->from[i]};
	}
	return 0;
}

static void tell_loss(struct backend *b)
{
	struct cn_proc *c = b->state;

	if (!c->overrun && c->sequence.missing <= 0)
		return;
	struct event e = {
		.kind = EVENT_LOST,
		.sources = SOURCE_CN_PROC,
		.backend = SOURCE_CN_PROC,
		.has = HAS_BACKEND | HAS_REASON | (c->sequence.missing > 0 ? HAS_COUNT : 0),
		.at = b->clock->now,
		.count = c->sequence.missing > 0 ? (uint64_t)c->sequence.missing : 0,
		.reason = c->overrun ? "events came faster than they could be read (ENOBUFS)" :
		                       "the kernel could not send them (gap in their sequence)",
	};
	c->overrun = false;
	c->sequence.missing = 0;
	b->emit(b->ctx, &e);
}

static void decode_batch(struct backend *b, int n)
{
	struct cn_proc *c = b->state;
	int error = 0;

	for (int i = 0; i < n; i++) {
		/* only the kernel counts */
		if (c->from[i].nl_pid != 0 || c->headers[i].msg_hdr.msg_flags & MSG_TRUNC)
			c->ignored++;
		else
			cn_proc_decode(c->messages[i], c->headers[i].msg_len, b->clock, &c->sequence, b->emit, b->ctx, &error);
	}
}

/*
 * Nothing for a while is either a quiet machine or a listener that went deaf
 * (another one's close can zero the kernel's count): the end of a child of
 * ours has to be heard before the next look.
 */
static int test_again(struct backend *b)
{
	struct cn_proc *c = b->state;

	if (c->heard_at + QUIET / 2 > b->clock->now) {
		c->tested_at = 0;
		return 0;
	}
	if (c->tested_at && c->tested_at + QUIET / 2 < b->clock->now) {
		reason_set(&b->note, "", "it fell silent: a child's exit was not heard");
		return -EIO;
	}
	if (c->tested_at)
		return 0;
	pid_t child = fork(); /* reaped by the loop */
	if (child == 0)
		_exit(0);
	c->tested_at = child > 0 ? b->clock->now : 0;
	return 0;
}

static int cn_read(struct backend *b, int budget)
{
	struct cn_proc *c = b->state;
	int total = 0, n = BATCH;

#if FAULTS
	if (c->dies_after && (c->dies_after -= 1) == 0) {
		reason_set(&b->note, "", "recvmmsg: %s (fault injected)", strerror(EBADF));
		return -EBADF;
	}
#endif
	while (total < budget && n == BATCH) {
		for (int i = 0; i < BATCH; i++)
			c->headers[i].msg_hdr.msg_namelen = sizeof(c->from[i]);
		n = recvmmsg(b->fd, c->headers, BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno == ENOBUFS) {
			c->overrun = true; /* what was queued can still be read */
			tell_loss(b);
			n = BATCH;
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0) {
			int error = errno;

			reason_set(&b->note, "", "recvmmsg: %s", strerror(error));
			return -error;
		}
		decode_batch(b, n);
		total += n;
	}
	tell_loss(b);
	if (!total)
		return test_again(b);
	c->heard_at = b->clock->now;
	c->tested_at = 0;
	return total;
}

static void cn_close(struct backend *b)
{
	if (b->fd >= 0)
		unsubscribe(b->fd);
	b->fd = -1;
}

const struct backend_ops backend_cn_proc = {
	.name = "cn_proc",
	.source = SOURCE_CN_PROC,
	.sees = SEES_FORK | SEES_EXEC | SEES_EXIT,
	.state_size = sizeof(struct cn_proc),
	.probe = probe,
	.open = cn_open,
	.read = cn_read,
	.reload = backend_reload_nothing,
	.close = cn_close,
};

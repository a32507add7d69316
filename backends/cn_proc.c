/* cn_proc.c - the process connector: fork, exec, ids, comm and exit, as they happen */
#include "backends/cn_proc_decode.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/cn_proc_socket.h"

#define BATCH 64
#define QUIET (60 * NSEC_PER_SEC) /* so long without an event, and it is tested again */

struct cn_proc {
	struct cn_proc_sequence sequence;
	struct mmsghdr     headers[BATCH];
	struct iovec       vectors[BATCH];
	struct sockaddr_nl from[BATCH];
	uint8_t            messages[BATCH][CN_PROC_MESSAGE_SIZE];
	bool               overrun;
	uint64_t           ignored;   /* messages that were none of ours */
	uint64_t           heard_at;  /* ns CLOCK_BOOTTIME: the last message, or the open */
	uint64_t           tested_at; /* a child was forked to be heard; 0 = none since */
#if FAULTS
	long               dies_after; /* messages; 0 = never */
#endif
};

static int probe(const struct config *config, struct reason *why)
{
	(void)config;
	int fd = cn_proc_subscribe(why);

	if (fd < 0)
		return fd;
	cn_proc_unsubscribe(fd);
	return 0;
}

static int ask_for_urgent(void)
{
	struct rights_answer a;

	rights_ask_for(RIGHTS_CN_PROC, CN_PROC_ASK_URGENT, 0, &a);
	return rights_fd(&a);
}

static int cn_open(struct backend *b)
{
	struct cn_proc *c = b->state;

	struct rights_answer a;
	/* The kernel serves the socket that joined last first (netlink_update_subscriptions, net/netlink/af_netlink.c): so an event can be read when the urgent socket wakes the loop. */
	int urgent = ask_for_urgent();

	rights_ask_for(RIGHTS_CN_PROC, CN_PROC_ASK_OPEN, 0, &a);
	int fd = rights_fd(&a);
	reason_set(&b->note, a.cure, "%s", a.why[0] || fd >= 0 ? a.why : strerror(-fd));
	if (fd < 0) {
		if (urgent >= 0)
			close(urgent);
		return fd;
	}
	b->fd = fd;
	b->urgent_fd = urgent >= 0 ? urgent : fd;
	c->heard_at = b->clock->now;
	b->interval = QUIET;
#if FAULTS
	const char *fault = getenv("EPITAPH_FAULT_CN_PROC_EVENTS");
	c->dies_after = fault ? strtol(fault, NULL, 10) : 0;
#endif
	for (int i = 0; i < BATCH; i++) {
		c->vectors[i] = (struct iovec){c->messages[i], CN_PROC_MESSAGE_SIZE};
		c->headers[i].msg_hdr = (struct msghdr){.msg_iov = &c->vectors[i], .msg_iovlen = 1, .msg_name = &c->from[i]};
	}
	return 0;
}

static void tell_loss(struct backend *b)
{
	struct cn_proc *c = b->state;

	if (!c->overrun && c->sequence.missing <= 0)
		return;
	backend_lost(b, c->sequence.missing > 0 ? (uint64_t)c->sequence.missing : 0,
	             c->overrun ? "events came faster than they could be read (ENOBUFS)" :
	                          "the kernel could not send them (gap in their sequence)");
	c->overrun = false;
	c->sequence.missing = 0;
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
	c->tested_at = rights_tell(RIGHTS_CN_PROC, CN_PROC_ASK_CHILD, 0) == 0 ? b->clock->now : 0;
	return 0;
}

/* The urgent socket costs each exec a message more, so it is open only while it is listened to. */
static void choose_urgent(struct backend *b)
{
	if (b->lazy && b->urgent_fd >= 0) {
		if (b->urgent_fd != b->fd)
			close(b->urgent_fd);
		b->urgent_fd = -1;
	} else if (!b->lazy && b->urgent_fd < 0) {
		b->urgent_fd = ask_for_urgent();
		if (b->urgent_fd < 0)
			b->urgent_fd = b->fd;
	}
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
	choose_urgent(b);
	if (b->urgent_fd >= 0 && b->urgent_fd != b->fd)
		cn_proc_drain_urgent(b->urgent_fd); /* before the read: who rings after it is heard */
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
	if (b->urgent_fd >= 0 && b->urgent_fd != b->fd)
		close(b->urgent_fd);
	if (b->fd >= 0) {
		rights_tell(RIGHTS_CN_PROC, CN_PROC_ASK_CLOSE, 0);
		close(b->fd);
	}
	b->fd = b->urgent_fd = -1;
}

const struct backend_ops backend_cn_proc = {
	.name = "cn_proc",
	.source = SOURCE_CN_PROC,
	.sees = SEES_FORK | SEES_EXEC | SEES_EXIT | SEES_EVERY_FORK | SEES_EXACT_EXEC | SEES_EXACT_END | SEES_TRACERS,
	.state_size = sizeof(struct cn_proc),
	.probe = probe,
	.open = cn_open,
	.read = cn_read,
	.reload = backend_reload_nothing,
	.close = cn_close,
};

/* taskstats.c - what each process had used, and its status, as the kernel tells at the end of each of its threads */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/taskstats_decode.h"
#include "backends/taskstats_socket.h"

#define BATCH 16
#define TOO_FAST "ends came faster than they could be read (ENOBUFS)"

struct taskstats_state {
	uint16_t           family;       /* the type of the messages */
	bool               overrun;      /* some were lost, and more may be until the queue is empty (NETLINK_S_CONGESTED, net/netlink/af_netlink.c) */
	bool               counts_bytes; /* the kernel counts what is read and written (CONFIG_TASK_IO_ACCOUNTING) */
	struct mmsghdr     headers[BATCH];
	struct iovec       vectors[BATCH];
	struct sockaddr_nl from[BATCH];
	uint8_t            messages[BATCH][TASKSTATS_MESSAGE_SIZE];
};

static int probe(const struct config *config, struct reason *why)
{
	struct taskstats_socket s;
	int error = taskstats_subscribe(&s, why);

	(void)config;
	if (!error)
		taskstats_unsubscribe(&s);
	return error;
}

static int taskstats_open(struct backend *b)
{
	struct taskstats_state *t = b->state;
	struct rights_answer a;

	rights_ask_for(RIGHTS_TASKSTATS, TASKSTATS_ASK_OPEN, 0, &a);
	t->family = (uint16_t)a.value;
	b->fd = rights_fd(&a);
	if (b->fd < 0) {
		reason_set(&b->note, a.cure, "%s", a.why[0] ? a.why : strerror(-b->fd));
		return b->fd;
	}
	t->counts_bytes = access("/proc/self/io", F_OK) == 0;
	for (int i = 0; i < BATCH; i++) {
		t->vectors[i] = (struct iovec){t->messages[i], TASKSTATS_MESSAGE_SIZE};
		t->headers[i].msg_hdr = (struct msghdr){.msg_iov = &t->vectors[i], .msg_iovlen = 1, .msg_name = &t->from[i]};
	}
	return 0;
}

static void decode_batch(struct backend *b, int n)
{
	struct taskstats_state *t = b->state;
	struct used used;
	struct event e;

	for (int i = 0; i < n; i++) {
		const struct msghdr *h = &t->headers[i].msg_hdr;

		/* only the kernel counts */
		if (t->from[i].nl_pid != 0 || h->msg_flags & MSG_TRUNC || !taskstats_decode(t->messages[i], t->headers[i].msg_len, t->family, &e, &used))
			continue;
		e.at = b->clock->now;
		used.counts_bytes = t->counts_bytes;
		b->emit(b->ctx, &e);
	}
}

/* The number of messages; 0: none; -errno. */
static int receive(struct backend *b)
{
	struct taskstats_state *t = b->state;

	for (int i = 0; i < BATCH; i++)
		t->headers[i].msg_hdr.msg_namelen = sizeof(t->from[i]);
	int n = recvmmsg(b->fd, t->headers, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n;
}

static int taskstats_read(struct backend *b, int budget)
{
	struct taskstats_state *t = b->state;
	uint64_t until = b->clock->now;
	int total = 0, n = BATCH;

	while (total < budget && n == BATCH) {
		n = receive(b);
		if (n == -ENOBUFS) {
			backend_lost(b, 0, TOO_FAST);
			t->overrun = true;
			n = BATCH;
			continue;
		}
		if (n < 0) {
			reason_set(&b->note, "", "recvmmsg: %s", strerror(-n));
			return n;
		}
		if (n > 0 && b->received)
			b->received(b->received_ctx); /* whose ends these are */
		decode_batch(b, n);
		total += n;
	}
	if (n < BATCH && t->overrun) {
		t->overrun = false;
		clock_advance(b->clock);
		backend_lost(b, 0, TOO_FAST);
	}
	if (n < BATCH)
		b->sight.told_until = until;
	return total;
}

static void taskstats_close(struct backend *b)
{
	if (b->fd >= 0) {
		rights_tell(RIGHTS_TASKSTATS, TASKSTATS_ASK_CLOSE, 0);
		close(b->fd);
	}
	b->fd = -1;
}

const struct backend_ops backend_taskstats = {
	.name = "taskstats",
	.source = SOURCE_TASKSTATS,
	.sees = SEES_USED,
	.state_size = sizeof(struct taskstats_state),
	.probe = probe,
	.open = taskstats_open,
	.read = taskstats_read,
	.reload = backend_reload_nothing,
	.close = taskstats_close,
};

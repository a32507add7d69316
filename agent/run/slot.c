#include "agent/run/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKOFF_FIRST NSEC_PER_SEC
#define BACKOFF_MAX (300 * NSEC_PER_SEC)
/* One that dies again sooner than this has not been cured by being opened. */
#define CURED_AFTER (60 * NSEC_PER_SEC)

int slots_init(struct slot *slots, struct agent *a, bool (*received)(void *slot), void *loop)
{
	int count = 0;

	for (; backends[count] && count < SLOTS_MAX; count++) {
		memset(&slots[count], 0, sizeof(slots[count]));
		slots[count].agent = a;
		slots[count].received = received;
		slots[count].loop = loop;
		slots[count].backend.ops = backends[count];
		slots[count].backend.fd = slots[count].backend.urgent_fd = -1;
	}
	return count;
}

int slot_open(struct slot *s)
{
	struct backend *b = &s->backend;
	const struct backend_ops *ops = b->ops;

	*b = (struct backend){
		.ops = ops,
		.config = s->agent->config,
		.clock = &s->agent->clock,
		.emit = s->emit ? s->emit : agent_event,
		.ctx = s->emit ? (void *)s : s->agent,
		.received = s->received,
		.received_ctx = s,
		.fd = -1,
		.urgent_fd = -1,
		.exits_told = coverage_tells_exit_and_signals(&s->agent->coverage),
		.sees = ops->sees,
		.state = calloc(1, ops->state_size),
	};
	if (!b->state) {
		reason_set(&b->note, "", "out of memory");
		return -ENOMEM;
	}
	int error = ops->open(b);
	if (error) {
		ops->close(b);
		free(b->state);
		b->state = NULL;
		return error;
	}
	s->open = true;
	s->retry_at = 0; /* a reload may have opened it before its time */
	s->opened_at = s->agent->clock.now;
	return 0;
}

void slot_close(struct slot *s)
{
	if (!s->open)
		return;
	s->backend.ops->close(&s->backend);
	free(s->backend.state);
	s->backend.state = NULL;
	s->open = false;
}

void slot_fail(struct slot *s)
{
	if (s->open && s->opened_at + CURED_AFTER < s->agent->clock.now)
		s->backoff = 0;
	slot_close(s);
	s->backoff = s->backoff ? s->backoff * 2 : BACKOFF_FIRST;
	if (s->backoff > BACKOFF_MAX)
		s->backoff = BACKOFF_MAX;
	s->retry_at = s->agent->clock.now + s->backoff;
}

void slots_fini(struct slot *slots, int count)
{
	for (int i = 0; i < count; i++)
		slot_close(&slots[i]);
}

/* debug.exception-trace: without it, x86 logs no line for an unhandled fault. */
static bool faults_are_logged(void)
{
	char c = '0';
	int fd = open("/proc/sys/debug/exception-trace", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, &c, 1) != 1)
			c = '0';
		close(fd);
	}
	return c != '0';
}

void slots_summarise(const struct slot *slots, int count, struct agent *a)
{
	unsigned had = a->coverage.sees;

	coverage_clear(&a->coverage);
	for (int i = 0; i < count; i++) {
		const struct backend *b = &slots[i].backend;

		if (!slots[i].open)
			continue;
		coverage_add(&a->coverage, b->ops->source, b->sees, &b->sight);
		if (b->sees & SEES_CAUSE)
			a->coverage.faults_logged = faults_are_logged();
	}
	coverage_changed(&a->coverage, had, a->clock.now);
}

#include "backends/tracepoint_processor.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backends/backend.h"
#include "backends/tracepoint_events.h"

#define WAKER_SIZE 4096

static int map_waker(int fd, struct perf_ring *ring, int epoll)
{
	int error = fd < 0 ? -EBADMSG : perf_ring_open(ring, fd, WAKER_SIZE);

	return error ? error : backend_watch(epoll, fd);
}

static int map_wakers(struct processor *p, const struct processor_plan *plan)
{
	int error = map_waker(p->bell, &p->rung, plan->epoll);

	if (!error && ioctl(p->bell, PERF_EVENT_IOC_REFRESH, 1) != 0)
		error = -errno;
	if (!error)
		error = map_waker(p->urgent, &p->urged, plan->urgent);
	if (!error && ioctl(p->urgent, PERF_EVENT_IOC_ENABLE, 0) != 0)
		error = -errno;
	return error;
}

/* The ring, which is that of the signals, and wakes when it is a quarter full. */
static int map_ring(struct processor *p, const struct processor_plan *plan)
{
	int fd = p->events[TRACEPOINT_SIGNAL], error = fd < 0 ? -EBADMSG : perf_ring_open(&p->ring, fd, plan->ring);

	if (!error)
		error = backend_watch(plan->epoll, fd);
	if (!error)
		error = backend_watch(plan->urgent, fd);
	for (enum tracepoint one = TRACEPOINT_SIGNAL + 1; one < TRACEPOINTS && !error; one++)
		if (p->events[one] >= 0 && ioctl(p->events[one], PERF_EVENT_IOC_SET_OUTPUT, fd))
			error = -errno;
	return error;
}

void processor_init(struct processor *p)
{
	memset(p->events, -1, sizeof(p->events));
	p->bell = p->urgent = -1;
}

void processor_close(struct processor *p)
{
	perf_ring_close(&p->ring);
	perf_ring_close(&p->rung);
	perf_ring_close(&p->urged);
	if (p->bell >= 0)
		close(p->bell);
	if (p->urgent >= 0)
		close(p->urgent);
	for (enum tracepoint one = 0; one < TRACEPOINTS; one++)
		if (p->events[one] >= 0)
			close(p->events[one]);
	processor_init(p);
}

/* The answer's descriptors, each to where it belongs. */
static void take_descriptors(struct processor *p, struct rights_answer *a)
{
	uint32_t next = 0;

	for (int i = 0; i < TRACEPOINT_FDS && next < a->fds_count; i++)
		if (a->value & 1 << i)
			*(i == TRACEPOINT_BELL ? &p->bell : i == TRACEPOINT_URGENT ? &p->urgent : &p->events[i]) = a->fds[next++];
}

int processor_open(struct processor *p, int cpu, const struct processor_plan *plan)
{
	const struct rights_request request = {.of = RIGHTS_TRACEPOINT, .what = TRACEPOINT_ASK_PROCESSOR, .arg = cpu, .arg2 = (int32_t)plan->ring};
	struct rights_answer a;
	int error = rights_ask(&request, &a);

	if (error)
		return error;
	take_descriptors(p, &a);
	error = map_ring(p, plan);
	if (!error)
		error = map_wakers(p, plan);
	if (error)
		processor_close(p);
	return error;
}

/* True if it had rung. */
static bool empty(struct perf_ring *r)
{
	if (!r->map)
		return false;
	perf_ring_look(r);
	if (r->head == r->tail)
		return false;
	r->tail = r->head;
	perf_ring_done(r);
	return true;
}

void processor_ring_off(struct processor *p)
{
	empty(&p->urged);
	if (empty(&p->rung))
		ioctl(p->bell, PERF_EVENT_IOC_REFRESH, 1);
}

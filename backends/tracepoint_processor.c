#include "backends/tracepoint_processor.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backends/backend.h"

#define WAKER_SIZE 4096

static int perf_event(struct perf_event_attr *attr, int cpu)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static struct perf_event_attr attributes(unsigned id, size_t wake_at)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(struct perf_event_attr),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = wake_at > 0,
		.wakeup_watermark = (uint32_t)wake_at,
	};
}

int tracepoint_try(unsigned id)
{
	struct perf_event_attr attr = attributes(id, 1);
	int fd;

	attr.disabled = 1;
	fd = perf_event(&attr, 0);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* An event with a small ring of its own, which is never read: it only wakes. */
static int open_waker(int *fd, struct perf_ring *ring, unsigned id, int cpu, const char *filter, int epoll)
{
	struct perf_event_attr attr = attributes(id, 0);
	int error = 0;

	attr.disabled = 1;
	attr.wakeup_events = 1;
	*fd = perf_event(&attr, cpu);
	if (*fd < 0)
		return *fd;
	if (filter[0] && ioctl(*fd, PERF_EVENT_IOC_SET_FILTER, filter))
		error = -errno;
	if (!error)
		error = perf_ring_open(ring, *fd, WAKER_SIZE);
	return error ? error : backend_watch(epoll, *fd);
}

static int open_wakers(struct processor *p, int cpu, const struct processor_plan *plan)
{
	int error = open_waker(&p->bell, &p->rung, plan->formats->id[TRACEPOINT_SIGNAL], cpu, plan->signals, plan->epoll);

	if (!error && ioctl(p->bell, PERF_EVENT_IOC_REFRESH, 1) != 0)
		error = -errno;
	if (!error)
		error = open_waker(&p->urgent, &p->urged, plan->formats->id[TRACEPOINT_EXEC], cpu, plan->paths, plan->urgent);
	if (!error && ioctl(p->urgent, PERF_EVENT_IOC_ENABLE, 0) != 0)
		error = -errno;
	return error;
}

/* The ring, which is that of the signals, and wakes when it is a quarter full. */
static int open_ring(struct processor *p, const struct processor_plan *plan)
{
	int fd = p->events[TRACEPOINT_SIGNAL], error;

	if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, plan->signals))
		return -errno;
	error = perf_ring_open(&p->ring, fd, plan->ring);
	if (!error)
		error = backend_watch(plan->epoll, fd);
	return error ? error : backend_watch(plan->urgent, fd);
}

static int open_event(struct processor *p, int cpu, enum tracepoint one, const struct processor_plan *plan)
{
	struct perf_event_attr attr = attributes(plan->formats->id[one], plan->ring / 4);

	p->events[one] = perf_event(&attr, cpu);
	if (p->events[one] < 0)
		return p->events[one];
	if (one == TRACEPOINT_SIGNAL)
		return open_ring(p, plan);
	if (one == TRACEPOINT_DELIVER && ioctl(p->events[one], PERF_EVENT_IOC_SET_FILTER, plan->delivered))
		return -errno;
	return ioctl(p->events[one], PERF_EVENT_IOC_SET_OUTPUT, p->events[TRACEPOINT_SIGNAL]) ? -errno : 0;
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

int processor_open(struct processor *p, int cpu, const struct processor_plan *plan)
{
	int error = 0;

	for (enum tracepoint one = 0; one < TRACEPOINTS && !error; one++)
		if (plan->formats->id[one] && (one != TRACEPOINT_DELIVER || plan->delivered[0]))
			error = open_event(p, cpu, one, plan);
	if (!error)
		error = open_wakers(p, cpu, plan);
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

#include "backends/tracepoint_processor.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/event.h"

#define FILTER_MAX 1024
#define BELL_SIZE 4096

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

uint64_t tracepoint_unwanted_signals(const struct config *c)
{
	static const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
	uint64_t mask = 0;

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		mask |= 1ull << (harmless[i] - 1);
	for (unsigned i = 0; i < c->targets_count; i++)
		if (c->targets[i].events & (1u << EVENT_SIGNAL))
			mask &= ~c->targets[i].signals;
	return mask;
}

/* "sig!=0&&sig!=17&&sig!=28" */
static int set_filter(const struct config *c, int fd)
{
	char filter[FILTER_MAX] = "sig!=0";
	uint64_t unwanted = tracepoint_unwanted_signals(c);
	size_t len = strlen(filter);

	for (int signo = 1; signo <= 64; signo++)
		if (unwanted >> (signo - 1) & 1)
			len += (size_t)snprintf(filter + len, sizeof(filter) - len, "&&sig!=%d", signo);
	return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) ? -errno : 0;
}

static int watch(int epoll, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int open_bell(struct processor *p, int cpu, unsigned id, const struct config *c, int epoll)
{
	struct perf_event_attr attr = attributes(id, 0);
	int error;

	attr.disabled = 1;
	attr.wakeup_events = 1;
	p->bell = perf_event(&attr, cpu);
	if (p->bell < 0)
		return p->bell;
	error = set_filter(c, p->bell);
	if (!error)
		error = perf_ring_open(&p->rung, p->bell, BELL_SIZE);
	if (!error)
		error = watch(epoll, p->bell);
	if (!error && ioctl(p->bell, PERF_EVENT_IOC_REFRESH, 1) != 0)
		error = -errno;
	return error;
}

static int open_event(struct processor *p, int cpu, enum tracepoint one, unsigned id, const struct config *c, int epoll)
{
	struct perf_event_attr attr = attributes(id, c->ring / 4);
	int error = 0;

	p->events[one] = perf_event(&attr, cpu);
	if (p->events[one] < 0)
		return p->events[one];
	if (one == TRACEPOINT_SIGNAL) {
		error = set_filter(c, p->events[one]);
		if (!error)
			error = perf_ring_open(&p->ring, p->events[one], c->ring);
		return error ? error : watch(epoll, p->events[one]);
	}
	return ioctl(p->events[one], PERF_EVENT_IOC_SET_OUTPUT, p->events[TRACEPOINT_SIGNAL]) ? -errno : 0;
}

void processor_init(struct processor *p)
{
	memset(p->events, -1, sizeof(p->events));
	p->bell = -1;
}

void processor_close(struct processor *p)
{
	perf_ring_close(&p->ring);
	perf_ring_close(&p->rung);
	if (p->bell >= 0)
		close(p->bell);
	for (enum tracepoint one = 0; one < TRACEPOINTS; one++)
		if (p->events[one] >= 0)
			close(p->events[one]);
	processor_init(p);
}

int processor_open(struct processor *p, int cpu, const struct tracepoint_formats *formats, const struct config *c, int epoll)
{
	int error = 0;

	for (enum tracepoint one = 0; one < TRACEPOINTS && !error; one++)
		if (formats->id[one])
			error = open_event(p, cpu, one, formats->id[one], c, epoll);
	if (!error)
		error = open_bell(p, cpu, formats->id[TRACEPOINT_SIGNAL], c, epoll);
	if (error)
		processor_close(p);
	return error;
}

void processor_ring_off(struct processor *p)
{
	if (!p->rung.map)
		return;
	perf_ring_look(&p->rung);
	if (p->rung.head == p->rung.tail)
		return;
	p->rung.tail = p->rung.head;
	perf_ring_done(&p->rung);
	ioctl(p->bell, PERF_EVENT_IOC_REFRESH, 1);
}

/* tracepoint_events.c - finds the kernel's tracepoints, and opens them on a processor */
#include "backends/tracepoint_events.h"

#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backends/namespaces.h"
#include "backends/tracefs.h"
#include "backends/tracepoint_filter.h"
#include "config/config.h"

#define FORMAT_MAX 8192
#define NOT_WANTED INT_MIN

int tracepoint_refused(struct reason *why, int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		reason_set(why, "run epitaph as root, or with CAP_PERFMON (CAP_SYS_ADMIN before 5.8)", "perf events are not allowed: %s", strerror(-error));
		break;
	case -EINVAL:
		reason_set(why, "", "this kernel cannot stamp perf events with the clock of its other events (that came in 4.1)");
		break;
	case -ENOSYS:
	case -ENOENT:
		reason_set(why, "", "this kernel is built without perf events for tracepoints (CONFIG_PERF_EVENTS)");
		break;
	case -EMFILE:
		reason_set(why, "raise the limit on open files (LimitNOFILE): each processor takes some", "perf events: %s", strerror(-error));
		break;
	default:
		reason_set(why, "", "perf events: %s", strerror(-error));
	}
	return error;
}

static int read_formats(struct tracepoint_formats *f, struct reason *why)
{
	char text[FORMAT_MAX], path[96];
	int dir = tracefs_open(why), error = 0;

	if (dir < 0)
		return dir;
	for (enum tracepoint t = 0; t < TRACEPOINTS && !error; t++) {
		const char *missing = "";

		snprintf(path, sizeof(path), "events/%s/format", tracepoint_folder(t));
		error = tracefs_read(dir, path, text, sizeof(text));
		if (!error)
			error = tracepoint_format_read(f, t, text, &missing);
		if (!error)
			continue;
		if (error == -EBADMSG)
			reason_set(why, "", "the tracepoint %s of this kernel has no %s", tracepoint_folder(t), missing);
		else if (error == -EACCES || error == -EPERM)
			reason_set(why, "run epitaph as root", "tracefs cannot be read: %s", strerror(-error));
		else
			reason_set(why, "", "this kernel has no tracepoint %s: %s", tracepoint_folder(t), strerror(-error));
		if (t >= TRACEPOINTS_NEEDED)
			error = 0; /* what it would tell is then not told */
	}
	close(dir);
	return error;
}

int tracepoint_find(struct tracepoint_formats *f, struct reason *why)
{
	if (!namespace_is_initial("pid")) {
		reason_set(why, "run epitaph in the initial pid namespace (a container needs --pid=host)",
		           "tracepoints name processes by pids of the initial pid namespace, which are others here");
		return -ENOTSUP;
	}
	return read_formats(f, why);
}

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

/* With a filter unless it is "".  A descriptor or -errno. */
static int open_filtered(struct perf_event_attr *attr, int cpu, const char *filter)
{
	int fd = perf_event(attr, cpu);

	if (fd < 0 || !filter[0] || ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}

/* Wakes at each; it has a small ring of its own, which is never read. */
static int open_waker(unsigned id, int cpu, const char *filter)
{
	struct perf_event_attr attr = attributes(id, 0);

	attr.disabled = 1;
	attr.wakeup_events = 1;
	return open_filtered(&attr, cpu, filter);
}

/* One of the descriptors; NOT_WANTED, or -errno. */
static int open_one(const struct tracepoint_formats *f, const struct config *c, int cpu, size_t ring, int one)
{
	char filter[FILTER_MAX] = "";

	if (one == TRACEPOINT_SIGNAL || one == TRACEPOINT_BELL)
		filter_of_signals(c, filter);
	else if (one == TRACEPOINT_URGENT)
		filter_of_paths(c, filter);
	else if (one == TRACEPOINT_DELIVER)
		filter_of_delivered(c, filter);
	if (one == TRACEPOINT_BELL || one == TRACEPOINT_URGENT)
		return open_waker(f->id[one == TRACEPOINT_BELL ? TRACEPOINT_SIGNAL : TRACEPOINT_EXEC], cpu, filter);
	if (!f->id[one] || (one == TRACEPOINT_DELIVER && !filter[0]))
		return NOT_WANTED;
	struct perf_event_attr attr = attributes(f->id[one], ring / 4);
	return open_filtered(&attr, cpu, filter);
}

int tracepoint_events_open(const struct tracepoint_formats *f, const struct config *c, int cpu, size_t ring, int fds[TRACEPOINT_FDS])
{
	int error = 0;

	for (int i = 0; i < TRACEPOINT_FDS; i++)
		fds[i] = -1;
	for (int i = 0; i < TRACEPOINT_FDS && !error; i++) {
		fds[i] = open_one(f, c, cpu, ring, i);
		if (fds[i] == NOT_WANTED)
			fds[i] = -1;
		else if (fds[i] < 0)
			error = fds[i];
	}
	for (int i = 0; error && i < TRACEPOINT_FDS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	return error;
}

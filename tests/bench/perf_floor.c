/* perf_floor.c - a ring of signals for each processor, whose samples are thrown away every 20 ms: what perf costs at the least */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RING (64u << 10)
#define PROCESSORS 256

static volatile sig_atomic_t stop;

static void on_term(int signo)
{
	(void)signo;
	stop = 1;
}

/* perf_floor ID FILTER: id of signal:signal_generate */
int main(int argc, char **argv)
{
	struct perf_event_mmap_page *rings[PROCESSORS];
	int count = 0;
	unsigned long long bytes = 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (argc != 3)
		return fputs("usage: perf_floor ID FILTER\n", stderr), 2;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof attr, .config = strtoull(argv[1], NULL, 10), .sample_period = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW, .use_clockid = 1, .clockid = CLOCK_MONOTONIC,
	};
	for (int cpu = 0; cpu < PROCESSORS && cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		if (fd < 0 && errno == ENODEV)
			continue;
		if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_FILTER, argv[2]) < 0)
			return perror("perf"), 1;
		rings[count] = mmap(NULL, page + RING, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (rings[count++] == MAP_FAILED)
			return perror("mmap"), 1;
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL);
	puts("ready");
	fflush(stdout);
	while (!stop) {
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
		for (int i = 0; i < count; i++) {
			unsigned long long head = __atomic_load_n(&rings[i]->data_head, __ATOMIC_ACQUIRE);
			bytes += head - rings[i]->data_tail;
			__atomic_store_n(&rings[i]->data_tail, head, __ATOMIC_RELEASE);
		}
	}
	printf("bytes %llu\n", bytes);
	return 0;
}

#include "backends/perf_ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A sample as tracepoint.c asks for it (PERF_SAMPLE_TID, TIME, RAW), without the raw bytes. */
struct sample_head {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t time;
	uint32_t raw_len;
} __attribute__((packed));

struct lost_record {
	struct perf_event_header header;
	uint64_t id, lost;
} __attribute__((packed));

void perf_ring_init(struct perf_ring *r, void *map, size_t page, size_t size)
{
	r->map = map;
	r->map_size = page + size;
	r->data = (uint8_t *)map + page;
	r->size = size;
	r->tail = r->head = ((struct perf_event_mmap_page *)map)->data_tail;
}

int perf_ring_open(struct perf_ring *r, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), rounded = page;

	while (rounded < size)
		rounded *= 2;
	void *map = mmap(NULL, page + rounded, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	perf_ring_init(r, map, page, rounded);
	return 0;
}

void perf_ring_close(struct perf_ring *r)
{
	if (r->map)
		munmap(r->map, r->map_size);
	r->map = NULL;
}

bool perf_ring_look(struct perf_ring *r)
{
	struct perf_event_mmap_page *page = r->map;

	r->head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	/* The kernel never writes over what was not read; anything else is no ring. */
	if (r->head - r->tail > r->size)
		r->tail = r->head;
	return r->head - r->tail + PERF_RECORD_MOST / 8 > r->size;
}

/* len bytes from the tail on, in one piece. */
static const uint8_t *bytes(struct perf_ring *r, size_t len)
{
	size_t at = r->tail & (r->size - 1), first = r->size - at;

	if (first >= len)
		return r->data + at;
	memcpy(r->copy, r->data + at, first);
	memcpy(r->copy + first, r->data, len - first);
	return r->copy;
}

static bool read_sample(const uint8_t *from, size_t len, struct perf_record *record)
{
	struct sample_head head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, from, sizeof(head));
	if (head.raw_len > len - sizeof(head))
		return false;
	*record = (struct perf_record){.at = head.time, .pid = (pid_t)head.pid, .tid = (pid_t)head.tid, .raw = from + sizeof(head),
	                               .raw_len = head.raw_len};
	return true;
}

bool perf_ring_peek(struct perf_ring *r, struct perf_record *record)
{
	struct perf_event_header header;
	struct lost_record lost;

	while (r->head - r->tail >= sizeof(header)) {
		memcpy(&header, bytes(r, sizeof(header)), sizeof(header));
		if (header.size < sizeof(header) || header.size > r->head - r->tail) {
			r->tail = r->head; /* no ring of the kernel's */
			break;
		}
		size_t len = header.size < PERF_RECORD_MOST ? header.size : PERF_RECORD_MOST;
		const uint8_t *from = bytes(r, len);
		if (header.type == PERF_RECORD_SAMPLE) {
			if (!read_sample(from, len, record)) /* none of those that were asked for */
				*record = (struct perf_record){.lost = true, .count = 1};
			return true;
		}
		if (header.type == PERF_RECORD_LOST && len >= sizeof(lost)) {
			memcpy(&lost, from, sizeof(lost));
			*record = (struct perf_record){.lost = true, .count = lost.lost};
			return true;
		}
		r->tail += header.size;
	}
	return false;
}

void perf_ring_drop(struct perf_ring *r)
{
	struct perf_event_header header;

	memcpy(&header, bytes(r, sizeof(header)), sizeof(header));
	r->tail += header.size;
}

void perf_ring_done(struct perf_ring *r)
{
	__atomic_store_n(&((struct perf_event_mmap_page *)r->map)->data_tail, r->tail, __ATOMIC_RELEASE);
}

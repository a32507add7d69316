/* fuzz_tracepoint.c - any bytes as the content of a perf ring; the first 8: its tail, and how far ahead its head is */
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "backends/tracepoint_decode.h"
#include "tracepoints_6_18.h"

#define SIZE 4096
#define PAGE sizeof(struct perf_event_mmap_page)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct perf_ring ring;
static struct tracepoint_decoder decoder;
static unsigned emitted;

static int is_pid(pid_t pid)
{
	return pid >= 1 && pid <= PID_LIMIT;
}

static void check(void *ctx, const struct event *e)
{
	(void)ctx;
	emitted++;
	if (e->sources != SOURCE_TRACEPOINT || e->stamp != STAMP_EXACT || !(e->process.has & FACT_PID) || !(e->has & HAS_TID))
		abort();
	if (!is_pid(e->process.pid) || !is_pid(e->tid))
		abort();
	if (e->sender.has ? !(e->sender.has & FACT_PID) || !is_pid(e->sender.pid) : e->sender.pid != 0)
		abort();
	if (e->kind == EVENT_SIGNAL) {
		if (!(e->has & HAS_SIGNO) || e->signo < 1 || e->signo > 64 || e->origin >= ORIGINS || e->result > RESULT_UNKNOWN)
			abort();
		if (!(e->has & HAS_VIA) != (e->origin == ORIGIN_CALL) || ((e->has & HAS_VIA) && !e->via))
			abort();
	} else if (e->kind == EVENT_EXEC) {
		if (!(e->has & HAS_PATH) != !(e->process.has & FACT_COMM) || ((e->process.has & FACT_COMM) && strlen(e->process.comm) > 15))
			abort();
		if ((e->has & HAS_PATH) && !e->path[0])
			abort();
	} else if (e->kind == EVENT_DELIVERED) {
		if (!(e->has & HAS_SIGNO) || e->signo < 1 || e->signo > 64 || !(e->has & HAS_HANDLED))
			abort();
	} else if (e->kind != EVENT_OOM) {
		abort();
	}
}

/* Its raw bytes lie in the ring or in the copy. */
static void check_raw(const struct perf_record *r)
{
	const uint8_t *from = r->raw >= ring.copy && r->raw < ring.copy + sizeof(ring.copy) ? ring.copy : ring.data;
	size_t room = from == ring.copy ? sizeof(ring.copy) : ring.size, at = (size_t)(r->raw - from);

	if (at > room || r->raw_len > room - at)
		abort();
}

static void read_ring(void)
{
	struct perf_record record;
	uint64_t at = 0;

	for (unsigned records = 0; perf_ring_peek(&ring, &record); records++) {
		uint64_t before = ring.tail;

		if (records > SIZE / sizeof(struct perf_event_header))
			abort(); /* more than there is room for: the loop is endless */
		if (record.lost) {
			tracepoint_missed(&decoder);
		} else {
			check_raw(&record);
			emitted = 0;
			tracepoint_decode(&decoder, &record, at++, check, NULL);
			if (emitted > 1)
				abort();
		}
		perf_ring_drop(&ring);
		if (ring.tail == before)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t tail = 0, ahead = 0;
	/* Its own block, so that a sanitizer sees a read beyond the ring. */
	struct perf_event_mmap_page *page = calloc(1, PAGE + SIZE);

	if (!page)
		abort();
	if (size >= 8) {
		memcpy(&tail, data, 4);
		memcpy(&ahead, data + 4, 4);
		data += 8;
		size -= 8;
	}
	page->data_tail = tail;
	page->data_head = (uint64_t)tail + ahead;
	memset(&decoder, 0, sizeof(decoder));
	decoder.formats = of_6_18;
	perf_ring_init(&ring, page, PAGE, SIZE);
	for (size_t i = 0; i < size && i < SIZE; i++)
		ring.data[(tail + i) & (SIZE - 1)] = data[i];
	perf_ring_look(&ring);
	read_ring();
	perf_ring_done(&ring);
	if (page->data_head - page->data_tail >= sizeof(struct perf_event_header))
		abort(); /* something was left unread */
	free(page);
	return 0;
}

/* perf_ring.h - the ring into which the kernel writes the samples of one processor, perf_event_open(2) */
#ifndef EPITAPH_PERF_RING_H
#define EPITAPH_PERF_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PERF_RECORD_MOST 8192 /* bytes of a record that are read; a path has up to 4096 */

/* What stands next in a ring: a sample, or word of samples that were lost. */
struct perf_record {
	bool           lost;
	uint64_t       count; /* lost: how many */
	uint64_t       at;    /* sample: ns CLOCK_MONOTONIC, or of perf's own clock */
	pid_t          pid, tid; /* sample: who ran; 0 = nobody, the processor was idle */
	const uint8_t *raw;   /* sample: borrowed until perf_ring_drop or the next peek */
	size_t         raw_len;
};

struct perf_ring {
	void    *map;     /* NULL: not open */
	uint8_t *data;
	size_t   size;    /* of data; a power of two */
	size_t   map_size;
	uint64_t tail;    /* read up to here */
	uint64_t head;    /* to be read up to here: as perf_ring_look saw it */
	uint8_t  copy[PERF_RECORD_MOST]; /* of a record that goes round the end */
};

/* Maps the ring of the event fd; size is rounded up to a power of two pages.  0 or -errno. */
int  perf_ring_open(struct perf_ring *r, int fd, size_t size);
/* The same on bytes that a test or a fuzzer has: a struct perf_event_mmap_page, then size bytes. */
void perf_ring_init(struct perf_ring *r, void *map, size_t page, size_t size);
void perf_ring_close(struct perf_ring *r); /* a ring that is not open is fine */

/* What is in the ring now is what is to be read.  True if it was so full that a sample may have found no room. */
bool perf_ring_look(struct perf_ring *r);
/* The next record; false if nothing more is to be read.  Others than samples and losses are passed over. */
bool perf_ring_peek(struct perf_ring *r, struct perf_record *record);
/* Done with the record that was peeked at. */
void perf_ring_drop(struct perf_ring *r);
/* Gives the room of what was read back to the kernel. */
void perf_ring_done(struct perf_ring *r);

#endif

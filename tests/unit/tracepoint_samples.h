/* tracepoint_samples.h - samples made by the offsets of 6.18, as tests/data/tracepoint-formats-6.18.txt has them; after cmocka.h */
#ifndef EPITAPH_TRACEPOINT_SAMPLES_H
#define EPITAPH_TRACEPOINT_SAMPLES_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/tracepoint_decode.h"
#include "tracepoints_6_18.h"

#define AT 123456789
#define TARGET 500   /* whom a signal is for */
#define SENDER 600   /* who runs as it is made */
#define STRANGER 700 /* common_pid of each sample: what no event may take for a pid */
#define HARDIRQ 0x08
#define SOFTIRQ 0x10

static struct tracepoint_decoder decoder;
static struct event event;
static char comm[32], path[160];
static unsigned count;

/* The bytes of a sample, and who ran. */
struct sample {
	uint8_t raw[160];
	size_t  len;
	pid_t   pid, tid;
};

static inline void keep(void *ctx, const struct event *e)
{
	(void)ctx;
	event = *e;
	comm[0] = '\0';
	if (e->process.has & FACT_COMM)
		snprintf(comm, sizeof(comm), "%s", e->process.comm);
	path[0] = '\0';
	if (e->has & HAS_PATH)
		snprintf(path, sizeof(path), "%s", e->path);
	count++;
}

static inline int begin(void **state)
{
	(void)state;
	memset(&decoder, 0, sizeof(decoder));
	decoder.formats = of_6_18;
	return 0;
}

static inline void put(struct sample *s, size_t at, int32_t number)
{
	memcpy(s->raw + at, &number, sizeof(number));
}

static inline struct sample make(uint16_t id, unsigned flags, size_t len, pid_t pid, pid_t tid)
{
	struct sample s = {.len = len, .pid = pid, .tid = tid};

	memset(s.raw, 0x5a, sizeof(s.raw)); /* what is in the other fields does not matter */
	memcpy(s.raw, &id, sizeof(id));
	s.raw[2] = (uint8_t)flags;
	put(&s, 4, STRANGER);
	return s;
}

static inline struct sample make_signal(int signo, int code, int group, int result, pid_t to)
{
	struct sample s = make(261, 0, 52, SENDER, SENDER);

	put(&s, 8, signo);
	put(&s, 16, code);
	put(&s, 36, to);
	put(&s, 40, group);
	put(&s, 44, result);
	return s;
}

static inline struct sample make_fork(pid_t parent, pid_t child)
{
	struct sample s = make(366, 0, 44, parent, parent);

	put(&s, 12, parent);
	put(&s, 20, child);
	return s;
}

static inline struct sample make_exit(pid_t pid, pid_t tid)
{
	struct sample s = make(369, 0, 36, pid, tid);

	put(&s, 24, tid);
	return s;
}

/* How many events that gives.  The copy is of exactly that size, so that a sanitizer sees a read beyond it. */
static inline unsigned decode(const struct sample *s)
{
	uint8_t *raw = malloc(s->len ? s->len : 1);
	struct perf_record record = {.at = 1, .pid = s->pid, .tid = s->tid, .raw = raw, .raw_len = s->len};

	assert_non_null(raw);
	memcpy(raw, s->raw, s->len);
	count = 0;
	memset(&event, 0xee, sizeof(event));
	tracepoint_decode(&decoder, &record, AT, keep, NULL);
	free(raw);
	return count;
}

static inline void assert_nothing(struct sample s)
{
	assert_int_equal(decode(&s), 0);
}

static inline enum origin origin_of(struct sample s)
{
	assert_int_equal(decode(&s), 1);
	return event.origin;
}

/* A signal of a process or thread to TARGET. */
static inline enum origin sent_by(pid_t pid, pid_t tid, int signo, int code, int group)
{
	struct sample s = make_signal(signo, code, group, 0, TARGET);

	s.pid = pid;
	s.tid = tid;
	return origin_of(s);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

#endif

/* fuzz_cn_proc.c - any bytes as messages of the process connector, each as long as its first byte says */
#include <stdlib.h>
#include <string.h>

#include "backends/cn_proc_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cn_proc_sequence sequence;
static unsigned emitted;

static void check(void *ctx, const struct event *e)
{
	(void)ctx;
	emitted++;
	if (e->sources != SOURCE_CN_PROC || !(e->process.has & FACT_PID) || !(e->has & HAS_TID))
		abort();
	if ((e->process.has & FACT_COMM) && strlen(e->process.comm) > 16)
		abort();
	if ((e->has & HAS_STATUS) && e->kind != EVENT_EXIT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clock clock = {.from_monotonic = 1};

	memset(&sequence, 0, sizeof(sequence));
	while (size) {
		size_t n = data[0] < size ? data[0] : size;
		int error = 1;
		/* Its own block, so that a sanitizer sees a read beyond the message. */
		uint8_t *message = malloc(n ? n : 1);

		if (!message)
			abort();
		memcpy(message, data, n);
		emitted = 0;
		enum cn_proc_what what = cn_proc_decode(message, n, &clock, &sequence, check, NULL, &error);
		free(message);
		if (emitted != (what == CN_PROC_EVENT) || sequence.missing < 0)
			abort();
		n += n == 0;
		data += n;
		size -= n;
	}
	return 0;
}

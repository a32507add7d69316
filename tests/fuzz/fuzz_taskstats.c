/* fuzz_taskstats.c - any bytes as a message of taskstats */
#include <stdlib.h>

#include "backends/taskstats_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct used used;
	struct event e;

	if (!taskstats_decode(data, size, 29, &e, &used))
		return 0;
	if (e.kind != EVENT_USED || e.process.pid < 1 || e.process.pid > PID_LIMIT || e.tid < 1 || e.tid > PID_LIMIT || !(e.has & HAS_USED) || e.used != &used)
		abort();
	return 0;
}

/* fuzz_kmsg.c - any bytes as one record of /dev/kmsg */
#include <stdlib.h>
#include <string.h>

#include "backends/kmsg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned emitted;

static void check(void *ctx, const struct event *e)
{
	(void)ctx;
	emitted++;
	if (e->kind != EVENT_OOM && e->kind != EVENT_FAULT)
		abort();
	if (e->process.has != (FACT_PID | FACT_COMM) || e->process.pid <= 0 || e->process.pid > 4194304 ||
	    e->tid != e->process.pid || strlen(e->process.comm) > 15)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	emitted = 0;
	bool told = kmsg_decode((const char *)data, size, check, NULL);

	if (emitted != told)
		abort();
	/* Only the kernel's own records, of facility 0. */
	if (told && !(size > 2 && data[0] >= '0' && data[0] <= '9'))
		abort();
	return 0;
}

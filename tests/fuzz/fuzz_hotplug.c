/* fuzz_hotplug.c - any bytes as a uevent of a processor, and as the kernel's list of processors */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/processors.h"
#include "backends/tracepoint_hotplug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int cpu = hotplug_cpu((const char *)data, size);
	char *list = malloc(size + 1);

	if (!list)
		abort();
	memcpy(list, data, size);
	list[size] = '\0';
	unsigned end = processors_list_end(list);
	free(list);
	if (cpu < -1 || cpu > 999999 || end < 1 || end > 8192)
		abort();
	if (cpu >= 0 && (size < sizeof("online@/devices/system/cpu/cpu") || memcmp(data, "online@", 7) != 0))
		abort();
	return 0;
}

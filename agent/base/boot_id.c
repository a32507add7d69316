#include "agent/base/boot_id.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool boot_id(char id[BOOT_ID_SIZE])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, id, BOOT_ID_SIZE - 1) : -1;

#if FAULTS
	const char *fault = getenv("EPITAPH_FAULT_BOOT_ID");
	if (fault) {
		snprintf(id, BOOT_ID_SIZE, "%s", fault);
		n = (ssize_t)strlen(id);
	}
#endif
	if (fd >= 0)
		close(fd);
	id[n > 0 ? n : 0] = '\0';
	id[strcspn(id, "\n ")] = '\0';
	if (id[0])
		return true;
	snprintf(id, BOOT_ID_SIZE, "unknown");
	return false;
}

#include "backends/processors.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSORS_MAX 8192u /* CONFIG_NR_CPUS allows no more */

int processors_possible_list(char list[PROCESSORS_LIST])
{
	int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, list, PROCESSORS_LIST - 1);
	int error = n < 0 ? -errno : n == PROCESSORS_LIST - 1 ? -E2BIG : 0;
	close(fd);
	if (!error)
		list[n] = '\0';
	if (!error)
		list[strcspn(list, "\n")] = '\0';
	return error;
}

unsigned processors_list_end(const char *list)
{
	unsigned long last = 0;

	for (const char *at = list; isdigit((unsigned char)*at);) {
		char *end;

		last = strtoul(at, &end, 10);
		at = *end == '-' || *end == ',' ? end + 1 : end;
	}
	return last < PROCESSORS_MAX ? (unsigned)last + 1 : PROCESSORS_MAX;
}

unsigned processors_possible(void)
{
	char list[PROCESSORS_LIST];

	if (processors_possible_list(list) == 0)
		return processors_list_end(list);
	long configured = sysconf(_SC_NPROCESSORS_CONF);
	return configured > 0 ? (unsigned)configured : 1;
}

#include "backends/tracepoint_hotplug.h"

#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_SIZE 4096
#define ONLINE 0x6f6e6c69 /* "onli", as a BPF word */

int hotplug_open(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ONLINE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) != 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

int hotplug_cpu(const char *message, size_t len)
{
	static const char start[] = "online@/devices/system/cpu/cpu";
	const size_t n = sizeof(start) - 1;
	long cpu = 0;

	if (len <= n || memcmp(message, start, n) != 0 || !isdigit((unsigned char)message[n]))
		return -1;
	for (size_t i = n; i < len && message[i]; i++) {
		if (!isdigit((unsigned char)message[i]) || cpu > 99999)
			return -1;
		cpu = cpu * 10 + (message[i] - '0');
	}
	return (int)cpu;
}

int hotplug_next(int fd, int *cpu)
{
	char message[MESSAGE_SIZE];
	struct sockaddr_nl from;
	socklen_t size = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, message, sizeof(message), MSG_DONTWAIT, (struct sockaddr *)&from, &size)) >= 0 || errno == EINTR) {
		*cpu = n > 0 && from.nl_pid == 0 ? hotplug_cpu(message, (size_t)n) : -1; /* only the kernel counts */
		if (*cpu >= 0)
			return 1;
		size = sizeof(from);
	}
	return errno == EAGAIN ? 0 : -errno;
}

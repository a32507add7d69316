#include "agent/warden/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/rights.h"
#include "backends/audit_rights.h"

static pid_t warden; /* read before the filter, which has no getppid */

static int read_file(const char *path)
{
	char c;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &c, 1) == 1 ? 0 : -errno;
}

static int try_shadow(void)
{
	return read_file("/etc/shadow");
}

static int try_write(void)
{
	return open("/tmp/epitaph-payload", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ? 0 : -errno;
}

static int try_exec(void)
{
	return execl("/bin/true", "true", (char *)NULL) == 0 ? 0 : -errno;
}

static int try_fork(void)
{
	return fork() >= 0 ? 0 : -errno;
}

static int try_connect(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : -errno;
}

static int try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, warden, NULL, NULL) == 0 ? 0 : -errno;
}

static int try_memory(void)
{
	return read_file("/proc/1/mem");
}

static int try_memory_of_warden(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)warden);
	return read_file(path);
}

static int try_kill(void)
{
	return kill(warden, SIGKILL) == 0 ? 0 : -errno;
}

static int try_root(void)
{
	return setresuid(0, 0, 0) == 0 ? 0 : -errno;
}

static int try_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : -errno;
}

/* The records' socket was opened by who may change settings. */
static int try_audit_off(void)
{
	struct {
		struct nlmsghdr     head;
		struct audit_status status;
	} m = {
		.head = {.nlmsg_len = sizeof(m), .nlmsg_type = AUDIT_SET, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = 4711},
		.status = {.mask = AUDIT_STATUS_ENABLED, .enabled = 0},
	};
	struct {
		struct nlmsghdr head;
		int             error;
		char            rest[16384];
	} got;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct rights_answer a;

	rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_OPEN, 0, &a);
	int fd = rights_fd(&a);
	if (fd < 0 || sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return fd < 0 ? fd : -errno;
	for (int i = 0; i < 100000; i++)
		if (recvfrom(fd, &got, sizeof(got), MSG_DONTWAIT, NULL, NULL) > 0 && got.head.nlmsg_type == NLMSG_ERROR && got.head.nlmsg_seq == 4711)
			return got.error;
	return -ETIME;
}

/* Neither standard output, nor a copy of agent.ini in memory. */
static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 0;
}

/* Every request that there may be, but those that a backend or an output of the configuration has. */
static int try_requests(void)
{
	for (int of = RIGHTS_FILES; of < RIGHTS_KINDS; of++)
		for (uint32_t what = 0; what < 64; what++) {
			const struct rights_request r = {.of = (uint32_t)of, .what = what, .arg = 0x00ff00ff, .path = "/etc/shadow"};
			struct rights_answer a;

			rights_ask(&r, &a);
			int fd = rights_fd(&a);
			if (fd >= 0 && is_file(fd))
				return 0;
		}
	return -EACCES;
}

static int try_nonsense(void)
{
	struct rights_answer a;

	rights_ask_for(RIGHTS_KINDS, 0, 0, &a);
	return a.error;
}

static const struct {
	const char *name;
	int       (*run)(void);
} payloads[] = {
	{"shadow", try_shadow}, {"write", try_write}, {"exec", try_exec}, {"fork", try_fork}, {"connect", try_connect},
	{"ptrace", try_ptrace}, {"memory", try_memory}, {"memory-of-warden", try_memory_of_warden}, {"kill", try_kill},
	{"root", try_root}, {"code", try_code}, {"audit-off", try_audit_off}, {"requests", try_requests}, {"nonsense", try_nonsense},
};

void payload_prepare(void)
{
	warden = getppid();
}

void payload_run(void)
{
	const char *name = getenv("EPITAPH_FAULT_PAYLOAD");
	char text[128];

	for (size_t i = 0; name && i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		if (strcmp(name, payloads[i].name) != 0)
			continue;
		int error = payloads[i].run();
		int len = snprintf(text, sizeof(text), "payload %s: %s%s\n", name, error ? "refused: " : "DONE", error ? strerror(-error) : "");
		(void)!write(STDERR_FILENO, text, (size_t)len);
		_exit(1);
	}
}

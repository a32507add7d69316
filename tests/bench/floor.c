/* floor.c - receives and throws away: what a reader of this kernel's events costs at the least, or one that looks up names */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BATCH 64
#define MESSAGE 9216 /* an audit record with its header */

static volatile sig_atomic_t stop;
static unsigned char buffers[BATCH][MESSAGE];

static void on_term(int signo)
{
	(void)signo;
	stop = 1;
}

static int netlink(int protocol, unsigned groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, protocol), size = 10000 * 832;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	/* Ends a quiet wait for the sake of `stop`; costs nothing while events come. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 200000 }, sizeof(struct timeval));
	return fd;
}

static int cn_proc_send(int fd, unsigned op)
{
	struct {
		struct nlmsghdr header;
		struct cn_msg   message;
		unsigned        op;
	} __attribute__((packed)) request = {
		.header = { .nlmsg_len = sizeof request, .nlmsg_type = NLMSG_DONE },
		.message = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof request.op },
		.op = op,
	};
	return send(fd, &request, sizeof request, 0) < 0 ? -1 : 0;
}

/* AUDIT_SET of what mask names; without an acknowledgement, which would only be one more message to throw away. */
static int audit_set(int fd, unsigned mask, unsigned enabled, unsigned pid)
{
	struct {
		struct nlmsghdr     header;
		struct audit_status status;
	} request = {
		.header = { .nlmsg_len = sizeof request, .nlmsg_type = AUDIT_SET, .nlmsg_flags = NLM_F_REQUEST },
		.status = { .mask = mask, .enabled = enabled, .pid = pid, .backlog_limit = 8192 },
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	return sendto(fd, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0 ? -1 : 0;
}

/* Lets through what the agent reads too, so that both get the same messages: SYSCALL, EXECVE, OBJ_PID. */
static int only_read_types(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(AUDIT_SYSCALL), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(AUDIT_EXECVE), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(AUDIT_OBJ_PID), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ~0u),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* cn_proc has no name of what was executed: comm and path are those of /proc/PID, while it lives. */
static int look_up(const unsigned char *message)
{
	const struct proc_event *event = (const void *)(message + sizeof(struct nlmsghdr) + sizeof(struct cn_msg));
	char path[64], text[4096];

	if (event->what != PROC_EVENT_EXEC)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)event->event_data.exec.process_tgid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	if (fd >= 0)
		close(fd);
	snprintf(path, sizeof path, "/proc/%d/exe", (int)event->event_data.exec.process_tgid);
	return n > 0 && readlink(path, text, sizeof text) > 0;
}

static unsigned long long micros(struct timeval t)
{
	return (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_usec;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	int names = strcmp(what, "cn_proc-names") == 0, lazy = strcmp(what, "cn_proc-lazy") == 0;
	int cn_proc = names || lazy || strcmp(what, "cn_proc") == 0, unicast = strcmp(what, "audit-unicast") == 0, fd;

	if (cn_proc)
		fd = netlink(NETLINK_CONNECTOR, CN_IDX_PROC);
	else if (unicast || strcmp(what, "audit") == 0)
		fd = netlink(NETLINK_AUDIT, unicast ? 0 : AUDIT_NLGRP_READLOG);
	else
		return fputs("usage: floor cn_proc|cn_proc-lazy|cn_proc-names|audit|audit-unicast; prints `ready`, and on TERM what it got and used\n"
		             "  cn_proc-lazy rests 20 ms after each reading\n"
		             "  cn_proc-names reads /proc/PID/stat and the link exe at each exec\n"
		             "  audit-unicast becomes the audit daemon; rules and the enabled flag are the caller's\n", stderr), 2;
	if (fd < 0 || (cn_proc && cn_proc_send(fd, PROC_CN_MCAST_LISTEN) < 0) ||
	    (unicast && audit_set(fd, AUDIT_STATUS_PID | AUDIT_STATUS_BACKLOG_LIMIT | AUDIT_STATUS_BACKLOG_WAIT_TIME, 0,
	                          (unsigned)getpid()) < 0)) {
		perror(what);
		return 1;
	}
	if (!cn_proc)
		only_read_types(fd);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL);
	puts("ready");
	fflush(stdout);

	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ buffers[i], MESSAGE };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &vectors[i], .msg_iovlen = 1 } };
	}
	unsigned long long events = 0, overruns = 0, calls = 0, named = 0;
	while (!stop) {
		int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		if (lazy && n > 0 && n < BATCH)
			usleep(20000);
		if (n > 0) {
			events += (unsigned)n;
			calls++;
			for (int i = 0; names && i < n; i++)
				named += (unsigned)look_up(buffers[i]);
		} else if (errno == ENOBUFS) {
			overruns++;
		}
	}
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	if (cn_proc)
		cn_proc_send(fd, PROC_CN_MCAST_IGNORE);
	if (unicast)
		audit_set(fd, AUDIT_STATUS_PID, 0, 0);
	printf("events %llu\ncalls %llu\noverruns %llu\nnamed %llu\nuser_us %llu\nsystem_us %llu\n", events, calls, overruns, named,
	       micros(used.ru_utime), micros(used.ru_stime));
	return 0;
}

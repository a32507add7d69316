/* refuse.c - runs a program to which the kernel refuses a netlink family, as one built without it does, or perf events, as an old one does */
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The half of a 64-bit argument that an int is in. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARG(n) (offsetof(struct seccomp_data, args[n]) + 4)
#else
#define ARG(n) offsetof(struct seccomp_data, args[n])
#endif
#define LOAD(where) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (where))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))

/* Filters add up: each refuses socket(AF_NETLINK, *, family). */
static int refuse(unsigned family)
{
	struct sock_filter filter[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		UNLESS(SYS_socket, 5),
		LOAD(ARG(0)),
		UNLESS(AF_NETLINK, 3),
		LOAD(ARG(2)),
		UNLESS(family, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* perf_event_open fails with that error: EINVAL is what a kernel before 4.1 says of use_clockid, ENOSYS one without perf events. */
static int refuse_perf(unsigned error)
{
	struct sock_filter filter[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		UNLESS(SYS_perf_event_open, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static const struct {
	const char *name;
	unsigned    value;
	int (*refuse)(unsigned value);
} known[] = {
	{ "audit", NETLINK_AUDIT, refuse },
	{ "connector", NETLINK_CONNECTOR, refuse },
	{ "clockid", EINVAL, refuse_perf },
	{ "perf", ENOSYS, refuse_perf },
};
#define KNOWN (sizeof known / sizeof known[0])

int main(int argc, char **argv)
{
	int i = 1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		perror("refuse: no_new_privs");
		return 125;
	}
	for (; i < argc; i++) {
		size_t k = 0;

		while (k < KNOWN && strcmp(argv[i], known[k].name) != 0)
			k++;
		if (k == KNOWN)
			break;
		if (known[k].refuse(known[k].value) < 0) {
			perror("refuse: seccomp");
			return 125;
		}
	}
	if (i >= argc) {
		fputs("usage: refuse [audit] [connector] [clockid] [perf] PROGRAM ARG...\n", stderr);
		return 2;
	}
	execvp(argv[i], argv + i);
	perror(argv[i]);
	return 127;
}

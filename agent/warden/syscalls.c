/* syscalls.c - the list of the engine's system calls, who needs each, and the filter made from it */
#include "agent/warden/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__mips__) && defined(__MIPSEL__) && !defined(__mips64)
#define ARCHITECTURE AUDIT_ARCH_MIPSEL
#endif

#define PIDFD_GET_INFO_TYPE 0xff /* _IOC_TYPE of the requests on a pidfd, include/uapi/linux/pidfd.h */

/* What must hold of an argument. */
enum condition {
	ANY,
	READS,        /* flags of open: nothing is written, made or cut */
	NO_CODE,      /* protection: memory that is no code */
	KNOWN_IOCTL,
	NO_SIGNAL,    /* 0: kill(2) that only looks */
	NOT_SIGSYS    /* whose handler is this file's */
};

struct allowed {
	int            call;
	uint8_t        argument;
	enum condition condition;
	const char    *who; /* for the reader of this table */
};

#define ALLOW(name, who) {SYS_##name, 0, ANY, who}
#define ALLOW_IF(name, argument, condition, who) {SYS_##name, argument, condition, who}

static const struct allowed list[] = {
	/* the loop, most frequent first */
#ifdef SYS_poll
	ALLOW(poll, "the rest; rights_ask"),
#endif
	ALLOW(ppoll, "poll of newer architectures"),
#ifdef SYS_epoll_wait
	ALLOW(epoll_wait, "libev"),
#endif
	ALLOW(epoll_pwait, "libev of newer architectures"),
	ALLOW(epoll_ctl, "libev; descriptors of backends"),
	ALLOW(epoll_create1, "libev; backends"),
#ifdef SYS_clock_gettime64
	ALLOW(clock_gettime64, "clocks, where the vDSO has none"),
	ALLOW(ppoll_time64, "poll"),
	ALLOW(recvmmsg_time64, "batches"),
	ALLOW(timerfd_settime64, "audit's timer; libev"),
	ALLOW(futex_time64, "locks of libc"),
#endif
	ALLOW(clock_gettime, "clocks, where the vDSO has none"),
	ALLOW(gettimeofday, "libev"),
	ALLOW(timerfd_create, "audit's timer; libev, of clocks that are set"),
	ALLOW(timerfd_settime, "audit's timer"),
	ALLOW(eventfd2, "libev"),
	ALLOW(pipe2, "libev, where eventfd is missing"),
	ALLOW(inotify_init1, "libev: pidfiles"),
	ALLOW(inotify_add_watch, "libev: pidfiles"),
	ALLOW(inotify_rm_watch, "libev: pidfiles"),
	/* what is read */
	ALLOW(read, "everything"),
	ALLOW(pread64, "/proc/loadavg, /proc/stat"),
	ALLOW(recvmmsg, "cn_proc, taskstats, audit"),
	ALLOW(recvmsg, "answers of the warden; audit before 2.6.33"),
	ALLOW(recvfrom, "processors that come online"),
#ifdef SYS_open
	ALLOW_IF(open, 1, READS, "/proc of older libc"),
#endif
	ALLOW_IF(openat, 2, READS, "/proc"),
	ALLOW(close, "everything"),
#ifdef SYS_readlink
	ALLOW(readlink, "/proc/self"),
#endif
	ALLOW(readlinkat, "/proc/PID/exe, namespaces"),
#ifdef SYS_getdents64
	ALLOW(getdents64, "/proc"),
#endif
#ifdef SYS_stat
	ALLOW(stat, "pidfiles, paths of programs"),
	ALLOW(lstat, "pidfiles: libev"),
#endif
#ifdef SYS_stat64
	ALLOW(stat64, "pidfiles"),
	ALLOW(lstat64, "pidfiles: libev"),
	ALLOW(fstat64, "outputs"),
	ALLOW(fstatat64, "programs"),
#endif
#ifdef SYS_fstat
	ALLOW(fstat, "outputs"),
#endif
#ifdef SYS_newfstatat
	ALLOW(newfstatat, "programs; stat of libc"),
#endif
#ifdef SYS_statx
	ALLOW(statx, "stat of libc"),
#endif
#ifdef SYS_statfs
	ALLOW(statfs, "pidfiles: libev asks whether they are on a network"),
#endif
#ifdef SYS_access
	ALLOW(access, "/proc/1/stat, /proc/self/io"),
#endif
	ALLOW(faccessat, "access of newer architectures"),
#ifdef SYS_faccessat2
	ALLOW(faccessat2, "access of libc"),
#endif
	ALLOW(lseek, "state, the configuration"),
#ifdef SYS__llseek
	ALLOW(_llseek, "state, the configuration"),
#endif
#ifdef SYS_fcntl
	ALLOW(fcntl, "standard input without waiting"),
#endif
#ifdef SYS_fcntl64
	ALLOW(fcntl64, "standard input without waiting"),
#endif
	/* what is written: to descriptors that the warden has opened */
	ALLOW(write, "outputs, state"),
	ALLOW(writev, "outputs, messages"),
	ALLOW(sendto, "requests to the warden"),
	ALLOW(sendmsg, "syslog"),
	ALLOW(accept4, "the control socket"),
	ALLOW(getsockopt, "who connects to it"),
	ALLOW(fdatasync, "sync = exit"),
#ifdef SYS_ftruncate
	ALLOW(ftruncate, "keep = 0; half a record"),
#endif
#ifdef SYS_ftruncate64
	ALLOW(ftruncate64, "keep = 0; half a record"),
#endif
	ALLOW_IF(ioctl, 1, KNOWN_IOCTL, "perf rings, exit statuses of pidfds"),
	/* processes */
#ifdef SYS_pidfd_open
	ALLOW(pidfd_open, "ends of watched processes"),
#endif
	ALLOW_IF(kill, 1, NO_SIGNAL, "does it live on?"),
	ALLOW(getpid, "syslog's header"),
	ALLOW(geteuid, "who the engine is"),
	ALLOW(getuid, "libev"),
	ALLOW(getgid, "libev"),
	ALLOW(getegid, "libev"),
	ALLOW(capget, "what it may do"),
	ALLOW(wait4, "libev: children, of which there are none"),
	ALLOW(sched_setscheduler, "back to the normal priority"),
	ALLOW(setpriority, "back to the normal priority"),
	/* memory, signals, libc */
	ALLOW(brk, "malloc"),
	ALLOW_IF(mmap, 2, NO_CODE, "rings, malloc"),
#ifdef SYS_mmap2
	ALLOW_IF(mmap2, 2, NO_CODE, "rings, malloc"),
#endif
	ALLOW_IF(mprotect, 2, NO_CODE, "malloc"),
	ALLOW(mremap, "realloc"),
	ALLOW(munmap, "rings, malloc"),
	ALLOW(madvise, "malloc"),
	ALLOW(futex, "locks of libc"),
#ifdef SYS_getrandom
	ALLOW(getrandom, "malloc"),
#endif
	ALLOW_IF(rt_sigaction, 0, NOT_SIGSYS, "libev; the real-time priority"),
	ALLOW(rt_sigprocmask, "libev"),
	ALLOW(rt_sigreturn, "handlers"),
#ifdef SYS_sigreturn
	ALLOW(sigreturn, "handlers"),
#endif
	ALLOW(restart_syscall, "after SIGSTOP"),
	ALLOW(prlimit64, "the real-time priority"),
#ifdef SYS_setrlimit
	ALLOW(setrlimit, "the real-time priority"),
#endif
	ALLOW(uname, "libev: the kernel's version"),
	ALLOW(exit_group, "the end"),
	ALLOW(exit, "the end"),
};

#define LIST (sizeof(list) / sizeof(list[0]))
#define CODE_MOST (LIST * 8 + 8)

static int32_t *refused_call;

/* Called in the place of the call, which was not made. */
static void on_refused(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	*refused_call = info->si_syscall + 1;
	signal(SIGSYS, SIG_DFL); /* itself on no list: this is the end */
	_exit(128 + SIGSYS);
}

#ifdef ARCHITECTURE

struct program {
	struct sock_filter code[CODE_MOST];
	unsigned short     count;
};

static void add(struct program *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	p->code[p->count++] = (struct sock_filter){code, jt, jf, k};
}

/* The low half of the argument: flags, protections, requests and signals are all ints. */
static void load_argument(struct program *p, unsigned argument)
{
	uint32_t at = (uint32_t)(offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	at += 4;
#endif
	add(p, BPF_LD | BPF_W | BPF_ABS, at, 0, 0);
}

static void add_result(struct program *p, uint32_t result)
{
	add(p, BPF_RET | BPF_K, result, 0, 0);
}

/* Allowed if one of the bits is set, or if none is. */
static void allow_bits(struct program *p, uint32_t bits, bool set)
{
	add(p, BPF_JMP | BPF_JSET | BPF_K, bits, set ? 0 : 1, set ? 1 : 0);
	add_result(p, SECCOMP_RET_ALLOW);
	add_result(p, SECCOMP_RET_TRAP);
}

static void allow_equal(struct program *p, uint32_t value, bool equal)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, value, equal ? 0 : 1, equal ? 1 : 0);
	add_result(p, SECCOMP_RET_ALLOW);
	add_result(p, SECCOMP_RET_TRAP);
}

static void allow_ioctls(struct program *p)
{
	static const uint32_t known[] = {PERF_EVENT_IOC_REFRESH, PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_SET_OUTPUT};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, known[i], 0, 1);
		add_result(p, SECCOMP_RET_ALLOW);
	}
	add(p, BPF_ALU | BPF_AND | BPF_K, _IOC_TYPEMASK << _IOC_TYPESHIFT, 0, 0);
	allow_equal(p, PIDFD_GET_INFO_TYPE << _IOC_TYPESHIFT, true);
}

static void add_condition(struct program *p, const struct allowed *a)
{
	if (a->condition != ANY)
		load_argument(p, a->argument);
	switch (a->condition) {
	case ANY:
		add_result(p, SECCOMP_RET_ALLOW);
		break;
	case READS:
		allow_bits(p, O_ACCMODE | O_CREAT | O_TRUNC, false);
		break;
	case NO_CODE:
		allow_bits(p, PROT_EXEC, false);
		break;
	case KNOWN_IOCTL:
		allow_ioctls(p);
		break;
	case NO_SIGNAL:
		allow_equal(p, 0, true);
		break;
	case NOT_SIGSYS:
		allow_equal(p, SIGSYS, false);
		break;
	}
}

/* Each call's part is passed over unless it is that call: one that was begun ends in a result. */
static void add_call(struct program *p, const struct allowed *a)
{
	unsigned short jump = p->count;

	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)a->call, 0, 0);
	add_condition(p, a);
	p->code[jump].jf = (uint8_t)(p->count - jump - 1);
}

static void build(struct program *p)
{
	p->count = 0;
	add(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	add_result(p, SECCOMP_RET_TRAP);
	add(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	for (size_t i = 0; i < LIST; i++)
		add_call(p, &list[i]); /* numbers of x32 are others, and equal none */
	add_result(p, SECCOMP_RET_TRAP);
}

int syscalls_filter(int32_t *refused)
{
	static struct program p;
	struct sigaction action = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO};

	refused_call = refused;
	build(&p);
	struct sock_fprog program = {.len = p.count, .filter = p.code};
	if (sigaction(SIGSYS, &action, NULL) != 0)
		return -errno;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	return errno == EINVAL ? -ENOSYS : -errno;
}

#else

int syscalls_filter(int32_t *refused)
{
	(void)refused;
	(void)on_refused;
	return -ENOSYS;
}

#endif

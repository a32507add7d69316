/* event.c - the words for what events hold */
#include "agent/base/event.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* As user space counts them: the kernel's first realtime signal is 32, but 32 and 33 belong to the C library. */
#define RTMIN 34
#define RTMAX 64

static const char *const kind_names[EVENT_KINDS] = {
	[EVENT_EXEC]         = "exec",
	[EVENT_EXEC_FAILED]  = "exec_failed",
	[EVENT_EXIT]         = "exit",
	[EVENT_SIGNAL]       = "signal",
	[EVENT_FORK]         = "fork",
	[EVENT_THREAD_START] = "thread_start",
	[EVENT_THREAD_END]   = "thread_end",
	[EVENT_DELIVERED]    = "delivered",
	[EVENT_CLEARED]      = "cleared",
	[EVENT_FLAPPING]     = "flapping",
	[EVENT_CALM]         = "calm",
	[EVENT_ABSENT]       = "absent",
	[EVENT_PRESENT]      = "present",
	[EVENT_LOST]         = "lost",
	[EVENT_AGENT]        = "agent",
	[EVENT_RENAME]       = "rename",
	[EVENT_UID]          = "uid",
	[EVENT_GID]          = "gid",
	[EVENT_SID]          = "sid",
	[EVENT_TRACED]       = "traced",
	[EVENT_EXITING]      = "exiting",
	[EVENT_ABEND]        = "abend",
	[EVENT_OOM]          = "oom",
	[EVENT_FAULT]        = "fault",
	[EVENT_USED]         = "used",
	[EVENT_LOOK]         = "look",
	[EVENT_ENDED]        = "ended",
	[EVENT_FOUND]        = "found",
	[EVENT_GONE]         = "gone",
};

static const char *const cause_names[CAUSES] = {
	[CAUSE_UNKNOWN] = "unknown",
	[CAUSE_EXIT]    = "exit",
	[CAUSE_STOPPED] = "stopped",
	[CAUSE_KILLED]  = "killed",
	[CAUSE_SELF]    = "self",
	[CAUSE_FAULT]   = "fault",
	[CAUSE_OOM]     = "oom",
	[CAUSE_KERNEL]  = "kernel",
};

static const char *const confidence_names[] = {
	[CONFIDENCE_LIKELY]  = "likely",
	[CONFIDENCE_CERTAIN] = "certain",
};

static const char *const result_names[] = {
	[RESULT_SENT]    = "sent",
	[RESULT_FAILED]  = "failed",
	[RESULT_IGNORED] = "ignored",
	[RESULT_PENDING] = "pending",
};

static const char *const state_names[AGENT_STATES] = {
	[AGENT_STARTED]   = "started",
	[AGENT_STOPPED]   = "stopped",
	[AGENT_RELOADED]  = "reloaded",
	[AGENT_DEGRADED]  = "degraded",
	[AGENT_RESTORED]  = "restored",
	[AGENT_HEARTBEAT] = "heartbeat",
};

/* By the system's own numbers, which differ between architectures. */
static const char *const signal_names[] = {
	[SIGHUP] = "SIGHUP", [SIGINT] = "SIGINT", [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS", [SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM", [SIGCHLD] = "SIGCHLD",
	[SIGCONT] = "SIGCONT", [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP", [SIGTTIN] = "SIGTTIN",
	[SIGTTOU] = "SIGTTOU", [SIGURG] = "SIGURG", [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH", [SIGIO] = "SIGIO",
	[SIGPWR] = "SIGPWR", [SIGSYS] = "SIGSYS",
#ifdef SIGSTKFLT
	[SIGSTKFLT] = "SIGSTKFLT",
#endif
#ifdef SIGEMT
	[SIGEMT] = "SIGEMT",
#endif
};

static const struct {
	const char *name;
	int         signo;
} signal_aliases[] = {
	{ "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "POLL", SIGIO },
};

/* A table of our own: glibc's strerrorname_np is not in musl. */
#define E(name) [name] = #name
static const char *const errno_names[] = {
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF),
	E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST),
	E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY),
	E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE),
	E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENOMSG), E(EIDRM),
	E(ECHRNG), E(EL2NSYNC), E(EL3HLT), E(EL3RST), E(ELNRNG), E(EUNATCH), E(ENOCSI), E(EL2HLT),
	E(EBADE), E(EBADR), E(EXFULL), E(ENOANO), E(EBADRQC), E(EBADSLT), E(EBFONT), E(ENOSTR),
	E(ENODATA), E(ETIME), E(ENOSR), E(ENONET), E(ENOPKG), E(EREMOTE), E(ENOLINK), E(EADV), E(ESRMNT),
	E(ECOMM), E(EPROTO), E(EMULTIHOP), E(EDOTDOT), E(EBADMSG), E(EOVERFLOW), E(ENOTUNIQ), E(EBADFD),
	E(EREMCHG), E(ELIBACC), E(ELIBBAD), E(ELIBSCN), E(ELIBMAX), E(ELIBEXEC), E(EILSEQ), E(ERESTART),
	E(ESTRPIPE), E(EUSERS), E(ENOTSOCK), E(EDESTADDRREQ), E(EMSGSIZE), E(EPROTOTYPE),
	E(ENOPROTOOPT), E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT), E(EOPNOTSUPP), E(EPFNOSUPPORT),
	E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN), E(ENETUNREACH), E(ENETRESET),
	E(ECONNABORTED), E(ECONNRESET), E(ENOBUFS), E(EISCONN), E(ENOTCONN), E(ESHUTDOWN),
	E(ETOOMANYREFS), E(ETIMEDOUT), E(ECONNREFUSED), E(EHOSTDOWN), E(EHOSTUNREACH), E(EALREADY),
	E(EINPROGRESS), E(ESTALE), E(EUCLEAN), E(ENOTNAM), E(ENAVAIL), E(EISNAM), E(EREMOTEIO),
	E(EDQUOT), E(ENOMEDIUM), E(EMEDIUMTYPE), E(ECANCELED), E(ENOKEY), E(EKEYEXPIRED),
	E(EKEYREVOKED), E(EKEYREJECTED), E(EOWNERDEAD), E(ENOTRECOVERABLE), E(ERFKILL), E(EHWPOISON),
};
#undef E

static const char *word(const char *const *names, size_t count, unsigned i)
{
	return i < count && names[i] ? names[i] : "unknown";
}

const char *event_kind_name(enum event_kind kind)
{
	return word(kind_names, LENGTH(kind_names), kind);
}

const char *source_name(enum source one)
{
	switch (one) {
	case SOURCE_AUDIT:      return "audit";
	case SOURCE_CN_PROC:    return "cn_proc";
	case SOURCE_PROC:       return "proc";
	case SOURCE_TRACEPOINT: return "tracepoint";
	case SOURCE_TASKSTATS:  return "taskstats";
	case SOURCE_KMSG:       return "kmsg";
	case SOURCES:           break;
	}
	return "unknown";
}

const char *cause_name(enum cause cause)
{
	return word(cause_names, LENGTH(cause_names), cause);
}

const char *confidence_name(enum confidence c)
{
	return word(confidence_names, LENGTH(confidence_names), c);
}

const char *result_name(enum signal_result r)
{
	return word(result_names, LENGTH(result_names), r);
}

const char *agent_state_name(enum agent_state s)
{
	return word(state_names, LENGTH(state_names), s);
}

const char *signal_name(int signo, char *buf, size_t size)
{
	if (signo > 0 && (size_t)signo < LENGTH(signal_names) && signal_names[signo])
		return signal_names[signo];
	if (signo == RTMIN)
		return "SIGRTMIN";
	if (signo > RTMIN && signo <= RTMAX)
		snprintf(buf, size, "SIGRTMIN+%d", signo - RTMIN);
	else
		snprintf(buf, size, "SIG%d", signo);
	return buf;
}

/* All digits and within low..high; -1 if not. */
static int number_within(const char *s, int low, int high)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)*s))
		return -1;
	n = strtol(s, &end, 10);
	return *end || n < low || n > high ? -1 : (int)n;
}

static int realtime_number(const char *name)
{
	int n = 0;

	if (!strncasecmp(name, "RTMIN", 5)) {
		if (name[5])
			n = name[5] == '+' ? number_within(name + 6, 0, RTMAX - RTMIN) : -1;
		return n < 0 ? 0 : RTMIN + n;
	}
	if (!strncasecmp(name, "RTMAX", 5)) {
		if (name[5])
			n = name[5] == '-' ? number_within(name + 6, 0, RTMAX - RTMIN) : -1;
		return n < 0 ? 0 : RTMAX - n;
	}
	return 0;
}

int signal_number(const char *name)
{
	size_t i;
	int n;

	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	n = number_within(name, 1, RTMAX);
	if (n > 0)
		return n;
	for (i = 0; i < LENGTH(signal_names); i++)
		if (signal_names[i] && !strcasecmp(name, signal_names[i] + 3))
			return (int)i;
	for (i = 0; i < LENGTH(signal_aliases); i++)
		if (!strcasecmp(name, signal_aliases[i].name))
			return signal_aliases[i].signo;
	return realtime_number(name);
}

const char *errno_name(int error)
{
	return error > 0 && (size_t)error < LENGTH(errno_names) ? errno_names[error] : NULL;
}

bool is_fault_signal(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE || signo == SIGILL || signo == SIGTRAP ||
	       signo == SIGSYS;
}

void event_put_status(struct event *e, int wait_status)
{
	if (WIFSIGNALED(wait_status)) {
		e->signo = WTERMSIG(wait_status);
		e->core_dumped = WCOREDUMP(wait_status);
		e->has |= HAS_SIGNO | HAS_CORE;
	} else {
		e->exit_code = WEXITSTATUS(wait_status);
		e->has |= HAS_EXIT_CODE;
	}
}

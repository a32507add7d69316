/* event.h - the event model: what backends witness and what outputs write */
#ifndef EPITAPH_EVENT_H
#define EPITAPH_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One enum for both ends of the agent.  Kinds before EVENT_RECORDS become
 * records; the others are evidence that backends bring and only the agent reads.
 */
enum event_kind {
	EVENT_EXEC,        /* a process runs a new program */
	EVENT_EXEC_FAILED, /* execve returned an error */
	EVENT_EXIT,        /* evidence: one thread ended; record: the process did */
	EVENT_SIGNAL,      /* one process signalled another */
	EVENT_FORK,        /* a new process */
	EVENT_THREAD_START,
	EVENT_THREAD_END,
	EVENT_DELIVERED,   /* a thread of a process took a signal; evidence: SIGKILL is any that ends the process without a core */
	EVENT_CLEARED,     /* a process fetched one that it had blocked: sigwait and its like, not signalfd (audit) */
	EVENT_FLAPPING,    /* a target started more often than its `restarts` allows; alert is set, as of the next three */
	EVENT_CALM,        /* and does so no more */
	EVENT_ABSENT,      /* a target that ran has had no process for its `absent` */
	EVENT_PRESENT,     /* and has one again: pid */
	EVENT_LOST,        /* something was not seen; count if known */
	EVENT_AGENT,       /* the agent about itself */
	EVENT_RECORDS,

	EVENT_RENAME = EVENT_RECORDS, /* a thread has a new comm */
	EVENT_UID,         /* a process has new user ids */
	EVENT_GID,         /* a process has new group ids */
	EVENT_SID,         /* a process leads a new session */
	EVENT_TRACED,      /* another process traces it (ptrace(2)) from now on: the sender; without a sender: none does any more */
	EVENT_EXITING,     /* it called exit_group or exit; exit_code is set (audit) */
	EVENT_ABEND,       /* it is dying of a core-type signal (ANOM_ABEND, SECCOMP) */
	EVENT_OOM,         /* the OOM killer chose it (kmsg) */
	EVENT_USED,        /* a thread ended: what it had used; tid is set (taskstats) */
	EVENT_FAULT,       /* a fault line of the kernel log; tid is set (kmsg) */
	EVENT_LOOK,        /* time to look at /proc; count: forks since the last look (proc) */
	EVENT_ENDED,       /* gone or zombie, status only if known (proc, pidfd) */
	EVENT_FOUND,       /* a look at /proc found it, and nothing is told of its start; subject is set */
	EVENT_GONE,        /* a look at /proc did not find it, or another holder of its pid: `started` says whom */
	EVENT_KINDS
};

/* What is told of a target, not of one process. */
struct alert {
	unsigned restarts;  /* flapping, calm: starts within the window */
	uint64_t window;    /* ns */
	uint64_t since;     /* absent, present: ns CLOCK_BOOTTIME, since when it had no process */
	pid_t    last_pid;  /* of the last that ended; 0 = none is known */
	int      last_cause; /* enum cause, of its end */
};

/* Who witnessed an event; also the set of backends that agent.ini can name. */
enum source {
	SOURCE_AUDIT      = 1 << 0,
	SOURCE_CN_PROC    = 1 << 1,
	SOURCE_PROC       = 1 << 2,
	SOURCE_TRACEPOINT = 1 << 3,
	SOURCE_TASKSTATS  = 1 << 4,
	SOURCE_KMSG       = 1 << 5,
	SOURCES           = 6
};

/* The kinds of events that a backend, or the agent as a whole, can see.  "Each" means: but for losses, which are told. */
enum sees {
	SEES_FORK       = 1 << 0,
	SEES_EXEC       = 1 << 1,
	SEES_SIGNAL     = 1 << 2, /* signals and their senders */
	SEES_EXIT       = 1 << 3, /* the end of a process, with its wait status */
	SEES_CAUSE      = 1 << 4, /* OOM kills and faults, from the kernel log */
	SEES_EVERY_FORK = 1 << 5, /* each fork, as it happens */
	SEES_EXACT_EXEC = 1 << 6, /* each exec, as it happens, with STAMP_EXACT */
	SEES_EXACT_END  = 1 << 7, /* each end, as it happens, with STAMP_EXACT and its final status */
	SEES_EXEC_FACTS = 1 << 8, /* execs with what is executed: program, arguments, login */
	SEES_EXIT_CALL  = 1 << 9, /* the system call by which a process ends itself, with its code */
	SEES_EXEC_PATH  = 1 << 10, /* each exec, as it happens, with STAMP_EXACT and the path that was executed */
	SEES_EVERY_SIGNAL = 1 << 11, /* each signal to any process, the kernel's own too, as it happens, with STAMP_EXACT, result and origin */
	SEES_USED       = 1 << 12, /* what each thread has used when it ends, before anybody tells of its end */
	SEES_TRACERS    = 1 << 13 /* who begins to trace a process */
};

/* How exact an event's `at` is. */
enum stamp {
	STAMP_NOTICED, /* when somebody looked: it happened then or earlier */
	STAMP_COARSE,  /* the kernel's coarse clock: up to COARSE_CLOCK (clock.h) earlier than it happened, never later */
	STAMP_EXACT    /* the kernel's own time of it: all exact stamps are in one order */
};

enum fact {
	FACT_PID      = 1 << 0,
	FACT_PPID     = 1 << 1,
	FACT_UID      = 1 << 2,
	FACT_GID      = 1 << 3,
	FACT_AUID     = 1 << 4, /* never set for the unset login uid, 4294967295 */
	FACT_SES      = 1 << 5, /* never set for the unset session, 4294967295 */
	FACT_TTY      = 1 << 6,
	FACT_COMM     = 1 << 7,
	FACT_EXE      = 1 << 8,
	FACT_ARGS     = 1 << 9,
	FACT_CGROUP   = 1 << 10,
	FACT_STARTED  = 1 << 11,
	FACT_ANCESTRY = 1 << 12,
	FACT_EUID     = 1 << 13,
	FACT_EGID     = 1 << 14,
	FACT_PGID     = 1 << 15,
	FACT_SID      = 1 << 16,
	FACT_BITS     = 1 << 17,
	FACT_THREADS  = 1 << 18,
	FACT_FOREIGN  = 1 << 19
};

#define COMM_SIZE 16 /* TASK_COMM_LEN, with its NUL */
#define PID_LIMIT 4194304 /* no pid is higher: PID_MAX_LIMIT, include/linux/threads.h */

/*
 * What is known about one process.  A field counts only if its bit is in
 * `has`.  Strings are bytes from outside: any value but NUL, any encoding.
 */
struct facts {
	unsigned    has;
	pid_t       pid, ppid; /* thread group ids, initial namespace */
	uid_t       uid, euid, auid; /* uid: the real one */
	gid_t       gid, egid;
	pid_t       pgid, sid;
	unsigned    bits;      /* 32 or 64: the width of its pointers */
	unsigned    threads;
	bool        foreign;   /* exe is a path of another mount namespace or root, and not the file that it names here */
	uint32_t    ses;
	uint64_t    started;   /* ns, CLOCK_BOOTTIME */
	const char *tty, *comm, *exe, *cgroup;
	const char *args;      /* each argument ends in NUL, as /proc/PID/cmdline */
	size_t      args_len;  /* counts every NUL */
	const char *ancestry;  /* comms, nearest parent first, each ends in NUL */
	size_t      ancestry_len;
};

enum signal_result { RESULT_SENT, RESULT_FAILED, RESULT_IGNORED, RESULT_PENDING, RESULT_UNKNOWN };

/* Who made a signal.  But for a call and cgroup.kill the kernel made it, and the sender is who gave the occasion, if anybody. */
enum origin {
	ORIGIN_CALL,          /* a system call of the sender: kill, tgkill, sigqueue ... */
	ORIGIN_CGROUP_KILL,   /* the sender, which may be the process itself, wrote to cgroup.kill */
	ORIGIN_FAULT,         /* what the process itself did: si_code says it */
	ORIGIN_SECCOMP,       /* a system call that a seccomp filter forbids */
	ORIGIN_PIPE,          /* its write to a pipe or socket that nobody reads */
	ORIGIN_FILE_LIMIT,    /* RLIMIT_FSIZE */
	ORIGIN_CPU_LIMIT,     /* RLIMIT_CPU or RLIMIT_RTTIME */
	ORIGIN_TIMER,         /* a timer of its own */
	ORIGIN_ASYNC_IO,      /* a file descriptor for which it asked signals, or another for it */
	ORIGIN_NOTICE,        /* a message queue or file descriptor of which it asked to be told, or the sender made it look so */
	ORIGIN_TERMINAL,      /* a key of its terminal */
	ORIGIN_HANGUP,        /* its terminal was closed, or the session's leader ended */
	ORIGIN_PARENT_END,    /* PR_SET_PDEATHSIG: the sender was its parent, and ended */
	ORIGIN_NAMESPACE_END, /* the sender was the init of its pid namespace, and ended */
	ORIGIN_TRACER_END,    /* PTRACE_O_EXITKILL: the sender traced it, and ended */
	ORIGIN_KERNEL_KILL,   /* SIGKILL for a reason that the sample does not tell: memory as a rule, or a limit */
	ORIGIN_KERNEL,        /* another reason */
	ORIGINS
};

enum cause {
	CAUSE_UNKNOWN, CAUSE_EXIT, CAUSE_STOPPED, CAUSE_KILLED, CAUSE_SELF,
	CAUSE_FAULT, CAUSE_OOM, CAUSE_KERNEL, CAUSES
};

enum confidence { CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };

enum agent_state {
	AGENT_STARTED, AGENT_STOPPED, AGENT_RELOADED, AGENT_DEGRADED,
	AGENT_RESTORED, AGENT_HEARTBEAT, AGENT_STATES
};

enum event_has {
	HAS_TID          = 1 << 0,
	HAS_STATUS       = 1 << 1,  /* wait_status */
	HAS_EXIT_CODE    = 1 << 2,
	HAS_SIGNO        = 1 << 3,
	HAS_CORE         = 1 << 4,
	HAS_AFTER_SIGNO  = 1 << 5,
	HAS_VIA          = 1 << 6,
	HAS_SI_CODE      = 1 << 7,
	HAS_RESULT       = 1 << 8,
	HAS_ERRNO        = 1 << 9,
	HAS_REPEAT       = 1 << 10,
	HAS_CAUSE        = 1 << 11,
	HAS_CONFIDENCE   = 1 << 12,
	HAS_REASON       = 1 << 13,
	HAS_UPTIME       = 1 << 14,
	HAS_PARENT_COMM  = 1 << 15,
	HAS_STARTS       = 1 << 16,
	HAS_PATH         = 1 << 17,
	HAS_COUNT        = 1 << 18,
	HAS_UNAUDITED    = 1 << 19,
	HAS_BACKEND      = 1 << 20,
	HAS_SERIAL       = 1 << 21,
	HAS_USED         = 1 << 22,
	HAS_HANDLED      = 1 << 23
};

/* What a thread has used in its life, or a process: then they are the sums of its threads. */
struct used {
	uint64_t user_us, system_us; /* processor time as the clock's ticks found it */
	uint64_t run_ns;             /* the same of both together, exactly; 0: not known */
	uint64_t elapsed_us;         /* its age, without the time of a suspend */
	uint64_t max_rss_kib;        /* the most memory that it had at a time; 0: not known */
	uint64_t read_bytes, write_bytes; /* from and to a disk, not a cache; only if counts_bytes */
	bool     counts_bytes;
	bool     last;               /* of a thread: it is surely the last of its process */
	bool     whole;              /* of a thread: it is surely the only one that its process ever had */
	bool     by_tid;             /* whose a thread is is told of the last one alone: process.pid of the others is their own id (before 6.0) */
};

struct subject; /* subject.h */

/*
 * Every pointer in an event is borrowed: valid until the function that was
 * given the event returns.  Who keeps something copies it.
 */
struct event {
	enum event_kind kind;
	unsigned        has;          /* enum event_has */
	unsigned        sources;      /* enum source, one bit or more */
	uint64_t        at;           /* ns, CLOCK_BOOTTIME, when it happened */
	enum stamp      stamp;        /* how exact `at` is */
	bool            final;        /* of an end: nobody can know its status better */
	unsigned        tells;        /* enum fact: facts that the source tells whenever the process has them; one that is not in process.has, it lacks */
	int64_t         wall_offset;  /* ns, add to a CLOCK_BOOTTIME time for CLOCK_REALTIME; set for records */

	const char     *target;       /* name of the target; NULL if none */
	struct subject *subject;      /* of a look at /proc: what it shows, and where more can be read; else NULL */
	struct facts    process;      /* whom it is about; the receiver of a signal */
	struct facts    sender;       /* signal, exit; has == 0 if nobody is known */
	struct facts    requester;    /* signal, exit */

	pid_t           tid;          /* thread; of a fork: the child's */
	int             wait_status;  /* as wait(2) gives it */
	int             exit_code;    /* 0..255 */
	int             signo, after_signo;
	bool            core_dumped;
	bool            handled;      /* delivered: by a function of its own; else what signal(7) says happens */
	const char     *via;          /* system call, or "kernel" */
	int             si_code;
	enum origin     origin;       /* signal */
	enum signal_result result;
	int             error;        /* errno value, positive */
	uint64_t        repeat;
	enum cause      cause;
	enum confidence confidence;
	const char     *reason;       /* one sentence, no full stop needed */
	double          uptime;       /* seconds */
	const struct used *used;      /* HAS_USED: of a thread (used) or of the process (exit); else NULL */
	const char     *parent_comm;
	uint64_t        starts;
	const char     *path;         /* exec: what is executed; oom: the memory cgroup that had none left, "" = the machine */
	uint64_t        count;        /* lost */
	unsigned        backend;      /* lost: enum source; HAS_BACKEND */
	const char     *lost_in;      /* lost: an output or limit, where it was no backend */
	const struct alert *alert;    /* flapping, calm, absent, present */
	uint64_t        serial;       /* audit: serial of the event, rises with time */

	enum agent_state state;       /* agent */
	unsigned        backends;     /* agent: enum source, open now */
	unsigned        sees;         /* agent: enum sees, now */
	uint64_t        unaudited;
	const char     *privileges;   /* agent: what this process may still do, for a person; NULL: not told */
};

/* The callback through which a backend hands an event to the core. */
typedef void (*event_emit)(void *ctx, const struct event *e);

/* Words as DESIGN's tables have them; never NULL for a value of the enum. */
const char *event_kind_name(enum event_kind kind); /* "exec", "exec_failed", ... */
const char *source_name(enum source one);          /* "audit", "cn_proc", ... */
const char *cause_name(enum cause cause);
const char *confidence_name(enum confidence c);
const char *result_name(enum signal_result r);
const char *agent_state_name(enum agent_state s);
/* "SIGTERM", "SIGRTMIN+3"; writes into buf (16 bytes or more) where needed. */
const char *signal_name(int signo, char *buf, size_t size);
/* Number of a signal given with or without SIG, any case, or a number 1..64; 0 if it is none. */
int signal_number(const char *name);
/* Does the kernel send it for what the process itself did? */
bool is_fault_signal(int signo);
/* What an exit record tells of a wait status: exit_code, or signo and core_dumped. */
void event_put_status(struct event *e, int wait_status);
/* "ENOENT"; NULL for a number without a name. */
const char *errno_name(int error);

#endif

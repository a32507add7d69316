/* evidence.h - what was witnessed of an end, and what it proves before anything is concluded from it */
#ifndef EPITAPH_EVIDENCE_H
#define EPITAPH_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/verdict/signals.h"

/* The end of one process, as its witnesses told it. */
struct death {
	unsigned witnesses;  /* enum source: who saw that it ended; 0 = alive */
	unsigned noticed_by; /* those of them that looked at some time after it */
	uint64_t at;         /* when, by the best of them */
	bool     exact;      /* `at` is the kernel's own time of it */
	bool     has_status; /* the whole process's wait status */
	bool     status_final; /* nobody can know it better */
	int      wait_status;
	unsigned status_from; /* enum source */
	unsigned call_told_by; /* enum source: who told the calls_exit */
	bool     calls_exit; /* it called exit_group, or a thread of it exit, with exit_code */
	bool     exits_whole; /* it was exit_group */
	int      exit_code;
	uint64_t exiting_at, exiting_serial; /* audit's stamp and serial of that call */
	unsigned abend_told_by; /* enum source: who told the dumping */
	bool     dumping;    /* audit: ANOM_ABEND or SECCOMP with abend_signo */
	bool     seccomp;
	int      abend_signo;
	uint64_t abend_at;   /* audit's stamp of that */
	char     abend_comm[COMM_SIZE]; /* of the thread that dumps; "": not told */
	unsigned log_told_by; /* enum source: who told the oom or fault */
	bool     oom;        /* the OOM killer chose it */
	bool     oom_exact;  /* not a line of the kernel log says so, but an exact source */
	uint64_t oom_at;     /* when it was first told so */
	char    *oom_cgroup; /* the memory cgroup that had no memory left; "": the machine had none; NULL: not known.  On the heap */
	bool     fault;      /* kmsg: a fault line names it */
	uint64_t fault_at;   /* when the last such line came in */
	char     fault_comm[COMM_SIZE]; /* of the thread that the line names */
	bool     vanished;   /* only its absence was seen */
	bool     presumed;   /* replay: SIGKILL was sent, and a log has no more of such an end */
};

/* TERM, INT, QUIT, HUP: they ask a process to end. */
bool is_stop_signal(int signo);

/* Has audit told the call by which the process ended?  An exit call of one thread counts only near the end. */
bool evidence_of_exit(const struct death *d);
/* Does the evidence name the cause already, so that only a late second sender is waited for?  sees: enum sees; window as below. */
bool evidence_is_enough(const struct death *d, const struct signals *seen, unsigned sees, uint64_t window);

/* Has a signal that came within `window` ns before the end been evicted by later ones? */
bool evidence_is_evicted(const struct death *d, const struct signals *seen, uint64_t window);

/*
 * From when on nothing could change the end any more, ns CLOCK_BOOTTIME: a
 * signal sent later is no cause.  It is before the end where a core was dumped,
 * which takes time.
 */
uint64_t evidence_fate_sealed(const struct death *d);
/* No exact stamp of a signal to the living process is later than this; its end itself may be known by a coarser clock. */
uint64_t evidence_last_moment(const struct death *d);
/* Can this signal have ended the process by signo at `at`?  It was sent, surely to this process, within `window` ns before. */
bool evidence_qualifies(const struct seen_signal *s, int signo, uint64_t at, uint64_t window);
/*
 * Did the process end at once after this signal?  If not, the process handled
 * the signal or blocked it for a while.  SIGKILL can be neither handled nor
 * blocked, but it waits for an uninterruptible system call, and does nothing to
 * the init of a pid namespace that is sent it from within.
 */
bool evidence_is_prompt(const struct seen_signal *s, const struct death *d);
/* A signal to a group with this process in it, shortly before its end, by a sender who may not have been allowed to signal it; NULL if none. */
const struct seen_signal *evidence_of_a_try(const struct signals *seen, int signo, uint64_t end);
/* The process sent itself the signal (self) shortly before its end, and may have been dead when another process did (by). */
bool evidence_of_a_zombie(const struct death *d, const struct seen_signal *self, const struct seen_signal *by);
/* Was this signal sent after the process had called exit_group?  one_cpu: the machine has one processor. */
bool evidence_came_late(const struct death *d, const struct seen_signal *s, bool one_cpu);
/* A signal that came late: was it sent so shortly after the call that audit's clock does not tell their order? */
bool evidence_is_of_that_moment(const struct death *d, const struct seen_signal *s);

#endif

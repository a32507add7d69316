/* evidence.h - what was witnessed of an end, and what it proves before anything is concluded from it */
#ifndef EPITAPH_EVIDENCE_H
#define EPITAPH_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/verdict/signals.h"

/* What each witness of a process's end told. */
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
	unsigned log_told_by; /* enum source: who told the oom or fault */
	bool     oom;        /* kmsg: the OOM killer named it */
	bool     fault;      /* kmsg: a fault line names it */
	bool     vanished;   /* only its absence was seen */
	bool     presumed;   /* replay: SIGKILL was sent, and a log has no more of such an end */
};

/* Signals whose death the kernel's own fault reports can explain. */
bool is_fault_signal(int signo);
/* TERM, INT, QUIT, HUP: they ask a process to end. */
bool is_stop_signal(int signo);

/* Has audit told the call by which it ended?  That of another thread some time before is another matter. */
bool evidence_of_exit(const struct death *d);
/* Is there already evidence that names the cause, so that waiting longer is for stragglers only?  sees: enum sees; window as below. */
bool evidence_is_enough(const struct death *d, const struct signals *seen, unsigned sees, uint64_t window);

/* Has a signal that came within `window` ns before the end been evicted by later ones? */
bool evidence_is_evicted(const struct death *d, const struct signals *seen, uint64_t window);

/*
 * When its end was settled, ns CLOCK_BOOTTIME.  What was sent later is no
 * cause: the dump of a core takes its time, and without cn_proc an end is
 * noticed some time after it.
 */
uint64_t evidence_fate_sealed(const struct death *d);
/* Can it have ended the process by signo at `at`: sent, not to a successor, within `window` ns before? */
bool evidence_qualifies(const struct seen_signal *s, int signo, uint64_t at, uint64_t window);
/*
 * Did the process end at once?  Else it was handled, or blocked for a while.
 * SIGKILL, which it cannot be, waits for an uninterruptible system call, and
 * does nothing to the init of a pid namespace if it comes from within.
 */
bool evidence_is_prompt(const struct seen_signal *s, const struct death *d);
/* To a group with this process in it, shortly before its end, by one who may not have been allowed to; NULL if none. */
const struct seen_signal *evidence_of_a_try(const struct signals *seen, int signo, uint64_t end);
/* It sent itself the signal shortly before, and may have been dead already when another did. */
bool evidence_of_a_zombie(const struct death *d, const struct seen_signal *self, const struct seen_signal *by);
/* Was it sent after exit_group was called?  one_cpu: the machine has one processor. */
bool evidence_came_late(const struct death *d, const struct seen_signal *s, bool one_cpu);
/* Of those: so shortly after it that audit's clock does not tell the order. */
bool evidence_is_of_that_moment(const struct death *d, const struct seen_signal *s);

#endif

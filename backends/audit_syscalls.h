/* audit_syscalls.h - the system calls the agent reads about, by number and ABI */
#ifndef EPITAPH_AUDIT_SYSCALLS_H
#define EPITAPH_AUDIT_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

enum audit_call {
	CALL_NONE,
	CALL_KILL, CALL_TKILL, CALL_SIGQUEUE, CALL_PIDFD_SEND, /* signal in a1 */
	CALL_TGKILL, CALL_TGSIGQUEUE,                          /* signal in a2 */
	CALL_EXECVE, CALL_EXECVEAT,
	CALL_EXIT, CALL_EXIT_GROUP,
	CALL_SIGTIMEDWAIT, CALL_SIGTIMEDWAIT_TIME64, /* what sigwait(3), sigwaitinfo(2) and sigtimedwait(2) call; returns the signal */
	CALLS
};

/*
 * arch is AUDIT_ARCH_* of <linux/audit.h>; numbers from the kernel's tables
 * (arch/ARCH/.../syscall*.tbl, asm-generic/unistd.h).  MIPS is left out: its
 * numbers start at 4000 and the rules' bit mask ends at 2047.
 */
enum audit_call audit_call_of(uint32_t arch, uint64_t number);
/* The number, -1 if the ABI is not known. */
int audit_call_number(uint32_t arch, enum audit_call call);
/* "kill", "rt_sigqueueinfo", ... */
const char *audit_call_name(enum audit_call call);

/*
 * The ABIs that programs of this machine (uname's `machine`) can use, the
 * native one first.  Returns how many, 0 for an unknown machine.
 */
size_t audit_machine_abis(const char *machine, uint32_t abis[2]);

#endif

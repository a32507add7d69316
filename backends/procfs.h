/* procfs.h - reading /proc/PID: tolerates that the process goes away halfway */
#ifndef EPITAPH_PROCFS_H
#define EPITAPH_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/event.h"

#define PROCFS_ARGS_MAX 8192 /* bytes kept of a process's arguments */

/* /proc/PID/stat, see proc_pid_stat(5); numbers are its fields. */
struct procfs_stat {
	char     comm[64];     /* 2: what stands between the first ( and the last ) */
	char     state;        /* 3 */
	pid_t    ppid;         /* 4 */
	pid_t    pgid, sid;    /* 5, 6 */
	unsigned tty_nr;       /* 7 */
	bool     exiting, kernel_thread; /* 9: PF_EXITING, PF_KTHREAD */
	bool     copy;         /* 9: PF_FORKNOEXEC, it has executed nothing since it was forked */
	unsigned threads;      /* 20 */
	uint64_t started;      /* 22, in ns; exact to one tick */
	bool     readable;     /* 26: not 1, so we have ptrace permission and field 52 will be true */
	uint64_t image;        /* of 26 and 28, code and stack: another with each exec (ASLR); 0 if not readable */
	unsigned bits;         /* of 28: a stack above 4 GiB is that of a 64-bit program; 0 if not readable */
	bool     has_exit_code;
	int      exit_code;    /* 52: wait status of a zombie; 3.5 and later; 0 without ptrace permission */
};

/* Is field 52 the status of the whole process?  Before 6.1 it is that of the leader, which can end before the others. */
bool procfs_status_is_whole(void);

/* Length of a clock tick in ns (10 ms where USER_HZ is 100). */
uint64_t procfs_tick(void);
/* Are a start from /proc and one from a fork's stamp the same?  The stamp is taken shortly after. */
bool procfs_same_start(uint64_t from_proc, uint64_t born);

/* False if /proc is surely that of another pid namespace, whose pids mean others to system calls. */
bool procfs_is_ours(void);

/* Parses the text of a stat file.  False if it is not one. */
bool procfs_parse_stat(const char *text, size_t len, struct procfs_stat *s);

/*
 * A descriptor of the directory /proc/PID: it stays with that process even if
 * the pid is used again, and reads through it then fail.  -errno if gone.
 */
int procfs_open(pid_t pid);
/* procfs_open() also takes the id of a thread: is pid a thread, and not the leader of its process? */
bool procfs_is_thread(pid_t pid);
int procfs_read_stat(int dirfd, struct procfs_stat *s); /* 0 or -errno */
int procfs_read_stat_of(pid_t pid, struct procfs_stat *s); /* without such a descriptor */

/* Room for the strings of procfs_read_facts. */
struct procfs_strings {
	char comm[64], exe[4096], tty[32], cgroup[4096], args[PROCFS_ARGS_MAX];
};
/*
 * Reads those of `want` (enum fact) that can be read, sets their bits and
 * points into *strings.  FACT_STARTED, FACT_PPID, FACT_PGID, FACT_SID, FACT_BITS, FACT_TTY and
 * FACT_COMM come from *stat, which the caller has read.  FACT_FOREIGN is about the exe that *f has then.
 */
void procfs_read_facts(int dirfd, const struct procfs_stat *stat, unsigned want,
                       struct procfs_strings *strings, struct facts *f);
/*
 * Is exe, which is told of that process, another file than the one of this path here?  The mount namespace
 * of PID 1 is "here", or else the agent's own.  False if it is not known: the process is gone, or executes
 * something else by now; or before 3.8, which does not show namespaces.
 */
bool procfs_tells_foreign(int dirfd, const char *exe, bool *foreign);
/* Cuts what /proc/PID/exe says behind the path of a file that was deleted; true if it was. */
bool procfs_cut_deleted(char *exe, size_t len);
bool procfs_read_comm(int dirfd, char *comm, size_t size);
/* Calls back for each thread id in /proc/PID/task.  0 or -errno. */
int procfs_each_tid(int dirfd, void (*each)(void *ctx, pid_t tid), void *ctx);
/*
 * Directory of a thread that is alive, with its stat: that of a leader which
 * ended before the others no longer shows the program.  A descriptor or -errno.
 */
int procfs_open_thread(int dirfd, struct procfs_stat *stat);
/* Calls back for each process in /proc.  0 or -errno. */
int procfs_each_pid(void (*each)(void *ctx, pid_t pid), void *ctx);

/* Which file has that path in PID 1's root, as this process can see it.  0 or -errno. */
struct file_identity;
int procfs_identity_here(const char *exe, struct file_identity *found);

#endif

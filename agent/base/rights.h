/*
 * rights.h - what needs rights is asked for here
 *
 * Opening audit, tracepoints, outputs and the like needs root; reading what
 * they tell does not.  So the code that reads asks the code that has the rights,
 * by a request of fixed size, and gets a small answer with descriptors.  The
 * answering code, a `rights_serve`, is in the warden, another process
 * (agent/warden/), or in this one where it has kept its rights: nobody who
 * asks can tell.
 */
#ifndef EPITAPH_RIGHTS_H
#define EPITAPH_RIGHTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIGHTS_FDS_MAX 16
#define RIGHTS_DATA_MAX 3072

/* Of whom it is asked. */
enum rights_of {
	RIGHTS_AUDIT, RIGHTS_TRACEPOINT, RIGHTS_CN_PROC, RIGHTS_TASKSTATS, RIGHTS_KMSG, /* backends */
	RIGHTS_FILES,  /* what the configuration names: outputs, state, pidfiles, and itself (agent/files/files.h) */
	RIGHTS_SYSTEM  /* enum system_ask */
};
#define RIGHTS_KINDS (RIGHTS_SYSTEM + 1)

enum system_ask {
	SYSTEM_ASK_RAISE, SYSTEM_ASK_LOWER, /* the asker's priority: agent/run/priority.h */
	SYSTEM_ASK_IDENTITY, /* which file has that path in PID 1's root: struct file_identity, or the error of stat(2) */
	/* Watched processes, by pid (arg) and start (stamp); agent/warden/kept.h. */
	SYSTEM_POST_KEEP,    /* with its pidfd: it is in the state file */
	SYSTEM_POST_FORGET,  /* its end was told; pid 0: all of them */
	SYSTEM_ASK_STATUS    /* of one that is gone.  value: its wait status; -ENODATA */
};

struct file_identity {
	uint64_t device, inode;
};

struct rights_request {
	uint32_t number;          /* of the request; its answer has the same; 0: none is wanted */
	uint32_t of;              /* enum rights_of */
	uint32_t what;            /* an enum of that one's header */
	int32_t  arg, arg2;
	uint64_t stamp;           /* ns CLOCK_BOOTTIME */
	char     path[PATH_MAX];  /* "" for all but one request */
};

struct rights_answer {
	uint32_t number;
	int32_t  error;           /* 0 or -errno */
	int32_t  value;
	uint32_t len;             /* of data */
	char     why[512], cure[192]; /* of an error, for a person; cure "": there is none */
	_Alignas(8) uint8_t data[RIGHTS_DATA_MAX];
	/* not sent as bytes: descriptors, which are the asker's to close */
	uint32_t fds_count;
	int      fds[RIGHTS_FDS_MAX];
};

/* Fills in the answer, which is zeroed; never fails itself. */
typedef void (*rights_serve)(void *ctx, const struct rights_request *request, struct rights_answer *answer);

/* From now on requests are answered by this function, in this process. */
void rights_served_by(rights_serve serve, void *ctx);
/* Is there no other process to ask?  What needs no more than this process has may then be done at once. */
bool rights_are_here(void);
/* From now on by the process at the other end of that socket (SOCK_SEQPACKET). */
void rights_served_at(int socket);

/*
 * Asks, and waits for the answer: as a rule a tenth of a millisecond; at most
 * a second, or ten for what opens a backend.  Then the answer is -ETIMEDOUT, and what
 * is asked next fails at once until the late answer has come, or there is room for a request again.  Returns answer->error.
 */
int rights_ask(const struct rights_request *request, struct rights_answer *answer);
/* The same for a request without a path. */
int rights_ask_for(enum rights_of of, uint32_t what, int32_t arg, struct rights_answer *answer);
/* For what is answered without a descriptor or data that matters. */
int rights_tell(enum rights_of of, uint32_t what, int32_t arg);
/*
 * Says something that has no answer, with a copy of fd (-1: none).  0, or
 * -errno: -EAGAIN while the other reads too slowly.  Nobody hears it where rights are here.
 */
int rights_post(const struct rights_request *request, int fd);
/* The first descriptor of an answer, or its error; others are closed. */
int rights_fd(struct rights_answer *answer);

/* The answering side: why something is refused or limited; a copy of the descriptor; or the descriptor itself. */
void rights_explain(struct rights_answer *answer, const char *why, const char *cure);
void rights_give(struct rights_answer *answer, int fd);
void rights_hand_over(struct rights_answer *answer, int fd);
/* The answer's data are these bytes, at most RIGHTS_DATA_MAX. */
void rights_put(struct rights_answer *answer, const void *data, size_t size);
/* Nobody gets it: its descriptors are closed. */
void rights_forget(struct rights_answer *answer);
/* A structure that the answer's data are.  0, or the answer's error, -EBADMSG if they are of another size. */
int rights_data(const struct rights_answer *answer, void *to, size_t size);

/* The two ends of a socket, both closed at exec.  0 or -errno. */
int rights_pair(int ends[2]);
/* The answering side: 1 and a request, 0 at the end of the other process, -EAGAIN, or -errno; -EBADMSG for a request that is none.  *fd: what came with it, -1 = nothing. */
int rights_receive(int socket, struct rights_request *request, int *fd);
/* The next answer on that socket: 0 or -errno; -EAGAIN if none is there. */
int rights_read_answer(int socket, struct rights_answer *answer);
/* Sends it, and closes its descriptors here.  0 or -errno. */
int rights_reply(int socket, struct rights_answer *answer);

#endif

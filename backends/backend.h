/* backend.h - what every backend implements, and the registry of them */
#ifndef EPITAPH_BACKEND_H
#define EPITAPH_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/clock.h"
#include "agent/base/event.h"
#include "agent/base/sight.h"

struct config;

/* Why something does not work here, for a person, and how to cure it. */
struct reason {
	char why[192];
	char cure[192]; /* empty if there is none */
};
void reason_set(struct reason *r, const char *cure, const char *why_format, ...)
	__attribute__((format(printf, 3, 4)));

/* One open backend.  The core fills in everything up to `fd` and zeroes `state`. */
struct backend {
	const struct backend_ops *ops;
	const struct config *config;  /* current; replaced at reload */
	struct clock       *clock;    /* refreshed by the core before each read */
	event_emit          emit;
	void               *ctx;      /* for emit */
	/*
	 * Called with received_ctx when bytes have been received and before their first
	 * event is emitted, so that the core can first read what another backend
	 * told before them.  True if there was something.  May be NULL.
	 */
	bool              (*received)(void *ctx);
	void               *received_ctx;

	int      fd;       /* readable means read() has work; -1: none */
	int      urgent_fd;     /* readable when that work cannot wait a millisecond; may be fd; -1: it always can */
	bool     lazy;     /* set by the core: another backend says what cannot wait, and nothing of this one does */
	bool     exits_told; /* set by the core, then reload() is called: other backends tell each exit, and each signal before it */
	uint64_t interval; /* ns, 0: none; else read() is called so often as well */
	unsigned sees;     /* enum sees, what this one delivers here and now */
	struct sight sight; /* of what it sees: kept up to date by a backend of signals or exec facts */
	struct reason note; /* after open: what is limited; after a failed read: why */
	void    *state;
};

struct backend_ops {
	const char *name;       /* the word used in agent.ini and by `probe` */
	enum source source;
	unsigned    sees;       /* the most it can ever deliver */
	const char *price;      /* what it costs the host, and what only it adds, for a person; NULL: nothing to speak of */
	size_t      state_size; /* allocated zeroed by the core */
	/*
	 * 0 if it is usable here, else -errno with *why filled in.  No side
	 * effects that stay.  May block for a second (cn_proc's acknowledgement).
	 */
	int  (*probe)(const struct config *, struct reason *why);
	/* Sets fd or interval, narrows sees.  -errno with note filled in. */
	int  (*open)(struct backend *);
	/*
	 * Emits at most about budget events and returns their number; 0 when
	 * there is nothing now; -errno when the backend is dead (note says why).
	 * Never blocks.  Loss is emitted as EVENT_LOST, not returned.
	 */
	int  (*read)(struct backend *, int budget);
	/*
	 * Another backend tells that pid executes this path now.  As for read() if
	 * it is dead.  NULL: it is all the same to this one.
	 */
	int  (*executed)(struct backend *, pid_t pid, const char *path);
	/* The configuration changed: take the new targets over (audit rules). */
	int  (*reload)(struct backend *);
	/* Safe after a failed open.  Leaves the machine as it was found. */
	void (*close)(struct backend *);
};

/* In order of preference, NULL at the end; only those that are built in. */
extern const struct backend_ops *const backends[];
extern const struct backend_ops backend_audit, backend_tracepoint, backend_cn_proc, backend_proc, backend_taskstats, backend_kmsg;

int backend_reload_nothing(struct backend *b); /* for backends that need no reload */
/* Emits a loss of b's; count 0: not known. */
void backend_lost(struct backend *b, uint64_t count, const char *reason);
/* epoll is readable when fd is.  0 or -errno. */
int backend_watch(int epoll, int fd);
/* Bit signo - 1 of each signal that can end a process or that a target's records tell of. */
uint64_t backend_signals_needed(const struct config *c);

#endif

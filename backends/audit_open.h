/* audit_open.h - the table of the calls whose records have not all come */
#ifndef EPITAPH_AUDIT_OPEN_H
#define EPITAPH_AUDIT_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/base/event.h"
#include "backends/audit_call.h"
#include "backends/audit_seen.h"

#define AUDIT_OPEN_MAX 64      /* events being put together at once */
#define AUDIT_ARGS_MAX 8192    /* arguments of one exec, cut there */
#define AUDIT_ARGS_BUFFERS 4   /* execs whose arguments come in several records at once */
#define AUDIT_SIGNAL_AGE (10 * NSEC_PER_SEC) /* how much longer a signal that was sent waits for its receiver's record */
#define AUDIT_AGE (100 * NSEC_PER_MSEC) /* how long an exec, or a signal that failed, waits for the records that belong to it */

/* Arguments of one exec, as far as they have come. */
struct audit_args {
	struct audit_open *owner; /* NULL: free */
	unsigned count;           /* argc= */
	unsigned arg, piece;      /* what comes next: aARG= or aARG[PIECE]= */
	uint64_t expected, got;   /* aN_len= and what has come of it, both as written (hex: twice the bytes) */
	bool     stop;            /* full or malformed: the rest is left out */
	bool     gap;             /* something is missing or malformed: none of them is told */
	size_t   len;
	char     bytes[AUDIT_ARGS_MAX];
};

/* One event whose SYSCALL record was read: a signal waits for OBJ_PID, an exec for EXECVE or PATH. */
struct audit_open {
	enum audit_call    call;  /* CALL_NONE: free */
	struct audit_stamp stamp;
	uint64_t           touched;
	struct audit_caller by;
	int                signo;
	bool               failed, single;
	bool               ignored; /* SIGKILL or SIGSTOP to init from inside its namespace */
	bool               told;    /* an OBJ_PID came */
	int                error;
};

struct audit_counts {
	uint64_t records;  /* of the types that are read */
	uint64_t events;   /* emitted */
	uint64_t dropped;  /* records without the fields that their event needs */
	uint64_t orphans;  /* OBJ_PID, EXECVE whose SYSCALL record was not seen (another's rule, lost) */
	uint64_t early;    /* finished early since the table was full */
	uint64_t unfinished; /* signals sent whose OBJ_PID did not come: it was lost */
};

/* The caller allocates it (about 115 KiB, of which little is ever touched) and keeps clock current. */
struct audit_assembler {
	const struct clock *clock;
	event_emit          emit;
	void               *ctx;
	struct audit_counts counts;
	unsigned            high;     /* entries of open in use lie below */
	struct audit_open   open[AUDIT_OPEN_MAX];
	struct audit_args   args[AUDIT_ARGS_BUFFERS];
	bool                copies;   /* a record may come twice, from the kernel of this boot */
	struct audit_seen   seen;     /* of its calls */
};

static inline bool audit_is_exec(enum audit_call call)
{
	return call == CALL_EXECVE || call == CALL_EXECVEAT;
}

/* The entry with that stamp, NULL if there is none. */
struct audit_open *audit_open_find(struct audit_assembler *a, const struct audit_stamp *stamp);
/* A free entry; when there is none the one that is worth least, which the caller has to finish first. */
struct audit_open *audit_open_room(struct audit_assembler *a);
/* It is in use from now on. */
void audit_open_keep(struct audit_assembler *a, struct audit_open *o, enum audit_call call, const struct audit_stamp *stamp);
/* It is free again, and so is the buffer of its arguments. */
void audit_open_close(struct audit_assembler *a, struct audit_open *o);
/* The buffer of its arguments, NULL if it has none; of o NULL: one that is free. */
struct audit_args *audit_open_args(struct audit_assembler *a, const struct audit_open *o);
/* It is over, AUDIT_AGE after that time, if no record of it comes. */
uint64_t audit_open_awaits(const struct audit_open *o);

#endif

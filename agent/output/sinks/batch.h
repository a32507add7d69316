/* batch.h - whole records gathered for one write, for the outputs that are streams */
#ifndef EPITAPH_BATCH_H
#define EPITAPH_BATCH_H

#include "agent/output/sink.h"

#define BATCH_RETRY NSEC_PER_SEC /* between tries at a disk that is full or broken */

/* CLOCK_BOOTTIME now; asked only when something failed. */
uint64_t sink_now(void);
/* The next try is in `first`, then in twice as long each time, `most` at the most; *backoff is 0 after a success. */
void sink_back_off(struct sink *s, uint64_t *backoff, uint64_t first, uint64_t most);
/* So many records that the sink had taken are dropped: counted, and to be told. */
void sink_drop(struct sink *s, uint64_t records);

int  batch_open(struct sink *s); /* 0 or -ENOMEM */
void batch_close(struct sink *s); /* frees s->state too, forgets s->fd */
/* Adds a line and its newline.  -ENOBUFS if there is no room. */
int  batch_add(struct sink *s, const char *line, size_t len);
/*
 * Writes to s->fd.  A record that was written in part stays, with s->batch_sent
 * telling how much of it is out; whole records leave.  0, or -errno of the
 * write that failed.
 */
int  batch_write(struct sink *s, bool socket);
int  batch_write_once(struct sink *s, size_t most, bool socket); /* one write(2); the batch is not empty */
/* Nobody will read what is gathered; counts it as dropped and to be told. */
void batch_drop(struct sink *s);

#endif

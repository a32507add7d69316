/* audit_reader.h - the socket on which audit records arrive */
#ifndef EPITAPH_AUDIT_READER_H
#define EPITAPH_AUDIT_READER_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define AUDIT_BATCH 16
#define AUDIT_SLOT 9216            /* MAX_AUDIT_MESSAGE_LENGTH is 8970 */
#define AUDIT_RCVBUF (8 << 20)

struct audit_message {
	unsigned    type;  /* AUDIT_*, NLMSG_ERROR */
	uint32_t    seq;   /* of an answer: that of the request */
	const char *data;
	size_t      len;   /* what was received: nlmsg_len of unicast records is 16 short (kernel bug kept as ABI) */
};

struct audit_reader {
	int      fd;
	bool     one_by_one;  /* no recvmmsg (before 2.6.33) */
	bool     doubled;     /* both multicast and unicast copies may come: the second is dropped */
	uint64_t last_hash;   /* of the record before, while doubled */
	uint64_t refused;     /* not from the kernel, or truncated */
	unsigned count, next; /* of the batch */
	struct mmsghdr     msgs[AUDIT_BATCH];
	struct iovec       iovs[AUDIT_BATCH];
	struct sockaddr_nl from[AUDIT_BATCH];
	char               slots[AUDIT_BATCH][AUDIT_SLOT]; /* of a slot one page is touched, as a rule */
};

/*
 * Opens the socket, not blocking, 8 MiB of buffer, with a filter in the kernel
 * that passes only the record types that are read (PATH if with_paths) and
 * answers to requests.  Nothing arrives until it is registered or joined.
 */
int  audit_reader_open(struct audit_reader *r, bool with_paths);
void audit_reader_close(struct audit_reader *r);
int  audit_reader_filter(struct audit_reader *r, bool with_paths); /* replaces the filter */

/* The multicast group AUDIT_NLGRP_READLOG (3.16, CAP_AUDIT_READ). */
int audit_reader_join(struct audit_reader *r);
int audit_reader_leave(struct audit_reader *r);

/* Sends a request from this very socket: the kernel takes AUDIT_SET pid's sender for auditd. */
int audit_reader_request(struct audit_reader *r, unsigned type, const void *data, size_t len, uint32_t seq, bool ack);

/* Fills the batch: how many came, 0 if none are there, -ENOBUFS when some were lost, -errno. */
int  audit_reader_fetch(struct audit_reader *r);
/* The next of the batch; false at its end. */
bool audit_reader_next(struct audit_reader *r, struct audit_message *m);

#endif

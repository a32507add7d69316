/* audit_reader.h - audit records, read from their socket in batches */
#ifndef EPITAPH_AUDIT_READER_H
#define EPITAPH_AUDIT_READER_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define AUDIT_BATCH 16
#define AUDIT_SLOT 9216            /* MAX_AUDIT_MESSAGE_LENGTH is 8970 */

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

/* Reads from now on from that descriptor, which it closes at the end (audit_socket.h).  0, or fd if that is an error. */
int  audit_reader_init(struct audit_reader *r, int fd);
void audit_reader_close(struct audit_reader *r);

/* Fills the batch: how many came, 0 if none are there, -ENOBUFS when some were lost, -errno. */
int  audit_reader_fetch(struct audit_reader *r);
/* The next of the batch; false at its end. */
bool audit_reader_next(struct audit_reader *r, struct audit_message *m);

#endif

/* audit_reader.c - audit records, read from their socket in batches */
#include "backends/audit_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/hash.h"

int audit_reader_init(struct audit_reader *r, int fd)
{
	r->fd = fd;
	r->count = r->next = 0;
	for (int i = 0; i < AUDIT_BATCH; i++)
		r->iovs[i] = (struct iovec){ r->slots[i], AUDIT_SLOT };
	return fd < 0 ? fd : 0;
}

void audit_reader_close(struct audit_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static int receive(struct audit_reader *r)
{
	ssize_t n;

	if (!r->one_by_one) {
		int count = recvmmsg(r->fd, r->msgs, AUDIT_BATCH, MSG_DONTWAIT, NULL);

		if (count >= 0 || errno != ENOSYS)
			return count;
		r->one_by_one = true;
	}
	n = recvmsg(r->fd, &r->msgs[0].msg_hdr, MSG_DONTWAIT);
	r->msgs[0].msg_len = n > 0 ? (unsigned)n : 0;
	return n < 0 ? -1 : 1;
}

int audit_reader_fetch(struct audit_reader *r)
{
	int n;

	for (int i = 0; i < AUDIT_BATCH; i++)
		r->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &r->from[i], .msg_namelen = sizeof(r->from[i]),
			.msg_iov = &r->iovs[i], .msg_iovlen = 1,
		};
	r->count = r->next = 0;
	do
		n = receive(r);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	r->count = (unsigned)n;
	return n;
}

static bool is_second_copy(struct audit_reader *r, const struct audit_message *m)
{
	uint64_t before = r->last_hash;

	r->last_hash = hash_bytes(m->data, m->len) ^ m->type;
	return r->last_hash == before;
}

bool audit_reader_next(struct audit_reader *r, struct audit_message *m)
{
	while (r->next < r->count) {
		unsigned i = r->next++;
		const struct msghdr *h = &r->msgs[i].msg_hdr;
		struct nlmsghdr head;

		if (r->msgs[i].msg_len < sizeof(head) || h->msg_flags & MSG_TRUNC ||
		    h->msg_namelen != sizeof(struct sockaddr_nl) || r->from[i].nl_pid != 0) {
			r->refused++;
			continue;
		}
		memcpy(&head, r->slots[i], sizeof(head));
		*m = (struct audit_message){
			.type = head.nlmsg_type, .seq = head.nlmsg_seq,
			.data = r->slots[i] + NLMSG_HDRLEN, .len = r->msgs[i].msg_len - NLMSG_HDRLEN,
		};
		if (r->doubled && is_second_copy(r, m))
			continue;
		return true;
	}
	return false;
}

/* rights.c - requests and answers, within the process or over a socket */
#include "agent/base/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 1000
#define BACKEND_MS 10000 /* cn_proc alone may take seconds: it is acknowledged, and tested */
#define SENT offsetof(struct rights_answer, fds_count) /* bytes of an answer that are sent */
#define HEAD offsetof(struct rights_answer, data)

static struct {
	rights_serve serve;
	void        *ctx;
	int          socket;  /* -1: served in this process */
	uint32_t     number;  /* of the last request */
	bool         late;    /* its answer has not come */
	bool         stuck;   /* the last one could not even be sent: the other does not read */
} by = {.socket = -1};

union control {
	struct cmsghdr head;
	char           bytes[CMSG_SPACE(RIGHTS_FDS_MAX * sizeof(int))];
};

void rights_served_by(rights_serve serve, void *ctx)
{
	by.serve = serve;
	by.ctx = ctx;
	by.socket = -1;
}

void rights_served_at(int socket)
{
	by.socket = socket;
	by.late = by.stuck = false;
}

bool rights_are_here(void)
{
	return by.socket < 0;
}

void rights_forget(struct rights_answer *a)
{
	for (uint32_t i = 0; i < a->fds_count; i++)
		close(a->fds[i]);
	a->fds_count = 0;
}

static void put_fds(struct msghdr *m, union control *control, const int *fds, uint32_t count)
{
	memset(control, 0, sizeof(*control));
	m->msg_control = control;
	m->msg_controllen = CMSG_SPACE(count * sizeof(int));
	control->head.cmsg_level = SOL_SOCKET;
	control->head.cmsg_type = SCM_RIGHTS;
	control->head.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control->head), fds, count * sizeof(int));
}

static void take_fds(struct msghdr *m, struct rights_answer *a)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		memcpy(a->fds, CMSG_DATA(c), count * sizeof(int)); /* there is no room for more than RIGHTS_FDS_MAX */
		a->fds_count = (uint32_t)count;
	}
}

int rights_read_answer(int socket, struct rights_answer *a)
{
	union control control;
	struct iovec bytes = {a, SENT};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (n == 0)
		return -ECONNRESET; /* the warden has ended, and this process soon does */
	take_fds(&m, a);
	return (size_t)n >= HEAD && a->len <= RIGHTS_DATA_MAX && HEAD + a->len <= (size_t)n && !(m.msg_flags & MSG_CTRUNC) ? 0 : -EBADMSG;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The answer of that number; those of requests that were given up are dropped. */
static int await_answer(uint32_t number, int ms, struct rights_answer *a)
{
	int64_t until = now_ms() + ms, left = ms;
	struct pollfd p = {.fd = by.socket, .events = POLLIN};

	while (left > 0) {
		int error = rights_read_answer(by.socket, a);

		if (!error && a->number == number)
			return 0;
		rights_forget(a);
		if (error && error != -EAGAIN)
			return error;
		if (error)
			poll(&p, 1, (int)left);
		left = until - now_ms();
	}
	return -ETIMEDOUT;
}

static bool drop_late_answer(struct rights_answer *a)
{
	while (by.late && rights_read_answer(by.socket, a) == 0) {
		by.late = a->number != by.number;
		rights_forget(a);
	}
	return !by.late;
}

/* The other may not have read all that was posted before. */
static int send_when_there_is_room(const struct rights_request *r)
{
	struct pollfd p = {.fd = by.socket, .events = POLLOUT};

	while (send(by.socket, r, sizeof(*r), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (errno == EAGAIN && (by.stuck || poll(&p, 1, ANSWER_MS) == 0)) {
			by.stuck = true;
			return -ETIMEDOUT;
		}
	}
	by.stuck = false;
	return 0;
}

static int ask_over_socket(const struct rights_request *request, struct rights_answer *answer)
{
	struct rights_request r = *request;

	if (!drop_late_answer(answer))
		return -ETIMEDOUT;
	if (++by.number == 0)
		by.number = 1;
	r.number = by.number;
	int error = send_when_there_is_room(&r);
	if (error)
		return error;
	error = await_answer(r.number, r.of <= RIGHTS_KMSG ? BACKEND_MS : ANSWER_MS, answer);
	by.late = error == -ETIMEDOUT;
	return error;
}

int rights_ask(const struct rights_request *request, struct rights_answer *answer)
{
	int error = 0;

	memset(answer, 0, sizeof(*answer));
	if (by.socket >= 0)
		error = ask_over_socket(request, answer);
	else if (by.serve)
		by.serve(by.ctx, request, answer);
	else
		error = -ENOTCONN;
	if (error) {
		memset(answer, 0, sizeof(*answer));
		answer->error = error;
	}
	answer->why[sizeof(answer->why) - 1] = answer->cure[sizeof(answer->cure) - 1] = '\0';
	return answer->error;
}

int rights_ask_for(enum rights_of of, uint32_t what, int32_t arg, struct rights_answer *answer)
{
	const struct rights_request request = {.of = of, .what = what, .arg = arg};

	return rights_ask(&request, answer);
}

int rights_tell(enum rights_of of, uint32_t what, int32_t arg)
{
	struct rights_answer answer;
	int error = rights_ask_for(of, what, arg, &answer);

	rights_forget(&answer);
	return error;
}

int rights_fd(struct rights_answer *answer)
{
	int fd = answer->error ? answer->error : answer->fds_count ? answer->fds[0] : -EBADMSG;

	if (fd >= 0)
		answer->fds[0] = answer->fds[--answer->fds_count];
	rights_forget(answer);
	return fd;
}

void rights_explain(struct rights_answer *answer, const char *why, const char *cure)
{
	snprintf(answer->why, sizeof(answer->why), "%s", why);
	snprintf(answer->cure, sizeof(answer->cure), "%s", cure);
}

void rights_hand_over(struct rights_answer *answer, int fd)
{
	if (fd >= 0 && answer->fds_count < RIGHTS_FDS_MAX)
		answer->fds[answer->fds_count++] = fd;
	else if (fd >= 0)
		close(fd);
	else if (!answer->error)
		answer->error = fd;
}

void rights_give(struct rights_answer *answer, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	rights_hand_over(answer, copy < 0 ? -errno : copy);
}

void rights_put(struct rights_answer *answer, const void *data, size_t size)
{
	memcpy(answer->data, data, size);
	answer->len = (uint32_t)size;
}

int rights_data(const struct rights_answer *answer, void *to, size_t size)
{
	if (answer->error)
		return answer->error;
	if (answer->len != size)
		return -EBADMSG;
	memcpy(to, answer->data, size);
	return 0;
}

int rights_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno;
}

int rights_post(const struct rights_request *request, int fd)
{
	union control control;
	struct rights_request r = *request;
	struct iovec bytes = {&r, sizeof(r)};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (by.socket < 0)
		return 0;
	r.number = 0;
	if (fd >= 0)
		put_fds(&m, &control, &fd, 1);
	return sendmsg(by.socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int rights_receive(int socket, struct rights_request *request, int *fd)
{
	struct rights_answer with = {0};
	union control control;
	struct iovec bytes = {request, sizeof(*request)};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*fd = -1;
	if (n > 0)
		take_fds(&m, &with);
	if (with.fds_count == 1)
		*fd = with.fds[0];
	else
		rights_forget(&with);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	request->path[PATH_MAX - 1] = '\0';
	if (n == sizeof(*request) && request->of < RIGHTS_KINDS)
		return 1;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -EBADMSG;
}

int rights_reply(int socket, struct rights_answer *a)
{
	union control control;
	struct iovec bytes = {a, HEAD + a->len};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (a->fds_count)
		put_fds(&m, &control, a->fds, a->fds_count);
	int error = sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
	rights_forget(a);
	return error;
}

#include "agent/files/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#if HAVE_CARES
#include <ares.h>
#endif

#include "agent/base/rights.h"
#include "agent/files/child.h"
#include "agent/files/user.h"

#define CHILD_SECONDS 15
#define CONNECT_MS 5000     /* for each address */
#define UNACKNOWLEDGED_MS 30000 /* then the connection counts as broken: TCP_USER_TIMEOUT, tcp(7) */

/* ---- in the child */

static int await_connected(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&p, 1, CONNECT_MS) <= 0)
		return -ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ? -errno : -error;
}

/* A connected descriptor or -errno. */
static int connect_to(const struct sockaddr *address, socklen_t size, bool tcp)
{
	int fd = socket(address->sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, ms = UNACKNOWLEDGED_MS;

	if (fd < 0)
		return -errno;
	if (tcp) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
#ifdef TCP_USER_TIMEOUT
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)); /* 2.6.37 */
#endif
	}
	int error = connect(fd, address, size) == 0 ? 0 : errno == EINPROGRESS ? await_connected(fd) : -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* An address in digits, IPv6 with a zone: its size, or 0 if it is none. */
static socklen_t read_number(const struct output_config *o, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
	char digits[INET6_ADDRSTRLEN];
	const char *zone = strchr(o->host, '%');

	memset(to, 0, sizeof(*to));
	snprintf(digits, sizeof(digits), "%.*s", zone ? (int)(zone - o->host) : (int)strlen(o->host), o->host);
	if (!zone && inet_pton(AF_INET, digits, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(o->port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, digits, &v6->sin6_addr) != 1)
		return 0;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(o->port);
	v6->sin6_scope_id = zone ? if_nametoindex(zone + 1) : 0;
	return sizeof(*v6);
}

#if HAVE_CARES

struct lookup {
	const struct output_config *output;
	int   fd;
	char *why;
	bool  done;
};

static void on_found(void *ctx, int status, int timeouts, struct ares_addrinfo *found)
{
	struct lookup *l = ctx;

	(void)timeouts;
	l->done = true;
	l->fd = -EHOSTUNREACH;
	if (status != ARES_SUCCESS)
		snprintf(l->why, FILES_WHY, "the name %s is not found: %s", l->output->host, ares_strerror(status));
	for (struct ares_addrinfo_node *n = found ? found->nodes : NULL; n && l->fd < 0; n = n->ai_next)
		l->fd = connect_to(n->ai_addr, n->ai_addrlen, l->output->transport != SYSLOG_UDP);
	ares_freeaddrinfo(found);
}

static int connect_to_name(const struct output_config *o, char why[FILES_WHY])
{
	const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NUMERICSERV};
	struct lookup l = {.output = o, .fd = -EHOSTUNREACH, .why = why};
	ares_channel channel;
	char port[8];

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || ares_init(&channel) != ARES_SUCCESS)
		return -ENOMEM;
	snprintf(port, sizeof(port), "%u", (unsigned)o->port);
	ares_getaddrinfo(channel, o->host, port, &hints, on_found, &l);
	while (!l.done) {
		fd_set in, out;
		struct timeval time, *wait;

		FD_ZERO(&in);
		FD_ZERO(&out);
		int most = ares_fds(channel, &in, &out);
		wait = ares_timeout(channel, NULL, &time);
		if (most == 0 || select(most, &in, &out, NULL, wait) < 0)
			break;
		ares_process(channel, &in, &out);
	}
	return l.fd;
}

#else

static int connect_to_name(const struct output_config *o, char why[FILES_WHY])
{
	snprintf(why, FILES_WHY, "%s is a name, and this program was built without c-ares: write the address in digits", o->host);
	return -ENOSYS;
}

#endif

static void live_as_child(int socket, const struct output_config *o)
{
	struct rights_answer a = {0};
	struct sockaddr_storage number;

	signal(SIGALRM, SIG_DFL);
	alarm(CHILD_SECONDS);
	if (dup2(socket, STDERR_FILENO + 1) < 0 || !child_become(ENGINE_UID, ENGINE_UID))
		_exit(1);
	socket = STDERR_FILENO + 1;
	child_close_from(socket + 1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	socklen_t size = read_number(o, &number);
	rights_hand_over(&a, size ? connect_to((struct sockaddr *)&number, size, o->transport != SYSLOG_UDP) : connect_to_name(o, a.why));
	_exit(rights_reply(socket, &a) != 0);
}

/* ---- in the process that asks */

static struct connection *find(struct connections *c, uint32_t id)
{
	struct connection *free_one = NULL;

	for (unsigned i = 0; i < c->count; i++) {
		if (c->of[i].socket >= 0 && c->of[i].id == id)
			return &c->of[i];
		if (c->of[i].socket < 0)
			free_one = &c->of[i];
	}
	if (!free_one && c->count < CONFIG_OUTPUTS_MAX)
		free_one = &c->of[c->count++];
	if (free_one)
		*free_one = (struct connection){.socket = -1};
	return free_one;
}

static void forget(struct connection *one)
{
	close(one->socket);
	*one = (struct connection){.socket = -1};
}

static int start(struct connection *one, const struct output_config *o)
{
	int ends[2], error = rights_pair(ends);

	if (error)
		return error;
	pid_t child = fork();
	if (child == 0)
		live_as_child(ends[1], o);
	error = child < 0 ? -errno : 0;
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return error;
	}
	one->socket = ends[0];
	one->id = o->id;
	return -EINPROGRESS;
}

int connections_ask(struct connections *c, const struct output_config *o, char why[FILES_WHY])
{
	struct connection *one = find(c, o->id);
	struct rights_answer a = {0};

	why[0] = '\0';
	if (!one)
		return -EMFILE;
	if (one->socket < 0)
		return start(one, o);
	int error = rights_read_answer(one->socket, &a);
	if (error == -EAGAIN)
		return -EINPROGRESS;
	forget(one);
	if (error) /* the child's time was over */
		return -ETIMEDOUT;
	snprintf(why, FILES_WHY, "%s", a.why);
	return rights_fd(&a);
}

/* The child ends within CHILD_SECONDS.  It is not killed: it may be gone, and its pid another's. */
static void give_up(struct connection *one)
{
	if (one->socket >= 0)
		forget(one);
}

void connections_keep(struct connections *c, uint32_t generation)
{
	for (unsigned i = 0; i < c->count; i++)
		if (CONFIG_GENERATION(c->of[i].id) != generation)
			give_up(&c->of[i]);
}

void connections_end(struct connections *c)
{
	for (unsigned i = 0; i < c->count; i++)
		give_up(&c->of[i]);
}

#include "agent/run/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/files/files.h"
#include "agent/run/status.h"

#define PATIENCE 5. /* s */

static void let_go(struct control_client *c, struct ev_loop *loop)
{
	ev_io_stop(loop, &c->writable);
	ev_timer_stop(loop, &c->patience);
	if (c->fd >= 0)
		close(c->fd);
	free(c->text);
	c->text = NULL;
	c->fd = -1;
}

static void on_writable(EV_P_ ev_io *w, int revents)
{
	struct control_client *c = w->data;
	ssize_t n = send(c->fd, c->text + c->sent, c->len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)revents;
	if (n > 0)
		c->sent += (size_t)n;
	if (c->sent == c->len || (n < 0 && errno != EAGAIN && errno != EINTR))
		let_go(c, EV_A);
}

static void on_impatience(EV_P_ ev_timer *w, int revents)
{
	(void)revents;
	let_go(w->data, EV_A);
}

static bool may_know(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void serve(struct control *control, struct control_client *c, struct ev_loop *loop)
{
	FILE *to = open_memstream(&c->text, &c->len);

	c->sent = 0;
	if (!to) {
		let_go(c, loop);
		return;
	}
	clock_refresh(&control->agent->clock);
	status_write(control->agent, to);
	if (fclose(to) != 0) {
		let_go(c, loop);
		return;
	}
	ev_io_set(&c->writable, c->fd, EV_WRITE);
	ev_io_start(loop, &c->writable);
	ev_timer_set(&c->patience, PATIENCE, 0.);
	ev_timer_start(loop, &c->patience);
	on_writable(loop, &c->writable, 0);
}

static void on_connection(EV_P_ ev_io *w, int revents)
{
	struct control *control = w->data;
	int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		ev_io_stop(EV_A_ w);
		ev_timer_set(&control->again, 1., 0.);
		ev_timer_start(EV_A_ &control->again);
		return;
	}
	for (int i = 0; i < CONTROL_CLIENTS && may_know(fd); i++)
		if (control->clients[i].fd < 0) {
			control->clients[i].fd = fd;
			serve(control, &control->clients[i], EV_A);
			return;
		}
	close(fd);
}

static void on_again(EV_P_ ev_timer *w, int revents)
{
	struct control *control = w->data;

	(void)revents;
	ev_io_start(EV_A_ &control->listening);
}

void control_begin(struct control *c, struct agent *a, struct ev_loop *loop)
{
	char why[FILES_WHY];
	int fd = a->config->control ? files_open_control(a->config, why) : -1;

	c->agent = NULL;
	if (!a->config->control)
		return;
	if (fd == -EACCES && !(a->config->given & GIVEN_CONTROL))
		return; /* an agent without root, which nobody told where */
	if (fd < 0) {
		log_warning("[agent] control: %s: %s: `epitaph status` cannot ask this agent", a->config->control, why[0] ? why : strerror(-fd));
		return;
	}
	c->agent = a;
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		c->clients[i] = (struct control_client){.fd = -1};
		ev_init(&c->clients[i].writable, on_writable);
		ev_init(&c->clients[i].patience, on_impatience);
		c->clients[i].writable.data = c->clients[i].patience.data = &c->clients[i];
	}
	ev_io_init(&c->listening, on_connection, fd, EV_READ);
	ev_init(&c->again, on_again);
	c->listening.data = c->again.data = c;
	ev_io_start(loop, &c->listening);
}

void control_end(struct control *c, struct ev_loop *loop)
{
	if (!c->agent)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		let_go(&c->clients[i], loop);
	ev_timer_stop(loop, &c->again);
	ev_io_stop(loop, &c->listening);
	close(c->listening.fd);
	c->agent = NULL;
}

/* audit.c - the audit backend: reads the records that the half with the rights (audit_control.c) has the kernel send */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backends/audit_change.h"
#include "backends/audit_owner.h"
#include "backends/audit_probe.h"
#include "backends/audit_read.h"
#include "backends/audit_session.h"
#include "backends/audit_tell.h"
#include "config/config.h"

static int open_descriptors(struct audit_session *s)
{
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->epoll < 0 || s->timer < 0)
		return -errno;
	return backend_watch(s->epoll, s->timer);
}

static int watch_standard_input(struct audit_session *s)
{
	s->stdin_flags = fcntl(STDIN_FILENO, F_GETFL);
	if (s->stdin_flags < 0 || fcntl(STDIN_FILENO, F_SETFL, s->stdin_flags | O_NONBLOCK))
		return -errno;
	return backend_watch(s->epoll, STDIN_FILENO);
}

static void take_opened(struct audit_session *s, const struct audit_opened *opened)
{
	s->view = opened->view;
	s->how = opened->how;
	s->pid = opened->pid;
	s->lost = opened->lost;
	s->panics = opened->panics;
	audit_change_narrow(s->backend, opened->kinds);
}

static int ask_to_open(struct audit_session *s)
{
	struct backend *b = s->backend;
	struct audit_opened opened;
	struct rights_answer a;
	int err = rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_OPEN, b->exits_told, &a);

	reason_set(&b->note, a.cure, "%s", a.why);
	if (!err)
		err = rights_data(&a, &opened, sizeof(opened));
	if (err)
		return err;
	s->asked = true;
	take_opened(s, &opened);
	if (s->how == HOW_STDIN)
		return watch_standard_input(s);
	err = audit_reader_init(&s->reader, rights_fd(&a));
	return err ? err : backend_watch(s->epoll, s->reader.fd);
}

static int audit_open_backend(struct backend *b)
{
	struct audit_session *s = b->state;
	int err;

	s->backend = b;
	s->epoll = s->timer = s->reader.fd = s->stdin_flags = -1;
	audit_assembler_init(&s->assembler, b->clock, audit_tell_record, s);
	s->assembler.copies = b->config->transport != AUDIT_TRANSPORT_STDIN;
	err = open_descriptors(s);
	if (!err)
		err = ask_to_open(s);
	if (err) {
		if (!b->note.why[0])
			reason_set(&b->note, "", "%s", strerror(-err));
		return err;
	}
	b->fd = s->epoll;
	b->interval = 0;
	audit_tell_sight(s);
	return 0;
}

static int audit_read_backend(struct backend *b, int budget)
{
	return audit_read(b->state, budget);
}

static int audit_reload(struct backend *b)
{
	return audit_change_load(b->state);
}

static int audit_executed(struct backend *b, pid_t pid, const char *path)
{
	return audit_owner_executed(b->state, pid, path);
}

static void audit_close_backend(struct backend *b)
{
	struct audit_session *s = b->state;

	if (!s || !s->backend)
		return;
	if (s->asked)
		rights_tell(RIGHTS_AUDIT, AUDIT_ASK_CLOSE, 0);
	audit_reader_close(&s->reader);
	if (s->stdin_flags >= 0)
		fcntl(STDIN_FILENO, F_SETFL, s->stdin_flags);
	if (s->timer >= 0)
		close(s->timer);
	if (s->epoll >= 0)
		close(s->epoll);
	s->backend = NULL;
	b->fd = -1;
}

const struct backend_ops backend_audit = {
	.name       = "audit",
	.source     = SOURCE_AUDIT,
	.sees       = SEES_EXEC | SEES_SIGNAL | SEES_EXEC_FACTS | SEES_EXIT_CALL,
	.price = "adds logins, terminals, system calls, exact arguments and failed execs; costs each system call of the host some 0.3 us, for up to 16 rules",
	.state_size = sizeof(struct audit_session),
	.probe      = audit_probe,
	.open       = audit_open_backend,
	.read       = audit_read_backend,
	.executed   = audit_executed,
	.reload     = audit_reload,
	.close      = audit_close_backend,
};

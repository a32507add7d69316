/* backend.c - what several backends do alike */
#include "backends/backend.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>

#include "config/config.h"

#define BIT(signo) (1ull << ((signo) - 1))

/* Their default is to be ignored, to stop or to go on: they end nobody. */
#define SIGNALS_HARMLESS (BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGCONT) | \
	BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))

uint64_t backend_signals_needed(const struct config *c)
{
	uint64_t needed = ~SIGNALS_HARMLESS;

	for (unsigned i = 0; i < c->targets_count; i++)
		if (c->targets[i].events & 1u << EVENT_SIGNAL)
			needed |= c->targets[i].signals;
	return needed;
}

int backend_watch(int epoll, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

void backend_lost(struct backend *b, uint64_t count, const char *reason)
{
	struct event e = {
		.kind = EVENT_LOST,
		.sources = b->ops->source,
		.backend = b->ops->source,
		.has = HAS_BACKEND | HAS_REASON | (count ? HAS_COUNT : 0),
		.at = b->clock->now,
		.count = count,
		.reason = reason,
	};

	b->emit(b->ctx, &e);
}

int backend_reload_nothing(struct backend *b)
{
	(void)b;
	return 0;
}

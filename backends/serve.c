/* serve.c - answers what the readers of the backends ask */
#include "backends/serve.h"

#include <errno.h>
#include <unistd.h>

#if HAVE_AUDIT
#include "backends/audit_serve.h"
#endif
#include "backends/cn_proc_socket.h"
#include "backends/kmsg.h"
#include "backends/tracepoint_events.h"
#include "backends/tracepoint_hotplug.h"

static void close_cn_proc(struct backends_served *s)
{
	if (s->cn_proc >= 0)
		cn_proc_unsubscribe(s->cn_proc);
	s->cn_proc = -1;
}

static void close_taskstats(struct backends_served *s)
{
	if (s->taskstats.fd >= 0)
		taskstats_unsubscribe(&s->taskstats);
	s->taskstats.fd = -1;
}

static void serve_cn_proc(struct backends_served *s, const struct rights_request *r, struct rights_answer *a, struct reason *why)
{
	pid_t child;

	switch ((enum cn_proc_ask)r->what) {
	case CN_PROC_ASK_OPEN:
		close_cn_proc(s);
		s->cn_proc = cn_proc_subscribe(why);
		if (s->cn_proc >= 0)
			rights_give(a, s->cn_proc);
		else
			a->error = s->cn_proc;
		return;
	case CN_PROC_ASK_CLOSE:
		close_cn_proc(s);
		return;
	case CN_PROC_ASK_URGENT:
		rights_hand_over(a, cn_proc_open_urgent());
		return;
	case CN_PROC_ASK_CHILD:
		child = fork(); /* the loop of this process reaps it */
		if (child == 0)
			_exit(0);
		a->error = child < 0 ? -errno : 0;
		return;
	}
	a->error = -EINVAL;
}

static void serve_taskstats(struct backends_served *s, const struct rights_request *r, struct rights_answer *a, struct reason *why)
{
	close_taskstats(s);
	if (r->what != TASKSTATS_ASK_OPEN)
		return;
	a->error = taskstats_subscribe(&s->taskstats, why);
	if (a->error) {
		s->taskstats.fd = -1;
		return;
	}
	a->value = s->taskstats.family;
	rights_give(a, s->taskstats.fd);
}

static void serve_processor(const struct backends_served *s, const struct config *c, const struct rights_request *r, struct rights_answer *a)
{
	int fds[TRACEPOINT_FDS];

	a->error = tracepoint_events_open(&s->formats, c, r->arg, r->arg2 > 0 ? (size_t)r->arg2 : 0, fds);
	for (int i = 0; !a->error && i < TRACEPOINT_FDS; i++) {
		if (fds[i] < 0)
			continue;
		a->value |= 1 << i;
		rights_hand_over(a, fds[i]);
	}
}

static void serve_tracepoint(struct backends_served *s, const struct config *c, const struct rights_request *r, struct rights_answer *a, struct reason *why)
{
	switch ((enum tracepoint_ask)r->what) {
	case TRACEPOINT_ASK_FORMATS:
		s->formats = (struct tracepoint_formats){0};
		a->error = tracepoint_find(&s->formats, why);
		rights_put(a, &s->formats, sizeof(s->formats));
		return;
	case TRACEPOINT_ASK_PROCESSOR:
		serve_processor(s, c, r, a);
		return;
	case TRACEPOINT_ASK_HOTPLUG:
		rights_hand_over(a, hotplug_open());
		return;
	}
	a->error = -EINVAL;
}

void backends_served_init(struct backends_served *s)
{
	*s = (struct backends_served){.cn_proc = -1, .taskstats.fd = -1};
}

void backends_serve(struct backends_served *s, const struct config *c, const struct rights_request *r, struct rights_answer *a)
{
	struct reason why = {0};

	switch ((enum rights_of)r->of) {
	case RIGHTS_CN_PROC:
		serve_cn_proc(s, r, a, &why);
		break;
	case RIGHTS_TASKSTATS:
		serve_taskstats(s, r, a, &why);
		break;
	case RIGHTS_TRACEPOINT:
		serve_tracepoint(s, c, r, a, &why);
		break;
	case RIGHTS_KMSG:
		rights_hand_over(a, kmsg_find(&why));
		break;
#if HAVE_AUDIT
	case RIGHTS_AUDIT:
		s->audit.config = c;
		audit_serve(&s->audit, r, a);
		return; /* which explains itself */
#endif
	default:
		a->error = -EINVAL;
	}
	rights_explain(a, why.why, why.cure);
}

void backends_served_end(struct backends_served *s)
{
	close_cn_proc(s);
	close_taskstats(s);
#if HAVE_AUDIT
	audit_control_end(&s->audit);
#endif
}

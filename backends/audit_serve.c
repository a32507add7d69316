/* audit_serve.c - answers what audit_rights.h lists, with audit_control.h */
#include "backends/audit_serve.h"

#include <errno.h>

#include "backends/audit_machine.h"
#include "backends/audit_rules.h"
#include "backends/audit_socket.h"
#include "config/config.h"

static void serve_open(struct audit_control *c, bool exits_told, struct rights_answer *a)
{
	struct reason note = { 0 };
	struct audit_opened opened;

	audit_control_end(c); /* of an engine that did not say that it ended */
	a->error = audit_control_begin(c, exits_told, &opened, &note);
	rights_explain(a, note.why, note.cure);
	if (a->error) {
		audit_control_end(c);
		return;
	}
	rights_put(a, &opened, sizeof(opened));
	if (c->records >= 0)
		rights_give(a, c->records);
}

static void serve_load(struct audit_control *c, bool exits_told, struct rights_answer *a)
{
	struct reason note = { 0 };

	if (c->records >= 0)
		audit_socket_filter(c->records, c->config->exec_failures);
	a->value = audit_control_load(c, exits_told, &note);
	a->error = a->value < 0 ? a->value : 0;
	rights_explain(a, note.why, note.cure);
}

static void serve_load_again(struct audit_control *c, bool exits_told, struct rights_answer *a)
{
	unsigned kinds;

	a->value = audit_control_load_again(c, exits_told, &kinds);
	a->error = a->value < 0 ? a->value : 0;
	rights_put(a, &kinds, sizeof(kinds));
}

static void serve_survey(const struct audit_control *c, struct rights_answer *a)
{
	struct audit_rules_found found;

	a->error = audit_rules_survey(c->fd, false, &found);
	rights_put(a, &found, sizeof(found));
}

static void serve_status(const struct audit_control *c, struct rights_answer *a)
{
	struct audit_status status;
	size_t len;

	a->error = audit_status_read(c->fd, &status, &len);
	if (!a->error)
		rights_put(a, &status, sizeof(status));
}

static void serve_take(struct audit_control *c, struct rights_answer *a)
{
	uint32_t seq;

	a->error = audit_control_take(c, &seq);
	a->value = (int32_t)seq;
}

static void serve_opened(struct audit_control *c, const struct rights_request *r, struct rights_answer *a)
{
	switch ((enum audit_ask)r->what) {
	case AUDIT_ASK_LOAD:
		serve_load(c, r->arg, a);
		return;
	case AUDIT_ASK_LOAD_AGAIN:
		serve_load_again(c, r->arg, a);
		return;
	case AUDIT_ASK_SURVEY:
		serve_survey(c, a);
		return;
	case AUDIT_ASK_STATUS:
		serve_status(c, a);
		return;
	case AUDIT_ASK_UNTUNE:
		audit_control_untune(c);
		return;
	case AUDIT_ASK_RELEASE:
		a->error = c->records >= 0 ? audit_control_release(c, r->arg) : -EINVAL;
		return;
	case AUDIT_ASK_TAKE:
		if (c->records >= 0)
			serve_take(c, a);
		return;
	case AUDIT_ASK_TAKEN:
		if (c->records >= 0)
			audit_control_taken(c);
		return;
	case AUDIT_ASK_LOCK:
		a->value = machine_lock_is_free();
		return;
	case AUDIT_ASK_OPEN:
	case AUDIT_ASK_CLOSE:
		break;
	}
	a->error = -EINVAL;
}

void audit_serve(struct audit_control *c, const struct rights_request *r, struct rights_answer *a)
{
	if (r->what == AUDIT_ASK_OPEN)
		serve_open(c, r->arg, a);
	else if (r->what == AUDIT_ASK_CLOSE)
		audit_control_end(c);
	else if (c->opened)
		serve_opened(c, r, a);
	else
		a->error = -ENOTCONN;
}

#include "backends/audit_read.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backends/audit_change.h"
#include "backends/audit_owner.h"
#include "backends/audit_probe.h"
#include "backends/audit_stdin.h"
#include "backends/audit_tell.h"
#include "config/config.h"

/* ---- answers and notices of the kernel */

static void on_answer(struct audit_session *s, const struct audit_message *m)
{
	int error;

	if (m->len < sizeof(error))
		return;
	memcpy(&error, m->data, sizeof(error));
	if (s->registering && m->seq == s->register_seq)
		audit_owner_taken(s, error);
}

static void on_lost(struct audit_session *s, uint32_t now)
{
	uint32_t delta = now - s->lost;

	s->lost = now;
	/* a counter that was reset starts again from what was lost since */
	if (delta > UINT32_MAX / 2)
		delta = now;
	if (!delta)
		return;
	s->view.lost += delta;
	audit_tell_lost(s, delta, s->view.daemon ? "the kernel lost audit records (some of them on the way to auditd only)" :
		"the kernel's audit queue was full");
}

static void on_enabled(struct audit_session *s, bool enabled)
{
	if (enabled == !s->view.off)
		return;
	s->view.off = !enabled;
	if (enabled) {
		audit_tell_lost(s, 0, "another program had switched auditing off");
		s->rules_gone = true;
		s->rules_at = s->backend->clock->now;
	}
	audit_tell_state(s, s->view.off ? AGENT_DEGRADED : AGENT_RESTORED,
		s->view.off ? "another program switched auditing off" : "auditing is on again");
}

static void take_status(struct audit_session *s, const struct audit_status *status)
{
	on_lost(s, status->lost);
	on_enabled(s, status->enabled != 0);
	s->panics = status->failure == AUDIT_PANIC;
	if (s->view.off) /* nothing tells when it is switched on again */
		s->check_at = s->backend->clock->now + CHECK_EVERY;
}

/* The one that owned settings and rules has ended: opened anew, this one does. */
static int inherit(struct audit_session *s)
{
	reason_set(&s->backend->note, "", "the other epitaph that ran here has ended: taking its place");
	return -ESRCH;
}

static bool other_has_ended(void)
{
	struct rights_answer a;

	return rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_LOCK, 0, &a) == 0 && a.value;
}

/* Nobody registers beside auditd; when it has ended, the records are asked for again. */
static void beside_others(struct audit_session *s, pid_t daemon)
{
	bool may_take = s->backend->config->transport != AUDIT_TRANSPORT_MULTICAST && !s->view.shared;

	s->view.daemon = daemon;
	if (daemon) {
		rights_tell(RIGHTS_AUDIT, AUDIT_ASK_UNTUNE, 0);
	} else if (may_take && !s->registering) {
		if (s->backend->clock->now >= s->retake_at)
			audit_owner_take(s);
		else
			s->check_at = s->retake_at;
	}
}

static int on_status(struct audit_session *s, const struct audit_status *status)
{
	if (s->view.shared && (!status->enabled || !status->pid) && other_has_ended())
		return inherit(s);
	take_status(s, status);
	if (s->how == HOW_UNICAST && status->pid != (uint32_t)s->pid) {
		s->view.daemon = (pid_t)status->pid;
		return audit_owner_release(s, false, "another audit daemon took the audit records over: reading them beside it");
	}
	if (s->how == HOW_MULTICAST)
		beside_others(s, (pid_t)status->pid);
	return 0;
}

static int on_replace(struct audit_session *s, const struct audit_message *m)
{
	uint32_t pid = 0;

	/* our own requests are answered so as well */
	if (m->len >= sizeof(pid))
		memcpy(&pid, m->data, sizeof(pid));
	if (s->how != HOW_UNICAST || pid == (uint32_t)s->pid)
		return 0;
	return audit_owner_release(s, true, "an audit daemon starts: made way for it, reading the records beside it");
}

/* ---- reading */

static int take_message(struct audit_session *s, const struct audit_message *m)
{
	switch (m->type) {
	case NLMSG_ERROR:
		on_answer(s, m);
		return 0;
	case AUDIT_REPLACE:
		return on_replace(s, m);
	case AUDIT_CONFIG_CHANGE:
		audit_change_seen(s, m);
		break;
	default:
		audit_assembler_feed(&s->assembler, m->type, m->data, m->len);
		break;
	}
	if (!s->check_at)
		s->check_at = s->backend->clock->now + CHECK_EVERY;
	return 0;
}

static int read_records(struct audit_session *s, int budget)
{
	struct audit_message m;
	int n, err;

	do {
		n = audit_reader_fetch(&s->reader);
		if (n == -ENOBUFS) {
			audit_tell_lost(s, 0, "the audit socket overflowed, and the kernel does not count what it drops then");
			n = AUDIT_BATCH;
			continue;
		}
		if (n < 0) {
			reason_set(&s->backend->note, "", "reading audit records: %s", strerror(-n));
			return n;
		}
		if (n > 0 && s->backend->received)
			s->backend->received(s->backend->received_ctx);
		while (audit_reader_next(&s->reader, &m)) {
			err = take_message(s, &m);
			if (err)
				return err;
		}
		if (s->yield && (err = audit_owner_release(s, true, "auditd starts: made way for it, reading the records beside it")))
			return err;
	} while (n == AUDIT_BATCH && s->emitted < budget);
	if (n < AUDIT_BATCH) {
		if (!s->registering)
			s->reader.doubled = false;
		audit_assembler_flush(&s->assembler, s->backend->clock->now - AUDIT_AGE);
	}
	return 0;
}

/* ---- the timer: nothing is set while nothing happens */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

static void arm(struct audit_session *s)
{
	uint64_t due = audit_assembler_due(&s->assembler);
	uint64_t next = earlier(earlier(due, s->check_at), s->rules_at), mono;
	struct itimerspec when = { 0 };

	/* one that is set for earlier fires for nothing, once */
	if (!next || (s->armed && s->armed <= next))
		return;
	mono = next - (uint64_t)s->backend->clock->from_monotonic;
	when.it_value.tv_sec = (time_t)(mono / NSEC_PER_SEC);
	when.it_value.tv_nsec = (long)(mono % NSEC_PER_SEC);
	if (!timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &when, NULL))
		s->armed = next;
}

static int ask_status(struct audit_session *s)
{
	struct audit_status status;
	struct rights_answer a;

	rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_STATUS, 0, &a);
	return rights_data(&a, &status, sizeof(status)) ? 0 : on_status(s, &status);
}

/* 0, or -errno: the backend is to be opened anew. */
static int on_timer(struct audit_session *s)
{
	uint64_t now = s->backend->clock->now, times;
	int err = 0;

	if (!s->armed || now < s->armed)
		return 0;
	if (read(s->timer, &times, sizeof(times)) == sizeof(times))
		s->armed = 0;
	if (s->check_at && now >= s->check_at) {
		s->check_at = 0;
		err = ask_status(s);
	}
	if (!err && s->rules_at && now >= s->rules_at)
		audit_change_restore(s);
	return err;
}

/* Tells the records that the reader finds missing: the kernel may not have counted them. */
static void tell_incomplete(struct audit_session *s)
{
	uint64_t incomplete = s->assembler.counts.unfinished - s->incomplete;

	s->view.dropped = s->assembler.counts.dropped + s->reader.refused;
	s->incomplete += incomplete;
	if (incomplete)
		audit_tell_lost(s, incomplete, "signals were sent of which not all records came");
}

int audit_read(struct audit_session *s, int budget)
{
	int err;

	s->emitted = 0;
	err = s->how == HOW_STDIN ? audit_stdin_read(s, budget) : read_records(s, budget);
	tell_incomplete(s);
	if (!err)
		err = on_timer(s);
	if (err)
		return err;
	arm(s);
	return s->emitted;
}

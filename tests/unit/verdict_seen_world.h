/* verdict_seen_world.h - a process that lived 100 s under a host that sees everything, for the tests of its verdict; after cmocka.h */
#ifndef EPITAPH_VERDICT_SEEN_WORLD_H
#define EPITAPH_VERDICT_SEEN_WORLD_H

#include "verdict_world.h"

static int setup(void **state)
{
	(void)state;
	begin((struct verdict_input){
		.signals_since = BEFORE(500),
		.sees = SEES_FORK | SEES_EXEC | SEES_SIGNAL | SEES_EXIT | SEES_CAUSE, .unaudited_known = true, .audit_caught_up = true,
		.faults_logged = true, .no_signal_source = "BLIND",
	});
	return 0;
}

/* The kernel log tells so, so many seconds before its end. */
static inline void fault_logged(double before)
{
	w->death.fault = true;
	w->death.fault_at = BEFORE(before);
}

static inline void oom_logged(double before)
{
	w->death.oom = true;
	w->death.oom_at = BEFORE(before);
}

static inline void dies_of(int signo, bool core)
{
	w->death.has_status = true;
	w->death.wait_status = signo | (core ? 0x80 : 0);
}

static inline struct seen_signal *sent(pid_t by, const char *comm, int signo, double before)
{
	struct event s = {
		.kind = EVENT_SIGNAL, .sources = SOURCE_AUDIT, .at = BEFORE(before), .signo = signo, .via = "kill",
		.has = HAS_SIGNO | HAS_VIA | HAS_RESULT, .sender = {.has = FACT_PID | FACT_COMM, .pid = by, .comm = comm},
	};
	struct seen_signal old, *new;
	bool evicted;

	new = signals_add(&w->signals, &s, 0, &old, &evicted);
	if (evicted)
		sender_unref(old.sender);
	assert_non_null(new);
	new->self = by == SELF;
	return new;
}

static inline void decide(void)
{
	e = (struct event){.kind = EVENT_EXIT};
	verdict_decide(&in, &e, reason, sizeof(reason));
	assert_true(e.has & HAS_CAUSE);
	assert_int_equal(!!(e.has & HAS_REASON), !!reason[0]);
	/* Unknown has a reason and no confidence, all others have a confidence; a doubt is explained. */
	assert_int_equal(!(e.has & HAS_CONFIDENCE), e.cause == CAUSE_UNKNOWN);
	if (e.cause == CAUSE_UNKNOWN)
		assert_true(reason[0]);
}

static inline void is_(enum cause cause, enum confidence confidence)
{
	decide();
	if (e.cause != cause || (cause != CAUSE_UNKNOWN && e.confidence != confidence))
		fail_msg("%s %s: %s", cause_name(e.cause), (e.has & HAS_CONFIDENCE) ? confidence_name(e.confidence) : "-", reason);
}

static inline void is_certain(enum cause cause) { is_(cause, CONFIDENCE_CERTAIN); }
static inline void is_likely(enum cause cause) { is_(cause, CONFIDENCE_LIKELY); }

static inline void is_unknown(const char *because)
{
	is_(CAUSE_UNKNOWN, 0);
	assert_non_null(strstr(reason, because));
	assert_int_equal(e.sender.has, 0);
}

static inline void by(pid_t pid)
{
	assert_true(e.sender.has & FACT_PID);
	assert_int_equal(e.sender.pid, pid);
}

static inline void says(const char *what)
{
	if (!strstr(reason, what))
		fail_msg("\"%s\" is not in: %s", what, reason);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "verdict_world.h"

/* A process that lived 100 s under a host that sees everything. */
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

static void dies_of(int signo, bool core)
{
	w->death.has_status = true;
	w->death.wait_status = signo | (core ? 0x80 : 0);
}

static struct seen_signal *sent(pid_t by, const char *comm, int signo, double before)
{
	struct event s = {
		.kind = EVENT_SIGNAL, .sources = SOURCE_AUDIT, .at = BEFORE(before), .signo = signo, .via = "kill",
		.has = HAS_SIGNO | HAS_VIA | HAS_RESULT, .sender = {.has = FACT_PID | FACT_COMM, .pid = by, .comm = comm},
	};
	struct seen_signal old, *new;
	bool evicted;

	new = signals_add(&w->signals, &s, 0, &old, &evicted);
	if (evicted)
		details_unref(old.sender);
	assert_non_null(new);
	new->self = by == SELF;
	return new;
}

static void decide(void)
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

static void is_(enum cause cause, enum confidence confidence)
{
	decide();
	if (e.cause != cause || (cause != CAUSE_UNKNOWN && e.confidence != confidence))
		fail_msg("%s %s: %s", cause_name(e.cause), (e.has & HAS_CONFIDENCE) ? confidence_name(e.confidence) : "-", reason);
}

static void is_certain(enum cause cause) { is_(cause, CONFIDENCE_CERTAIN); }
static void is_likely(enum cause cause) { is_(cause, CONFIDENCE_LIKELY); }

static void is_unknown(const char *because)
{
	is_(CAUSE_UNKNOWN, 0);
	assert_non_null(strstr(reason, because));
	assert_int_equal(e.sender.has, 0);
}

static void by(pid_t pid)
{
	assert_true(e.sender.has & FACT_PID);
	assert_int_equal(e.sender.pid, pid);
}

static void says(const char *what)
{
	if (!strstr(reason, what))
		fail_msg("\"%s\" is not in: %s", what, reason);
}

/* The rows of the table. */

static void test_exit(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++) {
		exits(code);
		is_certain(CAUSE_EXIT);
		assert_int_equal(e.exit_code, code);
		assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO | HAS_CORE), HAS_EXIT_CODE);
		assert_string_equal(reason, "");
	}
}

static void test_exit_when_signals_are_not_seen(void **state)
{
	(void)state;
	exits(0);
	in.sees = SEES_EXIT;
	is_likely(CAUSE_EXIT);
	says("BLIND");
}

static void test_exit_with_unaudited_processes(void **state)
{
	(void)state;
	exits(0);
	in.unaudited = 12;
	is_likely(CAUSE_EXIT);
	says("12 unaudited");
	in.unaudited = 0;
	in.unaudited_known = false;
	is_likely(CAUSE_EXIT);
	assert_true(reason[0]);
	in.unaudited_known = true;
	is_certain(CAUSE_EXIT);
	in.signals_hidden_by = "VEIL";
	is_likely(CAUSE_EXIT);
	says("VEIL");
	dies_of(SIGTERM, false);
	is_unknown("VEIL");
	sent(SELF, "it", SIGTERM, .1);
	is_likely(CAUSE_SELF);
	says("VEIL");
}

/* What the kernel sends leaves no record: a terminal's INT, QUIT and HUP, and what a parent's death sends. */
static void test_exit_that_the_kernel_may_have_asked_for(void **state)
{
	(void)state;
	exits(0);
	in.has_tty = true;
	is_likely(CAUSE_EXIT);
	says("terminal");
	in.has_tty = false;
	is_certain(CAUSE_EXIT);
	in.orphaned = true;
	is_likely(CAUSE_EXIT);
	says("parent");
	in.unaudited = 3; /* a larger doubt */
	is_likely(CAUSE_EXIT);
	says("3 unaudited");
}

/* Loss within the time in which a stop signal counts. */
static void test_exit_after_a_gap(void **state)
{
	(void)state;
	exits(0);
	in.signals_since = BEFORE(5);
	is_likely(CAUSE_EXIT);
	says("without a gap");
	in.signals_since = BEFORE(11); /* long enough ago */
	is_certain(CAUSE_EXIT);
	in.signals_since = BEFORE(1);
	in.born = BEFORE(.5); /* it was not there yet */
	is_certain(CAUSE_EXIT);
}

/* A stop signal's record may be in a queue that nothing later has come out of. */
static void test_exit_that_audit_told_nothing_after(void **state)
{
	(void)state;
	exits(0);
	in.audit_caught_up = false;
	is_likely(CAUSE_EXIT);
	says("nor a later one");
	in.audit_lagging = true;
	is_likely(CAUSE_EXIT);
	says("records come late");
	dies_of(SIGTERM, false);
	is_unknown("records come late");
	sent(90, "sender", SIGTERM, .001);
	is_certain(CAUSE_KILLED);
}

static void test_stopped(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};

	(void)state;
	for (int i = 0; i < 4; i++) {
		signals_free(&w->signals);
		sent(50, "systemctl", signals[i], 9.9);
		exits(0);
		is_likely(CAUSE_STOPPED);
		by(50);
		assert_true(e.has & HAS_AFTER_SIGNO);
		assert_int_equal(e.after_signo, signals[i]);
		assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO), HAS_EXIT_CODE);
		assert_true(e.sources & SOURCE_AUDIT);
	}
}

static void test_stopped_only_by_a_stop_signal_in_time_from_another(void **state)
{
	(void)state;
	exits(0);
	sent(50, "kill", SIGUSR1, 1);
	sent(50, "kill", SIGTERM, 10.1); /* too long ago */
	sent(SELF, "it", SIGTERM, 1);
	sent(50, "kill", SIGTERM, 1)->result = RESULT_FAILED;
	sent(50, "kill", SIGTERM, 1)->result = RESULT_IGNORED;
	sent(51, "kill", SIGTERM, -1); /* after the end */
	sent(52, "kill", SIGTERM, 1)->ambiguous = true;
	is_certain(CAUSE_EXIT);
	assert_int_equal(e.sender.has, 0);
	assert_false(e.has & HAS_AFTER_SIGNO);
}

static void test_stopped_names_the_last_that_asked(void **state)
{
	(void)state;
	exits(143);
	sent(50, "first", SIGHUP, 8);
	sent(51, "second", SIGTERM, 1);
	is_likely(CAUSE_STOPPED);
	by(51);
	assert_int_equal(e.after_signo, SIGTERM);
}

static void test_killed(void **state)
{
	(void)state;
	for (int signo = 1; signo <= 31; signo++) {
		signals_free(&w->signals);
		dies_of(signo, signo == SIGABRT);
		sent(50, "kill", signo, .01);
		is_certain(CAUSE_KILLED);
		by(50);
		assert_int_equal(e.signo, signo);
		assert_int_equal(e.core_dumped, signo == SIGABRT);
		assert_string_equal(e.via, "kill");
		assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO | HAS_CORE), HAS_SIGNO | HAS_CORE);
		assert_string_equal(reason, "");
	}
}

/* What else goes on does not matter to one that was seen. */
static void test_killed_though_others_could_be_unseen(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, .01);
	in.unaudited = 40;
	in.signals_since = BEFORE(1);
	is_certain(CAUSE_KILLED);
	by(50);
}

static void test_killed_by_one_of_several(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "first", SIGTERM, .02);
	sent(51, "second", SIGTERM, .01);
	sent(52, "other", SIGUSR1, .005);
	is_likely(CAUSE_KILLED);
	by(50);
	says("first of 2 senders");
	says("51 (second)");
	assert_null(strstr(reason, "52"));
}

/* It handled or blocked the signal, or it was another that was not seen. */
static void test_killed_some_time_after_the_signal(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, 5);
	is_likely(CAUSE_KILLED);
	by(50);
	says("lived on");
}

/* SIGKILL needs no promptness: the process may have been in a system call that cannot be interrupted. */
static void test_killed_long_after_sigkill(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, 60);
	is_likely(CAUSE_KILLED); /* it lived on: it may be the init of a pid namespace, and 50 in there */
	by(50);
	says("init of a pid namespace");
	w->death.witnesses = SOURCE_PROC;
	w->death.exact = false; /* when it ended is not known so well */
	is_certain(CAUSE_KILLED);
	by(50);
}

static void test_old_signal_is_no_cause(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, 10.5);
	is_unknown("nobody was seen sending SIGTERM");
}

static void test_signal_after_the_end_is_no_cause(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, -.001);
	is_unknown("nobody was seen sending SIGKILL");
}

static void test_other_signals_are_no_cause(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGTERM, .1);
	sent(50, "kill", SIGKILL, .1)->result = RESULT_FAILED;
	is_unknown("nobody was seen sending SIGKILL");
}

/* A pid that had two holders: a name that may be the other's is worse than none. */
static void test_ambiguous_signal_is_no_cause(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "kill", SIGKILL, .1)->ambiguous = true;
	is_unknown("used by two processes");
}

static void test_self(void **state)
{
	(void)state;
	dies_of(SIGABRT, true);
	sent(SELF, "it", SIGABRT, 0);
	is_certain(CAUSE_SELF);
	by(SELF);
	in.unaudited = 3; /* a watchdog, systemd's for one, sends SIGABRT, and a crash handler raises it again */
	is_likely(CAUSE_SELF);
	says("3 unaudited");
}

static void test_raise_again_in_a_handler(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "systemctl", SIGTERM, .2);
	sent(SELF, "it", SIGTERM, .1);
	is_certain(CAUSE_KILLED);
	by(50);
}

/* Its own signal is all that was seen, but whom it answered may be invisible. */
static void test_self_may_be_a_raise_again(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(SELF, "it", SIGTERM, .1);
	is_certain(CAUSE_SELF);
	in.unaudited = 3;
	is_likely(CAUSE_SELF);
	says("3 unaudited");
	in.unaudited = 0;
	in.signals_since = BEFORE(2);
	is_likely(CAUSE_SELF);
	in.signals_since = BEFORE(500);
	in.orphaned = true; /* it may have been a parent-death signal */
	is_likely(CAUSE_SELF);
	in.orphaned = false;
	sent(50, "systemctl", SIGTERM, 30); /* a shutdown that took half a minute */
	is_likely(CAUSE_SELF);
}

/* A crash handler, or one for the terminal's signals, raises again what the kernel sent. */
static void test_self_may_be_the_kernels(void **state)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM};

	(void)state;
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		dies_of(signals[i], false);
		sent(SELF, "it", signals[i], .001);
		is_likely(CAUSE_SELF);
		says(is_fault_signal(signals[i]) ? "a fault of its own" : "or the kernel");
	}
	dies_of(SIGKILL, false);
	sent(SELF, "it", SIGKILL, .001);
	is_certain(CAUSE_SELF);
}

/* Nobody runs kill -1: each process has a record of it, also those that it may not signal. */
static void test_signal_to_a_group_that_may_not_have_been_allowed(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	sent(50, "nobodys", SIGKILL, 30)->result = RESULT_UNKNOWN;
	is_unknown("pid 50 sent it to a whole group");
	sent(51, "roots", SIGKILL, .001);
	is_certain(CAUSE_KILLED);
	by(51);
	sent(52, "nobodys", SIGKILL, .1)->result = RESULT_UNKNOWN;
	is_likely(CAUSE_KILLED);
	by(51);
	says("pid 52 sent it to a whole group");
	exits(0);
	sent(50, "nobodys", SIGTERM, 1)->result = RESULT_UNKNOWN;
	is_likely(CAUSE_EXIT); /* CAP_KILL may have let it through */
	says("pid 50 sent SIGTERM to a whole group");
}

/* Out of memory: the signal is known and its sender is not.  Nobody is named, pid 0 least of all. */
static void test_sender_that_could_not_be_kept(void **state)
{
	struct seen_signal *s;

	(void)state;
	exits(0);
	s = sent(50, "nobodys", SIGTERM, 1);
	s->result = RESULT_UNKNOWN;
	details_unref(s->sender);
	s->sender = NULL;
	is_likely(CAUSE_EXIT);
	says("a process sent SIGTERM to a whole group");
}

/* The second of them may have come to a zombie; whoever was first is the one to name. */
static void test_self_before_another_when_the_end_is_not_exact(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(SELF, "self", SIGTERM, .3);
	sent(90, "other", SIGTERM, .1);
	is_certain(CAUSE_KILLED); /* cn_proc: it lived on after its own */
	by(90);
	w->death.witnesses = SOURCE_PROC;
	w->death.exact = false;
	is_likely(CAUSE_SELF);
	by(SELF);
	says("pid 90");
}

static void test_self_raised_for_another_when_the_end_is_not_exact(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	w->death.witnesses = SOURCE_PROC;
	w->death.exact = false;
	sent(90, "other", SIGTERM, .3);
	sent(SELF, "self", SIGTERM, .1);
	is_certain(CAUSE_KILLED);
	by(90);
}

static void test_self_beside_an_ambiguous_one(void **state)
{
	(void)state;
	dies_of(SIGABRT, false);
	sent(50, "kill", SIGABRT, .2)->ambiguous = true;
	sent(SELF, "it", SIGABRT, .1);
	is_likely(CAUSE_SELF);
}

static void test_fault_with_both_evidences(void **state)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

	(void)state;
	for (int i = 0; i < 5; i++) {
		dies_of(signals[i], true);
		w->death.dumping = w->death.fault = true;
		w->death.abend_signo = signals[i];
		is_certain(CAUSE_FAULT);
		assert_int_equal(e.signo, signals[i]);
		assert_int_equal(e.sender.has, 0);
	}
}

static void test_fault_line_alone(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.fault = true;
	is_likely(CAUSE_FAULT);
}

/* Of SIGBUS the kernel logs no line, so its report of an abnormal end has to do. */
static void test_fault_by_abend_alone(void **state)
{
	(void)state;
	dies_of(SIGBUS, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGBUS;
	is_likely(CAUSE_FAULT);
	in.faults_logged = false;
	dies_of(SIGSEGV, false);
	w->death.abend_signo = SIGSEGV;
	is_likely(CAUSE_FAULT);
}

/* A line would have been logged, so an invisible sender is more likely: no guess. */
static void test_no_fault_when_its_line_is_missing(void **state)
{
	(void)state;
	dies_of(SIGSEGV, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	is_unknown("nobody was seen sending SIGSEGV");
	in.faults_logged = false;
	in.unaudited = 5;
	is_unknown("5 unaudited");
}

static void test_fault_signal_that_was_sent(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.dumping = true;
	w->death.abend_signo = SIGSEGV;
	sent(50, "kill", SIGSEGV, .01);
	is_certain(CAUSE_KILLED);
	by(50);
}

/* The line proves the fault, whoever sent the same signal while it was handled. */
static void test_fault_after_a_signal_that_was_handled(void **state)
{
	(void)state;
	dies_of(SIGSEGV, true);
	w->death.dumping = w->death.fault = true;
	w->death.abend_signo = SIGSEGV;
	sent(50, "kill", SIGSEGV, 4);
	is_certain(CAUSE_FAULT);
	assert_int_equal(e.sender.has, 0);
}

static void test_abend_of_another_signal_is_no_evidence(void **state)
{
	(void)state;
	dies_of(SIGBUS, false);
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	is_unknown("SIGBUS");
}

static void test_fault_line_does_not_explain_a_kill(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	w->death.fault = true;
	is_unknown("SIGKILL");
}

static void test_seccomp(void **state)
{
	(void)state;
	dies_of(SIGSYS, true);
	w->death.dumping = w->death.seccomp = true;
	w->death.abend_signo = SIGSYS;
	is_certain(CAUSE_FAULT);
	says("seccomp");
}

static void test_oom(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	w->death.oom = true;
	is_certain(CAUSE_OOM);
	assert_int_equal(e.sender.has, 0);
	sent(50, "kill", SIGKILL, .01);
	is_certain(CAUSE_OOM);
}

/* The OOM killer only sends SIGKILL. */
static void test_oom_does_not_explain_another_signal(void **state)
{
	(void)state;
	w->death.oom = true;
	dies_of(SIGTERM, false);
	is_unknown("SIGTERM");
	exits(137); /* 137 is no SIGKILL */
	is_certain(CAUSE_EXIT);
}

static void test_unknown_says_what_could_not_be_seen(void **state)
{
	(void)state;
	dies_of(SIGKILL, false);
	is_unknown("nobody was seen sending SIGKILL");
	says("the kernel sends it too");
	in.unaudited = 9;
	is_unknown("9 unaudited processes");
	in.signals_since = BEFORE(1);
	is_unknown("without a gap");
	in.sees = SEES_EXIT;
	is_unknown("BLIND");
	assert_null(strstr(reason, "nobody was seen"));
}

static void test_vanished(void **state)
{
	(void)state;
	w->death.vanished = true;
	is_unknown("exit status was not seen");
	assert_int_equal(e.has & (HAS_EXIT_CODE | HAS_SIGNO | HAS_CORE), 0);
	sent(50, "kill", SIGKILL, .01); /* told, but not made the cause */
	decide();
	assert_int_equal(e.cause, CAUSE_UNKNOWN);
	says("SIGKILL from pid 50");
	assert_int_equal(e.sender.has, 0);
}

static void test_vanished_after_an_oom_line(void **state)
{
	(void)state;
	w->death.vanished = w->death.oom = true;
	is_likely(CAUSE_OOM);
}

/* exit_group tells the code when nobody saw the status. */
static void test_status_from_exit_group(void **state)
{
	(void)state;
	w->death.calls_exit = w->death.exits_whole = true;
	w->death.exit_code = 77;
	is_certain(CAUSE_EXIT);
	assert_int_equal(e.exit_code, 77);
	dies_of(SIGKILL, false); /* killed while it was ending */
	sent(50, "kill", SIGKILL, 0);
	is_certain(CAUSE_KILLED);
}

/* One thread's exit is not the process's: a pool's threads come and go. */
static void test_status_not_from_a_threads_exit(void **state)
{
	(void)state;
	w->death.calls_exit = true;
	w->death.exit_code = 0;
	w->death.vanished = true;
	is_unknown("exit status was not seen");
	assert_false(e.has & HAS_EXIT_CODE);
}

static void test_status_from_abend(void **state)
{
	(void)state;
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	sent(SELF, "it", SIGABRT, 0);
	is_certain(CAUSE_SELF);
	assert_int_equal(e.signo, SIGABRT);
	assert_false(e.has & HAS_CORE); /* that was not seen */
}

/* More senders than are kept: doubt, but only while it could matter. */
static void test_more_senders_than_are_kept(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, .01);
	w->signals.evicted_at = BEFORE(1);
	is_likely(CAUSE_KILLED);
	says("more senders");
	assert_null(strstr(reason, "lived on"));
	w->signals.evicted_at = BEFORE(900);
	is_certain(CAUSE_KILLED);
	signals_free(&w->signals);
	exits(0);
	is_certain(CAUSE_EXIT);
	w->signals.evicted_at = BEFORE(1);
	is_likely(CAUSE_EXIT);
	says("more senders");
}

/* Sixteen senders with long names do not overflow the sentence. */
static void test_reason_is_cut_not_overrun(void **state)
{
	char small[40];

	(void)state;
	dies_of(SIGTERM, false);
	for (int i = 0; i < SIGNALS_MAX; i++)
		sent(1000000 + i, "fifteen-letters", SIGTERM, .01);
	is_likely(CAUSE_KILLED);
	assert_true(strlen(reason) < sizeof(reason));
	memset(small, '#', sizeof(small));
	verdict_decide(&in, &e, small, 20);
	assert_int_equal(strlen(small), 19);
	assert_int_equal(small[20], '#');
}

/* Times near the boot of the machine. */
static void test_no_underflow_near_boot(void **state)
{
	(void)state;
	w->death.at = NSEC_PER_SEC;
	in.born = NSEC_PER_SEC / 2;
	in.signals_since = NSEC_PER_SEC / 4;
	exits(0);
	is_certain(CAUSE_EXIT);
	dies_of(SIGTERM, false);
	sent(50, "kill", SIGTERM, 0)->at = NSEC_PER_SEC - 5;
	w->signals.list[0].last_at = NSEC_PER_SEC - 5;
	is_certain(CAUSE_KILLED);
}

/* A coalesced sender: its first signal counts from the first, its last one to the last. */
static void test_coalesced_signals(void **state)
{
	(void)state;
	dies_of(SIGTERM, false);
	struct seen_signal *s = sent(50, "kill", SIGTERM, 20);
	s->last_at = BEFORE(.5);
	is_certain(CAUSE_KILLED);
	s->last_at = DIED + NSEC_PER_SEC; /* it went on after the end */
	is_certain(CAUSE_KILLED);
	by(50);
}

static void test_evidence_is_enough(void **state)
{
	(void)state;
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	dies_of(SIGKILL, false);
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	w->death.oom = true;
	assert_true(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	w->death.oom = false;
	sent(SELF, "it", SIGKILL, .1);
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window)); /* whom it answered may still come */
	sent(50, "kill", SIGKILL, .1);
	assert_true(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	exits(0);
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	assert_true(evidence_is_enough(&w->death, &w->signals, SEES_EXIT, in.stop_window)); /* nobody can bring any */
}

/* A worker's thread that ended some time ago says nothing on how the process did. */
static void test_exit_of_a_thread_long_before_is_no_evidence(void **state)
{
	(void)state;
	exits(0);
	w->death.calls_exit = true;
	w->death.exiting_at = BEFORE(90);
	assert_false(evidence_of_exit(&w->death));
	assert_false(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
	w->death.exiting_at = BEFORE(.01);
	assert_true(evidence_of_exit(&w->death));
	assert_true(evidence_is_enough(&w->death, &w->signals, in.sees, in.stop_window));
}

/* The dump of a large core takes its time: the signal before it was prompt, one during it came too late. */
static void test_signals_around_a_long_dump(void **state)
{
	(void)state;
	dies_of(SIGABRT, true);
	w->death.dumping = true;
	w->death.abend_signo = SIGABRT;
	w->death.abend_at = BEFORE(5);
	sent(90, "first", SIGABRT, 5.001);
	sent(91, "late", SIGABRT, 3);
	is_certain(CAUSE_KILLED);
	by(90);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exit), TEST(test_exit_when_signals_are_not_seen), TEST(test_exit_with_unaudited_processes),
		TEST(test_exit_that_the_kernel_may_have_asked_for), TEST(test_exit_after_a_gap), TEST(test_exit_that_audit_told_nothing_after),
		TEST(test_stopped), TEST(test_stopped_only_by_a_stop_signal_in_time_from_another),
		TEST(test_stopped_names_the_last_that_asked), TEST(test_killed), TEST(test_killed_though_others_could_be_unseen),
		TEST(test_killed_by_one_of_several), TEST(test_killed_some_time_after_the_signal),
		TEST(test_killed_long_after_sigkill), TEST(test_old_signal_is_no_cause),
		TEST(test_signal_after_the_end_is_no_cause), TEST(test_other_signals_are_no_cause),
		TEST(test_ambiguous_signal_is_no_cause), TEST(test_self), TEST(test_raise_again_in_a_handler),
		TEST(test_self_may_be_a_raise_again), TEST(test_self_may_be_the_kernels),
		TEST(test_signal_to_a_group_that_may_not_have_been_allowed), TEST(test_self_beside_an_ambiguous_one),
		TEST(test_sender_that_could_not_be_kept), TEST(test_self_beside_an_ambiguous_one),
		TEST(test_self_before_another_when_the_end_is_not_exact), TEST(test_self_raised_for_another_when_the_end_is_not_exact), TEST(test_fault_with_both_evidences),
		TEST(test_fault_line_alone), TEST(test_fault_by_abend_alone), TEST(test_no_fault_when_its_line_is_missing),
		TEST(test_fault_signal_that_was_sent), TEST(test_fault_after_a_signal_that_was_handled),
		TEST(test_abend_of_another_signal_is_no_evidence), TEST(test_fault_line_does_not_explain_a_kill), TEST(test_seccomp),
		TEST(test_oom), TEST(test_oom_does_not_explain_another_signal), TEST(test_unknown_says_what_could_not_be_seen),
		TEST(test_vanished), TEST(test_vanished_after_an_oom_line), TEST(test_status_from_exit_group),
		TEST(test_status_not_from_a_threads_exit), TEST(test_status_from_abend), TEST(test_more_senders_than_are_kept),
		TEST(test_reason_is_cut_not_overrun), TEST(test_no_underflow_near_boot), TEST(test_coalesced_signals),
		TEST(test_evidence_is_enough), TEST(test_exit_of_a_thread_long_before_is_no_evidence), TEST(test_signals_around_a_long_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

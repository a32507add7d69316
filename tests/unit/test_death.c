#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

static void check_killed(void)
{
	const char *e = expect(w, "exit", 1), *s = expect(w, "signal", 1);

	holds(e, "\"cause\":\"killed\"");
	holds(e, "\"confidence\":\"certain\"");
	holds(e, "\"sender_pid\":4000090");
	holds(e, "\"signal\":\"SIGTERM\"");
	holds(e, "\"core_dumped\":false");
	holds(e, "\"target\":\"d\"");
	lacks(e, "exit_code");
	holds(s, "\"repeat\":1");
	holds(s, "\"sender_comm\":\"kill\"");
	expect(w, "exec", 1);
}

static void test_killed_in_every_order(void **state)
{
	const struct step steps[] = {
		{audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 100},
		{cn_exit(D, D, SIGTERM), 102},
		{proc_ended(D), 103},
	};

	(void)state;
	assert_int_equal(in_every_order(steps, 3, check_killed), 6);
}

static void check_stopped(void)
{
	const char *e = expect(w, "exit", 1);

	holds(e, "\"cause\":\"stopped\"");
	holds(e, "\"exit_code\":3");
	holds(e, "\"after_signal\":\"SIGTERM\"");
	holds(e, "\"sender_pid\":4000090");
	lacks(e, "core_dumped");
	holds(e, "cn_proc");
	holds(e, "audit");
	expect(w, "signal", 1);
}

static void test_stopped_in_every_order(void **state)
{
	const struct step steps[] = {
		{audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 90},
		{audit_exiting(D, "exit_group", 3), 100},
		{cn_exit(D, D, 3 << 8), 101},
		{proc_ended(D), 103},
	};

	(void)state;
	assert_int_equal(in_every_order(steps, 4, check_stopped), 24);
}

static void check_fault(void)
{
	const char *e = expect(w, "exit", 1);

	holds(e, "\"cause\":\"fault\"");
	holds(e, "\"confidence\":\"certain\"");
	holds(e, "\"signal\":\"SIGSEGV\"");
	holds(e, "\"core_dumped\":true");
	lacks(e, "sender_pid");
}

static void test_fault_in_every_order(void **state)
{
	const struct step steps[] = {
		{audit_abend(D, SIGSEGV), 100},
		{kmsg(EVENT_FAULT, D, "daemon"), 100},
		{cn_exit(D, D, SIGSEGV | 0x80), 101},
		{proc_ended(D), 103},
	};

	(void)state;
	in_every_order(steps, 4, check_fault);
}

static void check_oom(void)
{
	const char *e = expect(w, "exit", 1);

	holds(e, "\"cause\":\"oom\"");
	holds(e, "\"confidence\":\"certain\"");
	holds(e, "\"signal\":\"SIGKILL\"");
}

static void test_oom_in_every_order(void **state)
{
	const struct step steps[] = {
		{kmsg(EVENT_OOM, D, "daemon"), 99},
		{cn_exit(D, D, SIGKILL), 101},
		{proc_ended(D), 103},
	};

	(void)state;
	in_every_order(steps, 3, check_oom);
}

static void check_raised_again(void)
{
	const char *e = expect(w, "exit", 1);

	holds(e, "\"cause\":\"killed\"");
	holds(e, "\"sender_pid\":4000090");
	expect(w, "signal", 2);
}

static void test_raise_again_in_every_order(void **state)
{
	const struct step steps[] = {
		{audit_signal(KILLER, "kill", D, "daemon", SIGINT), 98},
		{audit_signal(D, "daemon", D, "daemon", SIGINT), 99},
		{cn_exit(D, D, SIGINT), 101},
		{proc_ended(D), 103},
	};

	(void)state;
	in_every_order(steps, 4, check_raised_again);
}

/* A pidfd, a late kill, a late exit_group: no second record, and what is told stays. */
static void test_late_witnesses_make_no_second_record(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, 0), 100);
	until(w, 1000);
	expect(w, "exit", 1);
	give(w, proc_ended(D), 101);
	give(w, audit_exiting(D, "exit_group", 0), 100);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 99);
	give(w, cn_exit(D, D, 9), 102);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, kmsg(EVENT_OOM, D, "daemon"), 100);
	until(w, 5000);
	expect(w, "exit", 1);
	expect(w, "exec", 1);
}

static void test_a_signal_that_comes_too_late_is_told_as_unknown(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 100);
	until(w, 5000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"unknown\"");
	holds(e, "nobody was seen sending SIGKILL");
	lacks(e, "confidence");
}

/* Audit's record of something that another one did `at`, read at `read`, both in ms. */
static void audit_is_at(double at, double read)
{
	struct event other = audit_exec(1, PID(77), "other", "-x");

	until(w, read);
	other.at = w->start + (uint64_t)(at * 1e6);
	agent_event(&w->agent, &other);
}

static void test_end_waits_for_an_audit_that_is_behind(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGTERM), 1000);
	audit_is_at(800, 1200);
	until(w, 1400);
	expect(w, "exit", 0);
	struct event sent = audit_signal(KILLER, "kill", D, "daemon", SIGTERM);
	sent.at = w->start + 999 * MS;
	agent_event(&w->agent, &sent);
	until(w, 2000);
	check_killed();
}

static void test_end_does_not_wait_for_an_audit_that_is_quiet_or_past(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGTERM), 1000);
	audit_is_at(800, 1200);
	until(w, 1520); /* nothing came for a grace */
	expect(w, "exit", 1);
	start_daemon(w, D, 2000);
	give(w, cn_exit(D, D, SIGTERM), 3000);
	audit_is_at(3100, 3200);
	until(w, 3250);
	expect(w, "exit", 2);
}

static void test_end_does_not_wait_for_ever_for_an_audit_that_is_behind(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, 3 << 8), 1000);
	for (unsigned i = 0; i < 48; i++)
		audit_is_at(800 + i, 1100 + 100 * i);
	until(w, 5900);
	expect(w, "exit", 0);
	audit_is_at(900, 5950);
	until(w, 6100);
	const char *e = expect(w, "exit", 1);
	holds(e, "records come late");
	holds(e, "\"cause\":\"exit\",\"confidence\":\"likely\"");
}

/* Without cn_proc the end is noticed some time later, but audit stamps the dump. */
static void test_signal_to_the_zombie_of_one_that_dumped(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	world_open(w, SOURCE_AUDIT | SOURCE_PROC);
	process_live(&w->agent.table, D)->watch->pidfd = dup(0); /* so that the dump alone is no end */
	give(w, audit_abend(D, SIGSEGV), 1000);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGSEGV), 1100);
	struct event ended = proc_ended(D);
	ended.has |= HAS_STATUS;
	ended.wait_status = SIGSEGV;
	give(w, ended, 1150);
	until(w, 5000);
	const char *e = expect(w, "exit", 1);
	lacks(e, "sender_pid");
	holds(e, "\"cause\":\"fault\"");
	holds(e, "\"uptime_seconds\":1.150");
}

/* What a parent's death sends (pdeathsig) leaves no record of audit's. */
static void exit_after_the_parent(double ms, const char *confidence)
{
	give(w, cn_fork(1, PID(90)), 0);
	give(w, cn_fork(PID(90), D), 1);
	give(w, cn_exec(D), 2);
	give(w, audit_exec(PID(90), D, "daemon", "-d"), 2);
	give(w, cn_exit(PID(90), PID(90), 0), 100);
	until(w, 100 + ms);
	give(w, audit_exiting(D, "exit_group", 0), 100 + ms);
	give(w, cn_exit(D, D, 0), 101 + ms);
	until(w, 1100 + ms);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"exit\"");
	holds(e, confidence);
}

static void test_exit_soon_after_the_parent_ended(void **state)
{
	(void)state;
	exit_after_the_parent(20, "\"likely\",\"reason\":\"its parent had just ended");
}

/* sh -c 'daemon; true': the shell ends because the daemon did, before the verdict. */
static void test_exit_before_the_parent_ended(void **state)
{
	(void)state;
	give(w, cn_fork(1, PID(90)), 0);
	give(w, cn_fork(PID(90), D), 1);
	give(w, cn_exec(D), 2);
	give(w, audit_exec(PID(90), D, "daemon", "-d"), 2);
	give(w, audit_exiting(D, "exit_group", 3), 100);
	give(w, cn_exit(D, D, 3 << 8), 101);
	give(w, cn_exit(PID(90), PID(90), 0), 101.5);
	until(w, 1100);
	const char *e = expect(w, "exit", 1);
	lacks(e, "parent had just ended");
	holds(e, "O_ASYNC");
}

static void test_exit_long_after_the_parent_ended(void **state)
{
	(void)state;
	exit_after_the_parent(11000, "O_ASYNC");
}

/* A cgroup's name can look like the end of the line that says where memory was used up. */
static void test_line_of_where_memory_was_used_up_is_no_proof(void **state)
{
	struct event place = kmsg(EVENT_OOM, D, "daemon");

	(void)state;
	place.has |= HAS_PATH;
	place.path = "/x";
	start_daemon(w, D, 0);
	give(w, place, 10);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 100);
	give(w, cn_exit(D, D, SIGKILL), 101);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"killed\"");
	lacks(e, "oom");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_killed_in_every_order), TEST(test_stopped_in_every_order), TEST(test_fault_in_every_order),
		TEST(test_oom_in_every_order), TEST(test_raise_again_in_every_order),
		TEST(test_late_witnesses_make_no_second_record), TEST(test_a_signal_that_comes_too_late_is_told_as_unknown),
		TEST(test_end_waits_for_an_audit_that_is_behind), TEST(test_end_does_not_wait_for_an_audit_that_is_quiet_or_past),
		TEST(test_end_does_not_wait_for_ever_for_an_audit_that_is_behind),
		TEST(test_signal_to_the_zombie_of_one_that_dumped), TEST(test_exit_soon_after_the_parent_ended),
		TEST(test_exit_before_the_parent_ended), TEST(test_exit_long_after_the_parent_ended),
		TEST(test_line_of_where_memory_was_used_up_is_no_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

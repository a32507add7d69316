#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/run/reconfigure.h"
#include "agent_world.h"

#define TARGETS "[target d]\ncomm = daemon\nevents = all\n[target other]\ncomm = another\n"
#define D PID(10)
#define KILLER PID(90)

static struct world *w;

static int setup(void **state)
{
	(void)state;
	w = malloc(sizeof(*w));
	assert_non_null(w);
	world_init(w, TARGETS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_fini(w);
	free(w);
	return 0;
}

/* A fresh world for the next permutation. */
static void again(void)
{
	world_fini(w);
	world_init(w, TARGETS);
}

/* All orders of up to 6 events, each with its own time. */
struct step {
	struct event event;
	double       ms;
};

static bool next_order(unsigned *order, unsigned n)
{
	unsigned i = n - 1, j = n - 1;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (!i)
		return false;
	while (order[j] <= order[i - 1])
		j--;
	unsigned swap = order[i - 1];
	order[i - 1] = order[j];
	order[j] = swap;
	for (j = n - 1; i < j; i++, j--) {
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return true;
}

static unsigned in_every_order(const struct step *steps, unsigned n, void (*check)(void))
{
	unsigned order[6], orders = 0;

	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	do {
		again();
		start_daemon(w, D, 0);
		for (unsigned i = 0; i < n; i++) {
			struct event e = steps[order[i]].event;

			e.at = w->start + (uint64_t)(steps[order[i]].ms * 1e6);
			w->agent.clock.now = w->start + 100 * MS + i * MS;
			agent_event(&w->agent, &e);
		}
		until(w, 5000);
		check();
		assert_null(process_live(&w->agent.table, D));
		assert_int_equal(w->agent.table.watched, 0);
		assert_int_equal(agent_next_due(&w->agent), 0);
		orders++;
	} while (next_order(order, n));
	return orders;
}

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

/* Where a virtual processor is held up, audit's clock lags by more than a tick. */
static void test_signal_stamped_before_its_process_was_born(void **state)
{
	(void)state;
	start_daemon(w, D, 100);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 40);
	give(w, cn_exit(D, D, SIGTERM), 130);
	until(w, 2000);
	check_killed();
}

static void test_signal_stamped_before_its_second_holder_was_born(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exit(D, D, 0), 20);
	start_daemon(w, D, 100);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 40); /* to a zombie, it may be */
	give(w, cn_exit(D, D, SIGTERM), 130);
	until(w, 2000);
	lacks(expect(w, "exit", 1), "sender_pid");
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

/* exec */

static void test_one_exec_record_of_both(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	until(w, 2000);
	const char *e = expect(w, "exec", 1);
	holds(e, "\"sources\":[\"audit\",\"cn_proc\"]");
	holds(e, "\"args\":[\"daemon\",\"-d\"]");
	holds(e, "\"exe\":\"/bin/daemon\"");
	holds(e, "\"starts\":1");
	holds(e, "\"uid\":33");
}

/* The queue of audit was read before that of cn_proc. */
static void test_exec_of_audit_before_the_fork(void **state)
{
	(void)state;
	give(w, audit_exec(1, D, "daemon", "-d"), 3);
	give(w, cn_fork(1, D), 2);
	give(w, cn_exec(D), 4);
	until(w, 2000);
	expect(w, "exit", 0);
	holds(expect(w, "exec", 1), "\"args\":[\"daemon\",\"-d\"]");
	give(w, cn_exit(D, D, 0), 3000);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":0");
	holds(e, "\"uptime_seconds\":2.99");
}

static void test_exec_of_audit_between_fork_and_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, cn_exec(D), 3);
	until(w, 2000);
	holds(expect(w, "exec", 1), "\"starts\":1");
}

/* sh -c "exec daemon": the shell is none of ours. */
static void test_program_that_becomes_the_daemon(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exec(D), 2);
	give(w, audit_exec(1, D, "sh", "-c"), 1);
	give(w, audit_exec(1, D, "daemon", "-d"), 2);
	until(w, 2000);
	const char *e = expect(w, "exec", 1);
	holds(e, "\"exe\":\"/bin/daemon\"");
	holds(e, "\"starts\":1");
}

/* It executes itself again at once, with other arguments: two starts. */
static void test_daemon_that_executes_itself_again(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exec(D), 2);
	give(w, audit_exec(1, D, "daemon", "first"), 1);
	give(w, audit_exec(1, D, "daemon", "second"), 2);
	until(w, 2000);
	const char *e = expect(w, "exec", 2);
	holds(e, "\"second\"");
	holds(e, "\"starts\":2");
	holds(w->records[0], "\"first\"");
}

/* Both records of audit came before cn_proc's first event, so the first still waits for it. */
static void test_second_exec_while_the_first_record_waits(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, audit_exec(1, D, "daemon", "first"), 1);
	expect(w, "exec", 0);
	give(w, audit_exec(1, D, "daemon", "second"), 2);
	until(w, 2000);
	holds(expect(w, "exec", 2), "\"second\"");
	holds(w->records[0], "\"first\"");
	holds(w->records[0], "\"starts\":1");
}

/* It ended before anything could be read; audit tells afterwards what it was. */
static void test_short_life_is_told_by_audit(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 5 << 8), 2);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, audit_exiting(D, "exit_group", 5), 2);
	until(w, 2000);
	expect(w, "exec", 1);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":5");
	holds(e, "\"confidence\":\"certain\"");
	holds(e, "\"uptime_seconds\":0.002");
}

static void test_short_life_that_audit_will_not_tell(void **state)
{
	(void)state;
	world_unaudited(w);
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 5 << 8), 2);
	until(w, 2000);
	expect(w, "exec", 0);
	expect(w, "exit", 0);
	world_open(w, SOURCE_CN_PROC);
	life_tell_gaps(&w->agent.life, true);
	holds(expect(w, "lost", 1), "before /proc could be read");
}

static void test_failed_start(void **state)
{
	struct event e = audit_exec(1, D, "sh", "");

	(void)state;
	e.kind = EVENT_EXEC_FAILED;
	e.has |= HAS_PATH | HAS_ERRNO;
	e.path = "/usr/sbin/daemon";
	e.error = 2;
	give(w, cn_fork(1, D), 0);
	give(w, e, 1);
	const char *r = expect(w, "exec_failed", 1);
	holds(r, "\"errno\":\"ENOENT\"");
	holds(r, "\"path\":\"/usr/sbin/daemon\"");
}

/* fork, execve fails, _exit(127): cn_proc has told the end before audit tells what failed. */
static void test_failed_exec_of_a_copy_that_is_gone(void **state)
{
	struct event e = audit_exec(D, PID(11), "daemon", "");

	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(D, PID(11)), 50);
	give(w, cn_exit(PID(11), PID(11), 127 << 8), 54);
	e.kind = EVENT_EXEC_FAILED;
	e.has |= HAS_PATH | HAS_ERRNO;
	e.path = "/usr/bin/helper";
	e.error = 2;
	give(w, e, 52);
	const char *r = expect(w, "exec_failed", 1);
	holds(r, "\"pid\":4000011");
	holds(r, "\"path\":\"/usr/bin/helper\"");
	until(w, 2000);
	expect(w, "exit", 1);
}

/* Forked copies */

static void test_copy_is_watched(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(D, PID(11)), 50);
	holds(expect(w, "fork", 1), "\"pid\":4000011");
	give(w, cn_exit(PID(11), PID(11), 7 << 8), 100);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"pid\":4000011");
	holds(e, "\"exit_code\":7");
	holds(e, "\"exe\":\"/bin/daemon\"");
	expect(w, "exec", 1);
}

static void test_copy_that_executes_something_else_is_not(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(D, PID(11)), 50);
	give(w, cn_exec(PID(11)), 51);
	give(w, audit_exec(D, PID(11), "sh", "-c"), 51);
	give(w, cn_exit(PID(11), PID(11), 0), 100);
	until(w, 2000);
	expect(w, "exit", 0);
}

/* In whatever order it becomes known that it ended and that it was something else. */
static void test_copy_that_ended_before_its_exec_was_read(void **state)
{
	(void)state;
	for (int order = 0; order < 3; order++) {
		again();
		if (order == 2)
			world_unaudited(w);
		start_daemon(w, D, 0);
		give(w, cn_fork(D, PID(11)), 50);
		if (order == 0)
			give(w, audit_exec(D, PID(11), "sh", "-c"), 51);
		give(w, proc_ended(PID(11)), 53);
		give(w, cn_exec(PID(11)), 51);
		if (order == 1)
			give(w, audit_exec(D, PID(11), "sh", "-c"), 51);
		give(w, cn_exit(PID(11), PID(11), 0), 52);
		until(w, 2000);
		expect(w, "exit", 0);
	}
}

/* The parent's end was noticed first; the child was born before it all the same. */
static void test_copy_forked_by_one_that_is_known_to_have_ended(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, proc_ended(D), 60);
	give(w, cn_fork(D, PID(11)), 50);
	give(w, cn_exit(D, D, 0), 55);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":0");
	give(w, cn_exit(PID(11), PID(11), SIGKILL), 3000);
	until(w, 5000);
	const char *e = expect(w, "exit", 2);
	holds(e, "\"pid\":4000011");
	assert_int_equal(w->agent.table.watched, 0);
}

/* Threads */

static void test_end_is_that_of_the_last_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_thread(D, PID(12)), 11);
	expect(w, "thread_start", 2);
	give(w, cn_exit(D, D, 4 << 8), 50); /* the leader goes first */
	give(w, cn_exit(D, PID(11), 0), 51);
	until(w, 2000);
	expect(w, "exit", 0);
	give(w, cn_exit(D, PID(12), 5 << 8), 2100);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":5");
	holds(e, "\"pid\":4000010");
	expect(w, "thread_end", 2);
}

static void test_one_exit_for_a_group_that_is_killed(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_thread(D, PID(12)), 11);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 49);
	give(w, cn_exit(D, PID(12), 9), 50);
	give(w, cn_exit(D, D, 9), 50.1);
	give(w, cn_exit(D, PID(11), 9), 50.2);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"cause\":\"killed\"");
}

/* The thread takes the leader's place: its own id is never told again. */
static void test_exec_by_a_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, D, 0), 20);
	give(w, cn_exec(D), 20.1);
	give(w, audit_exec(1, D, "daemon", "again"), 20.1);
	until(w, 1000);
	expect(w, "exit", 0);
	holds(expect(w, "exec", 2), "\"again\"");
	give(w, cn_exit(D, D, 2 << 8), 1500);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"exit_code\":2");
}

/* The exec ends the other threads, but the exit of the last of them is told after it (release_task() wakes the exec first). */
static void test_thread_told_after_the_exec_that_ended_it(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_thread(D, PID(11)), 5);
	give(w, cn_exec(D), 10);
	give(w, cn_exit(D, PID(11), 0), 10.1);
	give(w, audit_exec(1, D, "daemon", "-d"), 10.2);
	until(w, 1000);
	expect(w, "exec", 1);
	expect(w, "exit", 0);
	give(w, cn_exit(D, D, 2 << 8), 1500);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"exit_code\":2");
}

/* The file of a daemon that was killed stays, and its pid is another's one day. */
static void test_pidfile_of_one_that_ended(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "[target p]\npidfile = /nowhere/p.pid\n");
	w->agent.life.targets[0].pidfile_pid = D;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1000);
	until(w, 3000);
	expect(w, "exit", 1);
	start_daemon(w, D, 4000);
	until(w, 6000);
	expect(w, "exec", 1);
}

/* SECCOMP_RET_KILL_THREAD ends one of several threads. */
static void test_seccomp_of_one_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	struct event e = audit_abend(D, SIGSYS);
	e.has |= HAS_VIA | HAS_TID;
	e.via = "seccomp";
	e.tid = D;
	until(w, 200);
	world_open(w, SOURCE_AUDIT | SOURCE_PROC); /* where the record of a dump is an end */
	give(w, e, 300);
	until(w, 3000);
	expect(w, "exit", 0);
	give(w, audit_exiting(D, "exit_group", 3), 4000);
	until(w, 6000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
}

/* cn_proc is read ahead of audit: the pid of the sender may be another's already, of the same name. */
static void test_sender_whose_pid_is_anothers(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, KILLER), 10);
	give(w, cn_exec(KILLER), 11);
	give(w, audit_exec(1, KILLER, "kill", "-9"), 11);
	give(w, cn_exit(KILLER, KILLER, 0), 100);
	give(w, cn_exit(D, D, SIGKILL), 100);
	give(w, cn_fork(1, KILLER), 120);
	give(w, cn_exec(KILLER), 121);
	give(w, audit_exec(1, KILLER, "kill", "-another"), 121);
	struct event sent = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);
	sent.at = w->start + 50 * MS;
	agent_event(&w->agent, &sent);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"sender_args\":[\"kill\",\"-9\"]");
}

/* It starts threads while audit's record of its exec is on the way. */
static void test_threads_before_audit_told_the_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_thread(D, PID(11)), 2);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	give(w, cn_exit(D, PID(11), 0), 30);
	until(w, 60);
	expect(w, "exit", 0);
	give(w, cn_exit(D, D, 3 << 8), 80);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	expect(w, "exec", 1);
}

/* A watched program executes another, which ends at once: whose end it was only audit's record tells, and that is late. */
static void test_end_waits_for_what_audit_tells_was_executed(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exec(D), 50);
	give(w, cn_fork(D, PID(11)), 51);
	give(w, cn_exit(D, D, 3 << 8), 52);
	give(w, cn_exit(PID(11), PID(11), 4 << 8), 53);
	until(w, 900);
	expect(w, "exit", 0);
	give(w, audit_exec(50, D, "daemon", "-second"), 50);
	until(w, 2000);
	expect(w, "exec", 2);
	expect(w, "exit", 2);
	expect(w, "lost", 0);
	for (unsigned i = 0; i < read_records(w); i++)
		if (strstr(w->records[i], "\"event\":\"exit\""))
			holds(w->records[i], "-second");
}

/* Where a virtual processor was held up, audit's clock lags by far more than a tick. */
static void test_exec_stamped_before_its_process_was_born(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 100);
	give(w, cn_exec(D), 101);
	give(w, cn_exit(D, D, 5 << 8), 102);
	give(w, audit_exec(1, D, "daemon", "-d"), 40);
	until(w, 2000);
	holds(expect(w, "exec", 1), "\"started\"");
	holds(expect(w, "exit", 1), "\"exit_code\":5");
	agent_flush(&w->agent);
	expect(w, "lost", 0);
}

/* A late record of the pid's former holder is not its successor's. */
static void test_exec_of_the_former_holder_told_late(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 5 << 8), 1900);
	until(w, 1900); /* no record of audit within a second */
	give(w, cn_fork(1, D), 1950);
	give(w, cn_exec(D), 1951);
	give(w, audit_exec(1, D, "daemon", "-former"), 1500);
	give(w, audit_exec(1, D, "daemon", "-d"), 1950);
	give(w, cn_exit(D, D, 6 << 8), 2000);
	until(w, 5000);
	holds(expect(w, "exit", 2), "\"exit_code\":6");
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"exit_code\":6"))
			holds(w->records[i], "-d\"");
		else if (strstr(w->records[i], "\"exit_code\":5"))
			lacks(w->records[i], "-d\"");
}

/* Nothing was known of it, and it is gone: that is an end too. */
static void test_exec_of_one_that_is_gone_and_was_not_known(void **state)
{
	(void)state;
	give(w, audit_exec(1, D, "daemon", "-d"), 10);
	until(w, 3000);
	expect(w, "exec", 1);
	holds(expect(w, "exit", 1), "\"cause\":\"unknown\"");
}

/* No record of audit comes: it is told as far as it is known, and so is what is not. */
static void test_end_does_not_wait_for_ever(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exec(D), 50);
	give(w, cn_exit(D, D, 3 << 8), 52);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	agent_flush(&w->agent);
	expect(w, "lost", 1);
}

static void test_fault_in_a_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, PID(11), SIGSEGV), 50);
	give(w, cn_exit(D, D, SIGSEGV), 50);
	give(w, kmsg(EVENT_FAULT, PID(11), "worker"), 50); /* by thread, and read last */
	give(w, audit_abend(D, SIGSEGV), 50);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"fault\"");
	holds(e, "\"confidence\":\"certain\"");
}

/* A thread's own exit says nothing of the process. */
static void test_exit_of_a_thread_is_no_exit_code(void **state)
{
	(void)state;
	world_open(w, SOURCE_AUDIT);
	give(w, audit_exec(1, D, "daemon", "-d"), 0);
	give(w, audit_exiting(D, "exit", 0), 10);
	give(w, proc_ended(D), 500);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"unknown\"");
	lacks(e, "exit_code");
}

/* Pids that are used again */

static void test_reused_pid_does_not_inherit_a_signal(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1000);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1100);
	give(w, cn_exec(D), 1101);
	give(w, audit_exec(1, D, "daemon", "-d"), 1101);
	give(w, cn_exit(D, D, SIGKILL), 1200);
	until(w, 5000);
	const char *second = expect(w, "exit", 2);
	holds(second, "\"cause\":\"unknown\"");
	lacks(second, "sender_pid");
	unsigned killed = 0;
	for (unsigned i = 0; i < w->count; i++)
		killed += strstr(w->records[i], "\"cause\":\"killed\"") != NULL;
	assert_int_equal(killed, 1);
}

/* Within the coarse stamp of audit both could be meant: then it is said of neither. */
static void test_signal_to_either_of_two_holders(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1002);
	give(w, cn_exec(D), 1003);
	give(w, audit_exec(1, D, "daemon", "-d"), 1003);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1000);
	give(w, cn_exit(D, D, SIGKILL), 1010);
	until(w, 5000);
	const char *e = expect(w, "exit", 2);
	holds(e, "used by two processes");
	for (unsigned i = 0; i < w->count; i++)
		lacks(w->records[i], "\"cause\":\"killed\"");
}

/* The first holder had ended when it was sent. */
static void test_signal_to_the_second_holder(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1002);
	give(w, cn_exec(D), 1003);
	give(w, audit_exec(1, D, "daemon", "-d"), 1003);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1009);
	give(w, cn_exit(D, D, SIGKILL), 1010);
	until(w, 5000);
	expect(w, "exit", 2);
	unsigned killed = 0;
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"cause\":\"killed\"")) {
			holds(w->records[i], "\"sender_pid\":4000090");
			holds(w->records[i], "\"confidence\":\"certain\"");
			holds(w->records[i], "\"uptime_seconds\":0.008");
			killed++;
		}
	assert_int_equal(killed, 1);
}

/* Another name is enough to tell them apart. */
static void test_signal_to_one_of_two_holders_by_name(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1001);
	give(w, cn_fork(1, D), 1002);
	give(w, cn_exec(D), 1003);
	give(w, audit_exec(1, D, "another", "-d"), 1003);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 1000);
	give(w, cn_exit(D, D, 0), 1010);
	until(w, 5000);
	holds(expect(w, "exit", 2), "\"target\":\"other\"");
	unsigned killed = 0;
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"cause\":\"killed\"")) {
			holds(w->records[i], "\"target\":\"d\"");
			killed++;
		}
	assert_int_equal(killed, 1);
}

/* Its exit was lost: the next fork with its pid proves that it is gone. */
static void test_pid_given_out_again_proves_the_end(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, D), 2000);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"cause\":\"unknown\"");
	holds(e, "exit status was not seen");
	lacks(e, "uptime_seconds");
}

/* Its pid was given out again before its exit was told. */
static void test_exit_told_after_the_next_fork(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, D), 2000);
	give(w, cn_exit(D, D, 6 << 8), 1999.9);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"exit_code\":6");
	assert_non_null(process_live(&w->agent.table, D));
}

/* Signals */

static void test_storm_of_signals_is_summed(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	for (int i = 0; i < 1000; i++)
		give(w, audit_signal(KILLER, "kill", D, "daemon", SIGUSR1), 100 + i / 10.);
	until(w, 3000);
	holds(expect(w, "signal", 1), "\"repeat\":1000");
}

static void test_many_senders_are_all_told(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	for (int i = 0; i < 60; i++)
		give(w, audit_signal(PID(100 + i), "kill", D, "daemon", SIGUSR1), 100 + i);
	until(w, 3000);
	expect(w, "signal", 60);
	for (unsigned i = 0; i < w->count; i++)
		if (strstr(w->records[i], "\"signal\""))
			holds(w->records[i], "\"repeat\":1");
}

static void test_failed_kill_is_told_but_no_cause(void **state)
{
	struct event e = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);

	(void)state;
	e.result = RESULT_FAILED;
	e.has |= HAS_ERRNO;
	e.error = 1;
	start_daemon(w, D, 0);
	give(w, e, 99);
	give(w, cn_exit(D, D, SIGKILL), 100);
	until(w, 3000);
	const char *s = expect(w, "signal", 1);
	holds(s, "\"result\":\"failed\"");
	holds(s, "\"errno\":\"EPERM\"");
	holds(expect(w, "exit", 1), "\"cause\":\"unknown\"");
}

static void test_sender_that_was_watched_is_known_with_arguments(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_fork(1, KILLER), 10);
	give(w, cn_exec(KILLER), 11);
	give(w, audit_exec(1, KILLER, "kill", "-9"), 11);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 12);
	give(w, cn_exit(KILLER, KILLER, 0), 13);
	give(w, cn_exit(D, D, SIGKILL), 14);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"sender_args\":[\"kill\",\"-9\"]");
}

/* Loss */

static void test_loss_of_audit_makes_exits_likely(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, lost(SOURCE_AUDIT), 90);
	holds(expect(w, "lost", 1), "\"count\":7");
	give(w, cn_exit(D, D, 0), 100);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"confidence\":\"likely\"");
	holds(e, "without a gap");
}

/* After loss a look at /proc proves what is gone; nothing lives under these pids. */
static void test_loss_of_cn_proc_and_the_scan_after_it(void **state)
{
	(void)state;
	start_daemon(w, D, -10000);
	start_daemon(w, PID(11), -10000);
	give(w, lost(SOURCE_CN_PROC), 90);
	assert_true(w->agent.coverage.missed);
	until(w, 100);
	assert_int_equal(scan_all(&w->agent.scan, false), 0);
	assert_false(w->agent.coverage.missed);
	until(w, 3000);
	const char *e = expect(w, "exit", 2);
	holds(e, "\"cause\":\"unknown\"");
	lacks(e, "uptime_seconds");
	expect(w, "lost", 1);
	scan_all(&w->agent.scan, false);
	until(w, 6000);
	expect(w, "exit", 2);
}

/* The end of the agent, and a reload */

static void test_settle_tells_all_that_waits(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	start_daemon(w, PID(11), 0);
	give(w, audit_signal(KILLER, "kill", PID(11), "daemon", SIGUSR1), 5);
	give(w, cn_exit(D, D, 1 << 8), 10);
	expect(w, "exit", 0);
	agent_flush(&w->agent);
	holds(expect(w, "exit", 1), "\"exit_code\":1");
	expect(w, "signal", 1);
	expect(w, "exec", 2);
	assert_int_equal(w->agent.table.watched, 1); /* the other lives on */
	give(w, cn_exit(PID(11), PID(11), 0), 100);
	until(w, 3000);
	expect(w, "exit", 2);
}

static void reload(const char *sections)
{
	struct config *c = world_config(w, sections);
	const struct output_config *failed;

	assert_int_equal(reconfigure(&w->agent, c, &failed), 0);
}

/* It ended just before the reload: its exit is still in the queue, and /proc has nothing of it. */
static void test_reload_misses_no_death(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	until(w, 1000);
	reload("[target a]\ncomm = x\n" TARGETS);
	give(w, cn_exit(D, D, 4 << 8), 1001);
	until(w, 3000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"target\":\"d\"");
	holds(e, "\"exit_code\":4");
}

static void test_reload_that_no_longer_wants_it(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	reload("[target a]\ncomm = x\n");
	give(w, cn_exit(D, D, 4 << 8), 1001);
	until(w, 3000);
	expect(w, "exit", 0);
	assert_int_equal(w->agent.table.watched, 0);
}

static void test_reload_goes_on_counting(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	reload(TARGETS);
	start_daemon(w, PID(11), 100);
	until(w, 2000);
	const char *e = expect(w, "exec", 2);
	holds(e, "\"starts\":2");
	holds(e, "\"seq\":2");
}

/* The table is full: what is watched is never pushed out, and what is refused is told. */
static void test_full_table(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "max_processes = 64\n" TARGETS);
	start_daemon(w, D, 0);
	for (int i = 0; i < 500; i++) {
		give(w, cn_fork(1, PID(1000 + i)), 10 + i);
		if (i % 3 == 0)
			give(w, cn_exit(PID(1000 + i), PID(1000 + i), 0), 10.5 + i);
	}
	give(w, cn_exit(D, D, 0), 600);
	until(w, 3000);
	expect(w, "exit", 1);
	for (int i = 0; i < 100; i++)
		start_daemon(w, PID(2000 + i), 4000 + i);
	until(w, 9000);
	life_tell_gaps(&w->agent.life, true);
	holds(expect(w, "lost", 1), "max_processes");
	assert_int_equal(w->agent.table.used, 64);
	for (int i = 0; i < 100; i++)
		give(w, cn_exit(PID(2000 + i), PID(2000 + i), 0), 10000 + i);
	until(w, 20000);
	unsigned exits = count_of(w, "exit", NULL), execs = count_of(w, "exec", NULL);
	assert_int_equal(exits, execs);
	assert_true(exits >= 60);
}

static void test_rename_into_a_target_and_ids(void **state)
{
	struct event uid = {.kind = EVENT_UID, .sources = SOURCE_CN_PROC, .stamp = STAMP_EXACT, .has = HAS_TID, .tid = D,
	                    .process = {.has = FACT_PID | FACT_UID, .pid = D, .uid = 1234}};

	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_comm(D, "renamed"), 10);
	give(w, uid, 11);
	give(w, cn_exit(D, D, 0), 100);
	until(w, 2000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"comm\":\"renamed\"");
	holds(e, "\"uid\":1234");
	holds(e, "\"exe\":\"/bin/daemon\"");
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
	holds(e, "\"certain\"");
}

static void test_exit_long_after_the_parent_ended(void **state)
{
	(void)state;
	exit_after_the_parent(11000, "\"certain\"");
}

static void test_what_a_rate_drops_is_told_when_its_second_is_over(void **state)
{
	(void)state;
	world_fini(w);
	world_init(w, "[target d]\ncomm = daemon\nrate = 3\n");
	start_daemon(w, D, 0);
	until(w, 2000);
	for (int i = 0; i < 10; i++)
		give(w, audit_signal(PID(100 + i), "k", D, "daemon", SIGUSR1), 2000);
	until(w, 3000); /* they are told after `coalesce` */
	until(w, 4100); /* and nothing more happens */
	assert_int_equal(count_of(w, "signal", NULL), 3);
	holds(expect(w, "lost", 1), "\"count\":7");
	assert_int_equal(w->agent.output.rates_due, 0);
	give(w, cn_exit(D, D, SIGTERM), 5000);
	until(w, 9000);
	expect(w, "exit", 1);
	expect(w, "lost", 1);
}

/* A thread that was ending by itself when the others were ended has a status of its own, and can be the last. */
static void test_last_thread_was_ending_by_itself(void **state)
{
	static const struct {
		int leader, other, last;
		const char *says;
	} ends[] = {
		{SIGKILL, SIGKILL, 0, "\"signal\":\"SIGKILL\""},
		{0, SIGKILL, 0, "\"signal\":\"SIGKILL\""},
		{3 << 8, 3 << 8, 0, "\"exit_code\":3"},
		{SIGABRT, SIGABRT | 0x80, SIGABRT, "\"core_dumped\":true"},
		{SIGABRT | 0x80, SIGABRT, 0, "\"core_dumped\":true"},
		{4 << 8, 0, 5 << 8, "\"exit_code\":5"},
		{0, SIGSYS, 0, "\"exit_code\":0"}, /* SECCOMP_RET_KILL_THREAD */
		{SIGSYS, 3 << 8, 3 << 8, "\"exit_code\":3"}, /* the same of the leader */
		{SIGSYS, 0, 0, "\"exit_code\":0"},
		{SIGSYS, SIGSYS, SIGSYS | 0x80, "\"signal\":\"SIGSYS\""}, /* SECCOMP_RET_KILL_PROCESS */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		again();
		start_daemon(w, D, 0);
		give(w, cn_thread(D, PID(11)), 10);
		give(w, cn_thread(D, PID(12)), 11);
		give(w, cn_exit(D, D, ends[i].leader), 50);
		give(w, cn_exit(D, PID(11), ends[i].other), 50.1);
		give(w, cn_exit(D, PID(12), ends[i].last), 50.2);
		until(w, 2000);
		holds(expect(w, "exit", 1), ends[i].says);
	}
}

/* A leader that ended long before the others had a code of its own. */
static void test_leader_ended_long_before_the_last_thread(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_exit(D, D, 4 << 8), 50);
	give(w, cn_exit(D, PID(11), 0), 2000);
	until(w, 4000);
	holds(expect(w, "exit", 1), "\"exit_code\":0");
}

/* The same while audit is yet to tell what it had executed; and threads that an exec ended say nothing. */
static void test_last_thread_before_audit_told_the_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_thread(D, PID(11)), 2);
	give(w, cn_exit(D, D, 3 << 8), 3);
	give(w, cn_exit(D, PID(11), 0), 3.1);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	again();
	start_daemon(w, D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, cn_thread(D, PID(12)), 11);
	give(w, cn_exit(D, D, SIGKILL), 20);
	give(w, cn_exit(D, PID(12), SIGKILL), 20);
	give(w, cn_exec(D), 21); /* by a thread */
	give(w, audit_exec(1, D, "daemon", "-again"), 21);
	give(w, cn_exit(D, D, 0), 500);
	until(w, 2000);
	holds(expect(w, "exit", 1), "\"exit_code\":0");
}

/* A watchdog sends SIGABRT too, and a crash handler raises it again. */
static void test_abort_raised_again_in_a_gap(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, lost(SOURCE_AUDIT), 1000); /* systemd's watchdog, say, sent SIGABRT */
	give(w, audit_signal(D, "daemon", D, "daemon", SIGABRT), 1001); /* its handler raises it again */
	give(w, audit_abend(D, SIGABRT), 1001);
	give(w, cn_exit(D, D, SIGABRT), 1002);
	until(w, 4000);
	holds(expect(w, "exit", 1), "\"confidence\":\"likely\"");
}

static void test_own_signal_of_long_ago(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, audit_signal(D, "daemon", D, "daemon", SIGUSR1), 1000); /* handled */
	give(w, cn_exit(D, D, SIGUSR1), 9000); /* its mq_notify, or a parent's death */
	until(w, 14000);
	holds(expect(w, "exit", 1), "\"confidence\":\"likely\"");
}

/* Who is about to end has removed it already. */
static void test_reload_after_the_pidfile_is_gone(void **state)
{
	char sections[256], path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/pid", w->dir);
	snprintf(sections, sizeof(sections), "[target p]\npidfile = %s\n", path);
	reload(sections);
	give(w, cn_fork(1, D), 0);
	w->agent.life.targets[0].pidfile_pid = D; /* the file names it */
	give(w, cn_exec(D), 1);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	until(w, 1000);
	expect(w, "exec", 1);
	reload(sections); /* the file is gone: it is ending */
	give(w, cn_exit(D, D, 4 << 8), 2000);
	until(w, 4000);
	expect(w, "exit", 1);
}

/* It is watched though it executed another program. */
static void test_reload_keeps_what_a_target_became(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	until(w, 1000);
	give(w, cn_exec(D), 1001);
	give(w, audit_exec(1, D, "worker", "-w"), 1001);
	until(w, 1500);
	reload(TARGETS);
	give(w, cn_exit(D, D, 4 << 8), 2000);
	until(w, 4000);
	expect(w, "exit", 1);
}

static void test_oom_line_of_the_former_holder(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, cn_exit(D, D, SIGKILL), 1000);
	start_daemon(w, D, 1100);
	give(w, kmsg(EVENT_OOM, D, "daemon"), 999);
	until(w, 2000);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGKILL), 100000);
	give(w, cn_exit(D, D, SIGKILL), 100001);
	until(w, 103000);
	holds(expect(w, "exit", 2), "\"cause\":\"killed\"");
	for (unsigned i = 0; i < w->count; i++)
		lacks(w->records[i], "\"oom\"");
}

/* As pidfd_send_signal(2) by a process of the pid namespace whose init it is; then somebody wrote to cgroup.kill. */
static void test_kill_that_did_nothing(void **state)
{
	struct event e = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);

	(void)state;
	e.via = "pidfd_send_signal";
	start_daemon(w, D, 0);
	give(w, e, 1000);
	give(w, cn_exit(D, D, SIGKILL), 600000);
	until(w, 602000);
	lacks(expect(w, "exit", 1), "\"certain\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_killed_in_every_order), TEST(test_stopped_in_every_order), TEST(test_fault_in_every_order),
		TEST(test_oom_in_every_order), TEST(test_raise_again_in_every_order),
		TEST(test_late_witnesses_make_no_second_record), TEST(test_a_signal_that_comes_too_late_is_told_as_unknown), TEST(test_signal_to_the_zombie_of_one_that_dumped),
		TEST(test_signal_stamped_before_its_process_was_born), TEST(test_signal_stamped_before_its_second_holder_was_born),
		TEST(test_end_waits_for_an_audit_that_is_behind), TEST(test_end_does_not_wait_for_an_audit_that_is_quiet_or_past),
		TEST(test_end_does_not_wait_for_ever_for_an_audit_that_is_behind),
		TEST(test_one_exec_record_of_both), TEST(test_exec_of_audit_before_the_fork),
		TEST(test_exec_of_audit_between_fork_and_exec), TEST(test_program_that_becomes_the_daemon),
		TEST(test_daemon_that_executes_itself_again), TEST(test_second_exec_while_the_first_record_waits), TEST(test_short_life_is_told_by_audit),
		TEST(test_short_life_that_audit_will_not_tell), TEST(test_failed_start), TEST(test_failed_exec_of_a_copy_that_is_gone), TEST(test_copy_is_watched),
		TEST(test_copy_that_executes_something_else_is_not), TEST(test_copy_that_ended_before_its_exec_was_read),
		TEST(test_copy_forked_by_one_that_is_known_to_have_ended), TEST(test_end_is_that_of_the_last_thread),
		TEST(test_one_exit_for_a_group_that_is_killed), TEST(test_exec_by_a_thread),
		TEST(test_threads_before_audit_told_the_exec), TEST(test_thread_told_after_the_exec_that_ended_it),
		TEST(test_seccomp_of_one_thread), TEST(test_pidfile_of_one_that_ended), TEST(test_sender_whose_pid_is_anothers),
		TEST(test_end_waits_for_what_audit_tells_was_executed), TEST(test_end_does_not_wait_for_ever),
		TEST(test_exec_stamped_before_its_process_was_born), TEST(test_exec_of_one_that_is_gone_and_was_not_known),
		TEST(test_exec_of_the_former_holder_told_late), TEST(test_fault_in_a_thread),
		TEST(test_exit_of_a_thread_is_no_exit_code), TEST(test_reused_pid_does_not_inherit_a_signal),
		TEST(test_signal_to_either_of_two_holders), TEST(test_signal_to_the_second_holder), TEST(test_signal_to_one_of_two_holders_by_name),
		TEST(test_pid_given_out_again_proves_the_end), TEST(test_exit_told_after_the_next_fork),
		TEST(test_storm_of_signals_is_summed), TEST(test_many_senders_are_all_told),
		TEST(test_failed_kill_is_told_but_no_cause), TEST(test_sender_that_was_watched_is_known_with_arguments),
		TEST(test_loss_of_audit_makes_exits_likely), TEST(test_loss_of_cn_proc_and_the_scan_after_it),
		TEST(test_settle_tells_all_that_waits), TEST(test_reload_misses_no_death),
		TEST(test_reload_that_no_longer_wants_it), TEST(test_reload_goes_on_counting), TEST(test_full_table),
		TEST(test_rename_into_a_target_and_ids), TEST(test_exit_soon_after_the_parent_ended),
		TEST(test_exit_before_the_parent_ended), TEST(test_exit_long_after_the_parent_ended), TEST(test_what_a_rate_drops_is_told_when_its_second_is_over),
		TEST(test_last_thread_was_ending_by_itself),
		TEST(test_last_thread_before_audit_told_the_exec), TEST(test_leader_ended_long_before_the_last_thread),
		TEST(test_abort_raised_again_in_a_gap),
		TEST(test_own_signal_of_long_ago),
		TEST(test_reload_after_the_pidfile_is_gone),
		TEST(test_reload_keeps_what_a_target_became),
		TEST(test_oom_line_of_the_former_holder), TEST(test_kill_that_did_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

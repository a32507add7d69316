/* test_exact_signals.c - signals and execs of the tracepoint backend on their way through the agent, alone and beside audit */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon_world.h"

#define OTHER PID(80)

static int setup_beside_audit(void **state)
{
	setup(state);
	world_open(w, SOURCE_CN_PROC | SOURCE_AUDIT | SOURCE_TRACEPOINT);
	return 0;
}

static int setup_without_audit(void **state)
{
	setup(state);
	world_open(w, SOURCE_CN_PROC | SOURCE_TRACEPOINT);
	return 0;
}

/* A daemon that only the exact sources tell of. */
static void start_exact(pid_t pid, double ms)
{
	give(w, cn_fork(1, pid), ms);
	give(w, cn_exec(pid), ms + 1);
	give(w, exact_exec(pid, "/bin/daemon"), ms + 1);
}

static void test_one_signal_of_two_sources_is_one_record(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, exact_signal(KILLER, D, SIGUSR1), 100);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGUSR1), 98);
	until(w, 3000);
	const char *s = expect(w, "signal", 1);
	holds(s, "\"sources\":[\"audit\",\"tracepoint\"]");
	holds(s, "\"via\":\"kill\"");
	holds(s, "\"repeat\":1");
	holds(s, "\"sender_comm\":\"kill\"");
}

static void test_each_record_of_audit_is_one_of_the_exact_ones(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	for (int i = 0; i < 50; i++)
		give(w, exact_signal(KILLER, D, SIGUSR1), 100 + i / 10.);
	for (int i = 0; i < 50; i++)
		give(w, audit_signal(KILLER, "kill", D, "daemon", SIGUSR1), 100 + i / 10.);
	exact_told(w, 2000);
	until(w, 3000);
	holds(expect(w, "signal", 1), "\"repeat\":50");
}

/* A kill of the group, of which this process got nothing. */
static void test_record_of_audit_alone_is_no_signal(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	exact_told(w, 200);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 100);
	give(w, cn_exit(D, D, 0), 110);
	until(w, 3000);
	expect(w, "signal", 0);
	holds(expect(w, "exit", 1), "\"cause\":\"exit\",\"confidence\":\"certain\"");
}

static void test_kill_that_failed_is_told(void **state)
{
	struct event e = audit_signal(KILLER, "kill", D, "daemon", SIGKILL);

	(void)state;
	e.result = RESULT_FAILED;
	start_daemon(w, D, 0);
	exact_told(w, 200);
	give(w, e, 100);
	until(w, 3000);
	holds(expect(w, "signal", 1), "\"result\":\"failed\"");
}

static void test_exit_waits_for_the_login_of_its_sender(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, exact_signal(KILLER, D, SIGTERM), 100);
	give(w, cn_exit(D, D, SIGTERM), 101);
	exact_told(w, 102);
	until(w, 150);
	expect(w, "exit", 0);
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 98); /* stamped then, and come now */
	const char *s = expect(w, "exit", 1);
	holds(s, "\"sources\":[\"audit\",\"cn_proc\",\"tracepoint\"]");
	holds(s, "\"sender_comm\":\"kill\"");
}

static void test_exit_waits_no_longer_than_grace(void **state)
{
	(void)state;
	start_daemon(w, D, 0);
	give(w, exact_signal(KILLER, D, SIGTERM), 100);
	give(w, cn_exit(D, D, SIGTERM), 101);
	exact_told(w, 102);
	until(w, 500);
	const char *s = expect(w, "exit", 1);
	holds(s, "\"cause\":\"killed\",\"confidence\":\"certain\"");
	give(w, audit_signal(KILLER, "kill", D, "daemon", SIGTERM), 98);
	until(w, 3000);
	expect(w, "signal", 1);
	expect(w, "exit", 1);
}

static void test_without_audit_nobody_is_waited_for(void **state)
{
	(void)state;
	start_exact(D, 0);
	give(w, exact_signal(KILLER, D, SIGTERM), 100);
	exact_told(w, 102);
	give(w, cn_exit(D, D, SIGTERM), 101);
	holds(expect(w, "exit", 1), "\"cause\":\"killed\",\"confidence\":\"certain\"");
}

/* Its signals were not read yet when the end was: then they are, and the verdict knows them. */
static void test_end_that_is_read_before_its_signal(void **state)
{
	(void)state;
	start_exact(D, 0);
	exact_told(w, 50);
	give(w, cn_exit(D, D, SIGTERM), 101);
	expect(w, "exit", 0);
	give(w, exact_signal(KILLER, D, SIGTERM), 100);
	exact_told(w, 102);
	until(w, 110);
	holds(expect(w, "exit", 1), "\"cause\":\"killed\",\"confidence\":\"certain\"");
}

/* It is written as soon as the signals up to it are read, and not after grace. */
static void test_end_without_a_signal(void **state)
{
	(void)state;
	start_exact(D, 0);
	exact_told(w, 50);
	give(w, cn_exit(D, D, 0), 101);
	expect(w, "exit", 0);
	assert_true(agent_next_due(&w->agent) && agent_next_due(&w->agent) <= w->agent.clock.now);
	exact_told(w, 102);
	until(w, 103);
	holds(expect(w, "exit", 1), "\"cause\":\"exit\",\"confidence\":\"certain\"");
}

/* In a flood the first reading may not come so far. */
static void test_end_whose_signals_are_read_at_the_second_try(void **state)
{
	(void)state;
	start_exact(D, 0);
	exact_told(w, 50);
	give(w, cn_exit(D, D, 0), 101);
	until(w, 110);
	expect(w, "exit", 0);
	exact_told(w, 111);
	until(w, 115);
	holds(expect(w, "exit", 1), "\"cause\":\"exit\",\"confidence\":\"certain\"");
}

static void test_end_whose_signals_are_never_read(void **state)
{
	(void)state;
	start_exact(D, 0);
	exact_told(w, 50);
	give(w, cn_exit(D, D, 0), 101);
	until(w, 300);
	holds(expect(w, "exit", 1), "\"cause\":\"exit\",\"confidence\":\"likely\"");
}

static void test_signal_before_audit_has_told_the_program(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, exact_signal(KILLER, D, SIGKILL), 2);
	give(w, cn_exit(D, D, SIGKILL), 3);
	exact_told(w, 4);
	give(w, audit_exec(1, D, "daemon", "-d"), 1);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"cause\":\"killed\",\"confidence\":\"certain\"");
}

/* The signal came while it was executing the program, and ended it afterwards. */
static void test_signal_before_the_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, exact_signal(KILLER, D, SIGKILL), 1);
	give(w, cn_exec(D), 2);
	give(w, exact_exec(D, "/bin/daemon"), 2);
	exact_told(w, 10);
	give(w, cn_exit(D, D, SIGKILL), 3);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"cause\":\"killed\",\"confidence\":\"certain\"");
}

static void test_signal_to_a_thread(void **state)
{
	(void)state;
	start_exact(D, 0);
	give(w, cn_thread(D, PID(11)), 10);
	give(w, exact_signal(KILLER, PID(11), SIGUSR1), 20);
	until(w, 3000);
	expect(w, "signal", 1);
}

/* The signal was for a thread; the process that has its id now was born later. */
static void test_thread_id_that_is_used_again(void **state)
{
	(void)state;
	start_exact(D, 0);
	give(w, cn_thread(D, OTHER), 10);
	give(w, cn_exit(D, OTHER, 0), 25);
	start_exact(OTHER, 30);
	give(w, exact_signal(KILLER, OTHER, SIGTERM), 20);
	exact_told(w, 50);
	give(w, cn_exit(OTHER, OTHER, SIGTERM), 40);
	until(w, 3000);
	lacks(expect(w, "exit", 1), "\"sender_pid\"");
}

/* Who had the pid when the signal was sent is forgotten: he is not named by the one who has it now. */
static void test_senders_pid_that_is_used_again(void **state)
{
	(void)state;
	start_exact(D, 0);
	give(w, cn_fork(1, KILLER), 200);
	give(w, exact_exec(KILLER, "/bin/innocent"), 201);
	give(w, exact_signal(KILLER, D, SIGUSR1), 100);
	until(w, 3000);
	lacks(expect(w, "signal", 1), "innocent");
}

static void test_program_that_is_gone_before_it_is_looked_at(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, cn_exec(D), 1);
	give(w, cn_exit(D, D, 3 << 8), 2);
	give(w, exact_exec(D, "/bin/daemon"), 1);
	exact_told(w, 10);
	until(w, 3000);
	holds(expect(w, "exec", 1), "\"exe\":\"/bin/daemon\"");
	holds(expect(w, "exit", 1), "\"exit_code\":3");
	assert_int_equal(w->agent.life.unread, 0);
}

/* The two sources of one exec, in the order that is rare. */
static void test_path_that_is_read_before_the_exec(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, exact_exec(D, "/bin/daemon"), 1);
	give(w, cn_exec(D), 1.01);
	until(w, 3000);
	give(w, cn_exit(D, D, 0), 3100);
	exact_told(w, 3200);
	until(w, 6000);
	expect(w, "exec", 1);
	expect(w, "exit", 1);
	assert_int_equal(w->agent.life.unread, 0);
}

static void test_unwatched_program_is_no_loss(void **state)
{
	(void)state;
	give(w, cn_fork(1, OTHER), 0);
	give(w, cn_exec(OTHER), 1);
	give(w, cn_exit(OTHER, OTHER, 0), 2);
	give(w, exact_exec(OTHER, "/bin/stranger"), 1);
	until(w, 90000);
	assert_int_equal(w->agent.life.unread, 0);
	expect(w, "exec", 0);
}

static void test_after_a_loss_no_exit_is_certain(void **state)
{
	(void)state;
	start_exact(D, 0);
	give(w, lost(SOURCE_TRACEPOINT), 50);
	exact_told(w, 200);
	give(w, cn_exit(D, D, 0), 100);
	until(w, 3000);
	holds(expect(w, "exit", 1), "\"cause\":\"exit\",\"confidence\":\"likely\"");
}

/* What this pid was when it was signalled is forgotten, and the process that has the pid now began later. */
static void test_signal_of_before_its_process_began(void **state)
{
	struct event early = exact_signal(KILLER, D, SIGTERM);

	(void)state;
	start_exact(D, 100);
	early.at = w->start + (uint64_t)(50 * MS);
	agent_event(&w->agent, &early);
	exact_told(w, 200);
	until(w, 3000);
	expect(w, "signal", 0);
}

static void test_exec_of_before_its_process_began(void **state)
{
	struct event early = exact_exec(D, "/bin/daemon");

	(void)state;
	give(w, cn_fork(1, D), 100);
	early.at = w->start + (uint64_t)(50 * MS);
	agent_event(&w->agent, &early);
	until(w, 3000);
	expect(w, "exec", 0);
}

static void test_delivered_signals_that_a_target_wants(void **state)
{
	struct event e = {.kind = EVENT_DELIVERED, .sources = SOURCE_TRACEPOINT, .stamp = STAMP_EXACT, .has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_HANDLED,
	                  .process = {.has = FACT_PID, .pid = D}, .tid = D + 1, .signo = SIGTERM, .handled = true};

	(void)state;
	start_exact(D, 0);
	give(w, e, 10);
	const char *d = expect(w, "delivered", 1);
	holds(d, "\"comm\":\"daemon\"");
	holds(d, "\"tid\":4000011,\"signal\":\"SIGTERM\",\"signo\":15,\"si_code\":0,\"action\":\"handler\"");
	e.signo = SIGCHLD; /* not among the target's signals */
	give(w, e, 20);
	e.signo = SIGTERM;
	e.process.pid = OTHER;
	give(w, e, 30);
	expect(w, "delivered", 1);
}

/* The kernel has each thread take SIGKILL, whatever the signal was that ends them (complete_signal(), kernel/signal.c). */
static void test_delivered_signal_that_ends_it(void **state)
{
	struct event e = {.kind = EVENT_DELIVERED, .sources = SOURCE_TRACEPOINT, .stamp = STAMP_EXACT, .has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_HANDLED,
	                  .process = {.has = FACT_PID, .pid = D}, .tid = D + 1, .signo = SIGKILL};

	(void)state;
	start_exact(D, 0);
	give(w, e, 10); /* its threads, but for one, are ended by an exec */
	give(w, exact_signal(KILLER, D, SIGTERM), 5000);
	e.tid = D;
	give(w, e, 5001);
	e.tid = D + 2;
	give(w, e, 5002);
	exact_told(w, 5010);
	give(w, cn_exit(D, D, SIGTERM), 5003);
	until(w, 6000);
	expect(w, "exit", 1);
	holds(expect(w, "delivered", 1), "\"tid\":4000010,\"signal\":\"SIGTERM\",\"signo\":15,\"action\":\"default\"");
	e.process.pid = D + 5;
	start_exact(D + 5, 7000);
	give(w, e, 7010);
	exact_told(w, 7050);
	give(w, cn_exit(D + 5, D + 5, 3 << 8), 7011); /* exit_group of one thread ends the others so */
	until(w, 8000);
	expect(w, "exit", 2);
	expect(w, "delivered", 1);
}

/* Its other threads take SIGKILL after the one that faults. */
static void test_delivered_signal_that_dumps_a_core(void **state)
{
	struct event e = {.kind = EVENT_DELIVERED, .sources = SOURCE_TRACEPOINT, .stamp = STAMP_EXACT, .has = HAS_TID | HAS_SIGNO | HAS_SI_CODE | HAS_HANDLED,
	                  .process = {.has = FACT_PID, .pid = D}, .tid = D + 1, .signo = SIGSEGV};

	(void)state;
	start_exact(D, 0);
	give(w, e, 5000);
	e.tid = D;
	e.signo = SIGKILL;
	give(w, e, 5001);
	exact_told(w, 5010);
	give(w, cn_exit(D, D, SIGSEGV), 5003);
	until(w, 6000);
	expect(w, "exit", 1);
	expect(w, "delivered", 1);
}

/* A daemon that executes itself again is the same target. */
static void test_signal_before_the_daemon_executes_itself_again(void **state)
{
	(void)state;
	start_exact(D, 0);
	until(w, 100);
	give(w, cn_exec(D), 240);
	give(w, exact_exec(D, "/bin/daemon"), 240);
	give(w, exact_signal(KILLER, D, SIGHUP), 200);
	exact_told(w, 300);
	until(w, 4000);
	holds(expect(w, "signal", 1), "SIGHUP");
}

/* The shell that became the daemon was signalled; the daemon was not. */
static void test_signal_to_what_the_process_was_before(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, exact_signal(KILLER, D, SIGUSR1), 10);
	give(w, cn_exec(D), 1000);
	give(w, exact_exec(D, "/bin/daemon"), 1000);
	exact_told(w, 1100);
	until(w, 4000);
	expect(w, "exec", 1);
	expect(w, "signal", 0);
}

/* It had blocked the signal, which waited through the exec: that who sent it is to blame is not known for certain. */
static void test_signal_to_what_the_process_was_before_is_evidence(void **state)
{
	(void)state;
	give(w, cn_fork(1, D), 0);
	give(w, exact_signal(KILLER, D, SIGUSR1), 10);
	give(w, cn_exec(D), 1000);
	give(w, exact_exec(D, "/bin/daemon"), 1000);
	give(w, cn_exit(D, D, SIGUSR1), 1500);
	exact_told(w, 1600);
	until(w, 4000);
	const char *e = expect(w, "exit", 1);
	lacks(e, "\"cause\":\"kernel\"");
	lacks(e, "certain");
}

/* Traced, let go, and ended so many ms after that. */
static const char *ends_after_a_tracer(double after)
{
	again();
	world_open(w, SOURCE_CN_PROC | SOURCE_TRACEPOINT);
	start_exact(D, 0);
	give(w, cn_traced(D, KILLER), 100);
	give(w, cn_traced(D, 0), 200);
	give(w, cn_exit(D, D, 3 << 8), 200 + after);
	exact_told(w, 300 + after);
	until(w, 3000 + after);
	return expect(w, "exit", 1);
}

static void test_exit_of_one_that_was_traced(void **state)
{
	(void)state;
	holds(ends_after_a_tracer(100), "\"likely\",\"reason\":\"pid 4000090 traced it");
	holds(ends_after_a_tracer(20000), "certain");
}

int main(void)
{
#define BESIDE_AUDIT(f) cmocka_unit_test_setup_teardown(f, setup_beside_audit, teardown)
#define WITHOUT_AUDIT(f) cmocka_unit_test_setup_teardown(f, setup_without_audit, teardown)
	const struct CMUnitTest tests[] = {
		BESIDE_AUDIT(test_one_signal_of_two_sources_is_one_record), BESIDE_AUDIT(test_each_record_of_audit_is_one_of_the_exact_ones),
		BESIDE_AUDIT(test_record_of_audit_alone_is_no_signal), BESIDE_AUDIT(test_kill_that_failed_is_told),
		BESIDE_AUDIT(test_exit_waits_for_the_login_of_its_sender), BESIDE_AUDIT(test_exit_waits_no_longer_than_grace),
		BESIDE_AUDIT(test_signal_before_audit_has_told_the_program),
		WITHOUT_AUDIT(test_without_audit_nobody_is_waited_for), WITHOUT_AUDIT(test_end_that_is_read_before_its_signal),
		WITHOUT_AUDIT(test_end_without_a_signal), WITHOUT_AUDIT(test_end_whose_signals_are_read_at_the_second_try),
		WITHOUT_AUDIT(test_end_whose_signals_are_never_read),
		WITHOUT_AUDIT(test_signal_before_the_exec), WITHOUT_AUDIT(test_signal_to_a_thread), WITHOUT_AUDIT(test_thread_id_that_is_used_again),
		WITHOUT_AUDIT(test_senders_pid_that_is_used_again), WITHOUT_AUDIT(test_program_that_is_gone_before_it_is_looked_at),
		WITHOUT_AUDIT(test_path_that_is_read_before_the_exec), WITHOUT_AUDIT(test_unwatched_program_is_no_loss),
		WITHOUT_AUDIT(test_after_a_loss_no_exit_is_certain),
		WITHOUT_AUDIT(test_delivered_signals_that_a_target_wants), WITHOUT_AUDIT(test_delivered_signal_that_ends_it), WITHOUT_AUDIT(test_delivered_signal_that_dumps_a_core),
		WITHOUT_AUDIT(test_signal_before_the_daemon_executes_itself_again),
		 WITHOUT_AUDIT(test_signal_of_before_its_process_began), WITHOUT_AUDIT(test_exec_of_before_its_process_began),
		WITHOUT_AUDIT(test_signal_to_what_the_process_was_before),
		WITHOUT_AUDIT(test_signal_to_what_the_process_was_before_is_evidence), WITHOUT_AUDIT(test_exit_of_one_that_was_traced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

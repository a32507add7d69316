/* test_scan_gone.c - ends that a look at /proc or a pidfd finds: zombies, those reaped, and those that only seem gone */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "scan_world.h"

static void test_a_dead_one_is_told_once_with_its_status(void **state)
{
	pid_t child = start();
	int status;

	(void)state;
	scan();
	kill(child, SIGTERM);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	scan(); /* a zombie */
	until(w, 10000);
	const char *e = expect(w, "exit", 1);
	holds(e, "\"signal\":\"SIGTERM\"");
	assert_int_equal(waitpid(child, &status, 0), child);
	scan();
	expect(w, "exit", 1);
	assert_int_equal(w->agent.table.watched, 0);
}

static void test_one_that_was_reaped(void **state)
{
	pid_t child = start();

	(void)state;
	scan();
	end(child, SIGTERM);
	scan();
	until(w, 10000);
	const char *e = expect(w, "exit", 1);
	if (w->agent.pidfds.no_info)
		holds(e, "\"cause\":\"unknown\"");
	else
		holds(e, "\"signal\":\"SIGTERM\"");
	lacks(e, "uptime_seconds"); /* when it ended was not seen */
}

/* With no descriptor left nothing can be read, which proves nothing. */
static void test_no_descriptor_left(void **state)
{
	struct rlimit old, none = {.rlim_cur = 5};
	pid_t child = start();
	int held[64], count = 0;

	(void)state;
	scan();
	struct process *p = process_live(&w->agent.table, child);
	pidfd_set_remove(&w->agent.pidfds, p->watch->pidfd); /* which would tell that it lives */
	p->watch->pidfd = -1;
	getrlimit(RLIMIT_NOFILE, &old);
	none.rlim_max = old.rlim_max;
	while (count < 64 && (held[count] = dup(0)) >= 0)
		count++;
	none.rlim_cur = (rlim_t)held[count - 1] + 2; /* /proc itself can be opened */
	setrlimit(RLIMIT_NOFILE, &none);
	now();
	scan_all(&w->agent.scan, false);
	setrlimit(RLIMIT_NOFILE, &old);
	while (count > 0)
		close(held[--count]);
	until(w, 10000);
	expect(w, "exit", 0);
	scan();
	expect(w, "exit", 0);
	assert_non_null(process_live(&w->agent.table, child));
	end(child, SIGKILL);
}

/* One descriptor for each watched process: the soft limit is not for those who do not use select(). */
static void test_the_limit_of_descriptors_is_raised(void **state)
{
	struct rlimit old, low;
	struct pidfd_set s;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	low = (struct rlimit){.rlim_cur = 128, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	pidfd_set_init(&s);
	setrlimit(RLIMIT_NOFILE, &old);
	if (s.fd < 0)
		skip();
	assert_int_equal(s.max, old.rlim_max > 1048576 ? 1048576 : old.rlim_max - 64);
	pidfd_set_fini(&s);
}

/* A watched one whose pidfd says it lives is not gone, whatever a list says. */
static void test_pidfd_is_believed(void **state)
{
	pid_t child = start();

	(void)state;
	scan();
	struct process *p = process_live(&w->agent.table, child);
	if (p->watch->pidfd < 0) {
		end(child, SIGKILL);
		skip();
	}
	now();
	assert_false(life_gone(&w->agent.life, p, SOURCE_PROC, w->agent.clock.now));
	until(w, 10000);
	expect(w, "exit", 0);
	end(child, SIGKILL);
	assert_true(life_gone(&w->agent.life, p, SOURCE_PROC, w->agent.clock.now));
	life_settle(&w->agent.life, p);
	until(w, 20000);
	expect(w, "exit", 1);
}

static void see_by_pidfd(void) { life_pidfds(&w->agent.life); }
static void see_by_scan(void) { scan_all(&w->agent.scan, false); }

/* The kill, and the end that is then seen, come after the time that the agent last read. */
static void ends_in_this_turn(void (*see)(void), bool reaped)
{
	pid_t child = start();
	siginfo_t info;
	struct clock clock = {0};

	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	audit_tells(child, w->agent.clock.now);
	usleep(5000);
	clock_refresh(&clock);
	kill(child, SIGTERM);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | (reaped ? 0 : WNOWAIT)), 0);
	see();
	struct event e = audit_signal(getpid(), "test_scan_gone", child, name, SIGTERM);
	e.at = clock.now;
	agent_event(&w->agent, &e);
	if (!reaped)
		waitpid(child, NULL, 0);
	until(w, 10000);
	expect(w, "signal", 1);
	char sender[40];
	snprintf(sender, sizeof(sender), "\"sender_pid\":%d", (int)getpid());
	if (!reaped || !w->agent.pidfds.no_info)
		holds(expect(w, "exit", 1), sender);
}

static void test_an_end_seen_by_pidfd_was_not_before_its_signal(void **state)
{
	(void)state;
	ends_in_this_turn(see_by_pidfd, false);
}

static void test_a_zombie_seen_was_not_before_its_signal(void **state)
{
	(void)state;
	ends_in_this_turn(see_by_scan, false);
}

static void test_one_gone_was_not_before_its_signal(void **state)
{
	(void)state;
	ends_in_this_turn(see_by_scan, true);
}

/* A child of one that ended already: its parent is read from /proc, and is the known one. */
static void test_a_zombie_is_not_taken_in_twice(void **state)
{
	pid_t child = start();
	siginfo_t info;

	(void)state;
	scan();
	struct process *p = process_live(&w->agent.table, child);
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	now();
	struct event e = {.kind = EVENT_ENDED, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = w->agent.clock.now,
	                  .process = {.has = FACT_PID, .pid = child}};
	agent_event(&w->agent, &e);
	assert_ptr_equal(subject_take_in(&w->agent.table, child), p);
	assert_null(process_live(&w->agent.table, child));
	scan(); /* else a signal to it would have two processes to go to */
	assert_null(process_live(&w->agent.table, child));
	waitpid(child, NULL, 0);
	until(w, 10000);
	expect(w, "exit", 1);
}

/* It had ended when its exec was read: its program can no longer be told, and that is said. */
static void test_a_zombie_that_cannot_be_named_is_counted(void **state)
{
	pid_t child;
	siginfo_t info;

	(void)state;
	anew("[target d]\nexe = /no/such/program\n", SOURCE_CN_PROC);
	child = start();
	now();
	const double ms = (double)(w->agent.clock.now - w->start) / 1e6;
	give(w, cn_fork(getpid(), child), ms);
	give(w, cn_exec(child), ms);
	assert_int_equal(w->agent.life.unread, 0); /* read, and none of ours */
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	give(w, cn_exec(child), ms + 1);
	assert_int_equal(w->agent.life.unread, 1);
	life_tell_gaps(&w->agent.life, true);
	holds(expect(w, "lost", 1), "before /proc could be read");
	waitpid(child, NULL, 0);
}

static void poll_now(void)
{
	now();
	give(w, (struct event){.kind = EVENT_LOOK, .sources = SOURCE_PROC, .has = HAS_COUNT}, (double)(w->agent.clock.now - w->start) / 1e6);
}

/* Ended before the next look, but not reaped: it was neither missed nor is it unknown. */
static pid_t zombie_between_looks(void)
{
	siginfo_t info;

	poll_now();
	pid_t child = start();
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	poll_now();
	return child;
}

static void test_a_life_between_two_looks_whose_zombie_is_left(void **state)
{
	pid_t child = zombie_between_looks();

	(void)state;
	poll_now();
	until(w, 10000);
	holds(expect(w, "exec", 1), "\"parent_comm\":\"test_scan_gone\"");
	holds(expect(w, "exit", 1), "\"signal\":\"SIGKILL\"");
	lacks(expect(w, "exit", 1), "uptime");
	assert_int_equal(w->agent.life.unread, 0);
	poll_now(); /* nobody reaps it */
	until(w, 20000);
	expect(w, "exit", 1);
	waitpid(child, NULL, 0);
}

static void test_a_zombie_between_two_looks_that_cannot_be_named_is_counted(void **state)
{
	(void)state;
	anew("[target d]\nexe = /no/such/program\n", SOURCE_PROC);
	pid_t child = zombie_between_looks();
	expect(w, "exit", 0);
	assert_true(w->agent.life.unread >= 1);
	waitpid(child, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_dead_one_is_told_once_with_its_status),
		TEST(test_one_that_was_reaped),
		TEST(test_no_descriptor_left),
		TEST(test_the_limit_of_descriptors_is_raised),
		TEST(test_pidfd_is_believed),
		TEST(test_an_end_seen_by_pidfd_was_not_before_its_signal),
		TEST(test_a_zombie_seen_was_not_before_its_signal),
		TEST(test_one_gone_was_not_before_its_signal),
		TEST(test_a_zombie_is_not_taken_in_twice),
		TEST(test_a_zombie_that_cannot_be_named_is_counted),
		TEST(test_a_life_between_two_looks_whose_zombie_is_left),
		TEST(test_a_zombie_between_two_looks_that_cannot_be_named_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_scan_exec.c - what a look at /proc finds executed or renamed, and what audit tells of the same */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scan_world.h"

static void steps_exec(void)
{
	wait_step();
	run_program("1000");
}

static void test_exec_in_a_known_pid(void **state)
{
	pid_t child = start_stepping(steps_exec);

	(void)state;
	scan();
	expect(w, "exec", 0);
	next_step();
	scan();
	scan();
	holds(expect(w, "exec", 1), "\"1000\"");
	close(control[0]);
	end(child, SIGKILL);
}

/* A child that executes while audit is open; the second look finds it.  *executed: not before the exec. */
static pid_t executes_between_looks(uint64_t *executed)
{
	pid_t child = start_stepping(steps_exec);

	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	next_step();
	now();
	*executed = w->agent.clock.now;
	scan();
	return child;
}

static void test_exec_that_audit_tells_after_it_was_found(void **state)
{
	uint64_t executed;
	pid_t child = executes_between_looks(&executed);

	(void)state;
	usleep(300000); /* audit's queue is long */
	scan();
	expect(w, "exec", 1);
	audit_tells(child, executed - 4000000);
	expect(w, "exec", 1);
	now();
	audit_tells(child, w->agent.clock.now + 50000000);
	expect(w, "exec", 2);
	close(control[0]);
	end(child, SIGKILL);
}

/* Polling can be faster than audit's queue, but audit has the exact arguments and the login. */
static void test_one_record_when_the_look_is_first(void **state)
{
	uint64_t executed;
	pid_t child = executes_between_looks(&executed);

	(void)state;
	expect(w, "exec", 0);
	audit_tells(child, executed - 4000000);
	const char *record = expect(w, "exec", 1);
	holds(record, "\"sources\":[\"audit\",\"proc\"]");
	scan();
	usleep(300000);
	scan();
	expect(w, "exec", 1);
	close(control[0]);
	end(child, SIGKILL);
}

/* The look found the second program; audit still tells both, in their order. */
static void test_the_look_found_what_audit_tells_later(void **state)
{
	uint64_t executed;
	pid_t child = executes_between_looks(&executed);

	(void)state;
	struct event before = audit_exec(getpid(), child, name, "before");
	before.at = executed - 6000000;
	agent_event(&w->agent, &before);
	holds(expect(w, "exec", 1), "\"before\"");
	audit_tells(child, executed - 4000000);
	const char *record = expect(w, "exec", 2);
	holds(record, "\"1000\"");
	holds(record, "\"starts\":2");
	usleep(300000);
	scan();
	expect(w, "exec", 2);
	close(control[0]);
	end(child, SIGKILL);
}

static struct prctl_mm_map layout;

/* Fields of /proc/self/stat, proc(5). */
static bool read_layout(void)
{
	unsigned long long v[52] = {0};
	char stat[1024] = "", *at;
	int fd = open("/proc/self/stat", O_RDONLY);
	ssize_t n = read(fd, stat, sizeof(stat) - 1);

	close(fd);
	at = n > 0 ? strrchr(stat, ')') + 3 : NULL;
	for (int field = 4; at && field < 52; field++)
		v[field] = strtoull(at + 1, &at, 10);
	layout = (struct prctl_mm_map){
		.start_code = v[26], .end_code = v[27], .start_data = v[45], .end_data = v[46], .start_brk = v[47],
		.brk = (unsigned long)sbrk(0), .start_stack = v[28], .arg_start = v[48], .arg_end = v[49],
		.env_start = v[50], .env_end = v[51], .exe_fd = (unsigned)-1,
	};
	return v[51];
}

static bool show_args(unsigned long long size)
{
	layout.arg_end = layout.arg_start + size;
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &layout, sizeof(layout), 0) == 0;
}

/* The look found the daemon; audit tells later of the program that executed it, which is none of ours. */
static void wrapper(pid_t child, uint64_t at, const char *exe)
{
	struct event e = audit_exec(getpid(), child, "wrapper", "-w");

	e.process.exe = exe;
	e.at = at;
	agent_event(&w->agent, &e);
}

static void after_a_wrapper(bool told_already, bool same_file)
{
	uint64_t executed;
	pid_t child = executes_between_looks(&executed);

	if (told_already) {
		usleep(300000);
		scan();
	}
	wrapper(child, executed - 6000000, same_file ? program : "/bin/wrapper");
	expect(w, "exec", told_already);
	audit_tells(child, executed - 4000000);
	const char *record = expect(w, "exec", 1);
	holds(record, "\"1000\"");
	holds(record, "\"starts\":1");
	close(control[0]);
	end(child, SIGKILL);
}

static void test_the_look_found_what_came_after_a_wrapper(void **state) { (void)state; after_a_wrapper(false, false); }
static void test_a_wrapper_told_long_after_the_look(void **state) { (void)state; after_a_wrapper(true, false); }
static void test_a_wrapper_that_is_the_same_file(void **state) { (void)state; after_a_wrapper(false, true); }

/* Nobody tells of ends: who had the pid before is still in the table, with ids of its own. */
static void test_an_unwatched_sender_is_not_who_had_its_pid_before(void **state)
{
	pid_t daemon = start(), sender;
	char uid[40];

	(void)state;
	world_open(w, SOURCE_PROC | SOURCE_TRACEPOINT);
	scan();
	sender = start();
	struct process *before = process_add(&w->agent.table, sender, w->start - 3600 * NSEC_PER_SEC);
	process_know(before, &(struct facts){.has = FACT_UID | FACT_COMM, .uid = 4242, .comm = "before"});
	now();
	double ms = (double)(w->agent.clock.now - w->start) / 1e6;
	give(w, exact_exec(sender, "/bin/other"), ms);
	give(w, exact_signal(sender, daemon, SIGUSR1), ms);
	until(w, ms + 10000);
	const char *record = expect(w, "signal", 1);
	snprintf(uid, sizeof(uid), "\"sender_uid\":%u,", (unsigned)getuid());
	holds(record, uid);
	assert_true(before->ended);
	end(sender, SIGKILL);
	end(daemon, SIGKILL);
}

static void test_an_exec_stamped_before_its_process_was_born(void **state)
{
	pid_t child = start_stepping(steps_exec);

	(void)state;
	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	next_step();
	audit_tells(child, process_live(&w->agent.table, child)->born - 60000000);
	expect(w, "exec", 1);
	close(control[0]);
	end(child, SIGKILL);
}

/* In the midst of an exec a process has the new program, still the old comm, and no arguments yet. */
static void steps_half(void)
{
	prctl(PR_SET_NAME, "half");
	if (!read_layout() || !show_args(0))
		_exit(1);
	done_step();
	wait_step();
	prctl(PR_SET_NAME, name);
	memcpy((void *)(uintptr_t)layout.arg_start, "daemon", 7);
	show_args(7);
	done_step();
	wait_step();
}

static void test_a_look_in_the_midst_of_an_exec(void **state)
{
	char c;

	(void)state;
	anew("[target d]\ncomm = half\n", SOURCE_PROC);
	pid_t child = start_stepping(steps_half);
	if (read(control[0], &c, 1) != 1) { /* may not change its memory layout */
		end(child, SIGKILL);
		skip();
	}
	scan();
	expect(w, "exec", 0);
	next_step();
	usleep(300000);
	scan();
	const char *record = expect(w, "exec", 1);
	holds(record, "\"args\":[\"daemon\"]");
	char comm[40];
	snprintf(comm, sizeof(comm), "\"comm\":\"%s\"", name);
	holds(record, comm);
	end(child, SIGKILL);
	close(control[0]);
}

static char *own_args;

/* A watched program that names itself anew, as sshd and postgres do. */
static void steps_rename(void)
{
	prctl(PR_SET_NAME, name);
	wait_step();
	done_step();
	wait_step();
	prctl(PR_SET_NAME, "scan: idle");
	memcpy(own_args, "daemon: idle", strnlen(own_args, 12));
	done_step();
	wait_step();
}

static void test_a_new_title_is_no_exec(void **state)
{
	pid_t child = start_stepping(steps_rename);

	(void)state;
	next_step();
	now();
	assert_int_equal(scan_all(&w->agent.scan, true), 0);
	const struct process *p = process_live(&w->agent.table, child);
	assert_non_null(p);
	if (!p->image) {
		end(child, SIGKILL);
		skip();
	}
	assert_non_null(p->watch);
	next_step();
	scan();
	scan();
	expect(w, "exec", 0);
	assert_string_equal(p->comm, "scan: idle");
	end(child, SIGKILL);
	close(control[0]);
	scan();
	until(w, 10000);
	holds(expect(w, "exit", 1), "\"comm\":\"scan: idle\"");
}

/* A process that takes the name of a target is watched from then on, but did not start. */
static void steps_into(void)
{
	wait_step();
	prctl(PR_SET_NAME, name);
	done_step();
	wait_step();
}

static void test_a_rename_into_a_target_is_no_start(void **state)
{
	pid_t child = start_stepping(steps_into);

	(void)state;
	scan();
	expect(w, "exec", 0);
	assert_non_null(process_live(&w->agent.table, child));
	next_step();
	scan();
	const struct process *p = process_live(&w->agent.table, child);
	assert_non_null(p->watch);
	expect(w, "exec", p->image ? 0 : 1);
	end(child, SIGKILL);
	close(control[0]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exec_in_a_known_pid),
		TEST(test_exec_that_audit_tells_after_it_was_found),
		TEST(test_one_record_when_the_look_is_first),
		TEST(test_the_look_found_what_audit_tells_later),
		TEST(test_the_look_found_what_came_after_a_wrapper),
		TEST(test_a_wrapper_told_long_after_the_look),
		TEST(test_a_wrapper_that_is_the_same_file),
		TEST(test_an_unwatched_sender_is_not_who_had_its_pid_before),
		TEST(test_an_exec_stamped_before_its_process_was_born),
		TEST(test_a_look_in_the_midst_of_an_exec),
		TEST(test_a_new_title_is_no_exec),
		TEST(test_a_rename_into_a_target_is_no_start),
	};

	(void)argc;
	own_args = argv[0];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

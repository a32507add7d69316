#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>

#include <errno.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "agent_world.h"

/*
 * What the agent learns from /proc alone: with children of the test itself,
 * and no kernel messages.  /proc shows other people's processes too, so the
 * name is this run's own.
 */

static struct world *w;
static char name[16], program[80], sections[128];
static int  control[2] = {-1, -1}; /* a child does its next step when it reads a byte, and answers with one */

static void copy_program(void)
{
	static char buf[1 << 16];
	ssize_t n;

	snprintf(program, sizeof(program), "%s/%s", w->dir, name);
	int in = open("/bin/sleep", O_RDONLY), out = open(program, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, (size_t)n), n);
	close(in);
	close(out);
}

static int setup(void **state)
{
	(void)state;
	w = malloc(sizeof(*w));
	assert_non_null(w);
	snprintf(name, sizeof(name), "scan%d", (int)getpid());
	snprintf(sections, sizeof(sections), "[target d]\ncomm = %s\n", name);
	world_init(w, sections);
	world_open(w, SOURCE_PROC);
	copy_program();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(program);
	world_fini(w);
	free(w);
	return 0;
}

static void now(void)
{
	clock_refresh(&w->agent.clock);
}

static void scan(void)
{
	now();
	assert_int_equal(scan_all(&w->agent.scan, false), 0);
	now();
	agent_run_due(&w->agent);
}

static void run_program(const char *arg)
{
	execl(program, name, arg, (char *)NULL);
	_exit(127);
}

/* Runs it and returns once it has executed. */
static pid_t start(void)
{
	int ready[2];
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_program("100");
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0);
	close(ready[0]);
	return child;
}

static void next_step(void)
{
	char c = 0;

	assert_int_equal(write(control[0], &c, 1), 1);
	assert_int_equal(read(control[0], &c, 1) >= 0, 1); /* answered, or closed by exec */
}

static void wait_step(void)
{
	char c;

	if (read(control[1], &c, 1) != 1)
		_exit(0);
}

static void done_step(void)
{
	char c = 0;

	if (write(control[1], &c, 1) != 1)
		_exit(0);
}

static pid_t start_stepping(void (*steps)(void))
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), 0);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(control[0]);
		steps();
		_exit(0);
	}
	close(control[1]);
	return child;
}

static void end(pid_t child, int signo)
{
	kill(child, signo);
	waitpid(child, NULL, 0);
}

static void test_what_runs_already_is_not_announced(void **state)
{
	pid_t child = start();

	(void)state;
	now();
	assert_int_equal(scan_all(&w->agent.scan, true), 0);
	expect(w, "exec", 0);
	assert_non_null(process_live(&w->agent.table, child)->watch);
	scan();
	expect(w, "exec", 0);
	end(child, SIGKILL);
}

static void *last_thread(void *ready)
{
	(void)ready;
	done_step();
	pause();
	return NULL;
}

static void steps_leader_ends(void)
{
	pthread_t thread;

	prctl(PR_SET_NAME, name);
	if (pthread_create(&thread, NULL, last_thread, NULL) == 0)
		syscall(SYS_exit, 0);
}

static void remember_tid(void *tid, pid_t is)
{
	*(pid_t *)tid = is; /* the last in the list */
}

/* Its leader has ended, and the rest of it runs on: exe and arguments are to be had from a thread. */
static void test_one_whose_leader_has_ended_is_watched(void **state)
{
	pid_t child = start_stepping(steps_leader_ends), tid = 0;
	struct procfs_stat stat = {.state = '?'};
	char c;

	(void)state;
	assert_int_equal(read(control[0], &c, 1), 1);
	for (int i = 0; i < 1000 && stat.state != 'Z'; i++) {
		usleep(1000);
		assert_int_equal(procfs_read_stat_of(child, &stat), 0);
	}
	now();
	assert_int_equal(scan_all(&w->agent.scan, true), 0);
	const struct process *p = process_live(&w->agent.table, child);
	assert_non_null(p);
	assert_non_null(p->watch);
	assert_int_equal(p->watch->details->facts.has & (FACT_EXE | FACT_ARGS | FACT_UID), FACT_EXE | FACT_ARGS | FACT_UID);
	scan();
	expect(w, "exit", 0);
	world_open(w, SOURCE_CN_PROC);
	int dirfd = procfs_open(child);
	procfs_each_tid(dirfd, remember_tid, &tid);
	close(dirfd);
	assert_true(tid > 0 && tid != child);
	end(child, SIGKILL);
	now();
	give(w, cn_exit(child, tid, 5 << 8), (double)(w->agent.clock.now - w->start) / 1e6);
	until(w, 10000);
	holds(expect(w, "exit", 1), "\"exit_code\":5");
	close(control[0]);
}

static void test_a_new_one_is_told_once(void **state)
{
	(void)state;
	scan();
	pid_t child = start();
	scan();
	scan();
	const char *e = expect(w, "exec", 1);
	holds(e, "\"sources\":[\"proc\"]");
	char args[64];
	snprintf(args, sizeof(args), "\"args\":[\"%s\",\"100\"]", name);
	holds(e, args);
	holds(e, "\"parent_comm\":\"test_scan\"");
	end(child, SIGKILL);
}

/* The parent has to be read for it, and its facts must not get into the record. */
static void test_one_whose_parent_is_not_known(void **state)
{
	pid_t child = start();
	char comm[20];

	(void)state;
	prctl(PR_GET_NAME, comm);
	prctl(PR_SET_NAME, "the_parent");
	now();
	struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = w->agent.clock.now,
	                  .process = {.has = FACT_PID, .pid = child}};
	agent_event(&w->agent, &e);
	prctl(PR_SET_NAME, comm);
	const char *record = expect(w, "exec", 1);
	char own[40];
	snprintf(own, sizeof(own), "\"comm\":\"%s\"", name);
	holds(record, own);
	holds(record, "\"parent_comm\":\"the_parent\"");
	const struct process *p = process_live(&w->agent.table, child);
	assert_string_equal(p->watch->details->facts.comm, name);
	end(child, SIGKILL);
}

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

/* Audit's record of what the look at /proc found first: its stamp tells the exec from a later one. */
static void audit_tells(pid_t child, uint64_t at)
{
	struct event e = audit_exec(getpid(), child, name, "1000");

	e.process.exe = program;
	e.at = at;
	agent_event(&w->agent, &e);
	agent_run_due(&w->agent);
}

static void test_exec_that_audit_tells_after_it_was_found(void **state)
{
	pid_t child = start_stepping(steps_exec);

	(void)state;
	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	next_step();
	uint64_t executed = (now(), w->agent.clock.now);
	scan();
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
	pid_t child = start_stepping(steps_exec);

	(void)state;
	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	next_step();
	now();
	uint64_t executed = w->agent.clock.now;
	scan();
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
	pid_t child = start_stepping(steps_exec);

	(void)state;
	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	next_step();
	now();
	uint64_t executed = w->agent.clock.now;
	scan();
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
	pid_t child = start_stepping(steps_exec);

	world_open(w, SOURCE_PROC | SOURCE_AUDIT);
	scan();
	next_step();
	now();
	uint64_t executed = w->agent.clock.now;
	scan();
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
	unlink(program);
	world_fini(w);
	world_init(w, "[target d]\ncomm = half\n");
	world_open(w, SOURCE_PROC);
	copy_program();
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
	struct event e = audit_signal(getpid(), "test_scan", child, name, SIGTERM);
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
	unlink(program);
	world_fini(w);
	world_init(w, "[target d]\nexe = /no/such/program\n");
	world_open(w, SOURCE_CN_PROC);
	copy_program();
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
	holds(expect(w, "exec", 1), "\"parent_comm\":\"test_scan\"");
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
	unlink(program);
	world_fini(w);
	world_init(w, "[target d]\nexe = /no/such/program\n");
	world_open(w, SOURCE_PROC);
	copy_program();
	pid_t child = zombie_between_looks();
	expect(w, "exit", 0);
	assert_true(w->agent.life.unread >= 1);
	waitpid(child, NULL, 0);
}

/* A full table: the process that starts may not give way to its own parent. */
static void test_full_table_when_a_parent_is_taken_in(void **state)
{
	pid_t child;

	(void)state;
	unlink(program);
	world_fini(w);
	snprintf(sections, sizeof(sections), "max_processes = 64\n[target d]\ncomm = %s\n", name);
	world_init(w, sections);
	world_open(w, SOURCE_PROC);
	copy_program();
	child = start();
	now();
	struct process *p = subject_take_in(&w->agent.table, child);
	assert_non_null(p);
	for (int i = 0; i < 63; i++)
		process_add(&w->agent.table, PID(i), 1);
	struct event e = {.kind = EVENT_EXEC, .sources = SOURCE_PROC, .stamp = STAMP_NOTICED, .at = w->agent.clock.now,
	                  .process = {.has = FACT_PID, .pid = child}};
	p->unread = true;
	agent_event(&w->agent, &e);
	p = process_live(&w->agent.table, child);
	assert_non_null(p);
	assert_non_null(p->watch);
	expect(w, "exec", 1);
	assert_non_null(process_live(&w->agent.table, getpid()));
	end(child, SIGKILL);
}

static void *stay(void *tid)
{
	*(_Atomic pid_t *)tid = (pid_t)syscall(SYS_gettid);
	while (pause())
		;
	return NULL;
}

/* A pidfile that was left can name what is a thread of somebody by now: that is no daemon, and its absence no end. */
static void test_a_pidfile_that_names_a_thread(void **state)
{
	_Atomic pid_t tid = 0;
	pthread_t thread;
	char file[80];

	(void)state;
	unlink(program);
	world_fini(w);
	snprintf(file, sizeof(file), "/tmp/epitaph-scan-%d.pid", (int)getpid());
	snprintf(sections, sizeof(sections), "[target d]\npidfile = %s\n", file);
	world_init(w, sections);
	world_open(w, SOURCE_PROC);
	copy_program();
	scan();
	assert_int_equal(pthread_create(&thread, NULL, stay, &tid), 0);
	while (!tid)
		usleep(1000);
	FILE *f = fopen(file, "w");
	fprintf(f, "%d\n", (int)tid);
	fclose(f);
	assert_true(target_read_pidfile(&w->agent.life.targets[0], &w->agent.config->targets[0]));
	now();
	scan_pidfile(&w->agent.scan, tid);
	usleep(30000);
	scan();
	until(w, 10000);
	unlink(file);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	expect(w, "exec", 0);
	expect(w, "exit", 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_runs_already_is_not_announced), TEST(test_one_whose_leader_has_ended_is_watched), TEST(test_a_new_one_is_told_once),
		TEST(test_the_limit_of_descriptors_is_raised),
		TEST(test_one_whose_parent_is_not_known), TEST(test_a_dead_one_is_told_once_with_its_status),
		TEST(test_one_that_was_reaped), TEST(test_exec_in_a_known_pid), TEST(test_exec_that_audit_tells_after_it_was_found),
		TEST(test_one_record_when_the_look_is_first), TEST(test_the_look_found_what_audit_tells_later),
		TEST(test_a_pidfile_that_names_a_thread),
		TEST(test_the_look_found_what_came_after_a_wrapper), TEST(test_a_wrapper_told_long_after_the_look),
		TEST(test_a_wrapper_that_is_the_same_file), TEST(test_an_exec_stamped_before_its_process_was_born),
		TEST(test_a_look_in_the_midst_of_an_exec), TEST(test_a_new_title_is_no_exec),
		TEST(test_a_rename_into_a_target_is_no_start), TEST(test_no_descriptor_left), TEST(test_pidfd_is_believed),
		TEST(test_an_end_seen_by_pidfd_was_not_before_its_signal), TEST(test_a_zombie_seen_was_not_before_its_signal),
		TEST(test_one_gone_was_not_before_its_signal),
		TEST(test_a_zombie_is_not_taken_in_twice), TEST(test_a_zombie_that_cannot_be_named_is_counted),
		TEST(test_a_life_between_two_looks_whose_zombie_is_left), TEST(test_a_zombie_between_two_looks_that_cannot_be_named_is_counted), TEST(test_full_table_when_a_parent_is_taken_in),
	};

	(void)argc;
	own_args = argv[0];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * scan_world.h - what the agent learns from /proc alone: with children of the
 * test itself, and no kernel messages; after cmocka.h.  /proc shows other
 * people's processes too, so the name of the children is this run's own.
 */
#ifndef EPITAPH_SCAN_WORLD_H
#define EPITAPH_SCAN_WORLD_H

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "agent_world.h"

static struct world *w;
static char name[16], program[80], sections[128];
static int  control[2] = {-1, -1}; /* a child does its next step when it reads a byte, and answers with one */

static inline void copy_program(void)
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

/* The world again, with other targets. */
static inline void anew(const char *targets, unsigned sources)
{
	unlink(program);
	world_fini(w);
	world_init(w, targets);
	world_open(w, sources);
	copy_program();
}

static inline void now(void)
{
	clock_refresh(&w->agent.clock);
}

static inline void scan(void)
{
	now();
	assert_int_equal(scan_all(&w->agent.scan, false), 0);
	now();
	agent_run_due(&w->agent);
}

static inline void run_program(const char *arg)
{
	execl(program, name, arg, (char *)NULL);
	_exit(127);
}

/* Runs it and returns once it has executed. */
static inline pid_t start(void)
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

static inline void next_step(void)
{
	char c = 0;

	assert_int_equal(write(control[0], &c, 1), 1);
	assert_int_equal(read(control[0], &c, 1) >= 0, 1); /* answered, or closed by exec */
}

static inline void wait_step(void)
{
	char c;

	if (read(control[1], &c, 1) != 1)
		_exit(0);
}

static inline void done_step(void)
{
	char c = 0;

	if (write(control[1], &c, 1) != 1)
		_exit(0);
}

static inline pid_t start_stepping(void (*steps)(void))
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

static inline void end(pid_t child, int signo)
{
	kill(child, signo);
	waitpid(child, NULL, 0);
}

/* Audit's record of what the look at /proc found first: its stamp tells the exec from a later one. */
static inline void audit_tells(pid_t child, uint64_t at)
{
	struct event e = audit_exec(getpid(), child, name, "1000");

	e.process.exe = program;
	e.at = at;
	agent_event(&w->agent, &e);
	agent_run_due(&w->agent);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif

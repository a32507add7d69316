#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/process/subject.h"
#include "backends/backend.h"

struct world {
	struct agent agent;
	char conf[64], out[80];
};

static void no_error(void *ctx, const char *message)
{
	(void)ctx;
	fail_msg("%s", message);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct config *c;
	const struct output_config *failed;

	snprintf(w->conf, sizeof(w->conf), "/tmp/epitaph-poll-XXXXXX");
	FILE *f = fdopen(mkstemp(w->conf), "w");
	snprintf(w->out, sizeof(w->out), "%s.out", w->conf);
	fprintf(f, "[agent]\nbackends = proc\nstate_dir = none\ncontrol = none\nmax_processes = 65536\n"
	        "[output j]\ntype = file\nformat = json\npath = %s\n[target t]\ncomm = nobody-has-this\n", w->out);
	fclose(f);
	if (config_load(w->conf, no_error, NULL, &c) != 0 || agent_init(&w->agent, c, &failed) != 0)
		return -1;
	coverage_add(&w->agent.coverage, SOURCE_PROC, SEES_FORK | SEES_EXEC | SEES_EXIT, NULL);
	*state = w;
	return scan_all(&w->agent.scan, true);
}

static int teardown(void **state)
{
	struct world *w = *state;

	agent_fini(&w->agent);
	unlink(w->conf);
	unlink(w->out);
	free(w);
	return 0;
}

/* How many `lost` records there are, and the sum of their counts. */
static unsigned lost_records(struct world *w, unsigned long *count)
{
	char line[2048];
	unsigned n = 0;

	sink_flush(&w->agent.output.sinks[0], &w->agent.clock);
	FILE *f = fopen(w->out, "r");
	*count = 0;
	while (f && fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, "\"count\":");

		if (!strstr(line, "\"event\":\"lost\""))
			continue;
		n++;
		*count += at ? strtoul(at + 8, NULL, 10) : 0;
	}
	if (f)
		fclose(f);
	return n;
}

static void look(struct world *w, uint64_t forks, uint64_t later)
{
	struct event e = {.kind = EVENT_LOOK, .sources = SOURCE_PROC, .has = HAS_COUNT, .count = forks};

	clock_refresh(&w->agent.clock);
	w->agent.clock.now += later;
	e.at = w->agent.clock.now;
	scan_poll(&w->agent.scan, &e);
}

static void test_lost_when_forks_were_not_met(void **state)
{
	struct world *w = *state;
	unsigned long count;

	look(w, 0, NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 0);
	look(w, 100000, 2 * NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 1);
	assert_true(count > 99000 && count <= 100000); /* less those that this machine started meanwhile */
}

static void test_lost_at_most_once_a_minute_with_the_sum(void **state)
{
	struct world *w = *state;
	unsigned long count;

	look(w, 0, NSEC_PER_SEC);
	for (unsigned s = 2; s < 60; s++)
		look(w, 100000, s * NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 1);
	look(w, 0, 63 * NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 2);
	assert_true(count > 58 * 99000ul && count <= 58 * 100000ul);
}

static void test_no_lost_for_what_others_told_before_polling_began(void **state)
{
	struct world *w = *state;
	unsigned long count;

	look(w, 100000, NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 0);
	w->agent.scan.polled = false; /* cn_proc was back for a while */
	look(w, 100000, 3600 * NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 0);
	look(w, 100000, 3601 * NSEC_PER_SEC);
	assert_int_equal(lost_records(w, &count), 1);
}

static pid_t sleeper(void)
{
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	return child;
}

static void test_met_ones_are_not_lost(void **state)
{
	struct world *w = *state;
	pid_t children[20];
	unsigned long count;

	look(w, 0, 0);
	for (int i = 0; i < 20; i++)
		children[i] = sleeper();
	look(w, 20, NSEC_PER_SEC);
	unsigned n = lost_records(w, &count);
	for (int i = 0; i < 20; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	assert_int_equal(n, 0);
}

/* Their forks are counted before the listing, so one in between is met first and counted at the next look. */
static void test_met_before_they_are_counted(void **state)
{
	struct world *w = *state;
	unsigned long count;

	look(w, 0, 0);
	pid_t child = sleeper();
	look(w, 0, NSEC_PER_SEC);
	look(w, 1, 2 * NSEC_PER_SEC);
	unsigned n = lost_records(w, &count);
	look(w, 100000, 3 * NSEC_PER_SEC);
	unsigned then = lost_records(w, &count);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(n, 0);
	assert_int_equal(then, 1);
	assert_true(count > 99000 && count <= 100000);
}

/* Audit told of its exec, between two looks. */
static void test_met_by_another_witness(void **state)
{
	struct world *w = *state;
	unsigned long count;

	look(w, 0, 0);
	pid_t child = sleeper();
	subject_take_in(&w->agent.table, child);
	look(w, 1, NSEC_PER_SEC);
	unsigned n = lost_records(w, &count);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(n, 0);
}

static void count_listings(void *ctx, const struct event *e)
{
	*(unsigned *)ctx += (e->has & HAS_COUNT) != 0;
}

/* In a pid namespace of our own, below the /proc that was there before. */
static unsigned listings_of_foreign_proc(struct config *c, unsigned looks)
{
	unsigned listings = 0;
	struct clock clock = {0};
	struct backend b = {.ops = &backend_proc, .config = c, .clock = &clock, .emit = count_listings, .ctx = &listings,
	                    .fd = -1, .urgent_fd = -1, .state = calloc(1, backend_proc.state_size)};

	if (b.ops->open(&b) != 0)
		return 0;
	for (unsigned i = 0; i < looks; i++)
		b.ops->read(&b, 1);
	b.ops->close(&b);
	free(b.state);
	return listings;
}

/* What starts there leaves the last pid of our own namespace as it is. */
static void test_a_foreign_proc_is_listed_at_each_look(void **state)
{
	struct world *w = *state;
	int status;

	pid_t child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWPID) != 0)
			_exit(77);
		pid_t inside = fork();
		if (inside == 0)
			_exit((int)listings_of_foreign_proc(w->agent.config, 20));
		_exit(waitpid(inside, &status, 0) == inside ? WEXITSTATUS(status) : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status) == 77)
		skip(); /* not root */
	assert_int_equal(WEXITSTATUS(status), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lost_when_forks_were_not_met, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_at_most_once_a_minute_with_the_sum, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_lost_for_what_others_told_before_polling_began, setup, teardown),
		cmocka_unit_test_setup_teardown(test_met_ones_are_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_met_before_they_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_met_by_another_witness, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_foreign_proc_is_listed_at_each_look, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/facts.h"
#include "agent/life/watched.h"
#include "agent/process/process.h"
#include "agent/verdict/signals.h"
#include "tests/unit/watched_world.h"

#define MAX 64

static int setup(void **state)
{
	struct process_table *t = malloc(sizeof(*t));

	assert_non_null(t);
	assert_int_equal(process_table_init(t, MAX), 0);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	table_fini(*state);
	free(*state);
	return 0;
}

static struct process *add(struct process_table *t, pid_t pid, uint64_t born, const char *comm)
{
	struct process *p = process_add(t, pid, born);

	assert_non_null(p);
	snprintf(p->comm, sizeof(p->comm), "%s", comm);
	return p;
}

static struct process *child_of(struct process_table *t, const struct process *parent, pid_t pid, uint64_t born,
                                const char *comm)
{
	struct process *p = add(t, pid, born, comm);

	p->ppid = parent->pid;
	p->parent_born = parent->born;
	return p;
}

static unsigned length(const struct process_list *list)
{
	const struct process *p;
	unsigned n = 0;

	TAILQ_FOREACH(p, list, order)
		n++;
	return n;
}

static void test_find_by_pid_and_birth(void **state)
{
	struct process_table *t = *state;
	struct process *p = add(t, 7, 100, "seven");

	assert_ptr_equal(process_live(t, 7), p);
	assert_null(process_live(t, 8));
	assert_ptr_equal(process_born(t, 7, 100), p);
	assert_null(process_born(t, 7, 101));
	process_end(t, p, 200, SOURCE_PROC, false);
	assert_null(process_live(t, 7));
	assert_ptr_equal(process_born(t, 7, 100), p);
}

/* Ghosts give way first, then the unwatched process that was needed longest ago, never a watched one. */
static void test_full_table_gives_way_in_order(void **state)
{
	struct process_table *t = *state;
	struct process *watched = add(t, 1, 1, "watched");

	assert_non_null(watched_new(t, watched));
	for (pid_t pid = 2; pid <= MAX; pid++)
		add(t, pid, (uint64_t)pid, "other");
	process_end(t, process_live(t, 40), 1000, SOURCE_PROC, false);
	process_touch(t, process_live(t, 2));

	add(t, 1001, 1001, "new");
	assert_null(process_born(t, 40, 40));
	assert_int_equal(t->evicted, 0);
	add(t, 1002, 1002, "new");
	assert_non_null(process_live(t, 2));
	assert_null(process_live(t, 3));
	assert_int_equal(t->evicted, 1);
	assert_ptr_equal(process_live(t, 1), watched);
	assert_int_equal(t->used, MAX);
}

static void test_full_of_watched_ones_refuses(void **state)
{
	struct process_table *t = *state;

	for (pid_t pid = 1; pid <= MAX; pid++)
		assert_non_null(watched_new(t, add(t, pid, 1, "w")));
	assert_null(process_add(t, 99, 2));
	assert_null(process_add(t, 98, 2));
	assert_int_equal(t->refused, 2);
	assert_int_equal(t->watched, MAX);
	process_end(t, process_live(t, 5), 10, SOURCE_PROC, false);
	assert_null(process_add(t, 97, 20)); /* its record may still wait */
	watched_free(t, process_born(t, 5, 1));
	assert_non_null(process_add(t, 96, 30));
	assert_null(process_born(t, 5, 1));
}

static void test_ghosts_are_bounded(void **state)
{
	struct process_table *t = *state;

	table_fini(t);
	assert_int_equal(process_table_init(t, 4 * GHOSTS_MAX), 0);
	for (pid_t pid = 1; pid <= 2 * GHOSTS_MAX; pid++)
		process_end(t, add(t, pid, (uint64_t)pid, "g"), 5000, SOURCE_PROC, false);
	assert_int_equal(t->ghosts_count, GHOSTS_MAX);
	assert_int_equal(length(&t->ghosts), GHOSTS_MAX);
	assert_int_equal(t->used, GHOSTS_MAX);
	assert_null(process_born(t, 1, 1)); /* the oldest went */
	assert_non_null(process_born(t, 2 * GHOSTS_MAX, 2 * GHOSTS_MAX));
}

/* A watched process that ended stays among the watched until its record is written. */
static void test_watched_one_becomes_a_ghost_when_unwatched(void **state)
{
	struct process_table *t = *state;
	struct process *p = add(t, 7, 1, "w");

	assert_non_null(watched_new(t, p));
	process_end(t, p, 10, SOURCE_PROC, false);
	process_end(t, p, 20, SOURCE_PROC, false); /* the first time counts */
	assert_int_equal(p->ended, 10);
	assert_int_equal(t->ghosts_count, 0);
	assert_null(process_live(t, 7));
	watched_free(t, p);
	assert_int_equal(t->ghosts_count, 1);
	assert_int_equal(length(&t->ghosts), 1);
	assert_non_null(watched_new(t, p)); /* audit knew it only afterwards */
	assert_int_equal(t->ghosts_count, 0);
	watched_free(t, p);
	assert_int_equal(t->ghosts_count, 1);
}

static void test_unwatched_while_alive_stays_known(void **state)
{
	struct process_table *t = *state;
	struct process *p = add(t, 7, 1, "w");

	assert_non_null(watched_new(t, p));
	assert_int_equal(length(&t->live), 0);
	watched_free(t, p);
	assert_ptr_equal(process_live(t, 7), p);
	assert_int_equal(length(&t->live), 1);
	assert_int_equal(t->watched, 0);
}

static void test_holders_of_a_reused_pid_newest_first(void **state)
{
	struct process_table *t = *state;
	struct process *first = add(t, 7, 100, "first"), *second, *third;

	process_end(t, first, 150, SOURCE_PROC, false);
	second = add(t, 7, 200, "second");
	add(t, 7 + 64, 210, "bucket"); /* others in between are passed over */
	process_end(t, second, 250, SOURCE_PROC, false);
	third = add(t, 7, 300, "third");

	assert_ptr_equal(process_next_holder(t, 7, NULL), third);
	assert_ptr_equal(process_next_holder(t, 7, third), second);
	assert_ptr_equal(process_next_holder(t, 7, second), first);
	assert_null(process_next_holder(t, 7, first));
	assert_ptr_equal(process_live(t, 7), third);
	assert_ptr_equal(process_born(t, 7, 200), second);
}

static void assert_ancestry(const struct process_table *t, const struct process *p, size_t size, const char *want)
{
	char buf[ANCESTRY_DEPTH * COMM_SIZE], text[256] = "";
	size_t len = process_ancestry(t, p, buf, size), n = 0;

	for (size_t i = 0; i < len; i += strlen(buf + i) + 1)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", buf + i);
	assert_string_equal(text, want);
}

static void test_ancestry_through_dead_parents(void **state)
{
	struct process_table *t = *state;
	struct process *init = add(t, 1, 1, "init"), *shell = child_of(t, init, 10, 10, "sh");
	struct process *env = child_of(t, shell, 11, 11, "env"), *daemon = child_of(t, env, 12, 12, "daemon");

	process_end(t, shell, 20, SOURCE_PROC, false);
	process_end(t, env, 21, SOURCE_PROC, false);
	add(t, 11, 30, "impostor"); /* the dead parent's pid has another holder */
	assert_ancestry(t, daemon, sizeof(char[ANCESTRY_DEPTH * COMM_SIZE]), "env sh init");
	assert_string_equal(process_parent_comm(t, daemon), "env");
	assert_ancestry(t, daemon, 8, "env sh"); /* whole names only */
	assert_ancestry(t, daemon, 3, "");
	assert_ancestry(t, init, 64, "");
	assert_null(process_parent_comm(t, init));
}

/* A parent known only by its pid must not be a process that was born later. */
static void test_ancestry_never_names_a_younger_process(void **state)
{
	struct process_table *t = *state;
	struct process *p = add(t, 20, 100, "child");

	p->ppid = 30;
	assert_null(process_parent_comm(t, p));
	add(t, 30, 200, "younger");
	assert_null(process_parent_comm(t, p));
	assert_ancestry(t, p, 64, "");
}

static void test_ancestry_is_bounded(void **state)
{
	struct process_table *t = *state;
	struct process *p = add(t, 1, 1, "a123456789abcde");

	for (pid_t pid = 2; pid < 20; pid++)
		p = child_of(t, p, pid, (uint64_t)pid, "fifteen-letters");
	char buf[ANCESTRY_DEPTH * COMM_SIZE];
	assert_int_equal(process_ancestry(t, p, buf, sizeof(buf)), sizeof(buf));

	struct process *self = add(t, 50, 50, "loop"); /* its own parent, by a damaged stat */
	self->ppid = 50;
	self->parent_born = 50;
	assert_int_equal(process_ancestry(t, self, buf, sizeof(buf)), 5 * ANCESTRY_DEPTH);
}

static void test_threads(void **state)
{
	struct process_table *t = *state;
	struct watch *w = watched_new(t, add(t, 100, 1, "w"));

	for (pid_t tid = 100; tid < 150; tid++)
		assert_true(watch_add_tid(w, tid));
	assert_true(watch_add_tid(w, 120)); /* again: nothing */
	assert_int_equal(w->threads.tids.alive, 50);
	watch_remove_tid(w, 999);
	watch_remove_tid(w, 100);
	watch_remove_tid(w, 149);
	watch_remove_tid(w, 100);
	assert_int_equal(w->threads.tids.alive, 48);
	w->threads.unsure = w->threads.multithreaded = true;
	watch_single_tid(w);
	assert_int_equal(w->threads.tids.alive, 0);
	assert_false(w->threads.multithreaded);
	assert_false(w->threads.unsure);
}

/* The kernel log names a thread that is gone already; one that ended while the process went on is somebody else's by now. */
static void test_ended_threads_are_known_at_the_end(void **state)
{
	struct process_table *t = *state;
	struct watch *w = watched_new(t, add(t, 100, 1, "w"));

	for (pid_t tid = 100; tid < 104; tid++)
		watch_add_tid(w, tid);
	for (pid_t tid = 100; tid < 104; tid++)
		watch_remove_tid(w, tid);
	assert_int_equal(w->threads.tids.alive, 0);
	assert_false(watch_had_tid(w, 102));
	w->death.witnesses = SOURCE_CN_PROC;
	for (pid_t tid = 100; tid < 104; tid++)
		assert_true(watch_had_tid(w, tid));
	assert_false(watch_had_tid(w, 104));
	watch_add_tid(w, 110);
	assert_true(watch_had_tid(w, 110));
	watch_single_tid(w);
	assert_false(watch_had_tid(w, 102));
}

static void test_details_hold_copies(void **state)
{
	char comm[] = "comm", exe[] = "/bin/x", args[] = "x\0-v", tty[] = "pts1", cgroup[] = "/a";
	struct facts f = {.has = FACT_COMM | FACT_EXE | FACT_ARGS | FACT_TTY | FACT_CGROUP, .comm = comm, .exe = exe,
	                  .args = args, .args_len = sizeof(args), .tty = tty, .cgroup = cgroup};
	struct details *d = details_new(&f), *again = details_ref(d);

	(void)state;
	memset(comm, 'X', 4);
	memset(args, 'X', 4);
	assert_ptr_equal(d, again);
	assert_string_equal(d->facts.comm, "comm");
	assert_int_equal(d->facts.args_len, 5);
	assert_memory_equal(d->facts.args, "x\0-v", 5);
	assert_int_equal(d->facts.ancestry_len, 0);
	details_unref(d);
	assert_string_equal(again->facts.exe, "/bin/x");
	details_unref(again);
	details_unref(NULL);
}

/* Random use against what a table must always keep true. */
static void check(const struct process_table *t)
{
	const struct process *p;
	unsigned live = length(&t->live), ghosts = length(&t->ghosts), watches = length(&t->watches);

	assert_int_equal(ghosts, t->ghosts_count);
	assert_int_equal(watches, t->watched);
	assert_int_equal(live + ghosts + watches, t->used);
	assert_true(t->used <= t->max);
	TAILQ_FOREACH(p, &t->live, order)
		assert_true(!p->ended && !p->watch && process_live(t, p->pid) == p);
	TAILQ_FOREACH(p, &t->ghosts, order)
		assert_true(p->ended && !p->watch && process_born(t, p->pid, p->born) == p);
	TAILQ_FOREACH(p, &t->watches, order)
		assert_true(p->watch && process_born(t, p->pid, p->born) == p);
}

static void test_random_use_keeps_the_lists_right(void **state)
{
	struct process_table *t = *state;
	uint64_t now = 1;

	srand(4);
	for (int i = 0; i < 50000; i++) {
		pid_t pid = rand() % 100 + 1;
		struct process *p = process_live(t, pid);

		now++;
		switch (rand() % 6) {
		case 0:
		case 1:
			if (p)
				process_end(t, p, now, SOURCE_PROC, false);
			process_add(t, pid, now);
			break;
		case 2:
			if (p)
				process_end(t, p, now, SOURCE_PROC, false);
			break;
		case 3:
			if (p && !p->watch)
				watched_new(t, p);
			break;
		case 4:
			p = process_next_holder(t, pid, NULL);
			if (p && p->watch)
				watched_free(t, p);
			break;
		case 5:
			if (p)
				process_touch(t, p);
			break;
		}
		if (i % 16 == 0)
			check(t);
	}
	check(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find_by_pid_and_birth), TEST(test_full_table_gives_way_in_order),
		TEST(test_full_of_watched_ones_refuses), TEST(test_ghosts_are_bounded),
		TEST(test_watched_one_becomes_a_ghost_when_unwatched), TEST(test_unwatched_while_alive_stays_known),
		TEST(test_holders_of_a_reused_pid_newest_first), TEST(test_ancestry_through_dead_parents),
		TEST(test_ancestry_never_names_a_younger_process), TEST(test_ancestry_is_bounded), TEST(test_threads),
		TEST(test_ended_threads_are_known_at_the_end), TEST(test_details_hold_copies),
		TEST(test_random_use_keeps_the_lists_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

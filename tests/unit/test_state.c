#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/life/watched.h"
#include "agent/run/state.h"

/* An agent that watches this very program, its state directory and its output. */
struct world {
	char dir[64], conf[96], out[96], file[96], boot[40];
	uint64_t born; /* this program's */
	unsigned exits, losts, others;
	char     last[4096]; /* the last exit record */
	uint64_t starts;
};

static void no_error(void *ctx, const char *message)
{
	(void)ctx;
	fail_msg("%s", message);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct procfs_stat stat;
	FILE *f;

	snprintf(w->dir, sizeof(w->dir), "/tmp/epitaph-state-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->conf, sizeof(w->conf), "%s/ini", w->dir);
	snprintf(w->out, sizeof(w->out), "%s/out", w->dir);
	snprintf(w->file, sizeof(w->file), "%s/watched", w->dir);
	f = fopen(w->conf, "w");
	fprintf(f, "[agent]\nbackends = proc\nstate_dir = %s\ncontrol = none\n[output j]\ntype = file\nformat = json\npath = %s\n"
	        "[target t]\ncomm = test_state\nrate = 0\n", w->dir, w->out);
	fclose(f);
	f = fopen("/proc/sys/kernel/random/boot_id", "r");
	if (!f || fscanf(f, "%36s", w->boot) != 1)
		return -1;
	fclose(f);
	int dirfd = procfs_open(getpid());
	if (dirfd < 0 || procfs_read_stat(dirfd, &stat) != 0)
		return -1;
	close(dirfd);
	w->born = stat.started;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->conf);
	unlink(w->out);
	if (rmdir(w->file) < 0)
		unlink(w->file);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void count_records(struct world *w)
{
	char line[4096];
	FILE *f = fopen(w->out, "r");

	w->exits = w->losts = w->others = 0;
	w->last[0] = '\0';
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "\"event\":\"exit\"")) {
			w->exits++;
			snprintf(w->last, sizeof(w->last), "%s", line);
		} else if (strstr(line, "\"event\":\"lost\"")) {
			w->losts++;
		} else {
			w->others++;
		}
	}
	fclose(f);
	unlink(w->out);
}

/* Starts an agent on the state file that is there, and counts what it tells. */
static void restart(struct world *w)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct config *c;
	const struct output_config *failed;

	assert_int_equal(config_load(w->conf, no_error, NULL, &c), 0);
	assert_int_equal(agent_init(a, c, &failed), 0);
	assert_int_equal(scan_all(&a->scan, true), 0);
	state_restore(a);
	agent_flush(a);
	w->starts = a->life.targets[0].starts;
	state_write(&(struct state){0}, a, true);
	agent_fini(a);
	free(a);
	count_records(w);
}

static void put(struct world *w, const char *bytes, size_t n)
{
	FILE *f = fopen(w->file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

/* A pid that was used and is free. */
static pid_t gone(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

/* Two that are gone and one, this program, that lives. */
static size_t three(const struct world *w, const char *boot, char *text, size_t size)
{
	pid_t first = gone(), second = gone();

	return (size_t)snprintf(text, size,
	                        "epitaph 1 %s 1700000000000000000\ntarget t 7\n"
	                        "process %d %" PRIu64 " t 0 64 2f62696e2f64\nprocess %d %" PRIu64 " t -1 - -\n"
	                        "process %d %" PRIu64 " t 0 746573745f7374617465 -\nend 4\n",
	                        boot, (int)first, w->born, (int)second, w->born + 1, (int)getpid(), w->born);
}

static void test_restore_when_two_of_three_are_gone(void **state)
{
	struct world *w = *state;
	char text[1024];

	put(w, text, three(w, w->boot, text, sizeof(text)));
	restart(w);
	assert_int_equal(w->exits, 2);
	assert_int_equal(w->losts, 0);
	assert_int_equal(w->others, 0); /* the living one is no new one */
	assert_int_equal(w->starts, 7);
	assert_non_null(strstr(w->last, "while the agent was not running"));
	assert_null(strstr(w->last, "started again"));
	assert_null(strstr(w->last, "\"uptime_seconds\""));
	assert_null(strstr(w->last, "\"uid\""));

	restart(w); /* nothing is told twice */
	assert_int_equal(w->exits + w->losts + w->others, 0);
	assert_int_equal(w->starts, 7);
}

/* Behind the end stand those that were told since; and the file may be cut in the last of these lines. */
static void test_restore_of_one_that_was_told(void **state)
{
	struct world *w = *state;
	char text[1024], more[64];
	size_t len = three(w, w->boot, text, sizeof(text));
	int first = 0;

	assert_int_equal(sscanf(strstr(text, "process ") + 8, "%d", &first), 1);
	size_t n = (size_t)snprintf(more, sizeof(more), "told 1 1\ntold %d %" PRIu64 "\n", first, w->born);
	memcpy(text + len, more, n);
	put(w, text, len + n);
	restart(w);
	assert_int_equal(w->exits, 1);
	assert_int_equal(w->losts, 0);

	for (size_t cut = 10; cut < n; cut++) {
		put(w, text, len + cut);
		restart(w);
		assert_int_equal(w->exits, 2);
		assert_int_equal(w->losts, 0);
	}
	memcpy(text + len, "tale 1 1\n", 9);
	put(w, text, len + 9);
	restart(w);
	assert_int_equal(w->exits, 0);
	assert_int_equal(w->losts, 1);
}

static void test_restore_of_another_boot(void **state)
{
	struct world *w = *state;
	char text[1024];

	put(w, text, three(w, "00000000-0000-0000-0000-000000000000", text, sizeof(text)));
	restart(w);
	assert_int_equal(w->exits, 3); /* this program's pid was another's then */
	assert_int_equal(w->losts, 0);
	assert_int_equal(w->others, 0);
	assert_int_equal(w->starts, 0);
	assert_non_null(strstr(w->last, "at the latest when the machine was started again"));
	assert_null(strstr(w->last, "\"started\"")); /* it counted from the other boot */
}

static void test_restore_of_a_file_cut_at_every_byte(void **state)
{
	struct world *w = *state;
	char text[1024];
	size_t len = three(w, w->boot, text, sizeof(text));

	for (size_t cut = 0; cut < len; cut++) {
		put(w, text, cut);
		restart(w);
		if (w->exits || w->losts != 1 || w->others || w->starts)
			fail_msg("cut at %zu of %zu: %u exits, %u lost, %u others", cut, len, w->exits, w->losts, w->others);
	}
}

static void test_restore_of_a_file_without_one_of_its_lines(void **state)
{
	struct world *w = *state;
	char text[1024];
	size_t len = three(w, w->boot, text, sizeof(text));
	char *line = strstr(text, "process "), *next = strchr(line, '\n') + 1;

	memmove(line, next, len - (size_t)(next - text));
	put(w, text, len - (size_t)(next - line));
	restart(w);
	assert_int_equal(w->losts, 1);
	assert_int_equal(w->exits + w->others, 0);
}

static void test_restore_of_a_file_with_any_byte_changed(void **state)
{
	static const char bytes[] = {'\0', '\n', ' ', '-', '9', 'z', '\377'};
	struct world *w = *state;
	char text[1024], broken[1024];
	size_t len = three(w, w->boot, text, sizeof(text));

	for (size_t at = 0; at < len; at++) {
		memcpy(broken, text, len);
		broken[at] = bytes[at % sizeof(bytes)];
		put(w, broken, len);
		restart(w);
		/* Either it is refused and told so, or what it says can be told; never a record of anything else. */
		if (w->others || w->exits > 3 || w->losts > 1 || (w->losts && w->exits))
			fail_msg("byte %zu: %u exits, %u lost, %u others", at, w->exits, w->losts, w->others);
	}
}

static void test_restore_when_the_pid_is_used_again(void **state)
{
	struct world *w = *state;
	char text[256];

	put(w, text, (size_t)snprintf(text, sizeof(text), "epitaph 1 %s 1700000000000000000\nprocess %d %" PRIu64 " t 0 64 -\nend 1\n",
	                              w->boot, (int)getpid(), w->born / 2));
	restart(w);
	assert_int_equal(w->exits, 1);
	assert_int_equal(w->losts + w->others, 0);
}

static void test_restore_of_a_zombie(void **state)
{
	struct world *w = *state;
	struct procfs_stat stat;
	char text[256];
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	int dirfd = procfs_open(pid);
	assert_int_equal(procfs_read_stat(dirfd, &stat), 0);
	close(dirfd);
	put(w, text, (size_t)snprintf(text, sizeof(text), "epitaph 1 %s 1700000000000000000\nprocess %d %" PRIu64 " t 0 64 -\nend 1\n",
	                              w->boot, (int)pid, stat.started));
	restart(w);
	assert_int_equal(w->exits, 1);
	assert_non_null(strstr(w->last, "\"exit_code\":3"));
	assert_null(strstr(w->last, "\"uptime_seconds\"")); /* it ended at some time */
	restart(w);
	assert_int_equal(w->exits + w->losts + w->others, 0);
	waitpid(pid, NULL, 0);
	restart(w);
	assert_int_equal(w->exits + w->losts + w->others, 0);
}

static void test_restore_of_what_is_no_file(void **state)
{
	struct world *w = *state;
	char aim[96];

	assert_int_equal(mkdir(w->file, 0700), 0);
	restart(w);
	assert_int_equal(w->losts, 1);
	assert_int_equal(w->exits + w->others, 0);
	rmdir(w->file);

	assert_int_equal(mkfifo(w->file, 0600), 0);
	restart(w); /* does not wait for a writer */
	assert_int_equal(w->losts, 1);

	/* A symbolic link is none of ours: it is neither read nor written through. */
	snprintf(aim, sizeof(aim), "%s/aim", w->dir);
	unlink(w->file);
	assert_int_equal(symlink(aim, w->file), 0);
	FILE *f = fopen(aim, "w");
	fputs("mine\n", f);
	fclose(f);
	restart(w);
	assert_int_equal(w->losts, 1);
	assert_int_equal(w->exits + w->others, 0);
	char line[16];
	f = fopen(aim, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_string_equal(line, "mine\n");
	unlink(aim);

	unlink(w->file);
	restart(w); /* none yet: the first start */
	assert_int_equal(w->losts + w->exits + w->others, 0);
}

/* An agent that is killed while an end waits for its record has not told it. */
static void test_written_while_its_record_waits(void **state)
{
	struct world *w = *state;
	struct agent *a = calloc(1, sizeof(*a));
	struct config *c;
	const struct output_config *failed;
	char text[65536], line[32];

	assert_int_equal(config_load(w->conf, no_error, NULL, &c), 0);
	assert_int_equal(agent_init(a, c, &failed), 0);
	assert_int_equal(scan_all(&a->scan, true), 0);
	struct process *self = process_live(&a->table, getpid());
	assert_non_null(self);
	assert_non_null(self->watch);
	self->watch->death.witnesses = SOURCE_CN_PROC;
	state_write(&(struct state){0}, a, true);
	agent_fini(a);
	free(a);
	FILE *f = fopen(w->file, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	snprintf(line, sizeof(line), "\nprocess %d ", (int)getpid());
	assert_non_null(strstr(text, line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_restore_when_two_of_three_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_one_that_was_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_another_boot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_a_file_cut_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_a_file_without_one_of_its_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_a_file_with_any_byte_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_when_the_pid_is_used_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_a_zombie, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_of_what_is_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_written_while_its_record_waits, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/log.h"

static int reader, saved;
static char text[1 << 17];

/* A pipe is the standard error. */
static void open_stderr(bool full)
{
	static const char filling[4096];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (full && write(ends[1], filling, sizeof(filling)) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reader = ends[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
}

static void close_stderr(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	if (reader >= 0)
		close(reader);
	reader = -1;
}

/* All that was written, without the filling. */
static const char *read_all(void)
{
	ssize_t n = read(reader, text, sizeof(text) - 1);
	size_t from = 0;

	text[n > 0 ? n : 0] = '\0';
	while (n > 0 && from < (size_t)n && !text[from])
		from++;
	return text + from;
}

static void test_a_line_goes_through(void **state)
{
	(void)state;
	open_stderr(false);
	log_warning("%s", "one");
	log_error("two");
	const char *said = read_all();
	close_stderr();
	assert_string_equal(said, "epitaph: warning: one\nepitaph: two\n");
}

static void test_a_full_stderr_drops_and_the_next_line_says_how_many(void **state)
{
	(void)state;
	open_stderr(true);
	for (int i = 0; i < 3; i++)
		log_warning("dropped");
	read_all();
	log_error("after");
	log_error("last");
	const char *said = read_all();
	close_stderr();
	assert_string_equal(said, "epitaph: 3 messages before this one could not be written\nepitaph: after\nepitaph: last\n");
}

static void test_a_stderr_that_nobody_reads_any_more_drops(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	open_stderr(false);
	close(reader);
	log_error("for nobody");
	close_stderr();
	int error = dup(STDERR_FILENO);
	close(STDERR_FILENO);
	log_error("nor this");
	dup2(error, STDERR_FILENO);
	close(error);
	open_stderr(false);
	log_info("after");
	const char *said = read_all();
	close_stderr();
	assert_string_equal(said, "epitaph: 2 messages before this one could not be written\nepitaph: after\n");
}

/* The agent's processes share one stderr. */
static void test_a_child_does_not_tell_what_its_parent_could_not(void **state)
{
	int status;

	(void)state;
	open_stderr(true);
	log_error("dropped");
	read_all();
	pid_t child = fork();
	if (child == 0) {
		log_error("child");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	log_error("parent");
	const char *said = read_all();
	close_stderr();
	assert_string_equal(said, "epitaph: child\nepitaph: 1 message before this one could not be written\nepitaph: parent\n");
}

static void test_a_long_line_is_cut_and_one_write(void **state)
{
	char many[5000];

	(void)state;
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	open_stderr(true);
	log_error("dropped");
	read_all();
	log_error("%s", many);
	const char *said = read_all();
	close_stderr();
	assert_non_null(strstr(said, "epitaph: 1 message before this one could not be written\nepitaph: xxx"));
	assert_in_range(strlen(said), 1000, 4096);
	assert_int_equal(said[strlen(said) - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_goes_through), cmocka_unit_test(test_a_full_stderr_drops_and_the_next_line_says_how_many),
		cmocka_unit_test(test_a_stderr_that_nobody_reads_any_more_drops), cmocka_unit_test(test_a_child_does_not_tell_what_its_parent_could_not),
		cmocka_unit_test(test_a_long_line_is_cut_and_one_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

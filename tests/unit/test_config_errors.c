/* test_config_errors.c - how mistakes in agent.ini are told, and a file that cannot be read */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/errors.h"
#include "config_world.h"

static void test_messages_when_bytes_are_not_printable(void **state)
{
	(void)state;
	bad_key("target t", "user = u\n", "signals", "\xc3\x28\xff\xc3\xbc\xe2\x80\xae\xed\xa0\x80\xc0\xaf\xc2\x85",
	        "\"\\xc3(\\xff\xc3\xbc\\xe2\\x80\\xae\\xed\\xa0\\x80\\xc0\\xaf\\xc2\\x85\" is no signal; "
	        "write names such as TERM or SIGTERM, !NAME to exclude, or all");
	bad("[agent]\n\xff\xfe\xfd\xfc\xfb = 1\n" TARGET,
	    "t.ini:2: [agent] \\xff\\xfe\\xfd\\xfc\\xfb: unknown key; known: backends, user, ring, poll_interval, grace, stop_window, coalesce, budget, heartbeat, "
	    "state_dir, control, max_processes, host\n");
}

static void test_errors_when_six_in_one_file(void **state)
{
	(void)state;
	bad("# six mistakes\n"
	    "[agent]\n"
	    "poll_interval = 1\n"
	    "[output log]\n"
	    "type = file\n"
	    "\n"
	    "[target web]\n"
	    "com = nginx\n"
	    "signals = FOO\n"
	    "output = logs\n"
	    "just words\n",
	    "t.ini:3: [agent] poll_interval: \"1\" has no unit; write a duration such as 250ms, 5s, 10m or 1h\n"
	    "t.ini:4: [output log]: has no path; write path = /var/log/epitaph.log or the like\n"
	    "t.ini:8: [target web] com: unknown key, did you mean comm?\n"
	    "t.ini:9: [target web] signals: \"FOO\" is no signal; write names such as TERM or SIGTERM, !NAME to exclude, or all\n"
	    "t.ini:10: [target web] output: there is no [output logs] in this file; did you mean log?\n"
	    "t.ini:11: [target web]: \"just words\" is no key = value, no [section] and no comment\n");
}

static void test_errors_when_more_than_are_told(void **state)
{
	char text[8192];
	size_t len = (size_t)snprintf(text, sizeof(text), "[target t]\n");
	(void)state;
	for (int i = 0; i < 250; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "nonsense %d\n", i);
	struct result *r = parse_bytes(text, len);
	assert_int_equal(r->messages, ERRORS_MAX + 1);
	/* The first line's error is found last, when the section ends, and told first. */
	assert_memory_equal(r->text, "t.ini:1: [target t]: does not say", 33);
	assert_non_null(strstr(r->text, "t.ini:100: [target t]: \"nonsense 98\""));
	assert_null(strstr(r->text, "nonsense 99\""));
	assert_non_null(strstr(r->text, "t.ini: and 151 more\n"));
}

static int load(const char *path, struct result *r)
{
	*r = (struct result){ 0 };
	return config_load(path, gather, r, &r->config);
}

static void test_load_when_the_file_cannot_be_read(void **state)
{
	static struct result r;
	char dir[] = "/tmp/test_config.XXXXXX", fifo[64];
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(load(dir, &r), -EISDIR);
	assert_non_null(strstr(r.text, ": cannot be read: Is a directory\n"));
	assert_int_equal(load("/dev/null", &r), -EOPNOTSUPP);
	assert_string_equal(r.text, "/dev/null: cannot be read: it is no regular file\n");
	assert_int_equal(load("/nonexistent/agent.ini", &r), -ENOENT);
	assert_string_equal(r.text, "/nonexistent/agent.ini: cannot be read: No such file or directory; "
	                            "write one (agent.ini.example is a start), or name another with -c\n");
	assert_null(r.config);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(load(fifo, &r), -EOPNOTSUPP); /* and does not wait for a writer */
	assert_non_null(strstr(r.text, "it is no regular file"));
	unlink(fifo);
	rmdir(dir);
}

static ssize_t broken_read(void *cookie, char *to, size_t size)
{
	(void)cookie;
	(void)to;
	(void)size;
	errno = EIO;
	return -1;
}

static void test_parse_when_reading_fails(void **state)
{
	static struct result r;
	(void)state;
	r = (struct result){ 0 };
	FILE *f = fopencookie(NULL, "r", (cookie_io_functions_t){ .read = broken_read });
	assert_non_null(f);
	assert_int_equal(config_parse(f, "t.ini", gather, &r, &r.config), -EIO);
	assert_string_equal(r.text, "t.ini: cannot be read: Input/output error\n");
	assert_null(r.config);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_when_bytes_are_not_printable),
		cmocka_unit_test(test_errors_when_six_in_one_file),
		cmocka_unit_test(test_errors_when_more_than_are_told),
		cmocka_unit_test(test_load_when_the_file_cannot_be_read),
		cmocka_unit_test(test_parse_when_reading_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

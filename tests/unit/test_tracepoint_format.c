/* tests/data/tracepoint-formats-6.18.txt: the format files as tracefs of 6.18.44 has them, each below a line with its folder. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/tracepoint_format.h"
#include "tracepoints_6_18.h"

#define FORMATS "tests/data/tracepoint-formats-6.18.txt"
#define TEXT_MAX 16384

/* Each field that is wanted, and its line in the file. */
static const struct {
	enum tracepoint t;
	const char *name, *line;
} wanted[] = {
	{TRACEPOINT_SIGNAL, "common_flags", "field:unsigned char common_flags;\toffset:2;\tsize:1;"},
	{TRACEPOINT_SIGNAL, "sig", "field:int sig;\toffset:8;\tsize:4;"},
	{TRACEPOINT_SIGNAL, "code", "field:int code;\toffset:16;\tsize:4;"},
	{TRACEPOINT_SIGNAL, "pid", "field:pid_t pid;\toffset:36;\tsize:4;"},
	{TRACEPOINT_SIGNAL, "group", "field:int group;\toffset:40;\tsize:4;"},
	{TRACEPOINT_SIGNAL, "result", "field:int result;\toffset:44;\tsize:4;"},
	{TRACEPOINT_FORK, "child_pid", "field:pid_t child_pid;\toffset:20;\tsize:4;"},
	{TRACEPOINT_EXIT, "pid", "field:pid_t pid;\toffset:24;\tsize:4;"},
	{TRACEPOINT_EXEC, "filename", "field:__data_loc char[] filename;\toffset:8;\tsize:4;"},
	{TRACEPOINT_OOM, "pid", "field:int pid;\toffset:8;\tsize:4;"},
	{TRACEPOINT_DELIVER, "sig", "field:int sig;\toffset:8;\tsize:4;"},
	{TRACEPOINT_DELIVER, "code", "field:int code;\toffset:16;\tsize:4;"},
	{TRACEPOINT_DELIVER, "sa_handler", "field:unsigned long sa_handler;\toffset:24;\tsize:8;"},
};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* The text of one format file. */
static void load(enum tracepoint t, char *to, size_t size)
{
	char all[TEXT_MAX], head[64];
	FILE *f = fopen(FORMATS, "r");

	if (!f)
		fail_msg(FORMATS ": run from the top of the tree");
	size_t n = fread(all, 1, sizeof(all) - 1, f);
	fclose(f);
	all[n] = '\0';
	snprintf(head, sizeof(head), "# %s\n", tracepoint_folder(t));
	char *from = strstr(all, head);
	assert_non_null(from);
	from += strlen(head);
	char *end = strstr(from, "\n# ");
	if (end)
		end[1] = '\0';
	assert_true(strlen(from) < size);
	memcpy(to, from, strlen(from) + 1);
}

/* The text with one piece of it replaced. */
static void replace(char *text, const char *piece, const char *by)
{
	char *at = strstr(text, piece);

	assert_non_null(at);
	assert_true(strlen(text) + strlen(by) < TEXT_MAX);
	memmove(at + strlen(by), at + strlen(piece), strlen(at + strlen(piece)) + 1);
	memcpy(at, by, strlen(by));
}

/* A copy of exactly that size, so that a sanitizer sees a read beyond it. */
static int read_text(struct tracepoint_formats *f, enum tracepoint t, const char *text, size_t len, const char **missing)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	int error = tracepoint_format_read(f, t, copy, missing);
	free(copy);
	return error;
}

static void assert_refused(enum tracepoint t, const char *text, const char *want)
{
	struct tracepoint_formats f = {0};
	const char *missing = NULL;

	assert_int_equal(read_text(&f, t, text, strlen(text), &missing), -EBADMSG);
	assert_string_equal(missing, want);
	assert_int_equal(f.id[t], 0);
}

static void test_folders(void **state)
{
	(void)state;
	assert_string_equal(tracepoint_folder(TRACEPOINT_SIGNAL), "signal/signal_generate");
	assert_string_equal(tracepoint_folder(TRACEPOINT_FORK), "sched/sched_process_fork");
	assert_string_equal(tracepoint_folder(TRACEPOINT_EXIT), "sched/sched_process_exit");
	assert_string_equal(tracepoint_folder(TRACEPOINT_EXEC), "sched/sched_process_exec");
	assert_string_equal(tracepoint_folder(TRACEPOINT_OOM), "oom/mark_victim");
}

static void test_formats_of_6_18(void **state)
{
	struct tracepoint_formats f = {0};
	char text[TEXT_MAX];

	(void)state;
	for (enum tracepoint t = 0; t < TRACEPOINTS; t++) {
		const char *missing = NULL;

		load(t, text, sizeof(text));
		assert_int_equal(read_text(&f, t, text, strlen(text), &missing), 0);
	}
	assert_memory_equal(&f, &of_6_18, sizeof(f));
}

/* One file sets its own id and fields, and no others. */
static void test_each_format_alone(void **state)
{
	static const struct tracepoint_formats alone[TRACEPOINTS] = {
		[TRACEPOINT_SIGNAL] = {.id = {261}, .flags = {2, 1}, .signo = {8, 4}, .code = {16, 4}, .group = {40, 4}, .result = {44, 4},
		                       .signal_pid = {36, 4}},
		[TRACEPOINT_FORK] = {.id = {0, 366}, .child_pid = {20, 4}},
		[TRACEPOINT_EXIT] = {.id = {0, 0, 369}, .exit_pid = {24, 4}},
		[TRACEPOINT_EXEC] = {.id = {0, 0, 0, 365}, .exec_filename = {8, 4}},
		[TRACEPOINT_OOM] = {.id = {0, 0, 0, 0, 609}, .oom_pid = {8, 4}},
		[TRACEPOINT_DELIVER] = {.id = {0, 0, 0, 0, 0, 260}, .deliver_signo = {8, 4}, .deliver_code = {16, 4}, .handler = {24, 8}},
	};
	char text[TEXT_MAX];

	(void)state;
	for (enum tracepoint t = 0; t < TRACEPOINTS; t++) {
		struct tracepoint_formats f = {0};
		const char *missing;

		load(t, text, sizeof(text));
		assert_int_equal(read_text(&f, t, text, strlen(text), &missing), 0);
		assert_memory_equal(&f, &alone[t], sizeof(f));
	}
}

static void test_field_is_missing(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < WANTED; i++) {
		load(wanted[i].t, text, sizeof(text));
		replace(text, wanted[i].line, "");
		assert_refused(wanted[i].t, text, wanted[i].name);
	}
}

/* A name that only ends or begins like the wanted one is another field's. */
static void test_field_is_of_another_name(void **state)
{
	static const char *const others[] = {
		"field:int common_pid;\toffset:4;\tsize:4;", "field:pid_t parent_pid;\toffset:4;\tsize:4;", "field:pid_t child_pid;\toffset:4;\tsize:4;",
		"field:int tpid;\toffset:4;\tsize:4;", "field:int 2pid;\toffset:4;\tsize:4;", "field:int pid2;\toffset:4;\tsize:4;",
		"field:int pid_;\toffset:4;\tsize:4;", "field:int pid pid3;\toffset:4;\tsize:4;", "field:pid;\toffset:4;\tsize:4;",
		"field:int Pid;\toffset:4;\tsize:4;", "field:;\toffset:4;\tsize:4;", "field:];\toffset:4;\tsize:4;", "field:[16];\toffset:4;\tsize:4;",
		"field:int pid", "int pid;\toffset:4;\tsize:4;", "field:int pid\toffset:4\tsize:4",
	};
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct tracepoint_formats f = {0};
		const char *missing;

		load(TRACEPOINT_EXIT, text, sizeof(text));
		replace(text, "field:pid_t pid;\toffset:24;\tsize:4;", others[i]);
		assert_refused(TRACEPOINT_EXIT, text, "pid");
		/* The same line before the right one. */
		load(TRACEPOINT_EXIT, text, sizeof(text));
		replace(text, "field:char comm[16];\toffset:8;\tsize:16;", others[i]);
		assert_int_equal(read_text(&f, TRACEPOINT_EXIT, text, strlen(text), &missing), 0);
		assert_int_equal(f.exit_pid.offset, 24);
	}
}

/* Of the two pids of a fork the child's is taken, whichever stands first. */
static void test_parent_is_not_the_child(void **state)
{
	static const char child_first[] =
		"ID: 5\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:pid_t child_pid;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:pid_t parent_pid;\toffset:12;\tsize:4;\tsigned:1;\n";
	struct tracepoint_formats f = {0};
	const char *missing;
	char text[TEXT_MAX];

	(void)state;
	assert_int_equal(read_text(&f, TRACEPOINT_FORK, child_first, sizeof(child_first) - 1, &missing), 0);
	assert_int_equal(f.child_pid.offset, 8);
	load(TRACEPOINT_FORK, text, sizeof(text));
	replace(text, "child_pid;", "grandchild_pid;");
	assert_refused(TRACEPOINT_FORK, text, "child_pid");
}

/* What stands in brackets is no part of the name. */
static void test_field_is_an_array(void **state)
{
	static const char arrays[] =
		"ID: 5\nformat:\n\tfield:pid_t pid[1];\toffset:8;\tsize:4;\tsigned:1;\n\tfield:char filename[16];\toffset:12;\tsize:16;\tsigned:0;\n";
	struct tracepoint_formats f = {0};
	const char *missing;

	(void)state;
	assert_int_equal(read_text(&f, TRACEPOINT_EXEC, arrays, sizeof(arrays) - 1, &missing), 0);
	assert_int_equal(f.exec_filename.offset, 12);
}

static void test_id_is_missing_or_none(void **state)
{
	static const char *const ids[] = {"", "ID:", "ID: ", "ID: 0", "ID: x", "ID: 65536", "ID: 4294967557", "ID: 99999999999999999999", "ID: -1"};
	struct tracepoint_formats f = {0};
	const char *missing;
	char text[TEXT_MAX];

	(void)state;
	assert_refused(TRACEPOINT_SIGNAL, "", "ID");
	for (enum tracepoint t = 0; t < TRACEPOINTS; t++)
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			char line[16];

			load(t, text, sizeof(text));
			snprintf(line, sizeof(line), "ID: %d", of_6_18.id[t]);
			replace(text, line, ids[i]);
			assert_refused(t, text, "ID");
		}
	load(TRACEPOINT_OOM, text, sizeof(text));
	replace(text, "ID: 609", "ID: 65535");
	assert_int_equal(read_text(&f, TRACEPOINT_OOM, text, strlen(text), &missing), 0);
	assert_int_equal(f.id[TRACEPOINT_OOM], 65535);
}

static void test_offset_or_size_is_no_number_of_a_field(void **state)
{
	static const char *const wrong[] = {
		"offset:65536;\tsize:4;", "offset:24;\tsize:65536;", "offset:24;\tsize:0;", "offset:-1;\tsize:4;", "offset:24;\tsize:-4;",
		"offset:4294967320;\tsize:4;", "offset:24;\tsize:4294967300;", "offset:99999999999999999999;\tsize:4;",
		"offset:x;\tsize:4;", "offset:24;", "size:4;\toffset:24;", "offset:24;\tsize:;", "offset:;\tsize:4;", "offset:24\tsize:4;",
	};
	struct tracepoint_formats f = {0};
	const char *missing;
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		load(TRACEPOINT_EXIT, text, sizeof(text));
		replace(text, "offset:24;\tsize:4;", wrong[i]);
		memset(&f, 0, sizeof(f));
		if (read_text(&f, TRACEPOINT_EXIT, text, strlen(text), &missing) != -EBADMSG)
			fail_msg("%s was read as offset %u, size %u", wrong[i], f.exit_pid.offset, f.exit_pid.size);
		assert_string_equal(missing, "pid");
		assert_int_equal(f.id[TRACEPOINT_EXIT], 0);
	}
	load(TRACEPOINT_EXIT, text, sizeof(text));
	replace(text, "offset:24;\tsize:4;", "offset:65535;\tsize:65535;");
	assert_int_equal(read_text(&f, TRACEPOINT_EXIT, text, strlen(text), &missing), 0);
	assert_int_equal(f.exit_pid.offset, 65535);
	assert_int_equal(f.exit_pid.size, 65535);
}

/* What is left of a file gives the same fields or is refused. */
static void test_format_is_cut_at_every_length(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (enum tracepoint t = 0; t < TRACEPOINTS; t++) {
		struct tracepoint_formats whole = {0};
		const char *missing;

		load(t, text, sizeof(text));
		size_t len = strlen(text), refused = 0;
		assert_int_equal(read_text(&whole, t, text, len, &missing), 0);
		for (size_t cut = 0; cut < len; cut++) {
			struct tracepoint_formats f = {0};

			missing = NULL;
			int error = read_text(&f, t, text, cut, &missing);
			if (!error && memcmp(&f, &whole, sizeof(f)) != 0)
				fail_msg("%s, cut after \"%.24s\", gives other fields", tracepoint_folder(t), text + (cut > 24 ? cut - 24 : 0));
			if (error) {
				assert_int_equal(error, -EBADMSG);
				assert_non_null(missing);
				assert_int_equal(f.id[t], 0);
			}
			refused += error != 0;
		}
		assert_in_range(refused, 100, len - 1);
	}
}

/* Copies of exactly that size, so that a sanitizer sees a read beyond them. */
static int64_t number_in(unsigned offset, unsigned size, const void *raw, size_t len)
{
	struct trace_field field = {(uint16_t)offset, (uint16_t)size};
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, raw, len);
	int64_t number = trace_field_number(&field, copy, len);
	free(copy);
	return number;
}

static void test_numbers_of_each_size_and_sign(void **state)
{
	static const struct { unsigned size; int64_t number; } cases[] = {
		{1, 0}, {1, 1}, {1, 127}, {1, -1}, {1, -128},
		{2, 1}, {2, 32767}, {2, -1}, {2, -32768}, {2, 1000},
		{4, 1}, {4, INT32_MAX}, {4, -6}, {4, INT32_MIN}, {4, 4194304},
		{8, 1}, {8, INT64_MAX}, {8, -2}, {8, INT64_MIN}, {8, 0x123456789abcdef},
	};
	uint8_t raw[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned offset = 0; offset < 9; offset++) {
			memset(raw, 0x5a, sizeof(raw));
			for (unsigned b = 0; b < cases[i].size; b++) {
				int64_t number = cases[i].number;
				const uint16_t one = 1;
				bool little = *(const uint8_t *)&one;

				raw[offset + (little ? b : cases[i].size - 1 - b)] = (uint8_t)((uint64_t)number >> (8 * b));
			}
			assert_true(number_in(offset, cases[i].size, raw, sizeof(raw)) == cases[i].number);
			assert_true(number_in(offset, cases[i].size, raw, offset + cases[i].size) == cases[i].number);
			for (unsigned len = 0; len < offset + cases[i].size; len++)
				assert_true(number_in(offset, cases[i].size, raw, len) == 0);
		}
}

static void test_number_is_no_field(void **state)
{
	static const unsigned sizes[] = {0, 3, 5, 6, 7, 9, 16, 32};
	uint8_t raw[32];

	(void)state;
	memset(raw, 0xff, sizeof(raw));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_true(number_in(0, sizes[i], raw, sizeof(raw)) == 0);
	assert_true(number_in(65535, 4, raw, sizeof(raw)) == 0);
	assert_true(number_in(65535, 65535, raw, sizeof(raw)) == 0);
	assert_true(number_in(65535, 1, raw, sizeof(raw)) == 0);
	assert_true(number_in(32, 1, raw, sizeof(raw)) == 0);
}

/* "" for none: the location is at 0, and the sample is len bytes long. */
static const char *string_in(unsigned at, unsigned size, size_t len)
{
	static char found[64];
	static const char text[] = "....sshd\0garbage";
	struct trace_field field = {0, 4};
	uint32_t location = at | size << 16;
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	memcpy(copy, &location, len < 4 ? len : 4);
	const char *s = trace_field_string(&field, (uint8_t *)copy, len);
	snprintf(found, sizeof(found), "%s", s ? s : "");
	free(copy);
	return found;
}

static void test_string(void **state)
{
	(void)state;
	assert_string_equal(string_in(4, 5, 17), "sshd");
	assert_string_equal(string_in(4, 5, 9), "sshd");
	assert_string_equal(string_in(4, 12, 17), "sshd"); /* it ends at the first NUL */
	assert_string_equal(string_in(6, 3, 17), "hd");
}

static void test_string_without_its_end_or_beyond_the_sample(void **state)
{
	(void)state;
	assert_string_equal(string_in(4, 4, 17), "");
	assert_string_equal(string_in(4, 0, 17), "");
	assert_string_equal(string_in(0, 0, 17), "");
	assert_string_equal(string_in(17, 1, 17), "");
	assert_string_equal(string_in(65535, 65535, 17), "");
	for (size_t len = 0; len < 9; len++)
		assert_string_equal(string_in(4, 5, len), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders), cmocka_unit_test(test_formats_of_6_18),
		cmocka_unit_test(test_each_format_alone), cmocka_unit_test(test_field_is_missing),
		cmocka_unit_test(test_field_is_of_another_name), cmocka_unit_test(test_parent_is_not_the_child),
		cmocka_unit_test(test_field_is_an_array), cmocka_unit_test(test_id_is_missing_or_none),
		cmocka_unit_test(test_offset_or_size_is_no_number_of_a_field), cmocka_unit_test(test_format_is_cut_at_every_length),
		cmocka_unit_test(test_numbers_of_each_size_and_sign), cmocka_unit_test(test_number_is_no_field),
		cmocka_unit_test(test_string), cmocka_unit_test(test_string_without_its_end_or_beyond_the_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

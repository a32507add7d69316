/* test_config_file.c - agent.ini as a whole: what its sections say together, its lines and bytes, every trap of inih */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_world.h"

static void test_output_type_and_format_when_good_and_bad(void **state)
{
	(void)state;
	struct config *c = good("[output a]\ntype = stdout\nformat = json\n[output b]\nformat = text\ntype = syslog\n" TARGET);
	assert_int_equal(c->outputs_count, 2);
	assert_true(c->outputs[0].type == OUTPUT_STDOUT && c->outputs[0].format == FORMAT_JSON && c->outputs[0].line == 1);
	assert_true(c->outputs[1].type == OUTPUT_SYSLOG && c->outputs[1].format == FORMAT_TEXT && c->outputs[1].line == 4);
	config_free(c);
	bad("[output a]\n" TARGET, "t.ini:1: [output a]: has no type; write type = stdout, file, syslog, journal or program\n");
	bad("[output a]\ntype = fil\npath = /x\n" TARGET,
	    "t.ini:2: [output a] type: \"fil\" is no type; did you mean file? Known: stdout, file, syslog, journal or program\n");
	bad_key("output o", "type = stdout\n", "format", "xml", "\"xml\" is no format; write text or json");
}

static void test_output_key_when_of_another_type(void **state)
{
	(void)state;
	bad("[output a]\npath = /x\ntype = syslog\nkeep = 1\n[output b]\ntype = stdout\ntag = x\n[output c]\ntype = file\npath = /y\nspool = /s\n" TARGET,
	    "t.ini:2: [output a] path: belongs to outputs of type file, and this is one of type syslog; take it out\n"
	    "t.ini:4: [output a] keep: belongs to outputs of type file, and this is one of type syslog; take it out\n"
	    "t.ini:7: [output b] tag: belongs to outputs of type syslog or journal, and this is one of type stdout; take it out\n"
	    "t.ini:11: [output c] spool: belongs to outputs of type syslog, and this is one of type file; take it out\n");
}

static void test_outputs_when_two_write_one_file(void **state)
{
	(void)state;
	bad("[output a]\ntype = file\npath = /x\n[output b]\npath = /x\ntype = file\n[output c]\ntype = syslog\nspool = /x\n" TARGET,
	    "t.ini:5: [output b] path: \"/x\" is written by [output a] of line 1 already; give it another path\n"
	    "t.ini:9: [output c] spool: \"/x\" is written by [output a] of line 1 already; give it another path\n");
}

static void test_outputs_when_32_and_33(void **state)
{
	char text[4096] = "";
	size_t len = 0;
	(void)state;
	for (int i = 0; i < 32; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "[output o%d]\ntype = stdout\n", i);
	snprintf(text + len, sizeof(text) - len, TARGET "output = o31, o0\n" "[target u]\ncomm = y\n");
	struct config *c = good(text);
	assert_true(c->targets[0].outputs == 0x80000001u);
	assert_true(c->targets[1].outputs == UINT32_MAX);
	config_free(c);
	snprintf(text + len, sizeof(text) - len, "[output one]\ntype = stdout\n" TARGET);
	bad(text, "t.ini:65: [output one]: one output too many; at most 32 are possible\n");
}

static void test_target_output_when_defined_before_after_or_never(void **state)
{
	(void)state;
	struct config *c = good("[output a]\ntype = stdout\n" TARGET "output = c, a,c\n[target u]\nuser = u\noutput = all\n"
	                        "[target v]\nuser = v\n[output b]\ntype = stdout\n[output c]\ntype = stdout\n");
	assert_int_equal(c->targets[0].outputs, 5);
	assert_int_equal(c->targets[1].outputs, 7);
	assert_int_equal(c->targets[2].outputs, 7);
	config_free(c);
	bad("[output centrl]\ntype = stdout\n" TARGET "output = central\n[target u]\nuser = u\noutput = x\n",
	    "t.ini:5: [target t] output: there is no [output central] in this file; did you mean centrl?\n"
	    "t.ini:8: [target u] output: there is no [output x] in this file; write the names of outputs, or all\n");
	c = good(TARGET "output = stdout\n");
	assert_int_equal(c->targets[0].outputs, 1);
	config_free(c);
}

static void test_target_when_none_or_without_match(void **state)
{
	(void)state;
	bad("[agent]\n", "t.ini: no [target NAME] section, so there is nothing to do; write one, such as [target web] and below it comm = nginx\n");
	bad("\n", "t.ini: no [target NAME] section, so there is nothing to do; write one, such as [target web] and below it comm = nginx\n");
	bad("\n[target x]\n", "t.ini:2: [target x]: does not say which processes it watches; write comm, exe, args, user, cgroup or pidfile\n");
	bad("[target x]\nrate = 1\n" TARGET, "t.ini:1: [target x]: does not say which processes it watches; write comm, exe, args, user, cgroup or pidfile\n");
}

static void test_names_when_bad(void **state)
{
	(void)state;
	struct config *c = good("[target  a_B-9.x ]\nuser = u\n[\ttarget aaaaaaaaaabbbbbbbbbbccccccccccdd]\nuser = u\n");
	assert_string_equal(c->targets[0].name, "a_B-9.x");
	assert_int_equal(strlen(c->targets[1].name), CONFIG_NAME_MAX);
	config_free(c);
	bad("[target aaaaaaaaaabbbbbbbbbbccccccccccdde]\nuser = u\n",
	    "t.ini:1: [target aaaaaaaaaabbbbbbbbbbccccccccccdde]: name of 33 bytes; at most 32 are possible\n");
	bad("[target my web]\nuser = u\n", "t.ini:1: [target my web]: a name has only letters, digits and _ . - in it\n");
	bad("[target]\nuser = u\n", "t.ini:1: [target]: has no name; write [target NAME]\n");
	bad("[output]\ntype = stdout\n" TARGET, "t.ini:1: [output]: has no name; write [output NAME]\n");
	bad("[output all]\ntype = stdout\n" TARGET, "t.ini:1: [output all]: all means all outputs; give it another name\n");
	bad("[agent x]\n" TARGET, "t.ini:1: [agent x]: [agent] takes no name\n");
	bad("[target \x1b[2J]\nuser = u\n", "t.ini:1: [target \\x1b[2J]: a name has only letters, digits and _ . - in it\n");
}

static void test_sections_when_repeated_or_unknown(void **state)
{
	(void)state;
	bad("[agent]\ngrace = 1s\n[audit]\n[agent]\ngrace = 1x\n[audit]\n" TARGET "[target t]\nuser = u\n[output o]\ntype = stdout\n[output o]\ntype = stdout\n",
	    "t.ini:4: [agent]: stands at line 1 already; put the keys of both into one section\n"
	    "t.ini:5: [agent] grace: \"1x\" is not understood; write a duration such as 250ms, 5s, 10m or 1h\n"
	    "t.ini:6: [audit]: stands at line 3 already; put the keys of both into one section\n"
	    "t.ini:9: [target t]: stands at line 7 already; put the keys of both into one section\n"
	    "t.ini:13: [output o]: stands at line 11 already; put the keys of both into one section\n");
	bad("[traget web]\ncomm = x\n",
	    "t.ini:1: [traget web]: unknown section, did you mean [target]?; known: [agent], [audit], [output NAME], [target NAME]\n");
	bad("[Agent]\n" TARGET, "t.ini:1: [Agent]: unknown section, did you mean [agent]?; known: [agent], [audit], [output NAME], [target NAME]\n");
	bad("[]\n[nothing]\n" TARGET,
	    "t.ini:1: []: unknown section; known: [agent], [audit], [output NAME], [target NAME]\n"
	    "t.ini:2: [nothing]: unknown section; known: [agent], [audit], [output NAME], [target NAME]\n");
}

static void test_section_line_when_malformed(void **state)
{
	(void)state;
	bad("[target t\ncomm = x\nrate = x\n", "t.ini:1: [target t]: has no ] at its end\n"
	                                       "t.ini:3: [target t] rate: \"x\" is no whole number; write digits only\n");
	bad("[target t ; ]\ncomm = x\n", "t.ini:1: [target t]: has no ] at its end\n");
	bad("[target t] comm = x\nuser = u\n", "t.ini:1: [target t]: \"comm = x\" stands after the ]; give it a line of its own\n");
	config_free(good("[target t] ; comment ]\ncomm = x\n"));
	config_free(good("  [target t]  \r\ncomm = x\n"));
}

static void test_keys_when_unknown_or_misplaced(void **state)
{
	(void)state;
	bad(TARGET "signal = TERM\n", "t.ini:3: [target t] signal: unknown key, did you mean signals?\n");
	bad("[target t]\nCOMM = x\n", "t.ini:2: [target t] COMM: unknown key, did you mean comm?\n");
	bad("[agent]\nbackend = proc\ncomm = x\nzzzzzzzzzz = 1\n" TARGET,
	    "t.ini:2: [agent] backend: unknown key, did you mean backends?\n"
	    "t.ini:3: [agent] comm: unknown key; it belongs to [target NAME]\n"
	    "t.ini:4: [agent] zzzzzzzzzz: unknown key; known: backends, user, ring, poll_interval, grace, stop_window, coalesce, budget, heartbeat, "
	    "state_dir, control, max_processes, host\n");
	bad("grace = 1s\nnonsense = 1\n" TARGET,
	    "t.ini:1: grace: stands before any section; put it below a line such as [agent]\n"
	    "t.ini:2: nonsense: stands before any section; put it below a line such as [agent]\n");
}

static void test_key_when_given_twice(void **state)
{
	(void)state;
	bad(TARGET "\ncomm = y\n", "t.ini:4: [target t] comm: is given at line 2 already; take one of them out\n");
	bad(TARGET "output = stdout\noutput = stdout\n", "t.ini:4: [target t] output: is given at line 3 already; take one of them out\n");
	config_free(good("[target a]\ncomm = x\n[target b]\ncomm = x\n"));
}

static void test_lines_when_no_key_and_value(void **state)
{
	(void)state;
	bad(TARGET "one\ntwo ; = x\n= three\n[agent]\n four\n",
	    "t.ini:3: [target t]: \"one\" is no key = value, no [section] and no comment\n"
	    "t.ini:4: [target t]: \"two\" is no key = value, no [section] and no comment\n"
	    "t.ini:5: [target t]: \"= three\" has no key in front of the =; write key = value\n"
	    "t.ini:7: [agent]: \"four\" is no key = value, no [section] and no comment\n");
	bad("junk\n[target t]\ncomm\n", "t.ini:1: \"junk\" is no key = value, no [section] and no comment\n"
	                                "t.ini:3: [target t]: \"comm\" is no key = value, no [section] and no comment\n");
}

static void test_indented_line_when_key_and_when_continuation(void **state)
{
	(void)state;
	struct config *c = good("[target t]\ncomm = x\n  exe = /x\n\tuser = u\n   # comment\n\n  ; comment\n");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].exe, "/x");
	assert_string_equal(c->targets[0].user, "u");
	config_free(c);
	bad(TARGET "signals = TERM,\n\tKILL\n   !HUP\n",
	    "t.ini:3: [target t] signals: nothing stands between two commas, or beside one; take the comma out\n"
	    "t.ini:4: [target t] signals: \"KILL\" seems to continue the value above; a value must stand on one line\n"
	    "t.ini:5: [target t] signals: \"!HUP\" seems to continue the value above; a value must stand on one line\n");
	bad("[output o]\ntype = syslog\naddress =\n  udp://h:514\n" TARGET,
	    "t.ini:3: [output o] address: has no value; write one, or take the line out\n"
	    "t.ini:4: [output o] address: \"udp://h:514\" seems to continue the value above; a value must stand on one line\n");
}

static void test_colon_when_in_place_of_equals(void **state)
{
	(void)state;
	struct config *c = good("[target t]\ncomm: x\n  args : a=b:c\n");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].args, "a=b:c");
	config_free(c);
	bad("[output o]\ntype = syslog\naddress udp://h:1\n" TARGET,
	    "t.ini:3: [output o]: \"address udp://h:1\" is no key = value, no [section] and no comment\n");
}

static void test_comments_when_inline_and_alone(void **state)
{
	(void)state;
	struct config *c = good("; one\n#two\n[target t]\ncomm = x ; three = 3\nargs = a;b\t; four\nuser=;u\n");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].args, "a;b");
	assert_string_equal(c->targets[0].user, ";u");
	config_free(c);
	bad(TARGET "args = ; nothing\n", "t.ini:3: [target t] args: has no value; write one, or take the line out\n");
}

static void test_file_when_bom_crlf_and_no_last_newline(void **state)
{
	(void)state;
	struct config *c = good("\xef\xbb\xbf[target t]\r\ncomm = x\r\nexe = /x");
	assert_string_equal(c->targets[0].comm, "x");
	assert_string_equal(c->targets[0].exe, "/x");
	config_free(c);
	bad("[target t]\ncomm = x\n\xef\xbb\xbf" "exe = /x\n",
	    "t.ini:3: [target t] \\xef\\xbb\\xbf" "exe: unknown key; known: comm, exe, args, user, cgroup, pidfile, any_namespace, events, signals, output, rate, record_args, restarts, absent, severity\n");
}

static void test_nul_and_control_bytes_when_in_the_file(void **state)
{
	static const char nul[] = "[target t]\ncomm = x\nexe = /a\0b\n# \0\n[agent\0]\ngrace = never\n";
	(void)state;
	bad_bytes(nul, sizeof(nul) - 1,
	          "t.ini:3: NUL byte in the line; write the file as plain text in UTF-8\n"
	          "t.ini:4: NUL byte in the line; write the file as plain text in UTF-8\n"
	          "t.ini:5: NUL byte in the line; write the file as plain text in UTF-8\n");
	bad("[target t]\ncomm = \x1b[31mx\nargs = a\rb\nuser = u\x7f\n",
	    "t.ini:2: [target t]: control byte \\x1b in the line; take it out\n"
	    "t.ini:3: [target t]: control byte \\x0d in the line; take it out\n"
	    "t.ini:4: [target t]: control byte \\x7f in the line; take it out\n");
}

/* The limit is inih's and is found by asking for more and more. */
static void test_line_when_as_long_as_possible_and_one_longer(void **state)
{
	static char text[CONFIG_LINE_MAX + 256];
	char expect[256];
	size_t most = 0;
	(void)state;

	for (size_t len = 100; len <= CONFIG_LINE_MAX + 1 && !most; len++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, "[target t]\nargs=", 16);
		snprintf(text + 11 + len, 32, "\nrate = x\n");
		struct result *r = parse_bytes(text, strlen(text));
		assert_non_null(strstr(r->text, ":3: [target t] rate:"));
		if (r->messages == 2) {
			most = len - 1;
			snprintf(expect, sizeof(expect), "t.ini:2: [target t] args: line of %zu bytes, at most %zu are possible\n", len, most);
			assert_memory_equal(r->text, expect, strlen(expect));
		}
	}
	assert_in_range(most, 190, CONFIG_LINE_MAX);

	/* The longest of them is taken whole, indentation and comment not counted. */
	memset(text, 'a', sizeof(text));
	memcpy(text, "[target t]\n     args=", 21);
	snprintf(text + 16 + most, 32, "  ; comment beyond it\n");
	struct config *c = good(text);
	assert_int_equal(strlen(c->targets[0].args), most - 5);
	config_free(c);
}

static void test_line_when_far_too_long(void **state)
{
	enum { LONG = 100000 };
	char *text = malloc(LONG + 256), expect[512];
	(void)state;
	assert_non_null(text);

	memset(text, 'x', LONG);
	text[0] = '#';
	snprintf(text + LONG, 256, "\n" TARGET);
	config_free(good(text)); /* a comment may be of any length */

	memcpy(text, "[target t]\ncomm = ", 18);
	snprintf(text + LONG, 256, "\nrate = x\n");
	struct result *r = parse_bytes(text, strlen(text));
	snprintf(expect, sizeof(expect), "t.ini:2: [target t] comm: line of %d bytes, at most ", LONG - 11);
	assert_memory_equal(r->text, expect, strlen(expect));
	assert_non_null(strstr(r->text, "t.ini:3: [target t] rate: \"x\" is no whole number; write digits only\n"));
	assert_int_equal(r->messages, 2);

	memcpy(text, "[target xxxxxxxxxxxxxxxxx", 25);
	snprintf(text + LONG, 256, "]\nrate = x\n[target u]\nrate = y\nuser = u\n");
	snprintf(expect, sizeof(expect), "t.ini:1: line of %d bytes, at most %d are possible\n"
	         "t.ini:4: [target u] rate: \"y\" is no whole number; write digits only\n", LONG + 1, CONFIG_LINE_MAX);
	bad(text, expect);

	/* inih alone would cut the name at 49 bytes and take it. */
	snprintf(text, 256, "[target %060d]\ncomm = x\n", 1);
	snprintf(expect, sizeof(expect), "t.ini:1: [target %057d...]: name of 60 bytes; at most 32 are possible\n", 0);
	bad(text, expect);
	free(text);
}

static void test_free_when_null(void **state)
{
	(void)state;
	config_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_type_and_format_when_good_and_bad),
		cmocka_unit_test(test_output_key_when_of_another_type),
		cmocka_unit_test(test_outputs_when_two_write_one_file),
		cmocka_unit_test(test_outputs_when_32_and_33),
		cmocka_unit_test(test_target_output_when_defined_before_after_or_never),
		cmocka_unit_test(test_target_when_none_or_without_match),
		cmocka_unit_test(test_names_when_bad),
		cmocka_unit_test(test_sections_when_repeated_or_unknown),
		cmocka_unit_test(test_section_line_when_malformed),
		cmocka_unit_test(test_keys_when_unknown_or_misplaced),
		cmocka_unit_test(test_key_when_given_twice),
		cmocka_unit_test(test_lines_when_no_key_and_value),
		cmocka_unit_test(test_indented_line_when_key_and_when_continuation),
		cmocka_unit_test(test_colon_when_in_place_of_equals),
		cmocka_unit_test(test_comments_when_inline_and_alone),
		cmocka_unit_test(test_file_when_bom_crlf_and_no_last_newline),
		cmocka_unit_test(test_nul_and_control_bytes_when_in_the_file),
		cmocka_unit_test(test_line_when_as_long_as_possible_and_one_longer),
		cmocka_unit_test(test_line_when_far_too_long),
		cmocka_unit_test(test_free_when_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

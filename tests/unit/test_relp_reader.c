/* test_relp_reader.c - what a RELP server may send */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "agent/output/sinks/relp_reader.h"

static struct relp_reader reader;
static struct relp_frame f;

static int hear(const char *text)
{
	size_t room;
	char *to = relp_reader_room(&reader, &room);

	assert_true(strlen(text) <= room);
	memcpy(to, text, strlen(text));
	reader.len += strlen(text);
	return relp_reader_next(&reader, &f);
}

static int alone(const char *text)
{
	reader.len = 0;
	return hear(text);
}

static void test_answers(void **state)
{
	(void)state;
	assert_int_equal(alone("7 rsp 6 200 OK\n8 rsp 24 500 it is not\nfor\x01 us\n0 serverclose 0\n"), 1);
	assert_int_equal(f.number, 7);
	assert_true(f.is_answer && !f.is_close);
	assert_int_equal(f.code, 200);
	assert_string_equal(f.text, "OK");
	assert_int_equal(relp_reader_next(&reader, &f), -EBADMSG); /* the length is wrong by some bytes */
	assert_int_equal(alone("8 rsp 20 500 it is n\x01t\nfor us\n9 rsp 0\n0 serverclose 0\n"), 1);
	assert_int_equal(f.code, 500);
	assert_string_equal(f.text, "it is n?t");
	assert_int_equal(relp_reader_next(&reader, &f), 1);
	assert_int_equal(f.number, 9);
	assert_int_equal(f.code, 0);
	assert_int_equal(relp_reader_next(&reader, &f), 1);
	assert_true(f.is_close && !f.is_answer);
	assert_int_equal(relp_reader_next(&reader, &f), 0);
}

static void test_an_answer_in_pieces(void **state)
{
	static const char whole[] = "12 rsp 16 200 OK\ncommands=\n";
	(void)state;
	reader.len = 0;
	for (size_t i = 0; i + 1 < sizeof(whole); i++) {
		const char one[2] = {whole[i], '\0'};
		assert_int_equal(hear(one), i + 2 == sizeof(whole));
	}
	assert_int_equal(f.number, 12);
	assert_int_equal(f.code, 200);
}

static void test_nonsense(void **state)
{
	static const char *const bad[] = {
		"HTTP/1.1 400 Bad Request\r\n", "x", " 1 rsp 0\n", "1  rsp 0\n", "1 RSP 0\n", "1 rsp x\n", "1 rsp 4001 ", "1 rsp -1\n", "1 rsp 6 200 OKx", "1 rsp 6\t200 OK\n",
		"1000000000 rsp 0\n", "99999999999999999999 rsp 0\n", "1 rsp 99999999999999999999 x\n", "1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1 rsp\n",
		"\x16\x03\x01",
	};
	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (alone(bad[i]) != -EBADMSG)
			fail_msg("taken: %s", bad[i]);
}

static void test_an_answer_without_end(void **state)
{
	char much[4097];
	(void)state;
	memset(much, 'a', sizeof(much) - 1);
	memcpy(much, "1 rsp 3999  ", 12);
	much[sizeof(much) - 1] = '\0';
	assert_int_equal(alone(much), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_an_answer_in_pieces),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_an_answer_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

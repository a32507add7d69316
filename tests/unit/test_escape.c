#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "agent/output/format.h"
#include "check_text.h"

static void check(const char *in, size_t len, const char *out)
{
	char buf[256];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	text_escaped(&t, in, len);
	assert_string_equal(buf, out);
	assert_false(t.full);
}

static void test_escaped_when_hostile(void **state)
{
	static const char *const cases[][2] = {
		{ "nginx: worker", "nginx: worker" }, { "a\"b", "a\\\"b" }, { "a\\b", "a\\\\b" }, { "\n\t\x1b[31m", "\\u000a\\u0009\\u001b[31m" },
		{ "\x7f", "\\u007f" }, { "\x1d", "\\u001d" }, { "\xc2\x9b", "\\u009b" }, { "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },
		{ "\xe2\x80\xae", "\\u202e" }, { "\xe2\x81\xa6", "\\u2066" }, { "\xef\xbb\xbf", "\\ufeff" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa9", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa9" },
		{ "\xc3", "\\\\xc3" }, { "\xc3(", "\\\\xc3(" }, { "\xe2\x82", "\\\\xe2\\\\x82" }, { "\xc0\xaf", "\\\\xc0\\\\xaf" },
		{ "\xed\xa0\x80", "\\\\xed\\\\xa0\\\\x80" }, { "\xf4\x90\x80\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80" },
		{ "\xe0\x80\xaf", "\\\\xe0\\\\x80\\\\xaf" }, { "\xff", "\\\\xff" },
		{ "\\xc3", "\\\\x5cxc3" }, { "\\xC3", "\\\\x5cxC3" }, { "\\xg3", "\\\\xg3" }, { "\\\\xc3", "\\\\\\\\x5cxc3" },
		/* Zero-width, invisible, blank, annotation; a tag and a noncharacter beyond U+FFFF. */
		{ "ss\xe2\x80\x8bhd", "ss\\u200bhd" }, { "\xe2\x80\x8d\xe2\x81\xa0", "\\u200d\\u2060" }, { "\xc2\xad", "\\u00ad" },
		{ "\xc2\xa0", "\\u00a0" }, { "\xe3\x80\x80", "\\u3000" }, { "\xe3\x85\xa4", "\\u3164" }, { "\xd8\x9c", "\\u061c" },
		{ "\xef\xb8\x8f", "\\ufe0f" }, { "\xef\xbf\xb9", "\\ufff9" }, { "\xef\xbf\xbe", "\\ufffe" },
		{ "\xf3\xa0\x81\x81", "\\udb40\\udc41" }, { "\xf4\x8f\xbf\xbf", "\\udbff\\udfff" }, { "\xf0\x91\x82\xbd", "\\ud804\\udcbd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i][0], strlen(cases[i][0]), cases[i][1]);
	check("a\0b", 3, "a\\u0000b");
}

static void test_escaped_bytes_come_back(void **state)
{
	/* Few different bytes meet in many ways. */
	static const char bytes[] = "\\x5cC3\"\xc3\xa9\xe2\x80\xae\xf0\x9f\xf3\xa0\x81\x81\xff\x1d\n\x7f ab";
	char in[64], out[512], once[512], twice[512];
	struct text t;

	(void)state;
	srandom(7);
	for (int i = 0; i < 200000; i++) {
		size_t len = (size_t)random() % sizeof(in);

		for (size_t k = 0; k < len; k++)
			in[k] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
		text_init(&t, out, sizeof(out));
		text_escaped(&t, in, len);
		assert_true(check_clean(out, t.len));
		size_t n = check_unquote(out, t.len, once);
		assert_int_not_equal(n, SIZE_MAX);
		n = check_unbyte(once, n, twice);
		assert_int_equal(n, len);
		assert_memory_equal(twice, in, len);
	}
}

static void test_escaped_when_there_is_no_room(void **state)
{
	static const char in[] = "ab\x1b\xc3\xa9\xff\"cd";
	char whole[64], buf[64];
	struct text t;

	(void)state;
	text_init(&t, whole, sizeof(whole));
	text_escaped(&t, in, sizeof(in) - 1);
	for (size_t size = 0; size <= t.len + 1; size++) {
		struct text s;

		memset(buf, '#', sizeof(buf));
		text_init(&s, buf, size);
		text_escaped(&s, in, sizeof(in) - 1);
		text_str(&s, "");
		assert_int_equal(s.full, size <= t.len);
		assert_true(check_clean(buf, s.len));
		assert_memory_equal(buf, whole, s.len);
		assert_int_equal(buf[size], '#');
		text_char(&s, '!'); /* nothing comes after what was left out */
		if (s.full && size > 0)
			assert_memory_equal(buf, whole, s.len);
	}
}

static void test_escaped_max_never_cuts_a_character(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	static const char *const out[] = { "...", "a...", "a...", "a...", "a\xe2\x82\xac...", ("a\xe2\x82\xac" "b") };
	for (size_t max = 0; max <= 5; max++) {
		text_init(&t, buf, sizeof(buf));
		text_escaped_max(&t, "a\xe2\x82\xac" "b", 5, max);
		assert_string_equal(buf, out[max]);
	}
}

static void test_time(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof(buf));
	text_time(&t, 1795321718123456789);
	assert_string_equal(buf, "2026-11-22T04:28:38.123456Z");
	text_init(&t, buf, sizeof(buf));
	text_time(&t, -1000);
	assert_string_equal(buf, "1969-12-31T23:59:59.999999Z");
}

static void test_number(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof(buf));
	text_number(&t, 0);
	text_char(&t, ' ');
	text_number(&t, INT64_MIN);
	text_char(&t, ' ');
	text_number(&t, INT64_MAX);
	assert_string_equal(buf, "0 -9223372036854775808 9223372036854775807");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaped_when_hostile),
		cmocka_unit_test(test_escaped_bytes_come_back),
		cmocka_unit_test(test_escaped_when_there_is_no_room),
		cmocka_unit_test(test_escaped_max_never_cuts_a_character),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

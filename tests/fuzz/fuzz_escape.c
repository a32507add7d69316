/* fuzz_escape.c - any bytes escaped are clean, and the reader gets the same bytes back */
#include <stdio.h>
#include <stdlib.h>

#include "agent/output/format.h"
#include "check_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "escape: %s\n", what);
	abort();
}

/* With too little room the line is a clean beginning of the whole one. */
static void check_short(const char *in, size_t size, const char *whole, size_t whole_len, size_t room)
{
	char *buf = malloc(room + 1);
	struct text t;

	must(buf != NULL, "memory");
	text_init(&t, buf, room);
	text_escaped(&t, in, size);
	must(t.len < room || room == 0, "no room for NUL");
	must(t.full == (whole_len >= room), "full is wrong");
	must(memcmp(buf, whole, t.len) == 0, "not a beginning");
	must(check_clean(buf, t.len), "not clean when cut");
	must(room == 0 || buf[t.len] == '\0', "no NUL");
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *in = (const char *)data;
	size_t room = 6 * size + 1;
	char *out = malloc(room), *once = malloc(room), *twice = malloc(room);
	struct text t;

	must(out && once && twice, "memory");
	text_init(&t, out, room);
	text_escaped(&t, in, size);
	must(!t.full, "grew more than sixfold");
	must(check_clean(out, t.len), "not clean");
	size_t n = check_unquote(out, t.len, once);
	must(n != SIZE_MAX, "not a JSON string");
	n = check_unbyte(once, n, twice);
	must(n == size && (size == 0 || memcmp(twice, in, size) == 0), "not the same bytes");
	check_short(in, size, out, t.len, size);
	check_short(in, size, out, t.len, size / 2);
	text_init(&t, once, room);
	text_escaped_max(&t, in, size, size / 2);
	must(check_clean(once, t.len), "not clean when limited");
	free(out);
	free(once);
	free(twice);
	return 0;
}

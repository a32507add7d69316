/* fuzz_config.c - any bytes as agent.ini; what is accepted prints as a file that prints the same */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Messages are for terminals and logs: one line, nothing that a terminal obeys. */
static void check_message(void *ctx, const char *message)
{
	(void)ctx;
	for (const char *p = message; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
}

static void unexpected(void *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "own print refused: %s\n", message);
	abort();
}

static char *print(const struct config *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	config_print(c, f);
	fclose(f);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c, *again;
	size_t len, again_len;

	if (size == 0)
		return 0;
	FILE *f = fmemopen((void *)(uintptr_t)data, size, "r");
	int err = config_parse(f, "fuzz.ini", check_message, NULL, &c);
	fclose(f);
	if (err)
		return 0;

	char *text = print(c, &len);
	f = fmemopen(text, len, "r");
	if (config_parse(f, "print.ini", unexpected, NULL, &again))
		abort();
	fclose(f);
	char *text_again = print(again, &again_len);
	if (len != again_len || memcmp(text, text_again, len) != 0) {
		fprintf(stderr, "first:\n%s\nsecond:\n%s\n", text, text_again);
		abort();
	}
	free(text);
	free(text_again);
	config_free(c);
	config_free(again);
	return 0;
}

/* fuzz_request_words.c - any bytes as the arguments of a command that asks a supervisor; the first byte says which, the second how the service is called */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/request_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct request_names names[] = {
	{.unit = "web.service"},
	{.unit = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.service"},
	{.container_id = "3f4e1c0b9a8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f", .target = "web", .comm = "nginx", .program = "nginx"},
	{.service = "web"},
	{.target = "web", .comm = "nginx", .program = "nginx"},
	{0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t commands = 0;

	if (size < 2)
		return 0;
	while (request_command(commands))
		commands++;
	const char *name = request_command(data[0] % commands);
	/* Its own block, so that a sanitizer sees a read beyond the arguments. */
	size_t len = size - 2;
	char *args = malloc(len ? len : 1);
	if (!args)
		abort();
	memcpy(args, data + 2, len);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool ends = request_is_for(name, args, len, &names[i], SIGTERM), tells = request_is_for(name, args, len, &names[i], SIGHUP);

		if (ends && !tells)
			abort(); /* who asks for an end asks for any signal */
		if (ends && (!len || args[len - 1]))
			abort();
	}
	free(args);
	return 0;
}

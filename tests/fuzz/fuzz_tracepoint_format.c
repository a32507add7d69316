/* fuzz_tracepoint_format.c - any bytes as a format file of the tracepoint that the first byte names; the same bytes are its sample */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends/tracepoint_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Its own block of exactly that size, so that a sanitizer sees a read beyond it. */
static void *copy_of(const uint8_t *data, size_t size, size_t room)
{
	char *copy = malloc(room ? room : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	memset(copy + size, 0, room - size);
	return copy;
}

static void check_read(const struct trace_field *f, const uint8_t *raw, size_t len)
{
	const char *string = trace_field_string(f, raw, len);

	if ((size_t)f->offset + f->size > len && trace_field_number(f, raw, len) != 0)
		abort();
	if (string && (string < (const char *)raw || string + strlen(string) >= (const char *)raw + len))
		abort();
}

static void check_fields(const struct tracepoint_formats *f, enum tracepoint t, const uint8_t *raw, size_t len)
{
	const struct trace_field *const fields[TRACEPOINTS][6] = {
		[TRACEPOINT_SIGNAL] = {&f->flags, &f->signo, &f->code, &f->group, &f->result, &f->signal_pid},
		[TRACEPOINT_FORK] = {&f->child_pid},
		[TRACEPOINT_EXIT] = {&f->exit_pid},
		[TRACEPOINT_EXEC] = {&f->exec_filename},
		[TRACEPOINT_OOM] = {&f->oom_pid},
		[TRACEPOINT_DELIVER] = {&f->deliver_signo, &f->deliver_code, &f->handler},
	};

	for (enum tracepoint other = 0; other < TRACEPOINTS; other++)
		for (int i = 0; i < 6 && fields[other][i]; i++) {
			if (!fields[other][i]->size != (other != t))
				abort(); /* each field of this tracepoint is known, and none of another */
			check_read(fields[other][i], raw, len);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tracepoint_formats f = {0};
	const char *missing = NULL;

	if (size == 0)
		return 0;
	enum tracepoint t = data[0] % TRACEPOINTS;
	char *text = copy_of(data + 1, size - 1, size);
	uint8_t *raw = copy_of(data + 1, size - 1, size - 1);
	int error = tracepoint_format_read(&f, t, text, &missing);
	if (error ? error != -EBADMSG || f.id[t] || !missing : !f.id[t])
		abort();
	if (!error)
		check_fields(&f, t, raw, size - 1);
	free(text);
	free(raw);
	return 0;
}

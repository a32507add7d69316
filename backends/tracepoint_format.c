#include "backends/tracepoint_format.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A sample begins with the tracepoint's id, struct trace_entry (linux/trace_events.h). */
#define ID_MAX UINT16_MAX

static const char *const folders[TRACEPOINTS] = {
	[TRACEPOINT_SIGNAL] = "signal/signal_generate",
	[TRACEPOINT_FORK] = "sched/sched_process_fork",
	[TRACEPOINT_EXIT] = "sched/sched_process_exit",
	[TRACEPOINT_EXEC] = "sched/sched_process_exec",
	[TRACEPOINT_OOM] = "oom/mark_victim",
	[TRACEPOINT_DELIVER] = "signal/signal_deliver",
};

struct wanted {
	enum tracepoint tracepoint;
	const char     *name;
	size_t          at;       /* of the struct trace_field in struct tracepoint_formats */
};

#define FIELD(t, text, member) {TRACEPOINT_##t, text, offsetof(struct tracepoint_formats, member)}
static const struct wanted fields[] = {
	FIELD(SIGNAL, "common_flags", flags),
	FIELD(SIGNAL, "sig", signo),
	FIELD(SIGNAL, "code", code),
	FIELD(SIGNAL, "pid", signal_pid),
	FIELD(SIGNAL, "group", group),   /* 3.3, as result */
	FIELD(SIGNAL, "result", result),
	FIELD(FORK, "child_pid", child_pid),
	FIELD(EXIT, "pid", exit_pid),
	FIELD(EXEC, "filename", exec_filename),
	FIELD(OOM, "pid", oom_pid),
	FIELD(DELIVER, "sig", deliver_signo),
	FIELD(DELIVER, "code", deliver_code),
	FIELD(DELIVER, "sa_handler", handler),
};
#undef FIELD

const char *tracepoint_folder(enum tracepoint t)
{
	return folders[t];
}

/* The name in "char comm[16]", "pid_t pid", "__data_loc char[] filename": its last word, without what is in brackets. */
static bool is_named(const char *declaration, size_t len, const char *name)
{
	size_t n = strlen(name);

	if (len && declaration[len - 1] == ']')
		while (len && declaration[len - 1] != '[')
			len--;
	if (len && declaration[len - 1] == '[')
		len--;
	return len > n && memcmp(declaration + len - n, name, n) == 0 && !isalnum((unsigned char)declaration[len - n - 1]) &&
	       declaration[len - n - 1] != '_';
}

/* "; offset:8" and what is behind it; false if there is no such number, or it is cut. */
static bool read_number(const char **at, const char *label, uint16_t *number)
{
	char *end;
	size_t len = strlen(label);

	*at += strspn(*at, ";\t ");
	if (strncmp(*at, label, len) != 0 || !isdigit((unsigned char)(*at)[len]))
		return false;
	errno = 0;
	unsigned long n = strtoul(*at + len, &end, 10);
	if (errno || n > UINT16_MAX || *end != ';')
		return false;
	*number = (uint16_t)n;
	*at = end;
	return true;
}

/* "	field:int sig;	offset:8;	size:4;	signed:1;" */
static bool find_field(const char *text, const char *name, struct trace_field *field)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n\t ");
		if (strncmp(line, "field:", 6) != 0)
			continue;
		line += 6;
		size_t len = strcspn(line, ";\n");
		if (line[len] != ';' || !is_named(line, len, name))
			continue;
		struct trace_field found;
		const char *at = line + len;
		if (!read_number(&at, "offset:", &found.offset) || !read_number(&at, "size:", &found.size) || !found.size)
			return false;
		*field = found;
		return true;
	}
	return false;
}

int tracepoint_format_read(struct tracepoint_formats *f, enum tracepoint t, const char *text, const char **missing)
{
	const char *id = strstr(text, "ID: ");
	unsigned long number = id ? strtoul(id + 4, NULL, 10) : 0;

	*missing = "ID";
	if (!number || number > ID_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		*missing = fields[i].name;
		if (fields[i].tracepoint == t && !find_field(text, fields[i].name, (struct trace_field *)((char *)f + fields[i].at)))
			return -EBADMSG;
	}
	f->id[t] = (uint16_t)number;
	return 0;
}

int64_t trace_field_number(const struct trace_field *f, const uint8_t *raw, size_t len)
{
	int8_t one;
	int16_t two;
	int32_t four;
	int64_t eight;

	if ((size_t)f->offset + f->size > len)
		return 0;
	const uint8_t *at = raw + f->offset;
	switch (f->size) {
	case 1: memcpy(&one, at, 1); return one;
	case 2: memcpy(&two, at, 2); return two;
	case 4: memcpy(&four, at, 4); return four;
	case 8: memcpy(&eight, at, 8); return eight;
	}
	return 0;
}

/* Four bytes: where the string is in the sample, and above that its length with the NUL (linux/trace_events.h). */
const char *trace_field_string(const struct trace_field *f, const uint8_t *raw, size_t len)
{
	uint32_t location = (uint32_t)trace_field_number(f, raw, len);
	size_t offset = location & 0xffff, size = location >> 16;

	if (!location || offset + size > len || !memchr(raw + offset, '\0', size))
		return NULL;
	return (const char *)raw + offset;
}

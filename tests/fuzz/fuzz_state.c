/* fuzz_state.c - any bytes as the state file: told is nothing of one that is torn, and whole lines of one that is not */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/output/format.h"
#include "agent/run/state_read.h"
#include "check_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned told;

static void check_header(const struct state_header *h)
{
	char time[40];
	struct text t;

	text_init(&t, time, sizeof(time));
	text_time(&t, h->wall);
	if (!h->boot[0] || strlen(h->boot) >= BOOT_ID_SIZE || t.full || !check_clean(time, t.len))
		abort();
}

static void check_target(void *ctx, const struct state_header *h, const char *name, uint64_t starts)
{
	(void)ctx;
	(void)starts;
	told++;
	check_header(h);
	if (!name[0] || strpbrk(name, " \n"))
		abort();
}

/* As tell_gone() in state.c does. */
static void check_record(const struct state_header *h, const char *target, const struct facts *f)
{
	static char line[LINE_MAX_BYTES];
	struct line_context c = {.host = "h", .seq = 1};
	struct event e = {.kind = EVENT_EXIT, .has = HAS_CAUSE | HAS_REASON, .sources = SOURCE_PROC, .at = 1, .wall_offset = h->wall / 2,
	                  .cause = CAUSE_UNKNOWN, .reason = "gone", .target = target, .process = *f};
	size_t n = format_json(&e, &c, line, sizeof(line));

	if (!check_json_line(line, n))
		abort();
	n = format_text(&e, &c, line, sizeof(line));
	if (!n || !check_clean(line, n))
		abort();
}

static void check_process(void *ctx, const struct state_header *h, const char *target, const struct facts *f)
{
	check_target(ctx, h, target, 0);
	if (!(f->has & FACT_PID) || f->pid < 1 || f->pid > PID_LIMIT || !(f->has & FACT_STARTED))
		abort();
	if ((f->has & FACT_UID) && f->uid == UINT32_MAX)
		abort(); /* the id that stands for none */
	if (!(f->has & FACT_COMM) != !f->comm || !(f->has & FACT_EXE) != !f->exe)
		abort();
	if ((f->comm && !f->comm[0]) || (f->exe && !f->exe[0]))
		abort();
	check_record(h, target, f);
}

static void check_told(void *ctx, pid_t pid, uint64_t born)
{
	(void)ctx;
	(void)born;
	told++;
	if (pid < 1 || pid > PID_LIMIT)
		abort();
}

/* Whole lines but the first one and the end. */
static unsigned lines_of(const uint8_t *data, size_t size)
{
	unsigned lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines - 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct state_reader first = {0}, to = {.target = check_target, .process = check_process, .told = check_told};

	if (size == 0)
		return 0;
	FILE *f = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!f)
		abort();
	told = 0;
	if (state_read(f, &first)) {
		rewind(f);
		if (!state_read(f, &to) || told > lines_of(data, size) || (!memchr(data, 0, size) && told != lines_of(data, size)))
			abort();
	}
	fclose(f);
	return 0;
}

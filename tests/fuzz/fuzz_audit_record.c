/* fuzz_audit_record.c - any bytes as records: a line of auditd's log each, or `NUMBER TEXT` as from netlink */
#include <stdlib.h>
#include <string.h>

#include "backends/audit_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct audit_assembler assembler;

static void check_text(const char *text)
{
	if (!*text || strlen(text) >= 4096)
		abort();
}

static void check_facts(const struct facts *f)
{
	if (f->has & FACT_PID && f->pid <= 0)
		abort();
	if ((f->has & FACT_AUID && f->auid == UINT32_MAX) || (f->has & FACT_SES && f->ses == UINT32_MAX))
		abort();
	if (f->has & FACT_COMM)
		check_text(f->comm);
	if (f->has & FACT_EXE)
		check_text(f->exe);
	if (f->has & FACT_TTY)
		check_text(f->tty);
	if (f->has & FACT_ARGS && (!f->args_len || f->args_len > AUDIT_ARGS_MAX || f->args[f->args_len - 1]))
		abort();
}

static void check(void *ctx, const struct event *e)
{
	(void)ctx;
	check_facts(&e->process);
	check_facts(&e->sender);
	if (!(e->process.has & FACT_PID))
		abort();
	if (e->has & HAS_SIGNO && (e->signo < 1 || e->signo > 128))
		abort();
	if (e->has & HAS_EXIT_CODE && (e->exit_code < 0 || e->exit_code > 255))
		abort();
	if (e->has & HAS_ERRNO && e->error <= 0)
		abort();
	if (e->has & HAS_PATH)
		check_text(e->path);
}

static void feed(const char *line, size_t len)
{
	unsigned type;
	const char *text;
	size_t text_len, digits = 0;
	int rc = audit_line_parse(line, len, &type, &text, &text_len);

	if (rc >= 0) {
		audit_assembler_feed(&assembler, type, text, text_len);
		return;
	}
	type = 0;
	while (digits < len && digits < 5 && line[digits] >= '0' && line[digits] <= '9')
		type = type * 10 + (unsigned)(line[digits++] - '0');
	if (digits < len)
		audit_assembler_feed(&assembler, type, line + digits + 1, len - digits - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clock clock = { .now = NSEC_PER_SEC };
	const char *p = (const char *)data, *end = p + size;

	audit_assembler_init(&assembler, &clock, check, NULL);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		feed(p, (size_t)((nl ? nl : end) - p));
		p = nl ? nl + 1 : end;
		clock.now += NSEC_PER_MSEC;
		audit_assembler_flush(&assembler, clock.now - AUDIT_AGE);
	}
	audit_assembler_flush(&assembler, UINT64_MAX);
	if (audit_assembler_due(&assembler) || assembler.high)
		abort();
	return 0;
}

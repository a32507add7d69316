/* fuzz_audit_record.c - any bytes as records: a line of auditd's log each, or `NUMBER TEXT` as from netlink */
#include <stdlib.h>
#include <string.h>

#include "backends/audit_record.h"
#include "check_audit_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct audit_assembler assembler;

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

	audit_assembler_init(&assembler, &clock, check_audit_event, NULL);
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

#include "backends/audit_stdin.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <unistd.h>

#include "backends/audit_change.h"

static void take_line(struct audit_session *s, const char *line, size_t len)
{
	unsigned type;
	const char *text;
	size_t n;

	if (audit_line_parse(line, len, &type, &text, &n))
		return;
	if (type == AUDIT_CONFIG_CHANGE)
		audit_change_seen(s, &(struct audit_message){ .type = type, .data = text, .len = n });
	else
		audit_assembler_feed(&s->assembler, type, text, n);
	if (!s->check_at)
		s->check_at = s->backend->clock->now + CHECK_EVERY;
}

/* Takes the whole lines of the buffer and moves what is left to its start. */
static void take_lines(struct audit_session *s)
{
	char *start = s->line, *end = s->line + s->line_len, *nl;

	while ((nl = memchr(start, '\n', (size_t)(end - start)))) {
		if (!s->line_skip)
			take_line(s, start, (size_t)(nl - start));
		s->line_skip = false;
		start = nl + 1;
	}
	s->line_len = (size_t)(end - start);
	if (s->line_len == sizeof(s->line)) {
		s->line_skip = true;
		s->line_len = 0;
	}
	memmove(s->line, start, s->line_len);
}

int audit_stdin_read(struct audit_session *s, int budget)
{
	while (s->emitted < budget && !s->eof) {
		ssize_t n = read(STDIN_FILENO, s->line + s->line_len, sizeof(s->line) - s->line_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			s->eof = true;
			audit_assembler_flush(&s->assembler, UINT64_MAX);
			break;
		}
		s->line_len += (size_t)n;
		if (s->backend->received)
			s->backend->received(s->backend->received_ctx);
		take_lines(s);
	}
	if (s->eof && !s->emitted) {
		reason_set(&s->backend->note, "start epitaph as a plugin of auditd", "standard input ended");
		return -EPIPE;
	}
	audit_assembler_flush(&s->assembler, s->backend->clock->now - AUDIT_AGE);
	return 0;
}

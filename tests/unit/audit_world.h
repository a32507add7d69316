/* audit_world.h - an assembler of audit records, and its events as lines; after cmocka.h */
#ifndef EPITAPH_AUDIT_WORLD_H
#define EPITAPH_AUDIT_WORLD_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/audit_record.h"

#define SEEN_MAX 256

/* An event as one line, so that what is expected reads as what is asserted. */
struct seen {
	unsigned count;
	char     line[SEEN_MAX][512];
};

static struct audit_assembler assembler;
static struct clock test_clock;
static struct seen seen;
static unsigned last_has;

static inline int say_facts(char *out, size_t size, const struct facts *f)
{
	int n = 0;

#define SAY(...) n += snprintf(out + n, size - (size_t)n, __VA_ARGS__)
	if (f->has & FACT_PID)
		SAY(" pid=%d", f->pid);
	if (f->has & FACT_PPID)
		SAY(" ppid=%d", f->ppid);
	if (f->has & FACT_UID)
		SAY(" uid=%u", f->uid);
	if (f->has & FACT_GID)
		SAY(" gid=%u", f->gid);
	if (f->has & FACT_AUID)
		SAY(" auid=%u", f->auid);
	if (f->has & FACT_SES)
		SAY(" ses=%u", f->ses);
	if (f->has & FACT_TTY)
		SAY(" tty=%s", f->tty);
	if (f->has & FACT_COMM)
		SAY(" comm=%s", f->comm);
	if (f->has & FACT_EXE)
		SAY(" exe=%s", f->exe);
	if (f->has & FACT_ARGS) {
		SAY(" args=");
		for (size_t i = 0; i < f->args_len && i < 100; i++)
			SAY("%c", f->args[i] ? f->args[i] : '|');
	}
	return n;
}

static inline void on_event(void *ctx, const struct event *e)
{
	char *out = seen.line[seen.count];
	size_t size = sizeof(seen.line[0]);
	int n = 0;

	(void)ctx;
	assert_true(seen.count < SEEN_MAX);
	assert_int_equal(e->sources, SOURCE_AUDIT);
	last_has = e->has;
	assert_true(e->has & HAS_SERIAL);
	SAY("%s", e->kind == EVENT_SIGNAL ? "signal" : e->kind == EVENT_EXEC ? "exec" :
		e->kind == EVENT_EXEC_FAILED ? "exec_failed" : e->kind == EVENT_EXITING ? "exiting" :
		e->kind == EVENT_ABEND ? "abend" : e->kind == EVENT_CLEARED ? "cleared" : "other");
	if (e->has & HAS_SIGNO)
		SAY(" %d", e->signo);
	if (e->has & HAS_EXIT_CODE)
		SAY(" %d", e->exit_code);
	if (e->has & HAS_VIA)
		SAY(" %s", e->via);
	if (e->has & HAS_RESULT)
		SAY(" %s", e->result == RESULT_SENT ? "sent" : e->result == RESULT_IGNORED ? "ignored" :
		    e->result == RESULT_UNKNOWN ? "perhaps" : "failed");
	if (e->has & HAS_ERRNO)
		SAY(" errno=%d", e->error);
	if (e->has & HAS_PATH)
		SAY(" path=%s", e->path);
	if (e->has & HAS_REASON)
		SAY(" reason=%s", e->reason);
	n += say_facts(out + n, size - (size_t)n, &e->process);
	if (e->sender.has) {
		SAY(" <-");
		n += say_facts(out + n, size - (size_t)n, &e->sender);
	}
	seen.count++;
}

static inline void start(void)
{
	memset(&seen, 0, sizeof(seen));
	test_clock = (struct clock){ .now = 1000 * NSEC_PER_SEC };
	audit_assembler_init(&assembler, &test_clock, on_event, NULL);
}

static inline void feed(unsigned type, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len); /* without a NUL: a sanitizer sees a read beyond it */

	memcpy(copy, text, len);
	audit_assembler_feed(&assembler, type, copy, len);
	free(copy);
}

static inline void expect(unsigned index, const char *line)
{
	if (index >= seen.count)
		fail_msg("event %u is missing: %s", index, line);
	assert_string_equal(seen.line[index], line);
}

#endif

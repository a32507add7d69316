/* journal_message.h - a record as journald takes it on its own socket */
#ifndef EPITAPH_JOURNAL_MESSAGE_H
#define EPITAPH_JOURNAL_MESSAGE_H

#include "agent/output/format.h"
#include "config/config.h"

/*
 * MESSAGE (the line), PRIORITY, SYSLOG_IDENTIFIER, OBJECT_PID and each key of
 * the record as EPITAPH_KEY, a list as JSON has it; one KEY=VALUE to a line, as
 * nothing of a record has a newline in it (systemd, docs/JOURNAL_NATIVE_PROTOCOL).
 * Its length; keys that have no room are left out.
 */
size_t journal_message(const struct output_config *c, const struct line_context *words, const struct event *e, int severity,
                       const char *line, size_t len, char *to, size_t size);

#endif

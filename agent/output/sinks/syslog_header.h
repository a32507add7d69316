/* syslog_header.h - what stands before a record in a syslog message */
#ifndef EPITAPH_SYSLOG_HEADER_H
#define EPITAPH_SYSLOG_HEADER_H

#include "agent/output/format.h"
#include "config/config.h"

#define SYSLOG_HEADER_MOST 8192 /* bytes; with structured data, which is left out where it has no room */

/*
 * To the local daemon, as syslog(3) writes it: <PRI>Mmm dd hh:mm:ss TAG[PID]: .
 * To another host, with the host's name behind the time (RFC 3164), or as RFC 5424
 * has it: the event is the MSGID, and the record's keys are the structured
 * data [epitaph@32473 ...] unless the record itself is JSON, which then stands
 * behind the cookie `@cee: `.  Over TCP the length of the whole is first (RFC 6587,
 * 3.4.1).  words are the line's, len is its length.  The header's length.
 */
size_t syslog_header(const struct output_config *c, const struct line_context *words, const struct event *e, int severity, size_t len,
                     char to[SYSLOG_HEADER_MOST]);
/* How much of it a line must leave room for. */
size_t syslog_header_least(const struct output_config *c, const char *host);

#endif

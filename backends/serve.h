/*
 * serve.h - the half of the backends that needs rights, as one: it opens what the other half reads
 *
 * Run by the warden.  Each backend's own header lists what may be asked:
 * audit_rights.h, tracepoint_events.h, cn_proc_socket.h, taskstats_socket.h.
 */
#ifndef EPITAPH_SERVE_H
#define EPITAPH_SERVE_H

#include "agent/base/rights.h"
#include "backends/taskstats_socket.h"
#include "backends/tracepoint_format.h"
#if HAVE_AUDIT
#include "backends/audit_control.h"
#endif

/* What is open for the reader.  cn_proc and taskstats.fd are -1 while they are not. */
struct backends_served {
	int cn_proc;
	struct taskstats_socket taskstats;
	struct tracepoint_formats formats;
#if HAVE_AUDIT
	struct audit_control audit;
#endif
};

void backends_served_init(struct backends_served *s);
/* of: RIGHTS_AUDIT to RIGHTS_KMSG. */
void backends_serve(struct backends_served *s, const struct config *c, const struct rights_request *r, struct rights_answer *a);
/* Takes all of it back: what was asked of the kernel is as it was. */
void backends_served_end(struct backends_served *s);

#endif

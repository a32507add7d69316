/* audit_rights.h - what the reader of audit records asks of the half that has the rights (audit_control.h) */
#ifndef EPITAPH_AUDIT_RIGHTS_H
#define EPITAPH_AUDIT_RIGHTS_H

#include <sys/types.h>

#include "agent/base/rights.h"
#include "backends/audit_view.h"

enum audit_how { HOW_NONE, HOW_UNICAST, HOW_MULTICAST, HOW_STDIN };

enum audit_ask {
	AUDIT_ASK_OPEN,      /* arg: exits_told.  struct audit_opened, and the records' descriptor unless they are those of standard input */
	AUDIT_ASK_CLOSE,
	AUDIT_ASK_LOAD,      /* arg: exits_told.  value: enum audit_rules */
	AUDIT_ASK_LOAD_AGAIN,/* arg: exits_told.  value: how many rules; the data is enum audit_rules, 0 if as before */
	AUDIT_ASK_SURVEY,    /* struct audit_rules_found */
	AUDIT_ASK_STATUS,    /* struct audit_status */
	AUDIT_ASK_UNTUNE,
	AUDIT_ASK_RELEASE,
	AUDIT_ASK_TAKE,      /* value: the number of the request */
	AUDIT_ASK_TAKEN,
	AUDIT_ASK_LOCK       /* value: 1 if no other epitaph has it */
};

/* What it found, and how the records come. */
struct audit_opened {
	struct audit_view view;
	enum audit_how how;
	unsigned kinds;     /* enum audit_rules */
	pid_t    pid;       /* the one that is registered */
	uint32_t lost;      /* the kernel's counter */
	bool     panics;
};

#endif

/* audit_read.h - the audit backend at work: records, and who else touches auditing */
#ifndef EPITAPH_AUDIT_READ_H
#define EPITAPH_AUDIT_READ_H

#include "backends/audit_session.h"

/* One read of the backend: how many events were emitted, or -errno with the backend's note filled in. */
int audit_read(struct audit_session *s, int budget);

#endif

/* audit_seen.h - which events of this boot were seen, so that a copy of a record is known however late it comes */
#ifndef EPITAPH_AUDIT_SEEN_H
#define EPITAPH_AUDIT_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#define AUDIT_SEEN 65536 /* the newest so many serials */

/* All zeros: none was seen. */
struct audit_seen {
	uint32_t newest;
	uint8_t  bits[AUDIT_SEEN / 8];
};

/* The kernel counts its events up, by 32 bits (auditsc_get_stamp(), kernel/auditsc.c).  True if this one was seen before. */
bool audit_seen_before(struct audit_seen *s, uint64_t serial);

#endif

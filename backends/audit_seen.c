#include "backends/audit_seen.h"

static void forget(struct audit_seen *s, uint32_t serial)
{
	s->bits[serial % AUDIT_SEEN / 8] &= (uint8_t)~(1u << serial % 8);
}

bool audit_seen_before(struct audit_seen *s, uint64_t full)
{
	uint32_t serial = (uint32_t)full, ahead = serial - s->newest;
	uint8_t bit = (uint8_t)(1u << serial % 8), *byte = &s->bits[serial % AUDIT_SEEN / 8];
	bool seen;

	if (ahead && ahead <= UINT32_MAX / 2) {
		for (uint32_t i = 0; i < ahead && i < AUDIT_SEEN; i++)
			forget(s, serial - i);
		s->newest = serial;
	} else if (s->newest - serial >= AUDIT_SEEN) {
		return false; /* too long ago to know */
	}
	seen = *byte & bit;
	*byte |= bit;
	return seen;
}

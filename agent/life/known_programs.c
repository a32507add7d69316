#include "agent/life/known_programs.h"

#include <string.h>

#include "agent/base/hash.h"

static unsigned slot_of(const char *path)
{
	return (unsigned)(hash_bytes(path, strlen(path)) % KNOWN_PROGRAMS);
}

void known_programs_put(struct known_programs *k, const char *path, uint64_t now)
{
	size_t len = strlen(path);
	unsigned i = slot_of(path);

	if (path[0] != '/' || len >= KNOWN_PATH)
		return;
	k->slots[i].until = now + KNOWN_FOR;
	memcpy(k->slots[i].path, path, len + 1);
}

bool known_programs_has(const struct known_programs *k, const char *path, uint64_t now)
{
	unsigned i = slot_of(path);

	return k->slots[i].until > now && strcmp(k->slots[i].path, path) == 0;
}

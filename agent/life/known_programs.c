#include "agent/life/known_programs.h"

#include <string.h>

#include "agent/base/hash.h"

static unsigned slot_of(const char *path)
{
	return (unsigned)(hash_bytes(path, strlen(path)) % KNOWN_PROGRAMS);
}

void known_programs_put(struct known_programs *k, const char *path, const char *exe, uint64_t now)
{
	size_t path_len = strlen(path), exe_len = strlen(exe);
	unsigned i = slot_of(path);

	if (path[0] != '/' || path_len >= KNOWN_PATH || exe_len >= KNOWN_PATH)
		return;
	k->slots[i].until = now + KNOWN_FOR;
	memcpy(k->slots[i].path, path, path_len + 1);
	memcpy(k->slots[i].exe, exe, exe_len + 1);
}

const char *known_programs_get(const struct known_programs *k, const char *path, uint64_t now)
{
	unsigned i = slot_of(path);

	return k->slots[i].until > now && strcmp(k->slots[i].path, path) == 0 ? k->slots[i].exe : NULL;
}

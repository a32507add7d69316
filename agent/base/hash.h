/* hash.h - FNV-1a, 64 bits (draft-eastlake-fnv): where equal bytes must be found, and nobody gains by finding others with the same hash */
#ifndef EPITAPH_HASH_H
#define EPITAPH_HASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_bytes(const char *p, size_t len)
{
	uint64_t h = 14695981039346656037ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211ull;
	return h;
}

#endif

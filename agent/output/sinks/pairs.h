/* pairs.h - the keys and values of a record, one after the other, out of its JSON */
#ifndef EPITAPH_PAIRS_H
#define EPITAPH_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/* Of our own JSON, which format_json writes: flat, and right.  A string is without its quotes, and escaped as JSON has it. */
struct pair {
	const char *key, *value;
	size_t key_len, value_len;
	bool is_string, is_list;
};

/* The pair at p, where p is behind `{` or what was returned last; where the next one is, or NULL: there is none. */
const char *pair_next(const char *p, struct pair *pair);

#endif

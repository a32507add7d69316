#include "agent/output/sinks/pairs.h"

#include <string.h>

/* The quote that ends a string, or the end of the text. */
static const char *end_of_string(const char *p)
{
	for (; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p;
}

static const char *behind(const char *p)
{
	return *p ? p + 1 : p;
}

static const char *end_of_list(const char *p)
{
	while (*p && *p != ']')
		p = *p == '"' ? behind(end_of_string(p + 1)) : p + 1;
	return behind(p);
}

const char *pair_next(const char *p, struct pair *pair)
{
	if (*p == ',')
		p++;
	if (*p != '"')
		return NULL;
	pair->key = p + 1;
	p = end_of_string(p + 1);
	pair->key_len = (size_t)(p - pair->key);
	if (*p != '"' || p[1] != ':')
		return NULL;
	p += 2;
	pair->is_string = *p == '"';
	pair->is_list = *p == '[';
	pair->value = p + pair->is_string;
	p = pair->is_string ? end_of_string(p + 1) : pair->is_list ? end_of_list(p + 1) : p + strcspn(p, ",}");
	pair->value_len = (size_t)(p - pair->value);
	return pair->is_string ? behind(p) : p;
}

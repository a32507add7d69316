/* errors.h - the errors of one agent.ini, gathered and told in the order of its lines */
#ifndef EPITAPH_CONFIG_ERRORS_H
#define EPITAPH_CONFIG_ERRORS_H

#include "config/config.h"

#define ERRORS_MAX 100    /* told one by one; the rest is only counted */
#define PRINTABLE_MAX 264 /* room that printable() needs at most */
#define PRINTABLE_BYTES 64

struct errors {
	const char *file;
	unsigned    kept;
	uint64_t    count;
	bool        no_memory;
	struct error {
		unsigned line;
		char    *message;
	} list[ERRORS_MAX];
};

/* line 0: the file as a whole.  where: "[section] key" or less, may be empty. */
void errors_add(struct errors *e, unsigned line, const char *where, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void errors_report(const struct errors *e, config_tell tell, void *ctx);
void errors_fini(struct errors *e);

/*
 * Bytes of the file for a message: what is not printable UTF-8 becomes \xNN,
 * and what follows the first PRINTABLE_BYTES becomes "...".  Returns to.
 */
char *printable(char to[PRINTABLE_MAX], const char *s);

/* Why a value is wrong, filled in by the function that parses the value. */
struct wrong {
	char text[640];
};

/* Always returns -EINVAL. */
int wrong_set(struct wrong *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The known word that is most like a given one. */
struct nearest {
	const char *word;
	const char *best; /* NULL: none is like it */
	unsigned    distance;
};

void nearest_try(struct nearest *n, const char *known);

#endif

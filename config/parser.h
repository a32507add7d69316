/* parser.h - what is known while one agent.ini is read */
#ifndef EPITAPH_CONFIG_PARSER_H
#define EPITAPH_CONFIG_PARSER_H

#include "config/option.h"

/* A target's `output` line, which waits until all outputs are known. */
struct later {
	unsigned line;
	unsigned target;
	char    *where;
	char    *names;
};

/* One key of the section that is being read. */
struct given {
	unsigned line; /* 0: does not stand there */
	bool     good; /* its value was taken */
	bool     meant; /* a key stands there that is likely to mean this one */
};

struct parser {
	struct config *config;
	struct errors  errors;

	FILE     *stream;
	unsigned  line;                       /* the one read last */
	size_t    length;                     /* of that line, more than text holds if it is over-long */
	bool      has_nul;
	char      text[CONFIG_LINE_MAX + 1];

	bool         any_section;             /* a section line was seen */
	bool         known;                   /* the section is one, and the next members say which */
	enum section section;
	unsigned     section_line;
	char         where[PRINTABLE_MAX + 2]; /* "[target web]" */
	struct given given[OPTIONS_MAX];       /* by option_index() */
	char         last_key[PRINTABLE_MAX];  /* for a line that seems to continue it */

	unsigned first_line[SECTIONS];        /* of [agent] and [audit] */
	bool     target_meant;                /* an unknown section looks, or may have looked, like one */

	struct later *later;
	unsigned      later_count;
	bool          no_memory;
};

/* reader.c: feeds the stream to inih, line by line.  0 or -errno; errors of the text go to p->errors. */
int reader_run(struct parser *p);

/* parser.c: what reader.c calls. */
void parser_section(struct parser *p, char *line);
/* A section line that cannot be read: the keys below it are passed over. */
void parser_lost_section(struct parser *p);
void parser_key(struct parser *p, const char *key, const char *value);
/* Takes note of a key whose line was refused, so that it is not missed as well. */
void parser_refused(struct parser *p, const char *key);
/* The struct that the section fills. */
void *parser_object(struct parser *p);
/* "[section] key" */
const char *parser_where(const struct parser *p, const char *key, char *to, size_t size);
void parser_fini(struct parser *p);

/* check.c: what only a whole section, or the whole file, can tell. */
void check_section(struct parser *p);
void check_file(struct parser *p);

#endif

/* option.h - the table of every key of agent.ini, and the kinds of values they have */
#ifndef EPITAPH_CONFIG_OPTION_H
#define EPITAPH_CONFIG_OPTION_H

#include <stddef.h>

#include "config/config.h"
#include "config/errors.h"

enum section { SECTION_AGENT, SECTION_AUDIT, SECTION_OUTPUT, SECTION_TARGET, SECTIONS };

extern const char *const section_names[SECTIONS];
/* How messages write it: "[agent]", "[output NAME]". */
const char *section_heading(enum section s);

struct option;

/*
 * A kind of value.  object is the struct that the section fills: struct config,
 * output_config or target_config.
 */
struct value {
	/* 0, -ENOMEM, or -EINVAL with *w filled in.  text is not empty. */
	int (*parse)(const struct option *o, void *object, const char *text, struct wrong *w);
	/* What parse gives the same value for; nothing where there is no value. */
	void (*print)(const struct option *o, const void *object, const struct config *c, FILE *to);
};

struct word {
	const char *name; /* NULL ends the table */
	unsigned    value;
};

enum option_flag {
	OPTION_NONE  = 1 << 0, /* a path, or `none` */
	OPTION_MATCH = 1 << 1, /* says which processes a target watches */
	OPTION_LIST  = 1 << 2, /* blanks after its commas mean nothing */
	OPTION_LATER = 1 << 3, /* parsed when the whole file is known */
	OPTION_HASH  = 1 << 4  /* ` #` may be a part of the value */
};

struct option {
	enum section        section;
	const char         *key;
	const char         *preset; /* the default as one would write it; NULL: there is none */
	const struct value *value;
	size_t              at, size; /* of the member in the object */
	uint64_t            min, max; /* numbers, sizes, durations */
	const struct word  *words;
	int               (*check)(const char *text, struct wrong *w); /* text; may be NULL */
	unsigned            flags;
	unsigned            types;    /* 1 << enum output_type it belongs to; 0: all */
	unsigned            given;    /* enum config_given */
	const char         *help;
};

extern const struct option options[];
extern const size_t options_count;

#define OPTIONS_MAX 48

const struct option *option_find(enum section s, const char *key);
/* Gives every key of the section its default.  0 or -ENOMEM. */
int options_preset(enum section s, void *object);
size_t option_index(const struct option *o);

/* values.c */
extern const struct value value_yes_no, value_number, value_size, value_duration, value_mode, value_word;
/* text.c */
extern const struct value value_text, value_path, value_address;
int check_comm(const char *text, struct wrong *w);
int check_exe(const char *text, struct wrong *w);
int check_host(const char *text, struct wrong *w);
int check_tag(const char *text, struct wrong *w);
int check_socket(const char *text, struct wrong *w);
/* sets.c */
extern const struct value value_restarts, value_backends, value_rules, value_events, value_signals, value_severity;
/* outputs.c */
extern const struct value value_outputs;
uint32_t outputs_all(const struct config *c);
/* -EINVAL with *w filled in if one of the names is no output. */
int outputs_resolve(const struct config *c, const char *text, uint32_t *mask, struct wrong *w);

/* A list taken apart at its commas. */
struct list {
	char *next;
	char  text[CONFIG_LINE_MAX + 1];
};
void list_init(struct list *l, const char *text);
/* The next item without blanks around it, "" if there is nothing between two commas; NULL at the end. */
char *comma_next(struct list *l);
/* Always -EINVAL, as wrong_set. */
int list_empty_item(struct wrong *w);

/* NULL if it is none of them, with *w filled in: what is not a `noun`, which are, and the nearest. */
const struct word *word_find(const struct word *words, const char *noun, const char *name, struct wrong *w);

#endif

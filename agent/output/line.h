/* line.h - the parts of which lines for people are made; only format_text.c uses them */
#ifndef EPITAPH_LINE_H
#define EPITAPH_LINE_H

#include "agent/output/format.h"

struct line {
	struct text          t;
	const struct limits *limits;
};

/* `before` stands in front of what is written, and only if something is. */
void line_str(struct line *l, const char *s);
void line_word(struct line *l, const char *before, const char *s);   /* our own: never cut or quoted */
/* From outside: escaped, cut to the limits, in double quotes unless plain. */
void line_name(struct line *l, const char *s, size_t len);
void line_string(struct line *l, const char *before, const char *s);
void line_reason(struct line *l, const char *before, const struct event *e); /* always quoted */
void line_fact(struct line *l, const char *before, const struct facts *f, unsigned bit, int64_t n);
void line_exe(struct line *l, const char *before, const struct facts *f);
/* args="..." as a shell reads it. */
void line_args(struct line *l, const char *before, const struct facts *f);
void line_process(struct line *l, const struct facts *f);            /* nginx[812] */
void line_ancestry(struct line *l, const struct facts *f, unsigned from); /* ` < sshd < init`, those from the given one on */
/* Another process than the one that the record is about, with all that tells who it was. */
void line_other(struct line *l, const struct facts *f);
void line_sources(struct line *l, const char *before, unsigned set);
void line_uptime(struct line *l, double seconds);

#endif

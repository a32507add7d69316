/* audit_fields.h - the key=value text of one audit record, taken apart */
#ifndef EPITAPH_AUDIT_FIELDS_H
#define EPITAPH_AUDIT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The kernel quotes a string or, where it holds a byte < 0x21, > 0x7e or '"',
 * writes it as upper-case hex without quotes (audit_log_n_untrustedstring). */
enum audit_form { AUDIT_FORM_BARE, AUDIT_FORM_QUOTED, AUDIT_FORM_BROKEN };

struct audit_field {
	const char     *key, *value; /* into the text; value without its quotes */
	size_t          key_len, value_len;
	enum audit_form form;
	bool            last;        /* nothing follows: a cut would not show */
};

/* `audit(1795293795.397:7):` at the head of a record. */
struct audit_stamp {
	uint64_t wall;   /* ns, CLOCK_REALTIME */
	uint64_t serial;
};

/* Reads the head; returns the offset of the fields, 0 if it is none. */
size_t audit_stamp_parse(const char *text, size_t len, struct audit_stamp *stamp);

/*
 * Takes the next field at *text (words without '=' are skipped) and moves
 * *text behind it.  A quoted value is one value whatever is in it, so no field
 * is ever found inside another's value.  False at the end.
 */
bool audit_field_next(const char **text, const char *end, struct audit_field *f);
/* Inline: with a literal it is a comparison of two words, and a record has thirty fields. */
static inline bool audit_field_is(const struct audit_field *f, const char *key)
{
	size_t n = strlen(key);

	return f->key_len == n && !memcmp(f->key, key, n);
}

/* The whole value as a number; false for any other text or an overflow. */
bool audit_field_number(const struct audit_field *f, int64_t *number);
/* Hexadecimal, with or without 0x. */
bool audit_field_hex(const struct audit_field *f, uint64_t *number);
/* An id; false for the unset one (4294967295, -1). */
bool audit_field_id(const struct audit_field *f, uint32_t *id);
/* A process id; false for 0, the parent of PID 1. */
bool audit_field_pid(const struct audit_field *f, int *pid);

/*
 * Decodes a string of the kernel's making into out, NUL-terminated and cut at
 * a NUL within.  Returns its length, -1 if it is absent ((null), (none), ?),
 * malformed or does not fit.
 */
int audit_field_string(const struct audit_field *f, char *out, size_t size);
/* The same for text that is written bare, as tty= is. */
int audit_field_word(const struct audit_field *f, char *out, size_t size);
/* Decodes as much as fits, without a NUL at the end; -1 if malformed. */
int audit_field_bytes(const struct audit_field *f, char *out, size_t size);

#endif

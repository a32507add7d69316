/* audit_args.c - the arguments of an exec, put together from EXECVE records */
#include "backends/audit_record.h"

#include <string.h>

enum part { PART_NONE, PART_WHOLE, PART_LENGTH, PART_PIECE };

static size_t digits(const char *p, size_t len, unsigned *number)
{
	size_t i;

	*number = 0;
	for (i = 0; i < len && i < 9 && p[i] >= '0' && p[i] <= '9'; i++)
		*number = *number * 10 + (unsigned)(p[i] - '0');
	return i;
}

/* `a3`, `a3_len`, `a3[7]` (audit_log_execve_info) */
static enum part part_of(const struct audit_field *f, unsigned *arg, unsigned *piece)
{
	const char *p = f->key + 1, *end = f->key + f->key_len;
	size_t n;

	if (f->key[0] != 'a' || !(n = digits(p, (size_t)(end - p), arg)))
		return PART_NONE;
	p += n;
	if (p == end)
		return PART_WHOLE;
	if (end - p == 4 && !memcmp(p, "_len", 4))
		return PART_LENGTH;
	if (*p++ != '[' || !(n = digits(p, (size_t)(end - p), piece)))
		return PART_NONE;
	return end - p == (ptrdiff_t)n + 1 && p[n] == ']' ? PART_PIECE : PART_NONE;
}

/* Nothing more is stored, and what is stored is no use: half an argument may read as another one. */
static void stop(struct audit_args *args)
{
	args->stop = args->gap = true;
}

static void store(struct audit_args *args, const struct audit_field *f)
{
	size_t room = sizeof(args->bytes) - 1 - args->len; /* a place for the NUL */
	size_t whole = f->form == AUDIT_FORM_QUOTED ? f->value_len : f->value_len / 2;
	char *to = args->bytes + args->len, *nul;
	int n;

	if (args->stop)
		return;
	n = audit_field_bytes(f, to, room);
	if (n < 0) {
		stop(args);
		return;
	}
	nul = memchr(to, '\0', (size_t)n);
	args->len += nul ? (size_t)(nul - to) : (size_t)n;
	if (whole > room) {
		args->stop = true;
		args->bytes[args->len++] = '\0';
	}
}

static void next_arg(struct audit_args *args)
{
	if (!args->stop) {
		args->bytes[args->len++] = '\0';
		args->stop = args->len == sizeof(args->bytes);
	}
	args->arg++;
	args->piece = 0;
	args->expected = args->got = 0;
}

/* At a gap nothing more is stored, but the end is still recognised. */
static bool in_order(struct audit_args *args, unsigned arg)
{
	if (arg < args->arg || arg >= args->count)
		return false;
	if (arg > args->arg) {
		stop(args);
		args->arg = arg;
		args->piece = 0;
		args->expected = args->got = 0;
	}
	return true;
}

static void take_piece(struct audit_args *args, unsigned piece, const struct audit_field *f)
{
	if (piece != args->piece)
		stop(args);
	store(args, f);
	args->piece = piece + 1;
	args->got += f->value_len;
	if (args->expected && args->got >= args->expected)
		next_arg(args);
}

void audit_args_take(struct audit_args *args, const char *fields, const char *end)
{
	struct audit_field f;
	unsigned arg, piece;
	int64_t n;

	while (audit_field_next(&fields, end, &f)) {
		if (audit_field_is(&f, "argc")) {
			if (audit_field_number(&f, &n) && n > 0 && n < INT32_MAX && !args->count)
				args->count = (unsigned)n;
			continue;
		}
		switch (part_of(&f, &arg, &piece)) {
		case PART_WHOLE:
			if (in_order(args, arg)) {
				store(args, &f);
				next_arg(args);
			}
			break;
		case PART_LENGTH:
			if (in_order(args, arg) && audit_field_number(&f, &n) && n > 0)
				args->expected = (uint64_t)n;
			break;
		case PART_PIECE:
			if (in_order(args, arg))
				take_piece(args, piece, &f);
			break;
		case PART_NONE:
			break;
		}
	}
}

bool audit_args_whole(const struct audit_args *args)
{
	return args->count && args->arg >= args->count;
}

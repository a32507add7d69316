#include "agent/output/sinks/relp_reader.h"

#include <errno.h>
#include <string.h>

#define COMMAND_MOST 32
#define DATA_MOST 4000   /* of an answer: some 100 bytes */

/* Decimal digits at p: the number and behind it, or NULL: there is none, or it is too large.  *p may be the end. */
static const char *number_at(const char *p, const char *end, uint32_t *n)
{
	const char *begin = p;
	uint64_t v = 0;

	for (; p < end && *p >= '0' && *p <= '9' && v <= RELP_NUMBER_MOST; p++)
		v = 10 * v + (uint64_t)(*p - '0');
	*n = (uint32_t)v;
	return p > begin && v <= RELP_NUMBER_MOST ? p : NULL;
}

char *relp_reader_room(struct relp_reader *r, size_t *room)
{
	*room = sizeof(r->bytes) - r->len;
	return r->bytes + r->len;
}

static void read_code(struct relp_frame *f, const char *p, const char *end)
{
	uint32_t code;
	size_t n = 0;

	p = number_at(p, end, &code);
	f->code = p ? code : 0;
	if (p && p < end && *p == ' ')
		p++;
	for (; p && p < end && *p != '\n' && n + 1 < sizeof(f->text); p++)
		f->text[n++] = *p >= ' ' && *p <= '~' ? *p : '?';
	f->text[n] = '\0';
}

static bool is_word(const char *p, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(p, word, len) == 0;
}

/* The length of the frame, 0 if it is not whole, -EBADMSG. */
static long parse(const char *bytes, size_t len, struct relp_frame *f)
{
	const char *end = bytes + len, *p = number_at(bytes, end, &f->number), *command, *data;
	uint32_t data_len;

	if (!p)
		return len == 0 ? 0 : -EBADMSG;
	if (p == end)
		return 0;
	if (*p++ != ' ')
		return -EBADMSG;
	command = p;
	while (p < end && *p >= 'a' && *p <= 'z' && p - command <= COMMAND_MOST)
		p++;
	size_t command_len = (size_t)(p - command);
	if (p == end)
		return command_len <= COMMAND_MOST ? 0 : -EBADMSG;
	if (*p++ != ' ' || command_len == 0)
		return -EBADMSG;
	if (p == end)
		return 0;
	p = number_at(p, end, &data_len);
	if (!p || data_len > DATA_MOST)
		return -EBADMSG;
	if (p == end)
		return 0;
	if (data_len && *p++ != ' ')
		return -EBADMSG;
	data = p;
	if ((size_t)(end - data) < (size_t)data_len + 1)
		return 0;
	if (data[data_len] != '\n')
		return -EBADMSG;
	f->is_answer = is_word(command, command_len, "rsp");
	f->is_close = is_word(command, command_len, "serverclose");
	f->code = 0;
	f->text[0] = '\0';
	if (f->is_answer)
		read_code(f, data, data + data_len);
	return data + data_len + 1 - bytes;
}

int relp_reader_next(struct relp_reader *r, struct relp_frame *f)
{
	long n = parse(r->bytes, r->len, f);

	if (n < 0 || (n == 0 && r->len == sizeof(r->bytes)))
		return -EBADMSG;
	if (n == 0)
		return 0;
	r->len -= (size_t)n;
	memmove(r->bytes, r->bytes + n, r->len);
	return 1;
}

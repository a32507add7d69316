/* relp_reader.h - what a RELP server sends, in frames */
#ifndef EPITAPH_RELP_READER_H
#define EPITAPH_RELP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELP_NUMBER_MOST 999999999u /* nine digits */

/* TXNR SP COMMAND SP DATALEN [SP DATA] LF (librelp, doc/relp.html, "RELP frame"). */
struct relp_frame {
	uint32_t number;
	bool     is_answer;      /* `rsp`: code is set */
	bool     is_close;       /* `serverclose` */
	unsigned code;           /* 200 = done */
	char     text[96];       /* what follows the code, to the end of that line; for a person: what is not printable is `?` */
};

struct relp_reader {
	char   bytes[4096];
	size_t len;
};

/* Where to put what was received, and how much there is room for: 0 only after -EBADMSG. */
char  *relp_reader_room(struct relp_reader *r, size_t *room);
/* The next whole frame: 1, 0 if it is not there yet, -EBADMSG if it is none, or longer than the buffer. */
int    relp_reader_next(struct relp_reader *r, struct relp_frame *f);

#endif

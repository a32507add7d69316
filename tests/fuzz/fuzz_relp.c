/* fuzz_relp.c - what a RELP server may send, in pieces */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/output/sinks/relp_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct relp_reader reader;
	struct relp_frame f;
	size_t room, piece = size ? data[0] % 7 + 1u : 1;
	int r = 0;

	reader.len = 0;
	for (size_t at = 0; at < size && r >= 0; at += piece) {
		char *to = relp_reader_room(&reader, &room);

		piece = piece < size - at ? piece : size - at;
		if (piece > room)
			abort(); /* a whole buffer without a frame is refused before */
		memcpy(to, data + at, piece);
		reader.len += piece;
		while ((r = relp_reader_next(&reader, &f)) > 0)
			if (f.number > RELP_NUMBER_MOST || (f.is_answer && f.is_close) || strlen(f.text) >= sizeof(f.text) || (f.code && !f.is_answer))
				abort();
		if (r < 0 && r != -EBADMSG)
			abort();
	}
	return 0;
}

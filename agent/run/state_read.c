#include "agent/run/state_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE (3 * 4096 + 512) /* an exe of PATH_MAX in hex, and the rest */

/* Decodes in place; false if it is no hex.  "-" becomes NULL in *out. */
static bool read_hex(char *hex, const char **out)
{
	size_t n = strlen(hex);
	unsigned byte;

	*out = NULL;
	if (strcmp(hex, "-") == 0)
		return true;
	if (n % 2)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		if (strspn(hex + i, "0123456789abcdef") < 2 || sscanf(hex + i, "%2x", &byte) != 1 || !byte)
			return false;
		hex[i / 2] = (char)byte;
	}
	hex[n / 2] = '\0';
	*out = hex;
	return true;
}

static bool read_process(const struct state_header *h, char *fields, const struct state_reader *to)
{
	char *word[6], *save = NULL;
	struct facts f = {.has = FACT_PID | FACT_STARTED};

	for (int i = 0; i < 6; i++)
		if (!(word[i] = strtok_r(i ? NULL : fields, " ", &save)))
			return false;
	long pid = strtol(word[0], NULL, 10);
	long long uid = strtoll(word[3], NULL, 10);
	if (pid <= 0 || pid > PID_LIMIT || uid < -1 || uid >= UINT32_MAX || !read_hex(word[4], &f.comm) || !read_hex(word[5], &f.exe))
		return false;
	f.pid = (pid_t)pid;
	f.started = strtoull(word[1], NULL, 10);
	f.uid = (uid_t)uid;
	f.has |= (uid >= 0 ? FACT_UID : 0) | (f.comm ? FACT_COMM : 0) | (f.exe ? FACT_EXE : 0);
	if (to)
		to->process(to->ctx, h, word[2], &f);
	return true;
}

static bool read_target(const struct state_header *h, char *fields, const struct state_reader *to)
{
	char *save = NULL, *name = strtok_r(fields, " ", &save), *starts = name ? strtok_r(NULL, " ", &save) : NULL;

	if (!starts)
		return false;
	if (to)
		to->target(to->ctx, h, name, strtoull(starts, NULL, 10));
	return true;
}

bool state_read(FILE *from, const struct state_reader *to)
{
	static const char first[] = "epitaph 1 ";
	char line[LINE_SIZE];
	struct state_header h;
	unsigned lines = 0, promised;

	if (!fgets(line, sizeof(line), from) || strncmp(line, first, sizeof(first) - 1) != 0 ||
	    sscanf(line + sizeof(first) - 1, "%36s %" SCNd64, h.boot, &h.wall) != 2)
		return false;
	while (fgets(line, sizeof(line), from)) {
		size_t n = strlen(line);

		if (!n || line[n - 1] != '\n')
			return false;
		line[n - 1] = '\0';
		if (sscanf(line, "end %u", &promised) == 1)
			return promised == lines && !fgets(line, sizeof(line), from);
		if (strncmp(line, "process ", 8) == 0) {
			if (!read_process(&h, line + 8, to))
				return false;
		} else if (strncmp(line, "target ", 7) != 0 || !read_target(&h, line + 7, to)) {
			return false;
		}
		lines++;
	}
	return false;
}

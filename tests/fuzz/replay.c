/* replay.c - main() of a fuzz target without a fuzzer: replays files, whole and cut at every length; what a fuzzer has found, in DIR/found, whole */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly that size, so that a sanitizer sees a read beyond it. */
static void replay(const char *bytes, size_t size, unsigned long *count)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	++*count;
}

static int replay_file(const char *path, bool cuts, unsigned long *count)
{
	FILE *f = fopen(path, "r");
	char *bytes = NULL;
	size_t size = 0, room = 0;

	if (!f) {
		perror(path);
		return 1;
	}
	do {
		if (size == room) {
			room = room ? 2 * room : 65536;
			bytes = realloc(bytes, room);
			if (!bytes)
				abort();
		}
		size += fread(bytes + size, 1, room - size, f);
	} while (!feof(f) && !ferror(f));
	int failed = ferror(f);
	fclose(f);
	if (failed) {
		fprintf(stderr, "%s: cannot be read\n", path);
	} else {
		for (size_t cut = 0; cuts && cut < size && cut <= CUT_MAX; cut++)
			replay(bytes, cut, count);
		replay(bytes, size, count);
	}
	free(bytes);
	return failed;
}

static int replay_directory(const char *path, bool cuts, unsigned long *count)
{
	struct dirent **names;
	struct stat st;
	int n = scandir(path, &names, NULL, alphasort), failed = n < 0;
	if (n < 0)
		perror(path);
	for (int i = 0; i < n; i++) {
		char *inner = NULL;
		if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
			abort();
		if (stat(inner, &st) == 0 && S_ISREG(st.st_mode))
			failed |= replay_file(inner, cuts, count);
		else if (strcmp(names[i]->d_name, "found") == 0)
			failed |= replay_directory(inner, false, count);
		free(inner);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return failed;
}

static int replay_path(const char *path, unsigned long *count)
{
	struct stat st;

	if (stat(path, &st)) {
		perror(path);
		return 1;
	}
	return S_ISDIR(st.st_mode) ? replay_directory(path, true, count) : replay_file(path, true, count);
}

int main(int argc, char **argv)
{
	unsigned long count = 0;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay_path(argv[i], &count);
	printf("replayed %lu inputs\n", count);
	return failed || count == 0;
}

/* fuzz_rights.c - requests of an engine that was taken over: whatever they are, the warden opens nothing but what the configuration names */
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/rights.h"
#include "agent/files/files.h"
#include "agent/warden/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct files_served files;
static struct kept kept;
static int ends[2];
static char dir[] = "/tmp/epitaph-fuzz-rights-XXXXXX";

static void ignore(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void clean_up(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void prepare(void)
{
	char ini[64];
	FILE *f;

	if (!mkdtemp(dir) || rights_pair(ends) != 0 || atexit(clean_up) != 0)
		abort();
	snprintf(ini, sizeof(ini), "%s/ini", dir);
	f = fopen(ini, "w");
	if (!f)
		abort();
	fprintf(f, "[agent]\nstate_dir = %s/state\ncontrol = none\n[output a]\ntype = file\npath = %s/a\n[output s]\ntype = syslog\n"
	         "[target t]\npidfile = %s/pid\n", dir, dir, dir);
	if (fclose(f) != 0 || chmod(ini, 0600) != 0 || config_load(ini, ignore, NULL, &files.config) != 0)
		abort();
	config_number(files.config, 1);
	files.generations = 1;
}

/* Below its directory, a socket, or standard output. */
static bool may_be_given(int fd)
{
	char link[32], name[256];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (S_ISSOCK(st.st_mode))
		return true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, name, sizeof(name) - 1);
	name[n > 0 ? n : 0] = '\0';
	struct stat standard;
	return strncmp(name, dir, strlen(dir)) == 0 || strncmp(name, "/memfd:agent.ini", 16) == 0 || (fstat(STDOUT_FILENO, &standard) == 0 && standard.st_ino == st.st_ino);
}

static void serve(struct rights_request *r, int fd)
{
	static struct rights_answer a;

	memset(&a, 0, sizeof(a));
	if (r->of == RIGHTS_FILES) {
		files_serve(&files, r, &a);
		for (uint32_t i = 0; i < a.fds_count; i++)
			if (!may_be_given(a.fds[i]))
				abort();
		rights_forget(&a);
	} else if (r->of == RIGHTS_SYSTEM && r->what == SYSTEM_POST_KEEP) {
		kept_add(&kept, r->arg, r->stamp, fd, 64);
		return;
	} else if (r->of == RIGHTS_SYSTEM && r->what == SYSTEM_POST_FORGET) {
		kept_forget(&kept, r->arg, r->stamp);
	}
	if (kept.count > 64)
		abort();
	if (fd >= 0)
		close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rights_request r;
	int fd;

	if (!dir[strlen(dir) - 1] || strcmp(dir + strlen(dir) - 6, "XXXXXX") == 0)
		prepare();
	while (size > 0) {
		/* The head as it comes, zeros where the input has no more; and some of another size. */
		size_t head = offsetof(struct rights_request, path) + 16, n = size < head ? size : head;
		bool whole = data[0] != 0xff;

		memset(&r, 0, sizeof(r));
		memcpy(&r, data, n);
		r.of = whole ? r.of % (RIGHTS_KINDS + 1) : r.of;
		if (send(ends[0], &r, whole ? sizeof(r) : n, MSG_DONTWAIT) < 0)
			abort();
		if (rights_receive(ends[1], &r, &fd) == 1)
			serve(&r, fd);
		data += n;
		size -= n;
	}
	files_served_end(&files);
	return 0;
}

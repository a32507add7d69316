/* sink_world.h - what the tests of all outputs share; after cmocka.h */
#ifndef EPITAPH_SINK_WORLD_H
#define EPITAPH_SINK_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/output/sink.h"
#include "agent/output/sinks/batch.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A directory, a sink in it, and what stdout was. */
struct world {
	char  dir[48], path[80];
	struct output_config config;
	struct sink  sink;
	struct clock clock;
	int   saved_stdout, reader, server;
	bool  mounted;
};

static inline int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->dir, sizeof(w->dir), "/tmp/epitaph-sink-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/log", w->dir);
	w->config = (struct output_config){ .name = (char *)"out", .type = OUTPUT_FILE, .format = FORMAT_TEXT, .path = w->path,
	                                    .mode = 0640, .keep = 5, .facility = LOG_DAEMON, .tag = (char *)"epitaph", .queue = 100,
	                                    .max_message = 8192 };
	w->saved_stdout = w->reader = w->server = -1;
	signal(SIGPIPE, SIG_IGN);
	clock_refresh(&w->clock);
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	sink_close(&w->sink, &w->clock);
	if (w->saved_stdout >= 0) {
		fflush(stdout);
		dup2(w->saved_stdout, 1);
		close(w->saved_stdout);
	}
	if (w->reader >= 0)
		close(w->reader);
	if (w->server >= 0)
		close(w->server);
	if (w->mounted)
		umount2(w->dir, MNT_DETACH);
	pid_t child = fork();
	if (child == 0) {
		snprintf(command, sizeof(command), "%s", w->dir);
		execlp("rm", "rm", "-rf", command, (char *)NULL);
		_exit(127);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	free(w);
	return 0;
}

/* A record whose line holds `#number#` and about `size` bytes. */
static inline void write_record(struct world *w, unsigned number, size_t size)
{
	char reason[SINK_BATCH];
	int n = snprintf(reason, sizeof(reason), "#%u#", number);
	struct event e = { .kind = EVENT_EXIT, .has = HAS_REASON | HAS_CAUSE, .sources = SOURCE_PROC, .at = w->clock.now,
	                   .wall_offset = w->clock.to_wall, .target = "t", .reason = reason };

	while ((size_t)n < size)
		reason[n++] = 'x';
	reason[n] = '\0';
	sink_write(&w->sink, &e, LOG_NOTICE, SIZE_MAX, &w->clock);
}

static inline void flush_after(struct world *w, uint64_t ns)
{
	w->clock.now = sink_now() + ns;
	sink_flush(&w->sink, &w->clock);
}

static inline char *slurp(const char *path, size_t *len)
{
	static char buf[4 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	*len = 0;
	if (fd >= 0) {
		while ((n = read(fd, buf + *len, sizeof(buf) - 1 - *len)) > 0)
			*len += (size_t)n;
		close(fd);
	}
	buf[*len] = '\0';
	return buf;
}

/* Lines that are whole records; fails on any that is not. */
static inline unsigned count_records(const char *text, unsigned *lost)
{
	unsigned n = 0;

	for (const char *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		const char *word = memmem(text, (size_t)(end - text), " lost out: ", 11);

		assert_int_equal(memcmp(text, "20", 2), 0);
		if (word) {
			*lost += (unsigned)strtoul(word + 11, NULL, 10);
			continue;
		}
		assert_non_null(memmem(text, (size_t)(end - text), " exit t: ", 9));
		assert_int_equal(memcmp(end - 12, "sources=proc", 12), 0);
		n++;
	}
	return n;
}

static inline unsigned records_in(const char *path, unsigned *lost)
{
	size_t len;

	return count_records(slurp(path, &len), lost);
}

#endif

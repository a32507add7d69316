#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/path.h"

#define EVE 65534
#define LOGS 65533 /* a group */
#define WRITE (O_WRONLY | O_APPEND | O_CREAT)
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A directory of root's below the sticky /tmp. */
struct world {
	char dir[40];
	struct path p;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	umask(022);
	snprintf(w->dir, sizeof(w->dir), "/tmp/epitaph-path-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(chmod(w->dir, 0755), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	free(w);
	return 0;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("SKIP: needs root\n");
		skip();
	}
}

/* DIR/NAME; the last four are kept. */
static const char *at(const struct world *w, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(paths[next], PATH_MAX, "%s/%s", w->dir, name);
	return paths[next];
}

static const char *make_file(const struct world *w, const char *name, const char *text, mode_t mode)
{
	const char *path = at(w, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static const char *make_dir(const struct world *w, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
	const char *path = at(w, name);

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, uid, gid), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

/* What path_open_file returns, whose descriptor is closed: 0 or -errno. */
static int opened(struct world *w, const char *path, enum path_open_to most, int flags)
{
	int r = path_open_file(&w->p, path, most, flags, 0640);

	assert_int_equal(w->p.dir, -1);
	if (r < 0)
		assert_true(w->p.why[0]);
	else
		close(r);
	return r < 0 ? r : 0;
}

static void refused(struct world *w, const char *path, enum path_open_to most, int flags, const char *why)
{
	char said[512];

	assert_int_equal(opened(w, path, most, flags), -EPERM);
	if (!strstr(w->p.why, why))
		fail_msg("\"%s\" does not say \"%s\"", w->p.why, why);
	if (flags != O_RDONLY) {
		assert_true(path_refused(path, most, said, sizeof(said)));
		assert_string_equal(said, w->p.why);
	}
}

static void test_walk_of_every_kind_of_path(void **state)
{
	struct world *w = *state;
	char cwd[PATH_MAX], text[8] = "", odd[PATH_MAX];

	make_file(w, "f", "hello", 0644);
	assert_int_equal(mkdir(at(w, "d"), 0755), 0);
	snprintf(odd, sizeof(odd), "//tmp/../tmp/.//%s/d/../f", w->dir + 5);
	int fd = path_open_file(&w->p, odd, OPEN_TO_GROUP, O_RDONLY, 0);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	assert_string_equal(w->p.path, at(w, "f"));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(at(w, "d")), 0);
	assert_int_equal(opened(w, "../f", OPEN_TO_GROUP, O_RDONLY), 0);
	assert_int_equal(opened(w, "./../f", OPEN_TO_GROUP, O_RDONLY), 0);
	assert_int_equal(opened(w, "g", OPEN_TO_GROUP, WRITE), 0);
	assert_int_equal(access(at(w, "d/g"), F_OK), 0);
	assert_int_equal(chdir(cwd), 0);
	assert_int_equal(opened(w, "/", OPEN_TO_GROUP, O_RDONLY), -EISDIR);
	assert_int_equal(opened(w, "/tmp/..", OPEN_TO_GROUP, O_RDONLY), -EISDIR);
	assert_int_equal(opened(w, "/..", OPEN_TO_GROUP, O_RDONLY), -EISDIR);
	assert_int_equal(opened(w, w->dir, OPEN_TO_GROUP, O_RDONLY), -EISDIR);
	assert_int_equal(opened(w, at(w, "f/x"), OPEN_TO_GROUP, O_RDONLY), -ENOTDIR);
	assert_int_equal(opened(w, at(w, "no"), OPEN_TO_GROUP, O_RDONLY), -ENOENT);
	assert_int_equal(opened(w, at(w, "no/x"), OPEN_TO_GROUP, WRITE), -ENOENT);
	assert_int_equal(opened(w, "", OPEN_TO_GROUP, O_RDONLY), -EISDIR);
}

static void test_walk_when_the_path_is_too_long(void **state)
{
	struct world *w = *state;
	static char path[3 * PATH_MAX];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), -ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), -ENAMETOOLONG);
	path[NAME_MAX + 2] = '\0';
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), -ENAMETOOLONG);
	for (size_t i = 0; i < PATH_MAX - 2; i++)
		path[i] = "/."[i % 2];
	path[PATH_MAX - 2] = '\0';
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), -EISDIR);
}

static void test_links_of_ours_are_followed(void **state)
{
	struct world *w = *state;

	make_file(w, "f", "x", 0644);
	assert_int_equal(mkdir(at(w, "d"), 0755), 0);
	assert_int_equal(symlink("../f", at(w, "d/relative")), 0);
	assert_int_equal(symlink(at(w, "f"), at(w, "d/absolute")), 0);
	assert_int_equal(symlink("d", at(w, "dir")), 0);
	assert_int_equal(symlink("nothing-yet", at(w, "dangling")), 0);
	assert_int_equal(symlink("loop", at(w, "loop")), 0);
	assert_int_equal(opened(w, at(w, "dir/relative"), OPEN_TO_GROUP, O_RDONLY), 0);
	assert_string_equal(w->p.path, at(w, "f"));
	assert_int_equal(opened(w, at(w, "dir/absolute/"), OPEN_TO_GROUP, O_RDONLY), 0);
	assert_string_equal(w->p.path, at(w, "f"));
	assert_int_equal(opened(w, at(w, "dangling"), OPEN_TO_GROUP, WRITE), 0);
	assert_int_equal(access(at(w, "nothing-yet"), F_OK), 0);
	assert_int_equal(opened(w, at(w, "loop"), OPEN_TO_GROUP, O_RDONLY), -ELOOP);
}

/* As /dev/stdin: whoever started the agent has chosen what it is. */
static void test_descriptor_that_was_given(void **state)
{
	struct world *w = *state;
	char path[40];
	int fd = open(make_file(w, "f", "x", 0666), O_RDWR), ends[2];
	struct stat st;

	assert_int_equal(unlink(at(w, "f")), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(opened(w, path, OPEN_TO_OWNERS, O_RDONLY), 0);
	assert_true(w->p.given);
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, WRITE), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666); /* and which mode it has */
	close(fd);
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), -EOPNOTSUPP);
	close(ends[0]);
	close(ends[1]);
}

static void test_directories_by_whom_they_are_open_to(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		uid_t  uid;
		gid_t  gid;
		enum path_open_to is;
		const char *why;
	} dirs[] = {
		{"closed", 0755, 0, LOGS, OPEN_TO_NOBODY, ""},
		{"roots-group", 0775, 0, 0, OPEN_TO_NOBODY, ""},
		{"sticky", 01777, 0, 0, OPEN_TO_OWNERS, ""},
		{"sticky-group", 01775, 0, LOGS, OPEN_TO_OWNERS, ""},
		{"group", 0775, 0, LOGS, OPEN_TO_GROUP, "group 65533 may write to the directory "},
		{"everybody", 0777, 0, 0, OPEN_TO_EVERYBODY, "everybody may write to the directory "},
		{"eves", 0755, EVE, 0, OPEN_TO_USER, "belongs to user 65534, who may put anything there; chown root "},
		{"eves-sticky", 01777, EVE, 0, OPEN_TO_USER, "belongs to user 65534"},
	};
	struct world *w = *state;
	char name[64];

	need_root();
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		const char *dir = make_dir(w, dirs[i].name, dirs[i].mode, dirs[i].uid, dirs[i].gid);

		snprintf(name, sizeof(name), "%s/f", dirs[i].name);
		for (enum path_open_to most = OPEN_TO_OWNERS; most <= OPEN_TO_USER; most++) {
			if (dirs[i].is > most) {
				refused(w, at(w, name), most, WRITE, dirs[i].why);
				assert_non_null(strstr(w->p.why, dir));
			} else {
				assert_int_equal(opened(w, at(w, name), most, WRITE), 0);
				assert_int_equal(w->p.open_to, dirs[i].is);
				assert_int_equal(unlink(at(w, name)), 0);
			}
		}
		assert_int_not_equal(access(at(w, name), F_OK), 0); /* nothing was made where it was refused */
	}
	/* What is on the way counts as the last one does. */
	assert_int_equal(mkdir(at(w, "eves/roots"), 0755), 0);
	refused(w, at(w, "eves/roots/f"), OPEN_TO_GROUP, WRITE, "/eves belongs to user 65534");
	assert_int_equal(mkdir(at(w, "group/roots"), 0755), 0);
	assert_int_equal(opened(w, at(w, "group/roots/f"), OPEN_TO_GROUP, WRITE), 0);
	assert_int_equal(w->p.open_to, OPEN_TO_GROUP);
	assert_int_equal(mkdir(at(w, "sticky/roots"), 0755), 0);
	assert_int_equal(opened(w, at(w, "sticky/roots/f"), OPEN_TO_OWNERS, WRITE), 0);
	assert_int_equal(w->p.open_to, OPEN_TO_NOBODY);
}

static void test_links_that_others_made_or_moved(void **state)
{
	struct world *w = *state;

	need_root();
	make_file(w, "secret", "root's", 0600);
	make_dir(w, "sticky", 01777, 0, 0);
	make_dir(w, "group", 0775, 0, LOGS);
	make_dir(w, "eves", 0755, EVE, EVE);
	static const char *const places[] = {"closed", "sticky/l", "group/l", "eves/l"};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(symlink(at(w, "secret"), at(w, places[i])), 0);
		assert_int_equal(lchown(at(w, places[i]), EVE, EVE), 0);
		refused(w, at(w, places[i]), OPEN_TO_USER, WRITE, "is a link of user 65534");
		refused(w, at(w, places[i]), OPEN_TO_USER, O_RDONLY, "is a link of user 65534");
		assert_int_equal(unlink(at(w, places[i])), 0);
	}
	/* One of root's: in a sticky directory it stays in its place, elsewhere it may have been another. */
	assert_int_equal(symlink(at(w, "secret"), at(w, "sticky/l")), 0);
	assert_int_equal(opened(w, at(w, "sticky/l"), OPEN_TO_OWNERS, O_RDONLY), 0);
	assert_int_equal(link(at(w, "sticky/l"), at(w, "sticky/second")), 0);
	refused(w, at(w, "sticky/second"), OPEN_TO_OWNERS, O_RDONLY, "is a link that others may have put there");
	assert_int_equal(symlink(at(w, "secret"), at(w, "group/l")), 0);
	refused(w, at(w, "group/l"), OPEN_TO_GROUP, WRITE, "is a link that others may have put there");
	assert_int_equal(symlink(at(w, "secret"), at(w, "eves/l")), 0);
	refused(w, at(w, "eves/l"), OPEN_TO_USER, O_RDONLY, "is a link that others may have put there");
}

static void test_files_by_owner_links_and_mode(void **state)
{
	struct world *w = *state;
	const char *path;
	struct stat st;

	need_root();
	path = make_file(w, "eves", "1", 0644);
	assert_int_equal(chown(path, EVE, EVE), 0);
	refused(w, path, OPEN_TO_GROUP, WRITE, "belongs to user 65534; chown root it, or remove it");
	refused(w, path, OPEN_TO_GROUP, O_RDONLY, "belongs to user 65534");
	assert_int_equal(opened(w, path, OPEN_TO_USER, O_RDONLY), 0);
	assert_int_equal(w->p.user, EVE);
	assert_int_equal(chmod(path, 0664), 0); /* a daemon's umask may be 002 */
	assert_int_equal(opened(w, path, OPEN_TO_USER, O_RDONLY), 0);
	assert_int_equal(chmod(path, 0666), 0);
	refused(w, path, OPEN_TO_USER, O_RDONLY, "others may write to ");

	path = make_file(w, "two", "1", 0644);
	assert_int_equal(link(path, at(w, "second")), 0);
	refused(w, path, OPEN_TO_GROUP, WRITE, "has 2 links, so it may be another file as well");
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), 0); /* root made the second one: nobody else may here */
	make_dir(w, "sticky", 01777, 0, 0);
	assert_int_equal(link(path, at(w, "sticky/third")), 0);
	refused(w, at(w, "sticky/third"), OPEN_TO_GROUP, O_RDONLY, "has 3 links");

	path = make_file(w, "loose", "1", 0664);
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, O_RDONLY), 0); /* root's own group */
	assert_int_equal(chown(path, 0, LOGS), 0);
	refused(w, path, OPEN_TO_GROUP, O_RDONLY, "others may write to ");
	refused(w, path, OPEN_TO_USER, O_RDONLY, "chmod go-w ");
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, WRITE), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_size, 1);
	/* Where others may have moved it, it is opened to nobody who could not read it before. */
	make_dir(w, "group", 0775, 0, LOGS);
	path = make_file(w, "group/private", "1", 0606);
	assert_int_equal(opened(w, path, OPEN_TO_GROUP, WRITE), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_what_is_no_regular_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkfifo(at(w, "fifo"), 0600), 0);
	alarm(5);
	assert_int_equal(opened(w, at(w, "fifo"), OPEN_TO_USER, O_RDONLY), -EOPNOTSUPP);
	assert_int_equal(opened(w, at(w, "fifo"), OPEN_TO_GROUP, WRITE), -EOPNOTSUPP);
	alarm(0);
	assert_int_equal(opened(w, "/dev/null", OPEN_TO_GROUP, WRITE), -EOPNOTSUPP);
}

static void test_directory_of_our_own(void **state)
{
	struct world *w = *state;
	struct stat st;

	need_root();
	assert_int_equal(path_find_in(&w->p, at(w, "state"), "file"), 0);
	assert_string_equal(path_name(&w->p), "file");
	assert_string_equal(w->p.path, at(w, "state/file"));
	path_close(&w->p);
	assert_int_equal(stat(at(w, "state"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(path_find_in(&w->p, at(w, "no/state"), "file"), -ENOENT);
	make_file(w, "f", "", 0600);
	assert_int_equal(path_find_in(&w->p, at(w, "f"), "file"), -ENOTDIR);
	make_dir(w, "sticky", 01777, 0, 0);
	assert_int_equal(path_find_in(&w->p, at(w, "sticky"), "file"), -EPERM);
	assert_non_null(strstr(w->p.why, "others may add files to the directory "));
	make_dir(w, "eves", 0700, EVE, EVE);
	assert_int_equal(path_find_in(&w->p, at(w, "eves"), "file"), -EPERM);
	assert_non_null(strstr(w->p.why, "belongs to user 65534"));
	make_dir(w, "group", 0770, 0, LOGS);
	assert_int_equal(path_find_in(&w->p, at(w, "group"), "file"), -EPERM);
	assert_int_equal(path_find_in(&w->p, at(w, "group/below"), "file"), -EPERM);
	assert_int_not_equal(access(at(w, "group/below"), F_OK), 0);
	assert_int_equal(w->p.dir, -1);
}

/* Eve's child of this test swaps what has the name as fast as it can, in a directory that her group may write to. */
static pid_t swap(const char *dir)
{
	pid_t child = fork();

	if (child)
		return child;
	const gid_t group = LOGS;
	if (chdir(dir) || setgroups(1, &group) || setgid(LOGS) || setuid(EVE))
		_exit(1);
	for (;;) {
		(void)!symlink("secret", "log");
		(void)!rename("log", "link");
		(void)!mkfifo("log", 0666);
		(void)!rename("log", "fifo");
		(void)!link("secret", "log");
		(void)!unlink("log");
		int fd = open("log", O_WRONLY | O_CREAT, 0666);
		close(fd);
		(void)!unlink("log");
		(void)!mkdir("log", 0777);
		(void)!rmdir("log");
	}
}

static void test_names_that_are_swapped_all_the_time(void **state)
{
	struct world *w = *state;
	struct stat st, secret;
	unsigned made = 0, told = 0;

	need_root();
	make_dir(w, "logs", 0775, 0, LOGS);
	make_file(w, "logs/secret", "root's", 0600);
	pid_t eve = swap(at(w, "logs"));
	alarm(60);
	for (int i = 0; i < 20000; i++) {
		int fd = path_open_file(&w->p, at(w, "logs/log"), OPEN_TO_GROUP, WRITE, 0640);

		told += fd < 0;
		if (fd < 0)
			continue;
		made++;
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(S_ISREG(st.st_mode) && st.st_uid == 0);
		assert_int_equal(write(fd, "x", 1), 1);
		close(fd);
		unlink(at(w, "logs/log"));
	}
	alarm(0);
	kill(eve, SIGKILL);
	waitpid(eve, NULL, 0);
	print_message("# %u files of root's made, %u refusals\n", made, told);
	assert_true(made > 0 && told > 0);
	assert_int_equal(stat(at(w, "logs/secret"), &secret), 0);
	assert_int_equal(secret.st_size, 6);
	assert_int_equal(secret.st_mode & 07777, 0600);
}

/* For an ordinary user his own files are ours as well: `epitaph -n` in his home, with a umask of 002. */
static void test_an_ordinary_user(void **state)
{
	struct world *w = *state;
	int status;

	need_root();
	make_dir(w, "home", 0775, EVE, EVE);
	assert_int_equal(chown(make_file(w, "home/ini", "x", 0664), EVE, EVE), 0);
	make_dir(w, "others", 0755, LOGS, LOGS);
	assert_int_equal(chown(make_file(w, "others/ini", "x", 0644), LOGS, LOGS), 0);
	pid_t child = fork();
	if (child == 0) {
		if (setgroups(0, NULL) || setgid(EVE) || setuid(EVE))
			_exit(10);
		if (opened(w, at(w, "home/ini"), OPEN_TO_OWNERS, O_RDONLY))
			_exit(1);
		if (opened(w, at(w, "others/ini"), OPEN_TO_OWNERS, O_RDONLY) != -EPERM)
			_exit(2);
		_exit(opened(w, "/etc/passwd", OPEN_TO_OWNERS, O_RDONLY) ? 3 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_walk_of_every_kind_of_path), TEST(test_walk_when_the_path_is_too_long), TEST(test_links_of_ours_are_followed),
		TEST(test_descriptor_that_was_given), TEST(test_directories_by_whom_they_are_open_to),
		TEST(test_links_that_others_made_or_moved), TEST(test_files_by_owner_links_and_mode), TEST(test_what_is_no_regular_file),
		TEST(test_directory_of_our_own), TEST(test_names_that_are_swapped_all_the_time), TEST(test_an_ordinary_user),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* slowfork MS PROGRAM ARG... - runs the program in a child whose pid is given out so many milliseconds before /proc shows it
 *
 * The kernel writes the child's pidfd to our memory between the two steps
 * (CLONE_PIDFD, copy_process() in kernel/fork.c), and that page is missing
 * until a thread puts one there (userfaultfd(2)).  Exits as the child does,
 * 77 if the kernel lets us do no such thing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int  faults;
static long page_size;
static unsigned delay_ms;

static void cannot(const char *what)
{
	fprintf(stderr, "slowfork: %s: %s\n", what, strerror(errno));
	exit(77);
}

static void *serve(void *arg)
{
	struct uffd_msg fault;
	struct uffdio_zeropage zero = {.range = {.start = (uintptr_t)arg, .len = (unsigned long)page_size}};

	if (read(faults, &fault, sizeof(fault)) != sizeof(fault))
		cannot("read");
	usleep(delay_ms * 1000);
	if (ioctl(faults, UFFDIO_ZEROPAGE, &zero) < 0)
		cannot("UFFDIO_ZEROPAGE");
	return NULL;
}

static void *missing_page(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	void *page = mmap(NULL, (size_t)page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = {.range = {.start = (uintptr_t)page, .len = (unsigned long)page_size},
	                              .mode = UFFDIO_REGISTER_MODE_MISSING};

	faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) < 0)
		cannot("userfaultfd");
	if (page == MAP_FAILED || ioctl(faults, UFFDIO_REGISTER, &reg) < 0)
		cannot("UFFDIO_REGISTER");
	return page;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	if (argc < 3) {
		fputs("usage: slowfork MS PROGRAM [ARG...]\n", stderr);
		return 2;
	}
	delay_ms = (unsigned)strtoul(argv[1], NULL, 10);
	page_size = sysconf(_SC_PAGESIZE);
	void *page = missing_page();
	if (pthread_create(&thread, NULL, serve, page) != 0)
		cannot("pthread_create");
	sleep(1); /* the thread is a fork too: by now it is an old one */
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)page, .exit_signal = SIGCHLD};
	pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (child == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		cannot("clone3");
	pthread_join(thread, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

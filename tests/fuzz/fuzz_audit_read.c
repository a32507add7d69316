/*
 * fuzz_audit_read.c - any bytes as what the open audit backend reads.  The first byte says by which way, the second what the half
 * with the rights answers.  Then follow datagrams (two bytes of length, low first, and one that says what is wrong with it), or the lines of standard input.
 */
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if HAVE_AUDIT
#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backends/audit_change.h"
#include "backends/audit_read.h"
#include "backends/audit_rules.h"
#include "backends/audit_tell.h"
#include "check_audit_event.h"
#include "config/config.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(HAS_ASAN) || defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

#define PID 4711
#define TAKE_SEQ 7
#define BUDGET 3

enum { IS_TRUNCATED = 1, IS_FROM_SOMEBODY = 2, IS_NO_NETLINK = 4, IS_OVERFLOW = 8, IS_LATER = 16 };
enum { ANSWERS_NOTHING = 1, IS_OFF = 2, HAS_DAEMON = 4, HAS_NEVER = 8, HIDES = 16, LOST_SOME = 32, LOCK_IS_FREE = 64, FAILS = 128 };

static struct audit_session session;
static struct config config;
static struct clock test_clock;
static struct backend backend = {.ops = &backend_audit, .config = &config, .clock = &test_clock};
static const uint8_t *at, *end;
static unsigned answers;
static unsigned emitted;

/* In the place of the C library's: the next datagram. */
ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	(void)fd;
	(void)flags;
	struct sockaddr_nl from = {.nl_family = AF_NETLINK};
	char *to = m->msg_iov[0].iov_base;

	ASAN_UNPOISON_MEMORY_REGION(to, AUDIT_SLOT);
	if (end - at < 3) {
		errno = EAGAIN;
		at = end;
		return -1;
	}
	size_t len = at[0] | (size_t)at[1] << 8;
	unsigned wrong = at[2];
	at += 3;
	if (len > (size_t)(end - at))
		len = (size_t)(end - at);
	const uint8_t *bytes = at;
	at += len;
	if (wrong & IS_LATER)
		test_clock.now += 2 * NSEC_PER_SEC;
	if (wrong & IS_OVERFLOW) {
		errno = ENOBUFS;
		return -1;
	}
	m->msg_flags = wrong & IS_TRUNCATED || len > AUDIT_SLOT ? MSG_TRUNC : 0;
	if (len > AUDIT_SLOT)
		len = AUDIT_SLOT;
	from.nl_pid = wrong & IS_FROM_SOMEBODY ? 1 : 0;
	m->msg_namelen = wrong & IS_NO_NETLINK ? 0 : sizeof(from);
	memcpy(m->msg_name, &from, sizeof(from));
	memcpy(to, bytes, len);
	ASAN_POISON_MEMORY_REGION(to + len, AUDIT_SLOT - len); /* what is behind the datagram is none of it */
	return (ssize_t)len;
}

static void serve(void *ctx, const struct rights_request *r, struct rights_answer *a)
{
	struct audit_status status = {.enabled = !(answers & IS_OFF), .pid = answers & HAS_DAEMON ? PID + 1 : 0, .lost = answers & LOST_SOME ? 5 : 0};
	struct audit_rules_found found = {.task_never = answers & HAS_NEVER, .hidden = answers & HIDES ? SEES_SIGNAL : 0};

	(void)ctx;
	if (r->of != RIGHTS_AUDIT)
		abort();
	if (answers & ANSWERS_NOTHING)
		return;
	a->error = answers & FAILS ? -EPERM : 0;
	switch ((enum audit_ask)r->what) {
	case AUDIT_ASK_STATUS: rights_put(a, &status, sizeof(status)); break;
	case AUDIT_ASK_SURVEY: rights_put(a, &found, sizeof(found)); break;
	case AUDIT_ASK_LOAD_AGAIN: rights_put(a, &(unsigned){0}, sizeof(unsigned)); a->value = 2; break;
	case AUDIT_ASK_TAKE: a->value = TAKE_SEQ; break;
	case AUDIT_ASK_LOCK: a->value = !!(answers & LOCK_IS_FREE); break;
	default: break;
	}
}

static void check(void *ctx, const struct event *e)
{
	emitted++;
	if (e->kind == EVENT_AGENT || e->kind == EVENT_LOST) {
		if (!e->reason || !e->reason[0])
			abort();
		return;
	}
	check_audit_event(ctx, e);
}

/* What comes from auditd comes through descriptor 0. */
static void give_stdin(void)
{
	static int file = -1;

	if (file < 0) {
		file = memfd_create("fuzz_audit_read", MFD_CLOEXEC);
		if (file < 0 || dup2(file, STDIN_FILENO) < 0)
			abort();
	}
	if (ftruncate(file, 0) || pwrite(file, at, (size_t)(end - at), 0) != end - at || lseek(file, 0, SEEK_SET) != 0)
		abort();
}

static void open_session(unsigned way)
{
	static int timer = -1;

	if (timer < 0)
		timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	test_clock = (struct clock){.now = 10 * NSEC_PER_SEC};
	memset(&session, 0, sizeof(session));
	session.backend = &backend;
	session.how = way % 3 == 0 ? HOW_UNICAST : way % 3 == 1 ? HOW_MULTICAST : HOW_STDIN;
	session.view.shared = way & 4;
	session.reader.doubled = way & 8;
	session.panics = way & 16;
	session.pid = PID;
	session.timer = timer;
	session.reader.one_by_one = true;
	audit_assembler_init(&session.assembler, &test_clock, audit_tell_record, &session);
	session.assembler.copies = way & 32;
	audit_reader_init(&session.reader, 0);
	backend.emit = check;
	backend.sees = backend_audit.sees;
	if (session.how == HOW_STDIN)
		give_stdin();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int err = 0;

	if (size < 2)
		return 0;
	answers = data[1];
	at = data + 2;
	end = data + size;
	rights_served_by(serve, NULL);
	open_session(data[0]);
	/* Once more than there is to read: the timer may have come due. */
	for (size_t i = 0; err >= 0 && i < size + 2; i++) {
		bool last = session.how == HOW_STDIN ? session.eof : at == end;

		emitted = 0;
		err = audit_read(&session, BUDGET);
		if (err >= 0 && (unsigned)err != emitted)
			abort();
		if (last)
			break;
		test_clock.now += NSEC_PER_SEC / 2;
	}
	for (int i = 0; i < AUDIT_BATCH; i++)
		ASAN_UNPOISON_MEMORY_REGION(session.reader.slots[i], AUDIT_SLOT);
	return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data;
	return size == SIZE_MAX; /* the backend is not built in */
}

#endif

#include "agent/warden/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/files/user.h"
#include "agent/warden/syscalls.h"
#include "agent/warden/warden.h"
#include "backends/processors.h"

#define ADDRESS_SPACE (256ul << 20) /* and the rings */
#define RINGS 6                     /* for each processor: its ring, and those that only wake */

/* Of this process. */
static bool known, kept, filtered;

static int choose_user(const struct config *c, uid_t *uid, gid_t *gid)
{
	if (user_of_engine(c->user, uid, gid))
		return 0;
	log_error("[agent] user: there is no user %s in /etc/passwd; add it, name another, or leave the key out for the number %d", c->user, ENGINE_UID);
	return -ENOENT;
}

static int set_capabilities(uint64_t wanted)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)wanted, .permitted = (uint32_t)wanted},
		{.effective = (uint32_t)(wanted >> 32), .permitted = (uint32_t)(wanted >> 32)},
	};

	return syscall(SYS_capset, &head, data) == 0 ? 0 : -errno;
}

static uint64_t permitted_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	return syscall(SYS_capget, &head, data) == 0 ? data[0].permitted | (uint64_t)data[1].permitted << 32 : 0;
}

/* Who has no right to change his user, as a container's root, stays what he is; the steps behind this one count all the same. */
static int become(uid_t uid, gid_t gid)
{
	prctl(PR_SET_KEEPCAPS, 1);
	for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_DROP, cap) == 0; cap++)
		;
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return errno == EPERM ? 0 : -errno;
	return 0;
}

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* 5.8 */
#endif

/* Who needs each is said in SECURITY.md. */
static const uint8_t of_warden[] = {
	CAP_AUDIT_CONTROL, CAP_AUDIT_READ, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYSLOG, /* the backends */
	CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYS_RESOURCE, CAP_SYS_NICE,       /* pidfiles, files of PID 1's, limits, the engine's priority */
	CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL,                             /* another engine, and the end of one */
};

/* Before 5.8 it opens tracepoints; and tracefs where that is not mounted. */
static bool needs_sys_admin(void)
{
	return prctl(PR_CAPBSET_READ, CAP_PERFMON) < 0 || access("/sys/kernel/tracing/events", F_OK) != 0;
}

void privileges_of_warden(const struct config *c)
{
	uint64_t wanted = needs_sys_admin() ? 1ull << CAP_SYS_ADMIN : 0;
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0 || choose_user(c, &uid, &gid) != 0 || uid == 0)
		return;
	for (size_t i = 0; i < sizeof(of_warden); i++)
		wanted |= 1ull << of_warden[i];
	set_capabilities(permitted_capabilities() & wanted);
}

/* Perf's rings count as locked memory of this user; that of all processors may be more than he has. */
static void set_limits(const struct config *c)
{
	unsigned long rings = RINGS * (unsigned long)c->ring * processors_possible();
	const struct rlimit none = {0, 0}, memory = {ADDRESS_SPACE + rings, ADDRESS_SPACE + rings}, locked = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &locked);
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CORE, &none);
}

/* The memory of sanitizers is larger, and they make calls of their own. */
static bool is_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#else
	return false;
#endif
}

static int failed(const char *what, int error)
{
	log_error("the engine cannot give up its rights: %s: %s; user = root keeps them", what, strerror(-error));
	return error;
}

int privileges_drop(const struct config *c)
{
	uid_t uid;
	gid_t gid;
	int error = choose_user(c, &uid, &gid);

	if (error)
		return error;
	known = true;
	kept = uid == 0 || is_sanitized();
	if (kept)
		return 0;
	if (geteuid() == 0) {
		set_limits(c);
		error = become(uid, gid);
		if (error)
			return failed("change of user", error);
	}
	error = set_capabilities(permitted_capabilities() & 1ull << CAP_SYS_PTRACE);
	if (error)
		return failed("capset", error);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* 3.5 */
	return 0;
}

int privileges_filter(int32_t *refused_call)
{
	int error = kept ? 0 : syscalls_filter(refused_call);

	filtered = !kept && error == 0;
	if (error && error != -ENOSYS)
		return failed("filter of system calls", error);
	return 0;
}

/* 3.5, and CONFIG_SECCOMP_FILTER; the bad address is looked at behind the question whether there are filters. */
static bool filters_are_there(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) != 0 && errno == EFAULT;
}

static void say(char *buf, size_t size, uid_t uid, bool keeps, bool ptrace, bool filter)
{
	if (keeps)
		snprintf(buf, size, "the engine keeps all rights of user %u", (unsigned)uid);
	else
		snprintf(buf, size, "the engine runs as user %u, %s, %s", (unsigned)uid, ptrace ? "with CAP_SYS_PTRACE alone" : "without capabilities",
		         filter ? "under a filter of system calls" : "without a filter of system calls, which this kernel lacks");
}

const char *warden_privileges(void)
{
	static char text[160];

	if (!known)
		return NULL;
	say(text, sizeof(text), geteuid(), kept, permitted_capabilities() & 1ull << CAP_SYS_PTRACE, filtered);
	return text;
}

void warden_say_plan(const struct config *c, char *buf, size_t size)
{
	uid_t uid = geteuid();
	gid_t gid;

	if (uid == 0 && choose_user(c, &uid, &gid) != 0)
		return;
	say(buf, size, uid, uid == 0 || is_sanitized(), permitted_capabilities() & 1ull << CAP_SYS_PTRACE, filters_are_there());
}

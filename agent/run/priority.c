#include "agent/run/priority.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/base/clock.h"
#include "agent/base/rights.h"

#define RUN_MAX_US 500000
#define AGAIN_AFTER 60 /* seconds */

static volatile sig_atomic_t given_back; /* all that a signal handler can tell */

/*
 * SIGXCPU at the limit of RLIMIT_RTTIME.  sched_setscheduler is a bare system
 * call, so it is safe here; and without the flag, which the priority came with,
 * the kernel refuses it to a process without CAP_SYS_NICE (user_check_sched_setscheduler,
 * kernel/sched/syscalls.c).
 */
static void give_back(int signo)
{
	struct sched_param normal = {.sched_priority = 0};

	(void)signo;
	sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &normal);
	given_back = 1;
}

void priority_raise(void)
{
	struct rlimit limit = {.rlim_cur = RUN_MAX_US, .rlim_max = RLIM_INFINITY}; /* each warning has raised it by a second */
	struct sigaction action = {.sa_handler = give_back, .sa_flags = SA_RESTART};

	given_back = 0;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGXCPU, &action, NULL) == 0 && setrlimit(RLIMIT_RTTIME, &limit) == 0)
		rights_tell(RIGHTS_SYSTEM, SYSTEM_ASK_RAISE, 0);
}

static uint64_t again_after(void)
{
#if FAULTS
	const char *fault = getenv("EPITAPH_FAULT_PRIORITY_AGAIN");

	if (fault)
		return strtoul(fault, NULL, 10) * NSEC_PER_SEC;
#endif
	return AGAIN_AFTER * NSEC_PER_SEC;
}

void priority_keep(uint64_t *given_back_at, uint64_t now)
{
	if (!given_back) {
		*given_back_at = 0;
	} else if (!*given_back_at) {
		*given_back_at = now;
	} else if (*given_back_at + again_after() <= now) {
		*given_back_at = 0;
		priority_raise();
	}
}

void priority_lower(void)
{
	given_back = 0;
	rights_tell(RIGHTS_SYSTEM, SYSTEM_ASK_LOWER, 0);
}

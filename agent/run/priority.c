#include "agent/run/priority.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/base/rights.h"

#define RUN_MAX_US 500000

/* SIGXCPU at the limit of RLIMIT_RTTIME.  sched_setscheduler is a bare system call, so it is safe here. */
static void give_back(int signo)
{
	struct sched_param normal = {.sched_priority = 0};

	(void)signo;
	sched_setscheduler(0, SCHED_OTHER, &normal);
}

void priority_raise(void)
{
	struct rlimit limit = {.rlim_cur = RUN_MAX_US, .rlim_max = RLIM_INFINITY};
	struct sigaction action = {.sa_handler = give_back, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGXCPU, &action, NULL) == 0 && setrlimit(RLIMIT_RTTIME, &limit) == 0)
		rights_tell(RIGHTS_SYSTEM, SYSTEM_ASK_RAISE, 0);
}

void priority_lower(void)
{
	rights_tell(RIGHTS_SYSTEM, SYSTEM_ASK_LOWER, 0);
}

#include "agent/warden/system.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backends/procfs.h"

static int raise_priority(pid_t pid)
{
	struct sched_param lowest = {.sched_priority = 1};

	if (sched_setscheduler(pid, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0)
		return 0;
	return setpriority(PRIO_PROCESS, (id_t)pid, -20) == 0 ? 0 : -errno;
}

static int lower_priority(pid_t pid)
{
	struct sched_param normal = {.sched_priority = 0};

	sched_setscheduler(pid, SCHED_OTHER, &normal);
	return setpriority(PRIO_PROCESS, (id_t)pid, ENGINE_NICE) == 0 ? 0 : -errno;
}

static void serve_identity(const struct rights_request *r, struct rights_answer *a)
{
	struct file_identity found;

	a->error = r->path[0] == '/' ? procfs_identity_here(r->path, &found) : -EINVAL;
	if (!a->error)
		rights_put(a, &found, sizeof(found));
}

static void serve_status(const struct kept *kept, const struct rights_request *r, struct rights_answer *a)
{
	int status = 0;

	a->error = kept_status(kept, r->arg, r->stamp, &status);
	a->value = status;
}

void system_serve(pid_t asker, struct kept *kept, unsigned most, const struct rights_request *r, int fd, struct rights_answer *a)
{
	if (r->what == SYSTEM_POST_KEEP) {
		kept_add(kept, r->arg, r->stamp, fd, most);
		return;
	}
	if (fd >= 0)
		close(fd);
	switch ((enum system_ask)r->what) {
	case SYSTEM_ASK_RAISE:
		a->error = raise_priority(asker);
		return;
	case SYSTEM_ASK_LOWER:
		a->error = lower_priority(asker);
		return;
	case SYSTEM_ASK_IDENTITY:
		serve_identity(r, a);
		return;
	case SYSTEM_POST_FORGET:
		kept_forget(kept, r->arg, r->stamp);
		return;
	case SYSTEM_ASK_STATUS:
		serve_status(kept, r, a);
		return;
	case SYSTEM_POST_KEEP:
		break;
	}
	a->error = -EINVAL;
}

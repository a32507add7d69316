#include "agent/files/child.h"

#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

void child_close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, ~0u, 0) == 0) /* 5.9 */
		return;
#endif
	long most = sysconf(_SC_OPEN_MAX);

	for (int fd = first; fd < most; fd++)
		close(fd);
}

bool child_become(uid_t uid, gid_t gid)
{
	return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0);
}

#include "agent/files/user.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool user_find(const char *name, uid_t *uid, gid_t *gid)
{
	FILE *passwd = fopen("/etc/passwd", "re");
	struct passwd entry, *found;
	char buf[1024], *end;
	unsigned long number = strtoul(name, &end, 10);
	bool is_number = name[0] >= '0' && name[0] <= '9' && !*end && number < UINT32_MAX, there = false; /* UINT32_MAX: none */

	while (!there && passwd && fgetpwent_r(passwd, &entry, buf, sizeof(buf), &found) == 0) {
		there = is_number ? entry.pw_uid == number : strcmp(entry.pw_name, name) == 0;
		if (there) {
			*uid = entry.pw_uid;
			*gid = entry.pw_gid;
		}
	}
	if (passwd)
		fclose(passwd);
	if (!there && is_number) {
		*uid = (uid_t)number;
		*gid = (gid_t)number;
	}
	return there || is_number;
}

bool user_of_engine(const char *name, uid_t *uid, gid_t *gid)
{
	if (name)
		return user_find(name, uid, gid);
	*uid = *gid = ENGINE_UID;
	user_find("epitaph", uid, gid);
	return true;
}

/* user.h - users by name, without NSS, which a static program has not */
#ifndef EPITAPH_USER_H
#define EPITAPH_USER_H

#include <stdbool.h>
#include <sys/types.h>

#define ENGINE_UID 65533 /* where there is no user `epitaph` */

/* What has the name, or number, in /etc/passwd; a number that is not there is its own group.  False if there is none. */
bool user_find(const char *name, uid_t *uid, gid_t *gid);
/* The engine's: name as [agent] user has it, NULL = not given. */
bool user_of_engine(const char *name, uid_t *uid, gid_t *gid);

#endif

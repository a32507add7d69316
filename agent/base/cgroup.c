#include "agent/base/cgroup.h"

#include <string.h>

#define ID_LEN 64

/* The component before `end`, which is then moved to its front: the path is walked from its end. */
static const char *last_component(const char *path, const char **end, size_t *len)
{
	while (*end > path && (*end)[-1] == '/')
		--*end;
	const char *to = *end;
	while (*end > path && (*end)[-1] != '/')
		--*end;
	*len = (size_t)(to - *end);
	return *len ? *end : NULL;
}

static bool ends_in(const char *s, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && memcmp(s + len - n, suffix, n) == 0;
}

static bool take(char name[CGROUP_NAME], const char *s, size_t len)
{
	if (!len || len >= CGROUP_NAME)
		return false;
	memcpy(name, s, len);
	name[len] = '\0';
	return true;
}

bool cgroup_unit(const char *cgroup, char name[CGROUP_NAME])
{
	const char *end = cgroup + strlen(cgroup), *s;
	size_t len;

	while ((s = last_component(cgroup, &end, &len)))
		if (ends_in(s, len, ".service") || ends_in(s, len, ".scope"))
			return take(name, s, len);
	return false;
}

/* The id at the end of "ID", "docker-ID.scope", "cri-containerd-ID.scope", "libpod-ID"; NULL if it is none. */
static const char *id_of(const char *s, size_t len)
{
	if (ends_in(s, len, ".scope"))
		len -= strlen(".scope");
	if (len < ID_LEN || (len > ID_LEN && s[len - ID_LEN - 1] != '-'))
		return NULL;
	const char *id = s + len - ID_LEN;
	return strspn(id, "0123456789abcdef") >= ID_LEN ? id : NULL;
}

/* "/lxc/NAME", "/lxc.payload.NAME", "/lxc.payload/NAME" */
static bool take_lxc(const char *cgroup, char id[CGROUP_NAME])
{
	static const char *const marks[] = {"/lxc.payload.", "/lxc.payload/", "/lxc/"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *at = strstr(cgroup, marks[i]);

		if (at) {
			at += strlen(marks[i]);
			return take(id, at, strcspn(at, "/"));
		}
	}
	return false;
}

bool cgroup_container_id(const char *cgroup, char id[CGROUP_NAME])
{
	const char *end = cgroup + strlen(cgroup), *s, *found;
	size_t len;

	while ((s = last_component(cgroup, &end, &len)))
		if ((found = id_of(s, len)))
			return take(id, found, ID_LEN);
	return take_lxc(cgroup, id);
}

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/base/cgroup.h"

#define ID "3f4e1c0b9a8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f"

/* Paths as these programs make them; NULL: it says nothing of that. */
static const struct {
	const char *cgroup, *unit, *container;
} rows[] = {
	{"/", NULL, NULL},
	{"", NULL, NULL},
	{"/init.scope", "init.scope", NULL},
	{"/system.slice/nginx.service", "nginx.service", NULL},
	{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", NULL},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/emacs.service", "emacs.service", NULL},
	{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", NULL},
	{"/system.slice/nginx.service/workers", "nginx.service", NULL},
	{"/system.slice", NULL, NULL},
	{"/system.slice/.service", NULL, NULL},
	{"/docker/" ID, NULL, ID},
	{"/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID},
	{"/system.slice/docker-" ID ".scope/system.slice/nginx.service", "nginx.service", ID},
	{"/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID},
	{"/machine.slice/libpod-" ID ".scope/libpod-payload-" ID, "libpod-" ID ".scope", ID},
	{"/kubepods/burstable/pod3a6e34c4-8e04-4d48-a3b6-d3a8f4a0b1c2/" ID, NULL, ID},
	{"/kubepods.slice/kubepods-pod3a6e34c4.slice/cri-containerd-" ID ".scope", "cri-containerd-" ID ".scope", ID},
	{"/kubepods.slice/kubepods-pod3a6e34c4.slice/crio-" ID ".scope", "crio-" ID ".scope", ID},
	{"/default/" ID, NULL, ID},
	{"/lxc/web", NULL, "web"},
	{"/lxc/web/system.slice/nginx.service", "nginx.service", "web"},
	{"/lxc.payload.web/init.scope", "init.scope", "web"},
	{"/lxc.payload/web", NULL, "web"},
	{"/lxc.monitor.web", NULL, NULL},
	{"/docker/" ID "0", NULL, NULL},             /* 65 digits are no id */
	{"/docker/x" ID, NULL, NULL},
	{"/docker/3F4E1C0B9A8D7E6F5A4B3C2D1E0F9A8B7C6D5E4F3A2B1C0D9E8F7A6B5C4D3E2F", NULL, NULL},
	{"/docker/3f4e1c0b9a8d", NULL, NULL},
	{"//system.slice//a.service//", "a.service", NULL},
};

static void check(const char *what, const char *cgroup, bool found, const char *name, const char *want)
{
	if (found != (want != NULL) || (want && strcmp(name, want) != 0))
		fail_msg("%s of %s: %s, not %s", what, cgroup, found ? name : "none", want ? want : "none");
}

static void test_unit_and_container_of_each_path(void **state)
{
	char name[CGROUP_NAME];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool found = cgroup_unit(rows[i].cgroup, name);
		check("unit", rows[i].cgroup, found, name, rows[i].unit);
		found = cgroup_container_id(rows[i].cgroup, name);
		check("container", rows[i].cgroup, found, name, rows[i].container);
	}
}

/* Whoever makes a cgroup chooses its name. */
static void test_names_of_any_length(void **state)
{
	char path[400], name[CGROUP_NAME];

	(void)state;
	for (size_t len = 1; len < 300; len++) {
		memset(path, 'a', sizeof(path));
		path[0] = '/';
		snprintf(path + 1 + len, sizeof(path) - 1 - len, ".service");
		bool fits = len + strlen(".service") < CGROUP_NAME;
		assert_int_equal(cgroup_unit(path, name), fits);
		if (fits)
			assert_string_equal(name, path + 1);
		snprintf(path, 6, "/lxc/");
		path[5] = 'b';
		path[5 + len] = '\0';
		assert_int_equal(cgroup_container_id(path, name), len < CGROUP_NAME);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit_and_container_of_each_path), cmocka_unit_test(test_names_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

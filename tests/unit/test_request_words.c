#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/path_basename.h"
#include "agent/base/request_words.h"

static const struct request_names
	web = {.unit = "web.service", .target = "shop", .comm = "nginx", .program = "nginx"},
	getty = {.unit = "getty@tty1.service"},
	container = {.container_id = "3f4e1c0b9a8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f", .target = "shop", .comm = "nginx"},
	program = {.target = "shop", .comm = "nginx", .program = "nginx"},
	service = {.service = "web", .target = "shop", .comm = "nginx"};

/* A command line as people type it; each word is one argument. */
static bool asks(const char *line, const struct request_names *names, int signo)
{
	size_t len = strlen(line) + 1;
	char *args = malloc(len), name[64];

	assert_non_null(args);
	memcpy(args, line, len);
	for (size_t i = 0; i < len; i++)
		if (args[i] == ' ')
			args[i] = '\0';
	const char *command = args;
	while (command < args + len && !request_asks(path_basename(command)))
		command += strlen(command) + 1;
	snprintf(name, sizeof(name), "%s", command < args + len ? path_basename(command) : "none");
	bool is = request_is_for(name, args, len, names, signo);
	free(args);
	return is;
}

static void test_command_lines_that_ask(void **state)
{
	static const struct {
		const char *line;
		const struct request_names *names;
	} rows[] = {
		{"systemctl stop web", &web},
		{"systemctl stop web.service", &web},
		{"/usr/bin/systemctl --no-block restart other web", &web},
		{"systemctl kill -s KILL web", &web},
		{"systemctl stop we*", &web},
		{"systemctl disable --now web", &web},
		{"systemctl stop getty@tty1", &getty},
		{"systemctl reboot", &web},
		{"/bin/sh /usr/sbin/service web stop", &web},
		{"service web restart", &web},
		{"busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StopUnit ss web.service replace", &web},
		{"dbus-send --system --dest=org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager.StopUnit string:web.service string:replace", &web},
		{"gdbus call --system -m org.freedesktop.systemd1.Manager.StopUnit web.service replace", &web},
		{"docker stop 3f4e1c0b9a8d", &container},
		{"docker rm -f shop", &container},
		{"docker container stop shop", &container},
		{"podman kill 3f4e", &container},
		{"/usr/bin/python3 /usr/bin/supervisorctl stop nginx", &program},
		{"supervisorctl -c /etc/s.conf restart group:shop", &program},
		{"supervisorctl stop shop:*", &program},
		{"supervisorctl -c stop restart nginx", &program},
		{"supervisorctl stop all", &program},
		{"supervisorctl shutdown", &program},
		{"sv down /etc/service/web", &service},
		{"sv t web", &service},
		{"sv -w 10 stop web", &service},
		{"systemctl -t service stop web", &web},
		{"s6-svc -wd -d /run/service/web", &service},
		{"s6-svc -dx /run/service/web", &service},
		{"monit stop nginx", &program},
		{"rc-service nginx stop", &program},
		{"start-stop-daemon --stop --name nginx", &program},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!asks(rows[i].line, rows[i].names, SIGTERM))
			fail_msg("not taken: %s", rows[i].line);
}

static void test_command_lines_that_do_not(void **state)
{
	static const struct {
		const char *line;
		const struct request_names *names;
	} rows[] = {
		{"systemctl status web", &web},
		{"systemctl start web", &web},
		{"systemctl stop other", &web},
		{"systemctl stop nginx", &web}, /* its comm, but not its unit */
		{"systemctl stop web2", &web},
		{"systemctl stop", &web},
		{"systemctl reload web", &web}, /* it sends no TERM */
		{"systemctl list-units stop web", &getty},
		{"service web status", &web},
		{"busctl call x StartUnit ss web.service replace", &web},
		{"docker stop 3f4", &container}, /* too short to be meant */
		{"docker stop other", &container},
		{"docker logs 3f4e1c0b9a8d", &container},
		{"supervisorctl status nginx", &program},
		{"supervisorctl stop nginx2", &program},
		{"sv up /etc/service/web", &service},
		{"sv down /etc/service/nginx", &service},
		{"s6-svc -u /run/service/web", &service},
		{"monit start nginx", &program},
		{"cat stop web", &web},
		{"systemctl status reboot", &web},
		{"systemctl start rescue", &web},
		{"systemctl --user stop web", &web},
		{"systemctl -H other stop web", &web},
		{"systemctl --machine=c stop web", &web},
		{"systemctl disable web", &web},
		{"systemctl mask web", &web},
		{"busctl --user call x org.freedesktop.systemd1.Manager StopUnit ss web.service replace", &web},
		{"supervisorctl stop batch:*", &program},
		{"docker image rm shop", &container},
		{"docker run shop kill", &container},
		{"docker exec shop kill", &container},
		{"service stop restart", &program},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (asks(rows[i].line, rows[i].names, SIGTERM))
			fail_msg("taken: %s", rows[i].line);
	assert_true(asks("systemctl reload web", &web, SIGHUP));
	assert_true(asks("sv hup web", &service, SIGHUP));
}

static void test_arguments_of_any_kind(void **state)
{
	char args[1024];

	(void)state;
	memset(args, 'a', sizeof(args));
	memcpy(args, "systemctl\0stop\0", 15);
	args[sizeof(args) - 1] = '\0';
	assert_false(request_is_for("systemctl", args, sizeof(args), &web, SIGTERM));
	assert_false(request_is_for("systemctl", args, sizeof(args) - 1, &web, SIGTERM)); /* it has no end */
	assert_false(request_is_for("systemctl", "", 0, &web, SIGTERM));
	assert_false(request_is_for("systemctl", "", 1, &web, SIGTERM));
	assert_false(request_is_for("systemctl", "\0\0\0", 3, &web, SIGTERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines_that_ask), cmocka_unit_test(test_command_lines_that_do_not),
		cmocka_unit_test(test_arguments_of_any_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

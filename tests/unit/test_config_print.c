/* test_config_print.c - a configuration printed and read again; the table of options beside what documents it */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/option.h"
#include "config_world.h"

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void assert_same_output(const struct output_config *a, const struct output_config *b)
{
	assert_true(same(a->name, b->name) && same(a->path, b->path) && same(a->host, b->host));
	assert_true(same(a->tag, b->tag) && same(a->spool, b->spool));
	assert_true(a->type == b->type && a->format == b->format && a->mode == b->mode && a->max_size == b->max_size);
	assert_true(a->keep == b->keep && a->sync_exit == b->sync_exit && a->transport == b->transport && a->port == b->port);
	assert_true(a->protocol == b->protocol && a->facility == b->facility && a->queue == b->queue);
	assert_true(a->spool_size == b->spool_size && a->max_message == b->max_message);
}

static void assert_same_target(const struct target_config *a, const struct target_config *b)
{
	assert_true(same(a->name, b->name) && same(a->comm, b->comm) && same(a->exe, b->exe) && same(a->args, b->args));
	assert_true(same(a->user, b->user) && same(a->cgroup, b->cgroup) && same(a->pidfile, b->pidfile));
	assert_true(a->events == b->events && a->signals == b->signals);
	assert_true(a->outputs == b->outputs && a->rate == b->rate && a->record_args == b->record_args && a->any_namespace == b->any_namespace);
	assert_memory_equal(a->severity, b->severity, sizeof(a->severity));
}

/* All but the line numbers. */
static void assert_same_config(const struct config *a, const struct config *b)
{
	assert_true(a->backends == b->backends && a->backends_auto == b->backends_auto && a->given == b->given);
	assert_true(a->ring == b->ring && a->poll_interval == b->poll_interval && a->grace == b->grace && a->stop_window == b->stop_window);
	assert_true(a->coalesce == b->coalesce && a->budget == b->budget && a->heartbeat == b->heartbeat && a->max_processes == b->max_processes);
	assert_true(same(a->state_dir, b->state_dir) && same(a->control, b->control) && same(a->host, b->host));
	assert_true(a->transport == b->transport && a->exec_failures == b->exec_failures);
	assert_int_equal(a->outputs_count, b->outputs_count);
	assert_int_equal(a->targets_count, b->targets_count);
	for (unsigned i = 0; i < a->outputs_count; i++)
		assert_same_output(&a->outputs[i], &b->outputs[i]);
	for (unsigned i = 0; i < a->targets_count; i++)
		assert_same_target(&a->targets[i], &b->targets[i]);
}

static char *printed(const struct config *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	config_print(c, f);
	fclose(f);
	return text;
}

static void assert_round_trip(struct config *c)
{
	char *text = printed(c);
	struct config *again = good(text);
	assert_same_config(c, again);
	free(text);
	config_free(again);
	config_free(c);
}

static const char everything[] =
	"[agent]\nbackends = tracepoint, cn_proc, proc\npoll_interval = 1500ms\ngrace = 0\nstop_window = 1h\ncoalesce = 90s\nbudget = 300K\n"
	"heartbeat = 5m\nstate_dir = none\ncontrol = /run/other.sock\nmax_processes = 64\nhost = www1\n"
	"[audit]\ntransport = stdin\nrules = exits, signals\nexec_failures = on\n"
	"[output out]\ntype = stdout\nformat = json\n"
	"[output f]\ntype = file\nformat = json\npath = /var/log/e.json\nmode = 0\nmax_size = 65537\nkeep = 0\nsync = exit\n"
	"[output s6]\ntype = syslog\naddress = tcp://[2001:db8::1]:601\nprotocol = rfc3164\nfacility = local3\ntag = watch\n"
	"queue = 1\nspool = /var/spool/e\nspool_size = 1G\nmax_message = 480\n"
	"[output s4]\ntype = syslog\naddress = udp://log.example.org:00514\nfacility = kern\n"
	"[target one]\ncomm = a*\nexe = */a\nargs=;a # b=c:d\nuser = www-*\ncgroup = /system.slice/*\npidfile = /run/a.pid\n"
	"events = all, !fork\nsignals = !CHLD, !RTMIN+3, !33\noutput = s6, f\nrate = 0\nrecord_args = first\nany_namespace = yes\n"
	"severity = exec=emerg, exec_failed=alert, exit=crit, signal=err, fork=info, thread=notice\n"
	"[target two]\nuser = \xc3\xbc\xff\nevents = thread\nsignals = TERM, 32, RTMAX\n";

static void test_print_when_parsed_again(void **state)
{
	(void)state;
	assert_round_trip(good(TARGET));
	assert_round_trip(good(everything));
	assert_round_trip(good("[agent]\nheartbeat = 0\nstate_dir = /var/lib/epitaph\n" TARGET));
}

static void test_print_when_lists_are_longest(void **state)
{
	char text[4096] = "";
	size_t len = 0;
	(void)state;
	/* A list of outputs that fits into a line only without blanks. */
	for (int i = 0; i < 7; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "[output number_%018d]\ntype = stdout\n", i);
	len += (size_t)snprintf(text + len, sizeof(text) - len, TARGET "output=");
	for (int i = 0; i < 6; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%snumber_%018d", i ? "," : "", i);
	assert_round_trip(good(text));

	/* Half of all signals, whose names together are longer than a line. */
	snprintf(text, sizeof(text), TARGET "signals = 33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64\n");
	assert_round_trip(good(text));
	snprintf(text, sizeof(text), TARGET "signals = !34,!35,!36,!37,!38,!39,!40,!41,!42,!43,!44,!45,!46,!47,!48,!49,!50,!51,!52,!53,!54,!55,!56,!57,!58,!59,!60\n");
	assert_round_trip(good(text));
	/* A value that leaves no room for the blanks around =. */
	snprintf(text, sizeof(text), "[target t]\nargs=%0193d\n", 7);
	assert_round_trip(good(text));
}

static void test_print_when_keys_were_not_given(void **state)
{
	(void)state;
	struct config *c = good("[agent]\ncontrol = /run/epitaph.sock\n" TARGET);
	char *text = printed(c);
	assert_non_null(strstr(text, "\ncontrol = /run/epitaph.sock\n"));
	assert_non_null(strstr(text, "\n; state_dir = /var/lib/epitaph\n"));
	assert_non_null(strstr(text, "\n; heartbeat = 0\n"));
	assert_null(strstr(text, "\nexe ="));
	free(text);
	config_free(c);
}

/* Keeps the table honest: options_preset() takes a refused default for a lack of memory. */
static void test_options_when_parsed_from_their_defaults(void **state)
{
	(void)state;
	for (size_t i = 0; i < options_count; i++) {
		union {
			struct config c;
			struct output_config o;
			struct target_config t;
		} *object = calloc(1, sizeof(*object));
		struct wrong w = { "" };
		const struct option *o = &options[i];
		assert_non_null(object);
		if (o->preset && o->value->parse(o, object, o->preset, &w))
			fail_msg("%s = %s: %s", o->key, o->preset, w.text);
		assert_true(o->help && strlen(o->help) > 10 && o->key && o->value);
		if (o->value == &value_path || o->value == &value_text)
			free(*(char **)(void *)((char *)object + o->at));
		free(object);
	}
}

static char *option_list(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	config_print_options(f);
	fclose(f);
	return text;
}

static void test_print_options_when_asked(void **state)
{
	(void)state;
	char *text = option_list();
	for (size_t i = 0; i < options_count; i++) {
		assert_non_null(strstr(text, options[i].key));
		assert_non_null(strstr(text, options[i].help));
		assert_non_null(strstr(text, section_heading(options[i].section)));
	}
	free(text);
}

/* Keys of the table in DESIGN, by section. */
static void test_options_when_compared_with_the_design(void **state)
{
	static const char *const keys[SECTIONS] = {
		[SECTION_AGENT] = "backends user ring poll_interval grace stop_window coalesce budget heartbeat state_dir control max_processes host",
		[SECTION_AUDIT] = "transport rules exec_failures",
		[SECTION_OUTPUT] = "type format path mode max_size keep sync address protocol facility tag queue spool spool_size max_message command command_user",
		[SECTION_TARGET] = "comm exe args user cgroup pidfile any_namespace events signals output rate record_args restarts absent severity",
	};
	size_t count = 0;
	(void)state;
	for (int s = 0; s < SECTIONS; s++) {
		for (const char *p = keys[s]; *p; count++) {
			char key[32];
			size_t len = strcspn(p, " ");
			snprintf(key, sizeof(key), "%.*s", (int)len, p);
			assert_non_null(option_find((enum section)s, key));
			p += len + (p[len] == ' ');
		}
	}
	assert_int_equal(count, options_count);
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "r");
	assert_non_null(text);
	if (!f || !fread(text, 1, 65535, f))
		fail_msg("%s cannot be read; run the tests in the top folder", path);
	fclose(f);
	return text;
}

static void test_example_when_loaded(void **state)
{
	static struct result r;
	(void)state;
	r = (struct result){ 0 };
	FILE *f = fopen("agent.ini.example", "r"); /* whose checkout this is does not matter here */
	assert_non_null(f);
	int err = config_parse(f, "agent.ini.example", gather, &r, &r.config);
	fclose(f);
	if (err)
		fail_msg("%s", r.text);
	assert_int_equal(r.config->outputs[0].type, OUTPUT_STDOUT);
	assert_int_equal(r.config->given, 0);
	assert_round_trip(r.config);

	/* Every key stands in it with its default, as a comment or not. */
	char *text = slurp("agent.ini.example");
	for (size_t i = 0; i < options_count; i++) {
		const struct option *o = &options[i];
		const char *at = text;
		char line[256];
		size_t len = (size_t)snprintf(line, sizeof(line), "%s = %s", o->key, o->preset ? o->preset : "");
		while ((at = strstr(at, line)) && (at[-1] != '\n' && (at[-1] != '#' || at[-2] != '\n')))
			at++;
		if (!at || (o->preset && !strchr(" \n", at[len])))
			fail_msg("agent.ini.example has no line %s", line);
	}

	/* Its commented-out lines are right as well: all but prose can be switched on. */
	for (char *p = text; (p = strstr(p, "\n#"));) {
		if (p[2] == '[' || (p[2] >= 'a' && p[2] <= 'z'))
			memmove(p + 1, p + 2, strlen(p + 2) + 1);
		p++;
	}
	struct config *c = good(text);
	assert_int_equal(c->outputs_count, 5);
	assert_int_equal(c->given, GIVEN_STATE_DIR | GIVEN_CONTROL | GIVEN_HEARTBEAT);
	assert_round_trip(c);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print_when_parsed_again),
		cmocka_unit_test(test_print_when_lists_are_longest),
		cmocka_unit_test(test_print_when_keys_were_not_given),
		cmocka_unit_test(test_options_when_parsed_from_their_defaults),
		cmocka_unit_test(test_print_options_when_asked),
		cmocka_unit_test(test_options_when_compared_with_the_design),
		cmocka_unit_test(test_example_when_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

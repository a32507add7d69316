/* test_audit_change.c - rules in the place of others, where a kernel of this test's own refuses some; system/audit*.bats do it with the real one */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#if HAVE_AUDIT
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/event.h"
#include "backends/audit_rules.h"
#include "backends/audit_serve.h"
#include "backends/audit_session.h"
#include "config/config.h"

#define MOST 64

/* The kernel: its rules, and what it does not take. */
static struct audit_rule kernel[MOST];
static size_t count;
static bool locked, without_exe;
static bool some_exit_rule; /* each time one was removed */
static int room; /* so many more rules are taken before memory runs out */

static char exe[] = "/usr/sbin/d";
static struct target_config target;
static struct config config = {.targets = &target, .targets_count = 1};
static struct audit_session session;
static struct audit_control control;
static struct backend backend;

static size_t length(const struct audit_rule_data *rule)
{
	return sizeof(*rule) + rule->buflen;
}

static size_t place_of(const struct audit_rule_data *rule)
{
	size_t i = 0;

	while (i < count && !audit_rule_same(kernel[i].data, kernel[i].len, rule, length(rule)))
		i++;
	return i;
}

static bool is_for_exits(const struct audit_rule_data *rule)
{
	return rule->mask[AUDIT_WORD(231)] & AUDIT_BIT(231); /* exit_group */
}

static bool has_exe(const struct audit_rule_data *rule)
{
	for (uint32_t i = 0; i < rule->field_count; i++)
		if (rule->fields[i] == AUDIT_EXE)
			return true;
	return false;
}

static unsigned exit_rules(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < count; i++)
		n += is_for_exits(kernel[i].data);
	return n;
}

/* In the place of libaudit's, whose header has another struct audit_message. */
int audit_add_rule_data(int fd, struct audit_rule_data *rule, int flags, int action);
int audit_delete_rule_data(int fd, struct audit_rule_data *rule, int flags, int action);

int audit_add_rule_data(int fd, struct audit_rule_data *rule, int flags, int action)
{
	(void)fd;
	(void)flags;
	(void)action;
	if (locked)
		return -EPERM;
	if (without_exe && has_exe(rule))
		return -EINVAL;
	if (place_of(rule) < count)
		return -EEXIST;
	if (room-- <= 0)
		return -ENOMEM;
	assert_true(count < MOST);
	kernel[count] = (struct audit_rule){.data = malloc(length(rule)), .len = length(rule)};
	memcpy(kernel[count++].data, rule, length(rule));
	return 1;
}

int audit_delete_rule_data(int fd, struct audit_rule_data *rule, int flags, int action)
{
	size_t at = place_of(rule);

	(void)fd;
	(void)flags;
	(void)action;
	if (locked)
		return -EPERM;
	if (at == count)
		return -ENOENT;
	free(kernel[at].data);
	memmove(&kernel[at], &kernel[at + 1], (--count - at) * sizeof(kernel[0]));
	some_exit_rule &= exit_rules() > 0;
	return 1;
}

static void serve(void *ctx, const struct rights_request *r, struct rights_answer *a)
{
	(void)ctx;
	audit_serve(&control, r, a);
}

static int reload(void)
{
	return backend.ops->reload(&backend);
}

static int setup(void **state)
{
	(void)state;
	locked = without_exe = false;
	room = MOST;
	target = (struct target_config){.events = 1 << EVENT_EXIT | 1 << EVENT_SIGNAL, .signals = 1ull << (SIGUSR1 - 1)};
	session = (struct audit_session){.how = HOW_STDIN, .backend = &backend};
	backend = (struct backend){.ops = &backend_audit, .config = &config, .state = &session, .sees = backend_audit.sees};
	control = (struct audit_control){.config = &config, .fd = -1, .lock = -1, .records = -1, .opened = true};
	rights_served_by(serve, NULL);
	assert_int_equal(reload(), 0);
	assert_true(count > 0 && exit_rules() > 0);
	return 0;
}

/* At the end the kernel has none of ours: whatever happened, it was known which these are. */
static int teardown(void **state)
{
	size_t left;

	(void)state;
	locked = false;
	audit_rules_unload(-1, &control.rules);
	audit_ruleset_free(&control.rules);
	left = count;
	while (count)
		free(kernel[--count].data);
	return left ? -1 : 0;
}

/* All that the kernel has, in no order. */
static unsigned long sum(void)
{
	unsigned long all = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at < kernel[i].len; at++)
			all += (at + 1) * ((const unsigned char *)kernel[i].data)[at];
	return all;
}

static void test_rules_that_are_locked_stay_ours(void **state)
{
	size_t before = count;

	(void)state;
	locked = true;
	backend.exits_told = true;
	assert_int_equal(reload(), -EPERM);
	assert_int_equal(count, before);
	assert_int_equal(control.rules.count, before);
	assert_true(backend.sees & SEES_EXIT_CALL); /* as before */
	assert_non_null(strstr(backend.note.why, "locked"));
}

/* None of the old ones is out and none of the new ones in, wherever memory ran out. */
static void test_a_refused_set_changes_nothing(void **state)
{
	unsigned long before = sum();

	(void)state;
	target.signals |= 1ull << (SIGURG - 1);
	for (int most = 0; room = most, reload() != 0; most++) {
		assert_non_null(strstr(backend.note.why, "refused the audit rules"));
		assert_int_equal(sum(), before);
	}
	assert_true(sum() != before);
}

/* Its directory is not there: all exits are recorded then, and until they are, those of before. */
static void test_an_executable_that_is_refused(void **state)
{
	(void)state;
	without_exe = true;
	target.exe = exe;
	some_exit_rule = true;
	assert_int_equal(reload(), 0);
	assert_true(some_exit_rule);
	assert_true(exit_rules() > 0);
	for (size_t i = 0; i < count; i++)
		assert_false(has_exe(kernel[i].data));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#else
static void test_without_libaudit(void **state)
{
	(void)state;
	skip();
}

#define TEST(f) cmocka_unit_test(f)
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if HAVE_AUDIT
		TEST(test_rules_that_are_locked_stay_ours), TEST(test_a_refused_set_changes_nothing), TEST(test_an_executable_that_is_refused),
#else
		TEST(test_without_libaudit),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

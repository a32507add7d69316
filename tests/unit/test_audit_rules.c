/* test_audit_rules.c - which audit rules a configuration gives */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/event.h"
#include "backends/audit_ruleset.h"
#include "backends/audit_syscalls.h"
#include "config/config.h"

#define X86_64 0xc000003e
#define I386 0x40000003
#define BIT(signo) (1ull << ((signo) - 1))
#define DEFAULT_SIGNALS (~(BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH)))

static char exe_a[] = "/usr/sbin/a", exe_b[] = "/usr/sbin/b", exe_glob[] = "/usr/sbin/*";

static char exe_c[] = "/usr/sbin/c", exe_d[] = "/usr/sbin/d", *const four[] = { exe_a, exe_b, exe_c, exe_d };
static const uint32_t abis[] = { X86_64, I386 };

static bool has_call(const struct audit_rule_data *d, int number)
{
	return d->mask[AUDIT_WORD(number)] & AUDIT_BIT(number);
}

static bool has_term(const struct audit_rule_data *d, uint32_t field, uint32_t op, uint32_t value)
{
	for (uint32_t i = 0; i < d->field_count; i++)
		if (d->fields[i] == field && d->fieldflags[i] == op && d->values[i] == value)
			return true;
	return false;
}

static struct audit_ruleset build(struct target_config *targets, unsigned count, bool failures, bool narrow)
{
	struct config c = { .targets = targets, .targets_count = count, .exec_failures = failures };
	struct audit_ruleset set;

	assert_int_equal(audit_ruleset_build(&c, audit_rules_wanted(&c, false), abis, 2, narrow, &set), 0);
	for (size_t i = 0; i < set.count; i++) {
		const struct audit_rule_data *d = set.rules[i].data;

		assert_int_equal(d->flags, AUDIT_FILTER_EXIT);
		assert_int_equal(d->action, AUDIT_ALWAYS);
		assert_int_equal(d->fields[0], AUDIT_ARCH);
		assert_int_equal(d->values[0], i < set.count / 2 ? X86_64 : I386);
		assert_true(d->field_count <= AUDIT_MAX_FIELDS);
		assert_true(audit_rule_is_ours(d, set.rules[i].len));
	}
	return set;
}

static void test_default_rules(void **state)
{
	struct target_config t = { .events = 1 << EVENT_SIGNAL, .signals = DEFAULT_SIGNALS };
	struct audit_ruleset set = build(&t, 1, false, true);
	const struct audit_rule_data *d = set.rules[0].data;

	(void)state;
	assert_int_equal(set.count, 8);
	assert_true(has_call(d, 62) && has_call(d, 200) && has_call(d, 129) && has_call(d, 424));
	assert_false(has_call(d, 234) || has_call(d, 59));
	assert_true(has_term(d, AUDIT_ARG1, AUDIT_NOT_EQUAL, 0));
	assert_true(has_term(d, AUDIT_ARG1, AUDIT_NOT_EQUAL, SIGCHLD));
	assert_true(has_term(d, AUDIT_ARG1, AUDIT_NOT_EQUAL, SIGWINCH));
	assert_false(has_term(d, AUDIT_ARG1, AUDIT_NOT_EQUAL, SIGCONT)); /* watched */
	assert_false(has_term(d, AUDIT_ARG1, AUDIT_NOT_EQUAL, SIGTERM));
	d = set.rules[1].data;
	assert_true(has_call(d, 234) && has_call(d, 297) && !has_call(d, 62));
	assert_true(has_term(d, AUDIT_ARG2, AUDIT_NOT_EQUAL, 0));
	d = set.rules[2].data;
	assert_true(has_call(d, 59) && has_call(d, 322) && has_term(d, AUDIT_SUCCESS, AUDIT_EQUAL, 1));
	d = set.rules[3].data;
	assert_true(has_call(d, 60) && has_call(d, 231));
	d = set.rules[4].data;
	assert_true(has_call(d, 37) && has_call(d, 238) && has_call(d, 178) && has_call(d, 424));
	audit_ruleset_free(&set);
}

static void test_fetched_signals_only_for_who_asks(void **state)
{
	struct target_config t[4] = { { .exe = exe_a, .events = 1 << EVENT_CLEARED } };
	struct audit_ruleset set = build(t, 1, false, true);

	(void)state;
	assert_int_equal(set.count, 10);
	assert_true(has_call(set.rules[2].data, 128) && has_term(set.rules[2].data, AUDIT_SUCCESS, AUDIT_EQUAL, 1));
	assert_true(has_call(set.rules[7].data, 177) && has_call(set.rules[7].data, 421));
	for (int i = 0; i < 4; i++)
		t[i] = (struct target_config){ .exe = four[i], .events = 1 << EVENT_CLEARED };
	audit_ruleset_free(&set);
	set = build(t, 4, false, true);
	assert_int_equal(set.count, 16); /* and never more */
	audit_ruleset_free(&set);
}

static void test_verdicts_keep_their_signals_when_no_target_watches_any(void **state)
{
	struct target_config t = { .events = 1 << EVENT_EXIT, .signals = ~0ull };
	struct audit_ruleset set = build(&t, 1, true, true);
	const struct audit_rule_data *d = set.rules[0].data;

	(void)state;
	for (uint32_t signo = 1; signo <= 64; signo++) {
		bool harmless = signo == SIGCHLD || signo == SIGURG || signo == SIGWINCH || signo == SIGCONT ||
			signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN || signo == SIGTTOU;

		assert_int_equal(has_term(d, AUDIT_ARG1, AUDIT_NOT_EQUAL, signo), harmless);
	}
	assert_false(has_term(set.rules[2].data, AUDIT_SUCCESS, AUDIT_EQUAL, 1));
	audit_ruleset_free(&set);
}

static void test_exit_is_narrowed_only_when_all_targets_name_an_executable(void **state)
{
	struct target_config t[3] = { { .exe = exe_a }, { .exe = exe_b }, { .exe = exe_a } };
	struct audit_ruleset set = build(t, 3, false, true);
	const struct audit_rule_data *d = set.rules[3].data;

	(void)state;
	assert_int_equal(set.count, 10); /* a and b, once each */
	assert_true(set.rules[3].by_exe && set.rules[4].by_exe);
	assert_true(has_term(d, AUDIT_EXE, AUDIT_EQUAL, sizeof(exe_a) - 1));
	assert_memory_equal(d->buf, "/usr/sbin/aepitaph", d->buflen);
	audit_ruleset_free(&set);

	set = build(t, 3, false, false);
	assert_int_equal(set.count, 8);
	audit_ruleset_free(&set);
	t[1].exe = exe_glob;
	set = build(t, 3, false, true);
	assert_int_equal(set.count, 8);
	audit_ruleset_free(&set);
	t[1].exe = NULL;
	set = build(t, 3, false, true);
	assert_int_equal(set.count, 8);
	audit_ruleset_free(&set);
}

/* However many targets there are: each rule costs every system call of the host. */
static void test_at_most_16_rules(void **state)
{
	static char exes[1000][32];
	static struct target_config t[1000];

	(void)state;
	for (unsigned count = 1; count <= 1000; count += count < 10 ? 1 : 330) {
		for (unsigned i = 0; i < count; i++) {
			snprintf(exes[i], sizeof(exes[i]), "/usr/sbin/daemon-%u", i);
			t[i] = (struct target_config){ .exe = exes[i] };
		}
		struct audit_ruleset set = build(t, count, false, true);
		assert_int_equal(set.count, count <= 5 ? 6 + 2 * count : 8);
		audit_ruleset_free(&set);
	}
}

static void test_rules_of_the_kinds_that_are_asked_for(void **state)
{
	struct target_config t = { .exe = exe_a };
	struct config c = { .targets = &t, .targets_count = 1 };
	struct audit_ruleset set;

	(void)state;
	assert_int_equal(audit_rules_wanted(&c, false), AUDIT_RULES_SIGNALS | AUDIT_RULES_EXECS | AUDIT_RULES_EXITS);
	assert_int_equal(audit_rules_wanted(&c, true), AUDIT_RULES_SIGNALS | AUDIT_RULES_EXECS);
	c.audit_rules = AUDIT_RULES_EXITS;
	assert_int_equal(audit_rules_wanted(&c, true), AUDIT_RULES_EXITS);
	static const unsigned rules_of[] = { 0, 2, 1, 3, 1, 3, 2, 4 }; /* of one ABI, by the kinds asked for */
	for (unsigned kinds = 0; kinds < 8; kinds++) {
		assert_int_equal(audit_ruleset_build(&c, kinds, abis, 2, true, &set), 0);
		assert_int_equal(set.count, 2 * rules_of[kinds]);
		audit_ruleset_free(&set);
	}
}

static struct audit_rule_data *foreign(const char *strings, uint32_t key_len)
{
	struct audit_rule_data *d = calloc(1, sizeof(*d) + strlen(strings));

	d->flags = AUDIT_FILTER_EXIT;
	d->field_count = 2;
	d->fields[0] = AUDIT_EXE;
	d->values[0] = (uint32_t)strlen(strings) - key_len;
	d->fields[1] = AUDIT_FILTERKEY;
	d->values[1] = key_len;
	d->buflen = (uint32_t)strlen(strings);
	memcpy(d->buf, strings, strlen(strings));
	return d;
}

static void test_only_the_key_tells_whose_a_rule_is(void **state)
{
	struct audit_rule_data *d = foreign("/x/epitaphsigs", 4);
	size_t len = sizeof(*d) + d->buflen;

	(void)state;
	assert_false(audit_rule_is_ours(d, len));
	free(d);
	d = foreign("/x/epitaphs", 8);
	assert_false(audit_rule_is_ours(d, sizeof(*d) + d->buflen));
	free(d);
	d = foreign("/x/epitaph", 7);
	len = sizeof(*d) + d->buflen;
	assert_true(audit_rule_is_ours(d, len));
	assert_false(audit_rule_is_ours(d, len - 1));
	for (size_t cut = 0; cut < len; cut += 7)
		assert_false(audit_rule_is_ours(d, cut));
	d->values[0] = UINT32_MAX;
	assert_false(audit_rule_is_ours(d, len));
	d->field_count = UINT32_MAX;
	assert_false(audit_rule_is_ours(d, len));
	free(d);
}

static void test_task_never(void **state)
{
	struct audit_rule_data d = { .flags = AUDIT_FILTER_TASK, .action = AUDIT_NEVER };

	(void)state;
	assert_true(audit_rule_is_task_never(&d));
	d.field_count = 1; /* for one user only */
	assert_false(audit_rule_is_task_never(&d));
	d = (struct audit_rule_data){ .flags = AUDIT_FILTER_EXIT, .action = AUDIT_NEVER };
	assert_false(audit_rule_is_task_never(&d));
}

static struct audit_rule_data never(int first, int second, uint32_t field, uint32_t value)
{
	struct audit_rule_data d = { .flags = AUDIT_FILTER_EXIT, .action = AUDIT_NEVER, .field_count = 2,
		.fields = { AUDIT_ARCH, field }, .fieldflags = { AUDIT_EQUAL, AUDIT_EQUAL }, .values = { X86_64, value } };

	for (int number = first; number <= second; number++)
		d.mask[AUDIT_WORD(number)] |= AUDIT_BIT(number);
	return d;
}

static void test_what_a_never_rule_hides(void **state)
{
	struct audit_rule_data d = never(0, 500, AUDIT_UID, 12), exclude = { .flags = AUDIT_FILTER_TYPE, .field_count = 1,
		.fields = { AUDIT_MSGTYPE }, .fieldflags = { AUDIT_EQUAL }, .values = { AUDIT_SYSCALL } };

	(void)state;
	assert_int_equal(audit_rule_hides(&d), SEES_EXEC | SEES_SIGNAL);
	d = never(0, 500, AUDIT_DIR, 8); /* -F arch=b64 -F dir=/dev/shm: no signal has a file */
	assert_int_equal(audit_rule_hides(&d), SEES_EXEC);
	d.fieldflags[1] = AUDIT_NOT_EQUAL;
	assert_int_equal(audit_rule_hides(&d), SEES_EXEC | SEES_SIGNAL);
	d = never(59, 59, AUDIT_UID, 12);
	assert_int_equal(audit_rule_hides(&d), SEES_EXEC);
	d = never(62, 62, AUDIT_UID, 12);
	assert_int_equal(audit_rule_hides(&d), SEES_SIGNAL);
	d = never(159, 159, AUDIT_UID, 12); /* adjtimex, of chronyd */
	assert_int_equal(audit_rule_hides(&d), 0);
	assert_int_equal(audit_rule_hides(&exclude), SEES_EXEC | SEES_SIGNAL);
	exclude.values[0] = AUDIT_CWD;
	assert_int_equal(audit_rule_hides(&exclude), 0);
	exclude.values[0] = AUDIT_EXECVE;
	assert_int_equal(audit_rule_hides(&exclude), SEES_EXEC);
}

static void test_abis_of_machines(void **state)
{
	uint32_t a[2];

	(void)state;
	assert_int_equal(audit_machine_abis("x86_64", a), 2);
	assert_int_equal(a[0], X86_64);
	assert_int_equal(a[1], I386);
	assert_int_equal(audit_machine_abis("riscv64", a), 1);
	assert_int_equal(audit_machine_abis("armv7l", a), 1);
	assert_int_equal(a[0], 0x40000028);
	assert_int_equal(audit_machine_abis("ppc64le", a), 1);
	assert_int_equal(audit_machine_abis("mips", a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_rules),
		cmocka_unit_test(test_verdicts_keep_their_signals_when_no_target_watches_any),
		cmocka_unit_test(test_fetched_signals_only_for_who_asks),
		cmocka_unit_test(test_exit_is_narrowed_only_when_all_targets_name_an_executable),
		cmocka_unit_test(test_at_most_16_rules),
		cmocka_unit_test(test_rules_of_the_kinds_that_are_asked_for),
		cmocka_unit_test(test_only_the_key_tells_whose_a_rule_is),
		cmocka_unit_test(test_task_never),
		cmocka_unit_test(test_what_a_never_rule_hides),
		cmocka_unit_test(test_abis_of_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* audit_ruleset.c - which audit rules a configuration needs */
#include "backends/audit_ruleset.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/event.h"
#include "backends/audit_syscalls.h"
#include "backends/backend.h"
#include "config/config.h"

#define CALL(call) (1u << (call))
#define CALLS_A1 (CALL(CALL_KILL) | CALL(CALL_TKILL) | CALL(CALL_SIGQUEUE) | CALL(CALL_PIDFD_SEND))
#define CALLS_A2 (CALL(CALL_TGKILL) | CALL(CALL_TGSIGQUEUE))
#define CALLS_EXEC (CALL(CALL_EXECVE) | CALL(CALL_EXECVEAT))
#define CALLS_EXIT (CALL(CALL_EXIT) | CALL(CALL_EXIT_GROUP))
#define CALLS_WAIT (CALL(CALL_SIGTIMEDWAIT) | CALL(CALL_SIGTIMEDWAIT_TIME64))
#define RULES_MOST 8 /* of each ABI */
#define BIT(signo) (1ull << ((signo) - 1))

static void term(struct audit_rule_data *d, uint32_t field, uint32_t op, uint32_t value)
{
	d->fields[d->field_count] = field;
	d->fieldflags[d->field_count] = op;
	d->values[d->field_count++] = value;
}

static void term_text(struct audit_rule_data *d, uint32_t field, const char *text)
{
	size_t n = strlen(text);

	term(d, field, AUDIT_EQUAL, (uint32_t)n);
	memcpy(d->buf + d->buflen, text, n);
	d->buflen += (uint32_t)n;
}

/* arch= comes first: the kernel reads the mask by it; key= last. */
static int add(struct audit_ruleset *set, uint32_t arch, unsigned calls, struct audit_rule_data **out, const char *exe)
{
	size_t strings = sizeof(AUDIT_RULE_KEY) - 1 + (exe ? strlen(exe) : 0);
	struct audit_rule *grown = realloc(set->rules, (set->count + 1) * sizeof(*grown));
	struct audit_rule_data *d;

	if (!grown)
		return -ENOMEM;
	set->rules = grown;
	d = calloc(1, sizeof(*d) + strings);
	if (!d)
		return -ENOMEM;
	set->rules[set->count++] = (struct audit_rule){ .data = d, .len = sizeof(*d) + strings, .by_exe = exe };
	d->flags = AUDIT_FILTER_EXIT;
	d->action = AUDIT_ALWAYS;
	for (int call = CALL_NONE + 1; call < CALLS; call++) {
		int number = audit_call_number(arch, (enum audit_call)call);

		if (calls & CALL(call) && number >= 0)
			d->mask[AUDIT_WORD(number)] |= AUDIT_BIT(number);
	}
	term(d, AUDIT_ARCH, AUDIT_EQUAL, arch);
	*out = d;
	return 0;
}

static int add_signals(struct audit_ruleset *set, uint32_t arch, unsigned calls, uint32_t argument, uint64_t needed)
{
	struct audit_rule_data *d;

	if (add(set, arch, calls, &d, NULL))
		return -ENOMEM;
	term(d, argument, AUDIT_NOT_EQUAL, 0);
	for (uint32_t signo = 1; signo <= 64; signo++)
		if (!(needed & BIT(signo)))
			term(d, argument, AUDIT_NOT_EQUAL, signo);
	term_text(d, AUDIT_FILTERKEY, AUDIT_RULE_KEY);
	return 0;
}

/* One that returns a signal. */
static int add_waits(struct audit_ruleset *set, uint32_t arch)
{
	struct audit_rule_data *d;

	if (add(set, arch, CALLS_WAIT, &d, NULL))
		return -ENOMEM;
	term(d, AUDIT_SUCCESS, AUDIT_EQUAL, 1);
	term_text(d, AUDIT_FILTERKEY, AUDIT_RULE_KEY);
	return 0;
}

static int add_exec(struct audit_ruleset *set, uint32_t arch, bool failures)
{
	struct audit_rule_data *d;

	if (add(set, arch, CALLS_EXEC, &d, NULL))
		return -ENOMEM;
	if (!failures)
		term(d, AUDIT_SUCCESS, AUDIT_EQUAL, 1);
	term_text(d, AUDIT_FILTERKEY, AUDIT_RULE_KEY);
	return 0;
}

static int add_exit(struct audit_ruleset *set, uint32_t arch, const char *exe)
{
	struct audit_rule_data *d;

	if (add(set, arch, CALLS_EXIT, &d, exe))
		return -ENOMEM;
	if (exe)
		term_text(d, AUDIT_EXE, exe);
	term_text(d, AUDIT_FILTERKEY, AUDIT_RULE_KEY);
	return 0;
}

static bool is_plain_path(const char *exe)
{
	return exe && exe[0] == '/' && !strpbrk(exe, "*?[\\");
}

/* Two targets can name one executable. */
static bool is_named_before(const struct config *c, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (strcmp(c->targets[i].exe, c->targets[j].exe) == 0)
			return true;
	return false;
}

static bool waits_wanted(const struct config *c)
{
	for (unsigned i = 0; i < c->targets_count; i++)
		if (c->targets[i].events & 1u << EVENT_CLEARED)
			return true;
	return false;
}

static bool can_narrow(const struct config *c)
{
	unsigned executables = 0, most = RULES_MOST - (waits_wanted(c) ? 4 : 3); /* the rules that are no exit rules */

	for (unsigned i = 0; i < c->targets_count && executables <= most; i++) {
		if (!is_plain_path(c->targets[i].exe))
			return false;
		executables += !is_named_before(c, i);
	}
	return executables && executables <= most;
}

static int add_exits(struct audit_ruleset *set, uint32_t arch, const struct config *c, bool narrow)
{
	if (!narrow)
		return add_exit(set, arch, NULL);
	for (unsigned i = 0; i < c->targets_count; i++)
		if (!is_named_before(c, i) && add_exit(set, arch, c->targets[i].exe))
			return -ENOMEM;
	return 0;
}

unsigned audit_rules_wanted(const struct config *c, bool exits_told)
{
	return c->audit_rules ? c->audit_rules : AUDIT_RULES_SIGNALS | AUDIT_RULES_EXECS | (exits_told ? 0 : AUDIT_RULES_EXITS);
}

/* Those of one ABI. */
static int add_all(struct audit_ruleset *out, uint32_t arch, const struct config *c, unsigned kinds, bool narrow)
{
	uint64_t needed = backend_signals_needed(c);
	int err = 0;

	if (kinds & AUDIT_RULES_SIGNALS) {
		err = add_signals(out, arch, CALLS_A1, AUDIT_ARG1, needed);
		err = err ? err : add_signals(out, arch, CALLS_A2, AUDIT_ARG2, needed);
		if (!err && waits_wanted(c))
			err = add_waits(out, arch);
	}
	if (!err && kinds & AUDIT_RULES_EXECS)
		err = add_exec(out, arch, c->exec_failures);
	if (!err && kinds & AUDIT_RULES_EXITS)
		err = add_exits(out, arch, c, narrow);
	return err;
}

int audit_ruleset_build(const struct config *c, unsigned kinds, const uint32_t *abis, size_t abis_count, bool narrow_exit,
                        struct audit_ruleset *out)
{
	bool narrow = narrow_exit && can_narrow(c);

	*out = (struct audit_ruleset){ 0 };
	for (size_t i = 0; i < abis_count; i++)
		if (add_all(out, abis[i], c, kinds, narrow)) {
			audit_ruleset_free(out);
			return -ENOMEM;
		}
	return 0;
}

void audit_ruleset_free(struct audit_ruleset *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->rules[i].data);
	free(set->rules);
	*set = (struct audit_ruleset){ 0 };
}

bool audit_rule_same(const struct audit_rule_data *a, size_t a_len, const struct audit_rule_data *b, size_t b_len)
{
	return a_len == b_len && !memcmp(a, b, a_len);
}

bool audit_rule_is_ours(const struct audit_rule_data *rule, size_t len)
{
	size_t at = 0;

	if (len < sizeof(*rule) || rule->buflen > len - sizeof(*rule) || rule->field_count > AUDIT_MAX_FIELDS)
		return false;
	for (uint32_t i = 0; i < rule->field_count; i++) {
		uint32_t field = rule->fields[i], n = rule->values[i];
		bool text = (field >= AUDIT_SUBJ_USER && field <= AUDIT_SUBJ_CLR) ||
			(field >= AUDIT_OBJ_USER && field <= AUDIT_OBJ_LEV_HIGH) || field == AUDIT_WATCH ||
			field == AUDIT_DIR || field == AUDIT_EXE || field == AUDIT_FILTERKEY;

		if (!text)
			continue;
		if (n > rule->buflen - at)
			return false;
		if (field == AUDIT_FILTERKEY)
			return n == sizeof(AUDIT_RULE_KEY) - 1 && !memcmp(rule->buf + at, AUDIT_RULE_KEY, n);
		at += n;
	}
	return false;
}

bool audit_rule_is_task_never(const struct audit_rule_data *rule)
{
	return rule->flags == AUDIT_FILTER_TASK && rule->action == AUDIT_NEVER && rule->field_count == 0;
}

/* By that it is for files: a signal, which has none, never matches it (auditctl(8); kernel/auditsc.c, audit_filter_rules()). */
static bool is_for_files(const struct audit_rule_data *rule)
{
	for (uint32_t i = 0; i < rule->field_count && i < AUDIT_MAX_FIELDS; i++)
		switch (rule->fields[i]) {
		case AUDIT_DIR: case AUDIT_WATCH: case AUDIT_INODE: case AUDIT_DEVMAJOR: case AUDIT_DEVMINOR:
			if (rule->fieldflags[i] == AUDIT_EQUAL)
				return true;
		}
	return false;
}

static unsigned seen_by(enum audit_call call)
{
	switch (call) {
	case CALL_EXECVE: case CALL_EXECVEAT:
		return SEES_EXEC;
	case CALL_EXIT: case CALL_EXIT_GROUP: case CALL_SIGTIMEDWAIT: case CALL_SIGTIMEDWAIT_TIME64: /* one that is not told proves nothing */
		return 0;
	default:
		return SEES_SIGNAL;
	}
}

static unsigned hidden_calls(const struct audit_rule_data *rule)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_AARCH64, AUDIT_ARCH_PPC64, AUDIT_ARCH_S390X };
	uint32_t arch = 0;
	unsigned hides = 0;

	for (uint32_t i = 0; i < rule->field_count && i < AUDIT_MAX_FIELDS; i++)
		if (rule->fields[i] == AUDIT_ARCH && rule->fieldflags[i] == AUDIT_EQUAL)
			arch = rule->values[i];
	for (size_t i = 0; i < (arch ? 1 : sizeof(arches) / sizeof(*arches)); i++)
		for (int call = CALL_NONE + 1; call < CALLS; call++) {
			int number = audit_call_number(arch ? arch : arches[i], (enum audit_call)call);

			if (number >= 0 && rule->mask[AUDIT_WORD(number)] & AUDIT_BIT(number))
				hides |= seen_by((enum audit_call)call);
		}
	return is_for_files(rule) ? hides & SEES_EXEC : hides;
}

unsigned audit_rule_hides(const struct audit_rule_data *rule)
{
	if (rule->flags == AUDIT_FILTER_EXIT)
		return rule->action == AUDIT_NEVER ? hidden_calls(rule) : 0;
	if (rule->flags != AUDIT_FILTER_TYPE)
		return 0;
	for (uint32_t i = 0; i < rule->field_count && i < AUDIT_MAX_FIELDS; i++)
		if (rule->fields[i] == AUDIT_MSGTYPE && rule->fieldflags[i] == AUDIT_EQUAL)
			switch (rule->values[i]) {
			case AUDIT_SYSCALL:
				return SEES_EXEC | SEES_SIGNAL;
			case AUDIT_EXECVE:
				return SEES_EXEC;
			case AUDIT_OBJ_PID: case AUDIT_ANOM_ABEND:
				return SEES_SIGNAL;
			default:
				return 0;
			}
	return SEES_EXEC | SEES_SIGNAL;
}

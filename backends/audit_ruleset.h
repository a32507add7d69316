/* audit_ruleset.h - which audit rules a configuration needs */
#ifndef EPITAPH_AUDIT_RULESET_H
#define EPITAPH_AUDIT_RULESET_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

#define AUDIT_RULE_KEY "epitaph"

/* A rule as the kernel takes it, on the heap; struct audit_rule_data and its strings. */
struct audit_rule {
	struct audit_rule_data *data;
	size_t len;     /* of data with its strings */
	bool   by_exe;  /* narrowed by exe=, which the kernel may refuse */
	bool   loaded;  /* audit_rules.c: it is in the kernel, and ours */
};

struct audit_ruleset {
	struct audit_rule *rules;
	size_t count;
};

/* Which kinds the configuration asks for: enum audit_rules.  exits_told: other backends tell each exit, and each signal before it. */
unsigned audit_rules_wanted(const struct config *c, bool exits_told);
/*
 * Builds the rules of these kinds for the ABIs given (AUDIT_ARCH_*): for each,
 * the signal calls with the number in a1, those with it in a2, exec, and exit:
 * at most 16 in all, since each is tried at the end of every system call of
 * the host (kernel/auditsc.c, audit_filter_syscall()).  Signals
 * are ruled out by `a1!=N` terms, which the kernel joins by AND: 0, and those
 * that neither a target watches nor a verdict needs.  narrow_exit allows exe=
 * on the exit rules (kernel 4.3) where every target names its executable, and
 * these are few.  0 or -ENOMEM.
 */
int audit_ruleset_build(const struct config *c, unsigned kinds, const uint32_t *abis, size_t abis_count, bool narrow_exit,
                        struct audit_ruleset *out);
void audit_ruleset_free(struct audit_ruleset *set);

bool audit_rule_same(const struct audit_rule_data *a, size_t a_len, const struct audit_rule_data *b, size_t b_len);
/* Whether a rule that the kernel listed has the key `epitaph`; len is what was received. */
bool audit_rule_is_ours(const struct audit_rule_data *rule, size_t len);
/* Whether it keeps every new process from being audited: `-a task,never`, without any field. */
bool audit_rule_is_task_never(const struct audit_rule_data *rule);

/*
 * Of what it may keep the records from being made, as `never,exit` or
 * `exclude`: SEES_EXEC, SEES_SIGNAL, both, or 0.
 */
unsigned audit_rule_hides(const struct audit_rule_data *rule);

#endif

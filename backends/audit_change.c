#include "backends/audit_change.h"

#include <errno.h>
#include <string.h>

#include "backends/audit_probe.h"
#include "backends/audit_rules.h"
#include "backends/audit_tell.h"
#include "config/config.h"

void audit_change_narrow(struct backend *b, unsigned kinds)
{
	b->sees = b->ops->sees;
	if (!(kinds & AUDIT_RULES_SIGNALS))
		b->sees &= ~(unsigned)SEES_SIGNAL;
	if (!(kinds & AUDIT_RULES_EXECS))
		b->sees &= ~(unsigned)(SEES_EXEC | SEES_EXEC_FACTS);
	if (!(kinds & AUDIT_RULES_EXITS))
		b->sees &= ~(unsigned)SEES_EXIT_CALL;
}

int audit_change_load(struct audit_session *s)
{
	struct rights_answer a;
	int err = rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_LOAD, s->backend->exits_told, &a);

	if (err)
		reason_set(&s->backend->note, a.cure, "%s", a.why[0] ? a.why : strerror(-err));
	else
		audit_change_narrow(s->backend, (unsigned)a.value);
	return err;
}

static bool has_word(const struct audit_message *m, const char *word)
{
	return memmem(m->data, m->len, word, strlen(word)) != NULL;
}

/*
 * `op=remove_rule`; `op=autoremove_rule` where the directory of exe= went away; `op="remove_rule"` before 4.15,
 * `op="remove rule"` before 3.13.
 */
static bool is_rule_change(const struct audit_message *m)
{
	return has_word(m, "_rule") || has_word(m, "add rule") || has_word(m, "remove rule");
}

static bool removes_ours(const struct audit_message *m)
{
	return (has_word(m, "remove_rule") || has_word(m, "remove rule")) && has_word(m, " key=\"" AUDIT_RULE_KEY "\"");
}

static int survey(struct audit_rules_found *found)
{
	struct rights_answer a;

	rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_SURVEY, 0, &a);
	return rights_data(&a, found, sizeof(*found));
}

/* A rule of the list for new processes: does it keep them from being audited? */
static void look_for_task_never(struct audit_session *s)
{
	struct audit_rules_found found;
	bool before = s->view.task_never;

	if (survey(&found) || found.task_never == before)
		return;
	s->view.task_never = found.task_never;
	if (before) { /* whoever was born under it stays unaudited, also with audit=1 */
		s->view.enabled_since = s->backend->clock->now;
		s->view.cmdline_audit1 = false;
	}
	audit_tell_state(s, before ? AGENT_RESTORED : AGENT_DEGRADED, before ?
		"the rule task,never was removed: new processes are audited again" :
		"a rule task,never was loaded: new processes are not audited");
}

/* auditctl -D, or auditd's augenrules: load ours again when the others are there, behind them. */
void audit_change_seen(struct audit_session *s, const struct audit_message *m)
{
	uint64_t now = s->backend->clock->now;

	if (is_rule_change(m) && has_word(m, " list=1 ")) /* AUDIT_FILTER_TASK */
		look_for_task_never(s);
	s->rules_gone |= removes_ours(m) || has_word(m, "audit_enabled="); /* while it is off, nobody is told of rules that are removed */
	if (is_rule_change(m))
		s->rules_at = now + NSEC_PER_SEC;
	else if (has_word(m, "audit_pid=") || has_word(m, "audit_enabled="))
		s->check_at = now;
	if (has_word(m, "audit_enabled="))
		s->rules_at = now + NSEC_PER_SEC;
}

static void look_for_hiding_rules(struct audit_session *s)
{
	struct audit_rules_found found;
	unsigned before = s->view.hidden;

	if (survey(&found) || found.hidden == before)
		return;
	s->view.hidden = found.hidden;
	audit_tell_state(s, found.hidden ? AGENT_DEGRADED : AGENT_RESTORED, found.hidden ? AUDIT_RULE_HIDES :
		"the rule that kept execs or signals from being recorded is gone");
}

/* How many of ours are loaded again, or -errno. */
static int load_again(struct audit_session *s)
{
	struct rights_answer a;
	unsigned kinds = 0;
	int err = rights_ask_for(RIGHTS_AUDIT, AUDIT_ASK_LOAD_AGAIN, s->backend->exits_told, &a);

	if (!err)
		err = rights_data(&a, &kinds, sizeof(kinds));
	if (kinds)
		audit_change_narrow(s->backend, kinds);
	return err ? err : a.value;
}

static void restore_rules(struct audit_session *s)
{
	s->rules_gone = false;
	int added = load_again(s);
	if (added == 0)
		return; /* it was ourselves, at a reload */
	if (added == -EPERM) {
		audit_tell_state(s, AGENT_DEGRADED, "another program removed the audit rules and locked the settings (enabled 2)");
	} else if (added < 0) {
		audit_tell_state(s, AGENT_DEGRADED, "another program removed the audit rules, and they cannot be loaded again");
	} else {
		audit_tell_lost(s, 0, "another program had removed the audit rules");
		audit_tell_state(s, AGENT_RESTORED, "another program removed the audit rules: they were loaded again");
	}
}

void audit_change_restore(struct audit_session *s)
{
	s->rules_at = 0;
	if (s->view.off) /* when it is switched on again */
		return;
	if (s->rules_gone)
		restore_rules(s);
	look_for_hiding_rules(s);
}

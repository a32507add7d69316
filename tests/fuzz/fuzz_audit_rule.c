/* fuzz_audit_rule.c - any bytes as a rule that the kernel lists */
#include <stdlib.h>
#include <string.h>

#include "backends/audit_ruleset.h"
#include "backends/backend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < sizeof(struct audit_rule_data))
		return 0; /* audit_rules_survey() passes it over */
	struct audit_rule_data *rule = malloc(size);
	if (!rule)
		abort();
	memcpy(rule, data, size);
	bool ours = audit_rule_is_ours(rule, size);
	if (audit_rule_hides(rule) & ~(unsigned)(SEES_EXEC | SEES_SIGNAL))
		abort();
	if (audit_rule_is_task_never(rule) && (ours || rule->flags != AUDIT_FILTER_TASK))
		abort();
	/* It is then copied, and removed, with its strings. */
	if (ours && (sizeof(*rule) + rule->buflen > size || !memmem(rule->buf, rule->buflen, AUDIT_RULE_KEY, strlen(AUDIT_RULE_KEY))))
		abort();
	free(rule);
	return 0;
}

/* audit_rules.c - the kernel's audit settings and rules, through libaudit */
#include "backends/audit_rules.h"

#include <errno.h>
#include <libaudit.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 1000

int audit_netlink_open(void)
{
	int fd = audit_open();

	return fd < 0 ? -errno : fd;
}

void audit_netlink_close(int fd)
{
	if (fd >= 0)
		audit_close(fd);
}

/* The next message that is no acknowledgement. */
static int reply(int fd, struct audit_reply *r)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int n = poll(&p, 1, ANSWER_MS);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ETIME;
		n = audit_get_reply(fd, r, GET_REPLY_NONBLOCKING, 0);
		if (n == -EAGAIN || n == -EINTR)
			continue;
		if (n < 0)
			return n;
		if (r->type == NLMSG_ERROR && r->error->error)
			return r->error->error;
		if (r->type != NLMSG_ERROR && n > 0)
			return 0;
	}
}

static int outcome(int rc)
{
	return rc < 0 ? rc : 0;
}

int audit_status_read(int fd, struct audit_status *status, size_t *len)
{
	struct audit_reply r;
	int err = outcome(audit_request_status(fd));

	while (!err) {
		err = reply(fd, &r);
		if (!err && r.type == AUDIT_GET)
			break;
	}
	if (err)
		return err;
	*len = (size_t)r.len - NLMSG_HDRLEN;
	if (*len > sizeof(*status))
		*len = sizeof(*status);
	memset(status, 0, sizeof(*status));
	memcpy(status, r.status, *len);
	return 0;
}

int audit_status_enable(int fd, uint32_t enabled)
{
	return outcome(audit_set_enabled(fd, enabled));
}

int audit_status_backlog(int fd, uint32_t limit)
{
	return outcome(audit_set_backlog_limit(fd, limit));
}

int audit_status_backlog_wait(int fd, uint32_t jiffies)
{
	return outcome(audit_set_backlog_wait_time(fd, jiffies));
}

static int keep_copy(struct audit_ruleset *set, const struct audit_rule_data *rule, size_t len)
{
	struct audit_rule *grown = realloc(set->rules, (set->count + 1) * sizeof(*grown));
	struct audit_rule_data *copy;

	if (!grown)
		return -ENOMEM;
	set->rules = grown;
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, rule, len);
	set->rules[set->count++] = (struct audit_rule){ .data = copy, .len = len, .loaded = true };
	return 0;
}

int audit_rules_survey(int fd, bool remove_ours, struct audit_rules_found *found)
{
	struct audit_ruleset ours = { 0 };
	struct audit_reply r;
	unsigned passed = 0;
	int err = outcome(audit_request_rules_list_data(fd));

	*found = (struct audit_rules_found){ 0 };
	while (!err) {
		size_t len;

		err = reply(fd, &r);
		if (err || r.type == NLMSG_DONE)
			break;
		len = (size_t)r.len - NLMSG_HDRLEN;
		if (r.type != AUDIT_LIST_RULES || len < sizeof(*r.ruledata))
			continue;
		if (audit_rule_is_task_never(r.ruledata))
			found->task_never = true;
		if (r.ruledata->flags == AUDIT_FILTER_EXIT)
			passed |= audit_rule_hides(r.ruledata);
		else
			found->hidden |= audit_rule_hides(r.ruledata);
		if (audit_rule_is_ours(r.ruledata, len)) {
			found->ours++;
			found->hidden |= passed; /* at a reload, only those of ours that changed move behind it */
			if (remove_ours)
				err = keep_copy(&ours, r.ruledata, sizeof(*r.ruledata) + r.ruledata->buflen);
		}
	}
	if (!found->ours || remove_ours) /* they come last */
		found->hidden |= passed;
	audit_rules_unload(fd, &ours);
	audit_ruleset_free(&ours);
	return err;
}

int audit_rules_load(int fd, struct audit_ruleset *set, bool adopt)
{
	int added = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct audit_rule *rule = &set->rules[i];
		int err = outcome(audit_add_rule_data(fd, rule->data, (int)rule->data->flags, (int)rule->data->action));

		if (err && err != -EEXIST)
			return err;
		rule->loaded = !err || adopt || rule->loaded;
		added += !err;
	}
	return added;
}

static struct audit_rule *same_rule(struct audit_ruleset *set, const struct audit_rule *rule)
{
	for (size_t i = 0; i < set->count; i++)
		if (audit_rule_same(set->rules[i].data, set->rules[i].len, rule->data, rule->len))
			return &set->rules[i];
	return NULL;
}

int audit_rules_replace(int fd, struct audit_ruleset *set, struct audit_ruleset *by)
{
	struct audit_ruleset goes = *by;
	int err;

	for (size_t i = 0; i < by->count; i++) {
		struct audit_rule *before = same_rule(set, &by->rules[i]);

		by->rules[i].loaded = before && before->loaded;
	}
	err = audit_rules_load(fd, by, false);
	if (err >= 0) {
		goes = *set;
		*set = *by;
	}
	for (size_t i = 0; i < goes.count; i++) {
		struct audit_rule *same = same_rule(set, &goes.rules[i]);

		if (!same)
			continue;
		same->loaded |= goes.rules[i].loaded;
		goes.rules[i].loaded = false;
	}
	audit_rules_unload(fd, &goes);
	audit_ruleset_free(&goes);
	*by = (struct audit_ruleset){ 0 };
	return outcome(err);
}

void audit_rules_unload(int fd, struct audit_ruleset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct audit_rule *rule = &set->rules[i];

		if (rule->loaded)
			audit_delete_rule_data(fd, rule->data, (int)rule->data->flags, (int)rule->data->action);
		rule->loaded = false;
	}
}

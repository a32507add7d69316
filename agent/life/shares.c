#include "agent/life/shares.h"

#include "agent/life/watched.h"

#define COPIES_LOOKED_AT 1024 /* of the watched, the oldest first: a bound on what one start costs */

static uid_t user_of(const struct process *p)
{
	return p->has_uid ? p->uid : (uid_t)-1; /* one that is not known is not root */
}

static bool user_is_full(const struct life *l, uid_t uid)
{
	return uid != 0 && user_shares_of(&l->user_shares, uid) >= l->table->max / 2;
}

static bool target_is_full(const struct life *l, unsigned target)
{
	return l->config->targets_count > 1 && l->targets[target].watched >= l->table->max / 2; /* alone it is in nobody's way */
}

bool shares_are_full(const struct life *l, const struct process *p, unsigned target, bool copy)
{
	bool copies_are_full = l->table->watched >= l->table->max - l->table->max / 4;

	return !l->table->recorded && (target_is_full(l, target) || user_is_full(l, user_of(p)) || (copy && copies_are_full));
}

struct process *shares_gives_way(const struct life *l, const struct process *p, unsigned target)
{
	uid_t user = user_of(p);
	bool of_target = target_is_full(l, target), of_user = user_is_full(l, user);
	unsigned looked_at = 0;
	struct process *copy;

	TAILQ_FOREACH(copy, &l->table->watches, order) {
		if (copy->stage == STAGE_COPY && (!of_target || copy->watch->target == target) && (!of_user || copy->watch->user == user))
			return copy;
		if (++looked_at == COPIES_LOOKED_AT)
			break;
	}
	return NULL;
}

bool shares_take(struct life *l, const struct process *p, unsigned target, uid_t *user)
{
	*user = user_of(p);
	if (!user_shares_add(&l->user_shares, *user))
		return false;
	l->targets[target].watched++;
	return true;
}

void shares_move(struct life *l, struct process *p, unsigned target)
{
	if (p->watch->target < l->config->targets_count)
		l->targets[p->watch->target].watched--;
	l->targets[target].watched++;
	l->targets[target].alerts.present_pid = p->pid;
	p->watch->target = target;
}

void shares_give(struct life *l, unsigned target, uid_t user)
{
	user_shares_drop(&l->user_shares, user);
	if (target < l->config->targets_count)
		l->targets[target].watched--;
}

void shares_count_again(struct life *l)
{
	struct process *p;

	for (unsigned i = 0; i < l->config->targets_count; i++)
		l->targets[i].watched = 0;
	TAILQ_FOREACH(p, &l->table->watches, order)
		if (p->watch->target < l->config->targets_count)
			l->targets[p->watch->target].watched++;
}

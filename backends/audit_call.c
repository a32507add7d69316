/* audit_call.c - what one record says of a call or a death, and whose it is */
#include "backends/audit_call.h"

#include <errno.h>
#include <string.h>

typedef int decode_fn(const struct audit_field *f, char *out, size_t size);

static const char *intern(struct audit_caller *by, const struct audit_field *f, decode_fn *decode)
{
	char *out = by->text + by->used;
	int n = decode(f, out, sizeof(by->text) - by->used);

	if (n < 0)
		return NULL;
	by->used += (size_t)n + 1;
	return out;
}

static void take_text(struct audit_caller *by, const struct audit_field *f, decode_fn *decode, enum fact fact, const char **to)
{
	const char *text = by->facts.has & fact ? NULL : intern(by, f, decode);

	if (!text)
		return;
	by->facts.has |= fact;
	*to = text;
}

void audit_caller_take(struct audit_caller *by, const struct audit_field *f)
{
	struct facts *who = &by->facts;
	unsigned had = who->has;
	uint32_t id;
	int pid;

	if (audit_field_is(f, "comm"))
		take_text(by, f, audit_field_string, FACT_COMM, &who->comm);
	else if (audit_field_is(f, "exe"))
		take_text(by, f, audit_field_string, FACT_EXE, &who->exe);
	else if (audit_field_is(f, "tty"))
		take_text(by, f, audit_field_word, FACT_TTY, &who->tty);
	else if (audit_field_is(f, "pid") && !(had & FACT_PID) && audit_field_pid(f, &pid))
		who->has |= FACT_PID, who->pid = pid;
	else if (audit_field_is(f, "ppid") && !(had & FACT_PPID) && audit_field_pid(f, &pid))
		who->has |= FACT_PPID, who->ppid = pid;
	else if (audit_field_is(f, "uid") && !(had & FACT_UID) && audit_field_id(f, &id))
		who->has |= FACT_UID, who->uid = id;
	else if (audit_field_is(f, "euid") && !(had & FACT_EUID) && audit_field_id(f, &id))
		who->has |= FACT_EUID, who->euid = id;
	else if (audit_field_is(f, "egid") && !(had & FACT_EGID) && audit_field_id(f, &id))
		who->has |= FACT_EGID, who->egid = id;
	else if (audit_field_is(f, "gid") && !(had & FACT_GID) && audit_field_id(f, &id))
		who->has |= FACT_GID, who->gid = id;
	else if (audit_field_is(f, "auid") && !(had & FACT_AUID) && audit_field_id(f, &id))
		who->has |= FACT_AUID, who->auid = id;
	else if (audit_field_is(f, "ses") && !(had & FACT_SES) && audit_field_id(f, &id))
		who->has |= FACT_SES, who->ses = id;
}

/* True if it is a field about the call itself. */
static bool take_call(struct audit_call_record *c, const struct audit_field *f)
{
	if (f->key_len == 2 && f->key[0] == 'a') {
		switch (f->key[1]) {
		case '0': c->has_a0 = audit_field_hex(f, &c->a0); break;
		case '1': c->has_a1 = audit_field_hex(f, &c->a1); break;
		case '2': c->has_a2 = audit_field_hex(f, &c->a2); break;
		case '3': audit_field_hex(f, &c->a3); break;
		default: break;
		}
		return true;
	}
	if (audit_field_is(f, "arch")) {
		c->has_arch = audit_field_hex(f, &c->arch) && c->arch <= UINT32_MAX;
	} else if (audit_field_is(f, "syscall")) {
		int64_t number;

		if (c->has_arch && audit_field_number(f, &number) && number >= 0)
			c->call = audit_call_of((uint32_t)c->arch, (uint64_t)number);
	} else if (audit_field_is(f, "success")) {
		c->success = f->value_len == 3 && !memcmp(f->value, "yes", 3);
		c->has_success = c->success || (f->value_len == 2 && !memcmp(f->value, "no", 2));
	} else if (audit_field_is(f, "exit")) {
		if (!audit_field_number(f, &c->exit))
			c->exit = 0;
	} else if (audit_field_is(f, "items")) {
		if (!audit_field_number(f, &c->items))
			c->items = -1;
	} else {
		return false;
	}
	return true;
}

bool audit_call_parse(struct audit_call_record *c, struct audit_caller *by, const char *p, const char *end)
{
	struct audit_field f;

	while (audit_field_next(&p, end, &f)) {
		/* a label may hold blanks (AppArmor's profile names); what follows is its own words, or key= */
		if ((f.last && f.form == AUDIT_FORM_BARE) || audit_field_is(&f, "subj"))
			break;
		if (!take_call(c, &f))
			audit_caller_take(by, &f);
		else if (f.key_len == 7 && f.key[1] == 'y' && c->call == CALL_NONE)
			return false; /* syscall= of another call */
	}
	return c->call != CALL_NONE;
}

/* audit_log_task(): auid, uid, gid, ses, subj, pid, comm, exe */
static void take_death(struct audit_caller *by, const struct audit_field *f, bool labelled)
{
	bool last = audit_field_is(f, "pid") || audit_field_is(f, "comm") || audit_field_is(f, "exe");

	if (labelled && !last)
		return;
	if (labelled)
		by->facts.has &= ~(unsigned)(f->key[0] == 'p' ? FACT_PID : f->key[0] == 'c' ? FACT_COMM : FACT_EXE);
	audit_caller_take(by, f);
}

int audit_death_parse(struct event *e, struct audit_caller *by, bool seccomp, const char *p, const char *end)
{
	struct audit_field f;
	int64_t signo = -1;
	uint64_t code = UINT64_MAX;
	const char *reason = NULL;
	bool labelled = false;

	memset(&by->facts, 0, sizeof(by->facts));
	by->used = 0;
	while (audit_field_next(&p, end, &f)) {
		if (audit_field_is(&f, "sig")) {
			if (!audit_field_number(&f, &signo))
				signo = -1;
		} else if (seccomp && audit_field_is(&f, "code")) {
			audit_field_hex(&f, &code);
		} else if (audit_field_is(&f, "reason")) {
			reason = intern(by, &f, audit_field_string);
		} else if (audit_field_is(&f, "subj")) {
			labelled = true; /* its blanks may part it into fields; the kernel's own come last */
		} else if (!f.last || f.form != AUDIT_FORM_BARE) {
			take_death(by, &f, labelled);
		}
	}
	if (signo == 0 && seccomp)
		return 0;
	if (!(by->facts.has & FACT_PID) || signo <= 0 || signo > AUDIT_SIGNALS_MAX)
		return -EINVAL;
	e->process = by->facts;
	e->has |= HAS_SIGNO | (seccomp ? HAS_VIA : 0) | (reason ? HAS_REASON : 0);
	if (code == 0) { /* SECCOMP_RET_KILL_THREAD; if it was the last one, ANOM_ABEND follows */
		e->has |= HAS_TID;
		e->tid = e->process.pid;
	}
	e->via = seccomp ? "seccomp" : NULL;
	e->reason = reason;
	e->signo = (int)signo;
	return 1;
}

static void take_object(struct facts *to, const struct audit_field *f, char *comm, size_t size)
{
	uint32_t id;
	int pid;

	if (audit_field_is(f, "opid") && audit_field_pid(f, &pid)) {
		to->has |= FACT_PID;
		to->pid = pid;
	} else if (audit_field_is(f, "ouid") && audit_field_id(f, &id)) {
		to->has |= FACT_UID;
		to->uid = id;
	} else if (audit_field_is(f, "oauid") && audit_field_id(f, &id)) {
		to->has |= FACT_AUID;
		to->auid = id;
	} else if (audit_field_is(f, "oses") && audit_field_id(f, &id)) {
		to->has |= FACT_SES;
		to->ses = id;
	} else if (audit_field_is(f, "ocomm")) { /* one before it is gone, whatever this one is */
		to->has &= ~(unsigned)FACT_COMM;
		to->has |= audit_field_string(f, comm, size) > 0 ? FACT_COMM : 0;
		to->comm = comm;
	}
}

bool audit_object_parse(struct facts *to, char *comm, size_t size, const char *p, const char *end)
{
	struct audit_field f;
	bool labelled = false;

	while (audit_field_next(&p, end, &f)) {
		labelled |= audit_field_is(&f, "obj"); /* behind it, or within it, only the last ocomm counts */
		if (audit_field_is(&f, "ocomm") || (!f.last && !labelled))
			take_object(to, &f, comm, size);
	}
	return to->has & FACT_PID;
}

bool audit_may_signal(const struct audit_caller *by, const struct facts *to)
{
	if (!(by->facts.has & to->has & FACT_UID) || !(by->facts.has & FACT_EUID))
		return true;
	return by->facts.euid == 0 || by->facts.euid == to->uid || by->facts.uid == to->uid;
}

#include "agent/verdict/kernel_made.h"

#include <signal.h>
#include <stdio.h>

#include "agent/base/facts.h"
#include "agent/verdict/reason.h"

/* sigaction(2), "The si_code field". */
static const struct {
	int         signo, code;
	const char *words;
} faults[] = {
	{SIGSEGV, SEGV_MAPERR, "it used an address that is not mapped"},
	{SIGSEGV, SEGV_ACCERR, "it used an address in a way that is not allowed"},
	{SIGSEGV, 3, "it used an address outside of its bounds"},
	{SIGSEGV, 4, "it used an address whose protection key forbids it"},
	{SIGSEGV, SI_KERNEL, "a general protection fault, or a signal for whose handler its stack has no room"},
	{SIGBUS, BUS_ADRALN, "it used an address that is not aligned"},
	{SIGBUS, BUS_ADRERR, "it used an address behind which there is nothing, as beyond the end of a mapped file"},
	{SIGBUS, BUS_OBJERR, "a hardware error of what is mapped there"},
	{SIGBUS, BUS_MCEERR_AR, "its memory has a hardware error"},
	{SIGBUS, BUS_MCEERR_AO, "its memory has a hardware error"},
	{SIGFPE, FPE_INTDIV, "an integer division by zero"},
	{SIGFPE, FPE_INTOVF, "an integer overflow"},
	{SIGFPE, FPE_FLTDIV, "a floating-point division by zero"},
	{SIGFPE, FPE_FLTOVF, "a floating-point overflow"},
	{SIGFPE, FPE_FLTUND, "a floating-point underflow"},
	{SIGFPE, FPE_FLTRES, "a floating-point result that is not exact"},
	{SIGFPE, FPE_FLTINV, "an invalid floating-point operation"},
	{SIGILL, ILL_ILLOPC, "an illegal instruction"},
	{SIGILL, ILL_ILLOPN, "an instruction with an illegal operand"},
	{SIGILL, ILL_ILLADR, "an instruction with an illegal addressing mode"},
	{SIGILL, ILL_ILLTRP, "an illegal trap"},
	{SIGILL, ILL_PRVOPC, "a privileged instruction"},
	{SIGILL, ILL_PRVREG, "the use of a privileged register"},
	{SIGTRAP, TRAP_BRKPT, "a breakpoint"},
	{SIGTRAP, TRAP_TRACE, "a single step"},
	{SIGTRAP, SI_KERNEL, "a breakpoint instruction"},
};

static const char *fault(const struct seen_signal *s)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].signo == s->signo && faults[i].code == s->si_code)
			return faults[i].words;
	return "a fault of its own";
}

static const char *const words[ORIGINS] = {
	[ORIGIN_SECCOMP] = "a seccomp filter ended it for a forbidden system call",
	[ORIGIN_PIPE] = "it wrote to a pipe or socket that nobody reads any more",
	[ORIGIN_FILE_LIMIT] = "it wrote beyond its file size limit (RLIMIT_FSIZE)",
	[ORIGIN_CPU_LIMIT] = "it used up its processor time limit (RLIMIT_CPU or RLIMIT_RTTIME)",
	[ORIGIN_TIMER] = "a timer of its own ran out",
	[ORIGIN_TERMINAL] = "a key of its terminal, such as ctrl-C",
	[ORIGIN_KERNEL] = "the kernel sent it by itself",
};

/* The sentence around who gave the occasion. */
static const struct {
	const char *before, *after;
} occasions[ORIGINS] = {
	[ORIGIN_ASYNC_IO] = {"a file descriptor was made ready by ", "; it had asked for a signal then (O_ASYNC), or another process that may signal it had (F_SETOWN)"},
	[ORIGIN_NOTICE] = {"it had asked for a signal when a message or data comes, and these came from ", ", which may also have made its own signal look so"},
	[ORIGIN_HANGUP] = {"its terminal was hung up by ", ""},
	[ORIGIN_PARENT_END] = {"its parent, ", ", ended, and it had asked for a signal then (PR_SET_PDEATHSIG)"},
	[ORIGIN_NAMESPACE_END] = {"the init of its pid namespace, ", ", ended"},
	[ORIGIN_TRACER_END] = {"its tracer, ", ", ended (PTRACE_O_EXITKILL)"},
	[ORIGIN_KERNEL_KILL] = {"the kernel sent it while ", " ran, for the use of memory or processor time, or another reason of its own"},
};

static void who(const struct seen_signal *s, char *buf, size_t size)
{
	const struct facts *f = s->sender ? &s->sender->facts : NULL;

	if (!f || !(f->has & FACT_PID))
		snprintf(buf, size, "another process");
	else if (f->has & FACT_COMM)
		snprintf(buf, size, "pid %d (%s)", (int)f->pid, f->comm);
	else
		snprintf(buf, size, "pid %d", (int)f->pid);
}

void kernel_made_reason(const struct seen_signal *s, char *buf, size_t size)
{
	char name[64];

	if (s->origin == ORIGIN_FAULT) {
		reason_add(buf, size, "%s", fault(s));
	} else if (occasions[s->origin].before) {
		who(s, name, sizeof(name));
		reason_add(buf, size, "%s%s%s", occasions[s->origin].before, name, occasions[s->origin].after);
	} else {
		reason_add(buf, size, "%s", words[s->origin] ? words[s->origin] : words[ORIGIN_KERNEL]);
	}
}

void kernel_made_oom_reason(const struct seen_signal *s, const char *cgroup, char *buf, size_t size)
{
	char name[64];

	if (!s && !cgroup)
		return;
	if (cgroup && cgroup[0])
		reason_add(buf, size, "the memory cgroup %s had no memory left", cgroup);
	else
		reason_add(buf, size, "%s had no memory left", cgroup ? "the machine" : "its memory cgroup or the machine");
	if (!s || !s->sender)
		return;
	who(s, name, sizeof(name));
	if (s->self)
		reason_add(buf, size, " when it asked for some");
	else
		reason_add(buf, size, " when %s asked for some", name);
}

bool kernel_made_is_inferred(enum origin origin)
{
	return origin == ORIGIN_ASYNC_IO || origin == ORIGIN_NOTICE || origin == ORIGIN_KERNEL_KILL || origin == ORIGIN_KERNEL;
}

bool kernel_made_is_timers(int signo)
{
	return signo == SIGALRM || signo == SIGVTALRM || signo == SIGPROF;
}

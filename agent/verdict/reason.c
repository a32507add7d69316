/* reason.c - the sentences of a verdict's reason */
#include "agent/verdict/reason.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/verdict/evidence.h"

void reason_add(char *buf, size_t size, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, fmt);
	if (len < size)
		vsnprintf(buf + len, size - len, fmt, args);
	va_end(args);
}

void reason_add_unseen(const struct verdict_input *in, char *buf, size_t size)
{
	if (!(in->sees & SEES_SIGNAL)) {
		reason_add(buf, size, "%s%s", buf[0] ? "; " : "", in->no_signal_source);
		return;
	}
	if (in->audit_lagging)
		reason_add(buf, size, "%saudit's records come late, and those of its last moments had not arrived yet", buf[0] ? "; " : "");
	if (evidence_is_evicted(in->death, in->signals, in->stop_window))
		reason_add(buf, size, "%smore senders signalled it than the agent remembers", buf[0] ? "; " : "");
	if (in->signals_since > in->born)
		reason_add(buf, size, "%sduring a part of its life signals were not seen, or not without a gap", buf[0] ? "; " : "");
	if (in->signals_hidden_by)
		reason_add(buf, size, "%s%s", buf[0] ? "; " : "", in->signals_hidden_by);
	if (in->unaudited_known && in->unaudited)
		reason_add(buf, size, "%s%llu unaudited processes can send signals unseen (boot with audit=1)", buf[0] ? "; " : "",
		    (unsigned long long)in->unaudited);
}

const char *kernel_sends(int signo)
{
	switch (signo) {
	case SIGPIPE:
		return "the kernel sends it for a write to a closed pipe or socket";
	case SIGALRM:
	case SIGVTALRM:
	case SIGPROF:
		return "the kernel sends it for a timer of the process itself";
	case SIGXCPU:
		return "the kernel sends it at the CPU time limit";
	case SIGXFSZ:
		return "the kernel sends it at the file size limit";
	case SIGHUP:
		return "the kernel sends it when a terminal hangs up";
	case SIGINT:
	case SIGQUIT:
		return "the kernel sends it for a key of the terminal";
	case SIGKILL:
		return "the kernel sends it too: cgroup.kill, memory cgroups, CPU limits, a tracer that ends, the end of a pid namespace";
	}
	return "the kernel itself may have sent it";
}

const char *kernel_may_have_asked(const struct verdict_input *in)
{
	if (in->orphaned)
		return "its parent had just ended, and a signal that the kernel sends for that (pdeathsig) leaves no record";
	if (in->has_tty)
		return "it had a terminal, and a ctrl-C or a hangup of the terminal leaves no record";
	return NULL;
}

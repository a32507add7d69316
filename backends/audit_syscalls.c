/* audit_syscalls.c - the system calls the agent reads about, by number and ABI */
#include "backends/audit_syscalls.h"

#include <linux/audit.h>
#include <string.h>

static const char *const names[CALLS] = {
	[CALL_KILL] = "kill", [CALL_TKILL] = "tkill", [CALL_SIGQUEUE] = "rt_sigqueueinfo",
	[CALL_PIDFD_SEND] = "pidfd_send_signal", [CALL_TGKILL] = "tgkill",
	[CALL_TGSIGQUEUE] = "rt_tgsigqueueinfo", [CALL_EXECVE] = "execve",
	[CALL_EXECVEAT] = "execveat", [CALL_EXIT] = "exit", [CALL_EXIT_GROUP] = "exit_group",
	[CALL_SIGTIMEDWAIT] = "rt_sigtimedwait", [CALL_SIGTIMEDWAIT_TIME64] = "rt_sigtimedwait_time64",
};

#define NUMBERS(kill, tkill, tgkill, queue, tgqueue, pidfd, execve, execveat, exit, group, wait, wait64) { \
	[CALL_KILL] = kill, [CALL_TKILL] = tkill, [CALL_TGKILL] = tgkill, \
	[CALL_SIGQUEUE] = queue, [CALL_TGSIGQUEUE] = tgqueue, [CALL_PIDFD_SEND] = pidfd, \
	[CALL_EXECVE] = execve, [CALL_EXECVEAT] = execveat, \
	[CALL_EXIT] = exit, [CALL_EXIT_GROUP] = group, \
	[CALL_SIGTIMEDWAIT] = wait, [CALL_SIGTIMEDWAIT_TIME64] = wait64 }

#define GENERIC NUMBERS(129, 130, 131, 138, 240, 424, 221, 281, 93, 94, 137, -1)
#define POWERPC NUMBERS(37, 208, 250, 177, 322, 424, 11, 362, 1, 234, 176, 421)
#define S390 NUMBERS(37, 237, 241, 178, 330, 424, 11, 354, 1, 248, 177, 421)

static const struct abi {
	uint32_t arch;
	int16_t  number[CALLS];
} abis_known[] = {
	{ AUDIT_ARCH_X86_64, NUMBERS(62, 200, 234, 129, 297, 424, 59, 322, 60, 231, 128, -1) },
	{ AUDIT_ARCH_I386, NUMBERS(37, 238, 270, 178, 335, 424, 11, 358, 1, 252, 177, 421) },
	{ AUDIT_ARCH_ARM, NUMBERS(37, 238, 268, 178, 363, 424, 11, 387, 1, 248, 177, 421) },
	{ AUDIT_ARCH_AARCH64, GENERIC },
	{ AUDIT_ARCH_RISCV64, GENERIC },
	{ AUDIT_ARCH_PPC64LE, POWERPC },
	{ AUDIT_ARCH_PPC64, POWERPC },
	{ AUDIT_ARCH_PPC, POWERPC },
	{ AUDIT_ARCH_S390X, S390 },
	{ AUDIT_ARCH_S390, S390 },
};

static const struct abi *abi_find(uint32_t arch)
{
	for (size_t i = 0; i < sizeof(abis_known) / sizeof(*abis_known); i++)
		if (abis_known[i].arch == arch)
			return &abis_known[i];
	return NULL;
}

enum audit_call audit_call_of(uint32_t arch, uint64_t number)
{
	const struct abi *abi = abi_find(arch);

	for (int call = CALL_NONE + 1; abi && call < CALLS; call++)
		if ((uint64_t)abi->number[call] == number)
			return (enum audit_call)call;
	return CALL_NONE;
}

int audit_call_number(uint32_t arch, enum audit_call call)
{
	const struct abi *abi = abi_find(arch);

	return abi && call > CALL_NONE && call < CALLS ? abi->number[call] : -1;
}

const char *audit_call_name(enum audit_call call)
{
	return call > CALL_NONE && call < CALLS ? names[call] : "none";
}

size_t audit_machine_abis(const char *machine, uint32_t abis[2])
{
	static const struct {
		const char *prefix;
		uint32_t    abis[2];
	} machines[] = {
		{ "x86_64", { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 } },
		{ "aarch64", { AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM } },
		{ "riscv64", { AUDIT_ARCH_RISCV64, 0 } },
		{ "ppc64le", { AUDIT_ARCH_PPC64LE, 0 } },
		{ "ppc64", { AUDIT_ARCH_PPC64, AUDIT_ARCH_PPC } },
		{ "ppc", { AUDIT_ARCH_PPC, 0 } },
		{ "s390x", { AUDIT_ARCH_S390X, AUDIT_ARCH_S390 } },
		{ "arm", { AUDIT_ARCH_ARM, 0 } },
	};

	/* a 64-bit program under personality(PER_LINUX32) is told i686 */
	if (sizeof(void *) == 8 && machine[0] == 'i' && strstr(machine, "86"))
		machine = "x86_64";
	if (machine[0] == 'i' && strstr(machine, "86")) {
		abis[0] = AUDIT_ARCH_I386;
		return 1;
	}
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (!strncmp(machine, machines[i].prefix, strlen(machines[i].prefix))) {
			abis[0] = machines[i].abis[0];
			abis[1] = machines[i].abis[1];
			return abis[1] ? 2 : 1;
		}
	return 0;
}

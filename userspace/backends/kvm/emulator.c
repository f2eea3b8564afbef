// SPDX-License-Identifier: GPL-2.0-only
/*
 * What QEMU does wrong when it emulates a processor that runs virtual machines.
 *
 * Whenever a processor loads the state of its FPU, QEMU clears a flag of the *first*
 * processor (cpu_clear_ignne(), target/i386/tcg/system/fpu_helper.c), which is in one
 * word with whether that runs a guest's pages through the nested page table. Nothing
 * orders the two:
 *
 *	the first processor		another one
 *					loads that word
 *	VMRUN: nested paging is on
 *					stores it without the flag: it is off
 *
 * The vCPU has no page table then, and leaves with a triple fault; the other way round
 * the kernel itself runs on the vCPU's, until one of the two dies.
 */
#ifdef __x86_64__

#include <cpuid.h>
#include <sched.h>
#include <string.h>

#include "emulator.h"

#define CPUID_HYPERVISOR	0x40000000
#define CPUID_HYPERVISOR_BIT	(1U << 31)	/* of leaf 1, ecx */

#define EMULATOR_CPUS		3	/* at least: races need two */

/* Is the processor one of QEMU's own making (TCG)? */
static bool emulator_runs(void)
{
	unsigned int eax, ebx, ecx, edx, name[3];

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
	    !(ecx & CPUID_HYPERVISOR_BIT))
		return false;
	__cpuid(CPUID_HYPERVISOR, eax, name[0], name[1], name[2]);
	return !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
}

static bool emulator_harms(cpu_set_t *cpus)
{
	return emulator_runs() && !sched_getaffinity(0, sizeof(*cpus), cpus) &&
	       CPU_ISSET(0, cpus);
}

bool kvm_emulator_harms(void)
{
	cpu_set_t cpus;

	return emulator_harms(&cpus);
}

bool kvm_emulator_spare(cpu_set_t *before)
{
	cpu_set_t cpus;

	if (!emulator_harms(before) || CPU_COUNT(before) < EMULATOR_CPUS)
		return false;
	cpus = *before;
	CPU_CLR(0, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus);
}

#endif /* __x86_64__ */

// SPDX-License-Identifier: GPL-2.0-only
/* Which defects exist here, and who may arm them. */
#include <linux/module.h>
#include <linux/printk.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif

#include "compat/compat.h"
#include "defect.h"

static bool allow_defects;
module_param(allow_defects, bool, 0444);
MODULE_PARM_DESC(allow_defects,
		 "Let defects be armed outside of a virtual machine: they can corrupt memory");

static bool sm_defect_in_guest(void)
{
#ifdef CONFIG_X86
	return boot_cpu_has(X86_FEATURE_HYPERVISOR);
#else
	return false;	/* no way to tell: wants allow_defects=1 */
#endif
}

/* The defects that may be armed on this machine. */
u64 sm_defect_allowed(void)
{
	u64 allowed = SM_DEFECT_BIT(NR) - 1;

	if (!allow_defects && !sm_defect_in_guest())
		return 0;
	/* Nobody would notice what it leaves open: see interval.c. */
	if (!sm_stack_saves())
		allowed &= ~SM_DEFECT_BIT(REFUSE_NONBLOCK);

	return allowed;
}

/* May these defects be armed in a mirror that follows @d? Says so in the log. */
int sm_defect_arm(const struct sm_discipline *d, u64 defects)
{
	if (!defects)
		return 0;
	if (defects & ~d->defects)
		return -EOPNOTSUPP;
	if (defects & ~sm_defect_allowed())
		return -EPERM;
	pr_info_ratelimited("stalemate: defects 0x%llx armed in a %s mirror\n",
			    defects, d->name);

	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Which defects exist here, and who may arm them. */
#include <linux/module.h>
#include <linux/string.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif

#include "compat/compat.h"
#include "defect.h"
#include "discipline.h"

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

const u8 sm_defect_common[] = {
	SM_DEFECT_SHORT_RANGE, SM_DEFECT_LONG_RANGE, SM_DEFECT_DROP_WIDE,
	SM_DEFECT_DROP_ALL, SM_DEFECT_FIRST_PAGE_ONLY, SM_DEFECT_FORGET,
	SM_DEFECT_STICKY_REFUSAL, SM_DEFECT_SPLAT, SM_DEFECT_NR
};

const u8 sm_defect_event[] = {
	SM_DEFECT_IGNORE_MPROTECT, SM_DEFECT_IGNORE_FORK,
	SM_DEFECT_IGNORE_CLEAR, SM_DEFECT_IGNORE_MIGRATE,
	SM_DEFECT_IGNORE_SOFT_DIRTY, SM_DEFECT_NR
};

const u8 sm_defect_flush[] = {
	SM_DEFECT_NO_FLUSH, SM_DEFECT_FLUSH_SHORT, SM_DEFECT_NR
};

const u8 sm_defect_writes[] = {
	SM_DEFECT_STICKY_READ_ONLY, SM_DEFECT_DROP_DIRTY, SM_DEFECT_DIRTY_HUGE,
	SM_DEFECT_DIRTY_SHARED, SM_DEFECT_NR
};

const u8 sm_defect_seq[] = {
	SM_DEFECT_NO_RETRY, SM_DEFECT_LATE_SEQ, SM_DEFECT_PUBLISH_AFTER_UNLOCK,
	SM_DEFECT_NR
};

/* May any be armed on this machine? */
bool sm_defect_may(void)
{
	return allow_defects || sm_defect_in_guest();
}

static bool sm_defect_allowed(unsigned int n)
{
	/* Nobody would notice what it leaves open: see interval.c. */
	return sm_defect_may() &&
	       (n != SM_DEFECT_REFUSE_NONBLOCK || sm_stack_saves());
}

/* Are all members of a set that userspace gave numbers below @nr? */
bool sm_defect_known(const u64 *set, unsigned int nr)
{
	unsigned int n;

	for (n = nr; n < SM_DEFECT_ROOM; n++)
		if (sm_defect_in(set, n))
			return false;

	return true;
}

/* Those that may be armed on this machine. */
void sm_defect_tell(u64 *set)
{
	unsigned int n;

	BUILD_BUG_ON(SM_DEFECT_NR > SM_DEFECT_ROOM || SM_DEFECT_NR > U8_MAX);

	memset(set, 0, SM_DEFECT_WORDS * sizeof(*set));
	for (n = 0; n < SM_DEFECT_NR; n++)
		if (sm_defect_allowed(n))
			set[n / 64] |= BIT_ULL(n % 64);
}

static bool sm_defect_fits(const struct sm_discipline *d, unsigned int n)
{
	unsigned int i;
	const u8 *one;

	for (i = 0; i < ARRAY_SIZE(d->defects) && d->defects[i]; i++)
		for (one = d->defects[i]; *one != SM_DEFECT_NR; one++)
			if (*one == n)
				return true;

	return false;
}

/* May these be armed in a mirror that follows @d? */
int sm_defect_check(const struct sm_discipline *d, const u64 *set)
{
	bool allowed = true;
	unsigned int n;

	if (!sm_defect_known(set, SM_DEFECT_NR))
		return -EINVAL;
	for (n = 0; n < SM_DEFECT_NR; n++) {
		if (!sm_defect_in(set, n))
			continue;
		if (!sm_defect_fits(d, n))
			return -EOPNOTSUPP;
		allowed &= sm_defect_allowed(n);
	}

	return allowed ? 0 : -EPERM;
}

/* From userspace's words to a bitmap of zeroes. Is there any? */
bool sm_defect_seed(unsigned long *defects, const u64 *set)
{
	unsigned int n;

	for (n = 0; n < SM_DEFECT_NR; n++)
		if (sm_defect_in(set, n))
			__set_bit(n, defects);

	return !bitmap_empty(defects, SM_DEFECT_NR);
}

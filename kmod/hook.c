// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the way of those who subscribe to an mm's invalidations: from the first who
 * needs it until the module goes, their calls go through functions of ours.
 *
 *	caller				ftrace, at the call's first instruction
 *	mmu_notifier_unregister()	sm_hook_enter(): pins this module, and goes
 *					on in sm_hook_unregister() instead
 *	  sm_hook_unregister()
 *	    mmu_notifier_unregister()	sm_hook_enter(): we call, so it is left alone
 *	    unpins this module
 *
 * So what is done before and after runs where the caller runs: it may sleep, and
 * there is no number of calls at a time beyond which one is missed. A subscription
 * whose end was missed would leave our ops in memory of somebody else, or a list
 * of ours with what is free; so there must be no way to switch this off. Probes
 * have one (kprobes/enabled in debugfs). Here there is FTRACE_OPS_FL_PERMANENT:
 * while kernel.ftrace_enabled is 0 nothing can be hooked, and as long as something
 * is, the kernel refuses to set it to 0.
 *
 * All of these functions belong to the kernel image, so none goes before we do.
 */
#include <linux/ftrace.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "compat/compat.h"
#include "hook.h"
#include "peek_odp.h"
#include "sabotage.h"
#include "uapi/stalemate.h"

#ifdef SM_HOOK_FLAGS

#define SM_HOOK_ENTRY	16	/* bytes; ftrace's place is in the first ones */

static int sm_hook_register(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct sm_broken *b = sm_sabotage_registers(mn, mm);
	int ret = __mmu_notifier_register(mn, mm);

	if (ret)
		sm_sabotage_forget(b);
	module_put(THIS_MODULE);

	return ret;
}

/* No callback runs any more when it has returned. */
static void sm_hook_unregister(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct sm_broken *b = sm_sabotage_of(mn);

	mmu_notifier_unregister(mn, mm);
	sm_sabotage_forget(b);
	module_put(THIS_MODULE);
}

static int sm_hook_insert(struct mmu_interval_notifier *mni,
			  struct mm_struct *mm, unsigned long start,
			  unsigned long length,
			  const struct mmu_interval_notifier_ops *ops)
{
	struct sm_broken *b = NULL;
	struct sm_odp_region *o;
	int ret;

	ret = sm_peek_odp_comes(mni, &o);
	if (!ret) {
		b = sm_sabotage_inserts(mni, mm, start, length, &ops);
		ret = mmu_interval_notifier_insert(mni, mm, start, length, ops);
		sm_peek_odp_came(o, ret);
	}
	if (ret)
		sm_sabotage_forget(b);
	module_put(THIS_MODULE);

	return ret;
}

static int sm_hook_insert_locked(struct mmu_interval_notifier *mni,
				 struct mm_struct *mm, unsigned long start,
				 unsigned long length,
				 const struct mmu_interval_notifier_ops *ops)
{
	struct sm_broken *b = sm_sabotage_inserts(mni, mm, start, length, &ops);
	int ret = mmu_interval_notifier_insert_locked(mni, mm, start, length,
						      ops);

	if (ret)
		sm_sabotage_forget(b);
	module_put(THIS_MODULE);

	return ret;
}

/* As with mmu_notifier_unregister(). */
static void sm_hook_remove(struct mmu_interval_notifier *mni)
{
	struct sm_broken *b = sm_sabotage_of(mni);

	sm_peek_odp_leaves(mni);
	mmu_interval_notifier_remove(mni);
	sm_sabotage_forget(b);
	module_put(THIS_MODULE);
}

static const struct sm_hook {
	void *theirs;
	void *ours;
} sm_hooks[] = {
	{ __mmu_notifier_register, sm_hook_register },
	{ mmu_notifier_unregister, sm_hook_unregister },
	{ mmu_interval_notifier_insert, sm_hook_insert },
	{ mmu_interval_notifier_insert_locked, sm_hook_insert_locked },
	{ mmu_interval_notifier_remove, sm_hook_remove },
};

/*
 * At the beginning of a function of those. If the module is about to go nobody
 * is broken or listed, as the one pins it and the other takes an open file.
 */
static void notrace sm_hook_enter(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, SM_FTRACE_REGS *regs)
{
	unsigned int i;

	if (within_module(parent_ip, THIS_MODULE))
		return;
	for (i = 0; i < ARRAY_SIZE(sm_hooks); i++)
		if (ip - (unsigned long)sm_hooks[i].theirs < SM_HOOK_ENTRY)
			break;
	if (i < ARRAY_SIZE(sm_hooks) && try_module_get(THIS_MODULE))
		sm_ftrace_go_to(regs, (unsigned long)sm_hooks[i].ours);
}

static struct ftrace_ops sm_hook_ops = {
	.func = sm_hook_enter,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT |
		 SM_HOOK_FLAGS,
};

/* They stay until the module goes. */
static DEFINE_MUTEX(sm_hook_lock);
static bool sm_hook_on;			/* under sm_hook_lock */

static int sm_hook_filter(unsigned int i, int remove)
{
	return ftrace_set_filter_ip(&sm_hook_ops,
				    (unsigned long)sm_hooks[i].theirs, remove,
				    0);
}

static int sm_hook_try(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(sm_hooks) && !ret; i++)
		ret = sm_hook_filter(i, 0);
	if (!ret)
		ret = register_ftrace_function(&sm_hook_ops);
	if (ret)
		while (i--)
			sm_hook_filter(i, 1);

	return ret;
}

/* What there is in this kernel that needs it. */
u64 sm_hook_features(void)
{
	return SM_FEATURE_SABOTAGE | sm_peek_odp_features();
}

/*
 * -ESHUTDOWN: not now, as kernel.ftrace_enabled is 0, or as another one (a live
 * patch) is in the way of the same functions. -EOPNOTSUPP: one of them cannot be
 * traced, or is not to be found by its address.
 */
static int sm_hook_error(int ret)
{
	switch (ret) {
	case -EBUSY:
	case -ENODEV:
		return -ESHUTDOWN;
	case -EINVAL:
		return -EOPNOTSUPP;
	default:
		return ret;
	}
}

int sm_hook_set(void)
{
	int ret = 0;

	mutex_lock(&sm_hook_lock);
	if (!sm_hook_on)
		ret = sm_hook_error(sm_hook_try());
	if (!ret)
		sm_hook_on = true;
	mutex_unlock(&sm_hook_lock);

	return ret;
}

/*
 * No file is open, and nobody is in a function of ours but for its last
 * instructions, for which this waits (in what ftrace calls RCU tasks).
 */
void sm_hook_exit(void)
{
	unsigned int i;

	if (!sm_hook_on)
		return;
	/* Only a tracer that has killed itself refuses, and tells of it. */
	WARN_ON(unregister_ftrace_function(&sm_hook_ops));
	for (i = 0; i < ARRAY_SIZE(sm_hooks); i++)
		sm_hook_filter(i, 1);
	sm_peek_odp_exit();
}

#else /* SM_HOOK_FLAGS */

u64 sm_hook_features(void)
{
	return 0;
}

int sm_hook_set(void)
{
	return -EOPNOTSUPP;
}

void sm_hook_exit(void)
{
}

#endif /* SM_HOOK_FLAGS */

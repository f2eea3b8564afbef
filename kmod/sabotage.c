// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaking a real driver on purpose: what it is told of a context's arena gets
 * lost on the way, so that whoever tests with that driver can see the test fail.
 *
 * A driver asks to be told with mmu_notifier_register(), and a probe there puts
 * a copy of its ops in the place of its own: the same functions, but for
 * invalidate_range_start() and _end(), which swallow what lies in the arena and
 * pass on the rest.
 *
 *	driver				we
 *	__mmu_notifier_register()	probe: the subscription's ops become
 *					ours; pins this module
 *	  ... fails			return probe: takes that back
 *	...				invalidations of the arena are swallowed
 *	mmu_notifier_unregister()	return probe: no callback runs any more;
 *					forgets the subscription, unpins
 *
 * A subscription stays broken until it is unregistered, even if the context is
 * gone by then: a driver that heard of an end, but never of its start, would
 * only complain. Whether a range is swallowed is a function of the range alone,
 * so a start and its end always share their fate.
 *
 * Only subscriptions that come after arming are broken, and none that are this
 * module's or that are freed by mmu_notifier_put().
 */
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "defect.h"
#include "dev.h"
#include "sabotage.h"
#include "witness.h"

#define SM_SABOTAGE_MAX		8	/* subscriptions of one context */
#define SM_SABOTAGE_RETURNS	64	/* concurrent calls that are watched */

#if defined(CONFIG_KRETPROBES) && defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)

/* One broken subscription; free as long as @mn is NULL. */
struct sm_broken {
	struct list_head node;		/* on sm_broken_list */
	struct mmu_notifier *mn;
	const struct mmu_notifier_ops *orig;
	struct mmu_notifier_ops ops;
	struct mm_struct *mm;		/* to compare, not to use */
	unsigned long start;
	unsigned long end;
};

/*
 * All broken subscriptions, and the spare ones of armed contexts, which the
 * probe cannot allocate. Callbacks find theirs by its ops; probes run with
 * interrupts off, or may.
 */
static LIST_HEAD(sm_broken_list);
static DEFINE_RAW_SPINLOCK(sm_broken_lock);

/* Probes are set by the first that arms, and stay until the module goes. */
static DEFINE_MUTEX(sm_probes_lock);
static bool sm_probes_set;

static const struct sm_broken *sm_broken_of(const struct mmu_notifier *mn)
{
	return container_of(mn->ops, struct sm_broken, ops);
}

static bool sm_sabotage_swallows(const struct sm_broken *b,
				 const struct mmu_notifier_range *range)
{
	return range->start >= b->start && range->end <= b->end;
}

static int sm_sabotage_start(struct mmu_notifier *mn,
			     const struct mmu_notifier_range *range)
{
	const struct sm_broken *b = sm_broken_of(mn);

	if (sm_sabotage_swallows(b, range) || !b->orig->invalidate_range_start)
		return 0;

	return b->orig->invalidate_range_start(mn, range);
}

static void sm_sabotage_end(struct mmu_notifier *mn,
			    const struct mmu_notifier_range *range)
{
	const struct sm_broken *b = sm_broken_of(mn);

	if (!sm_sabotage_swallows(b, range) && b->orig->invalidate_range_end)
		b->orig->invalidate_range_end(mn, range);
}

/* Not published yet: the caller holds the mmap lock and has not listed it. */
static void sm_sabotage_break(struct sm_broken *b, struct mmu_notifier *mn)
{
	lockdep_assert_held(&sm_broken_lock);

	b->mn = mn;
	b->orig = mn->ops;
	b->ops = *mn->ops;
	if (b->ops.invalidate_range_start)
		b->ops.invalidate_range_start = sm_sabotage_start;
	if (b->ops.invalidate_range_end)
		b->ops.invalidate_range_end = sm_sabotage_end;
	mn->ops = &b->ops;
	__module_get(THIS_MODULE);
}

/* The first interval notifier of an mm comes without a subscription. */
static bool sm_sabotage_fits(const struct mmu_notifier *mn)
{
	return mn && mn->ops && !mn->ops->free_notifier &&
	       mn->ops->invalidate_range_start &&
	       !within_module((unsigned long)mn->ops, THIS_MODULE);
}

/* __mmu_notifier_register(subscription, mm) begins: shall it be broken? */
static int sm_sabotage_comes(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	struct mmu_notifier *mn = (void *)regs_get_kernel_argument(regs, 0);
	struct mm_struct *mm = (void *)regs_get_kernel_argument(regs, 1);
	struct sm_broken **found = (void *)ri->data;
	struct sm_broken *b;
	unsigned long flags;

	*found = NULL;
	if (!sm_sabotage_fits(mn))
		return 1;
	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	list_for_each_entry(b, &sm_broken_list, node) {
		if (b->mn || b->mm != mm)
			continue;
		sm_sabotage_break(b, mn);
		*found = b;
		break;
	}
	raw_spin_unlock_irqrestore(&sm_broken_lock, flags);

	return !*found;
}

/* Its owner has not got the subscription back yet, so it is still there. */
static void sm_broken_forget(struct sm_broken *b)
{
	unsigned long flags;

	b->mn->ops = b->orig;
	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	list_del(&b->node);
	raw_spin_unlock_irqrestore(&sm_broken_lock, flags);
	kfree(b);
	module_put(THIS_MODULE);
}

/* ... and has returned. If it failed, nobody knows of the subscription. */
static int sm_sabotage_came(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	struct sm_broken *b = *(struct sm_broken **)ri->data;

	if (regs_return_value(regs))
		sm_broken_forget(b);

	return 0;
}

/* mmu_notifier_unregister(subscription, mm) begins: is it one of ours? */
static int sm_sabotage_leaves(struct kretprobe_instance *ri,
			      struct pt_regs *regs)
{
	struct mmu_notifier *mn = (void *)regs_get_kernel_argument(regs, 0);
	struct sm_broken **found = (void *)ri->data;
	struct sm_broken *b;
	unsigned long flags;

	*found = NULL;
	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	list_for_each_entry(b, &sm_broken_list, node)
		if (b->mn == mn)
			*found = b;
	raw_spin_unlock_irqrestore(&sm_broken_lock, flags);

	return !*found;
}

/* ... and has returned: it waited until no callback runs any more. */
static int sm_sabotage_left(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	sm_broken_forget(*(struct sm_broken **)ri->data);

	return 0;
}

static struct kretprobe sm_register_probe = {
	.kp.symbol_name = "__mmu_notifier_register",
	.entry_handler = sm_sabotage_comes,
	.handler = sm_sabotage_came,
	.data_size = sizeof(struct sm_broken *),
	.maxactive = SM_SABOTAGE_RETURNS,
};

static struct kretprobe sm_unregister_probe = {
	.kp.symbol_name = "mmu_notifier_unregister",
	.entry_handler = sm_sabotage_leaves,
	.handler = sm_sabotage_left,
	.data_size = sizeof(struct sm_broken *),
	.maxactive = SM_SABOTAGE_RETURNS,
};

static int sm_probes_get(void)
{
	int ret = 0;

	mutex_lock(&sm_probes_lock);
	if (!sm_probes_set) {
		ret = register_kretprobe(&sm_unregister_probe);
		if (!ret) {
			ret = register_kretprobe(&sm_register_probe);
			if (ret)
				unregister_kretprobe(&sm_unregister_probe);
		}
		sm_probes_set = !ret;
	}
	mutex_unlock(&sm_probes_lock);

	return ret;
}

static int sm_broken_add(struct sm_ctx *ctx)
{
	struct sm_broken *b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);

	if (!b)
		return -ENOMEM;
	b->mm = ctx->mm;
	b->start = ctx->witness->start;
	b->end = ctx->witness->end;
	raw_spin_lock_irq(&sm_broken_lock);
	list_add(&b->node, &sm_broken_list);
	raw_spin_unlock_irq(&sm_broken_lock);

	return 0;
}

/* Called with ctx->sem held for writing. */
int sm_sabotage_arm(struct sm_ctx *ctx, u64 defects)
{
	unsigned int i;
	int ret;

	if (defects != SM_DEFECT_BIT(NO_INVALIDATE))
		return -EOPNOTSUPP;
	if (defects & ~sm_defect_allowed())
		return -EPERM;
	if (ctx->sabotage)
		return -EBUSY;
	ret = sm_probes_get();
	if (ret)
		return ret;

	ctx->sabotage = true;
	for (i = 0; i < SM_SABOTAGE_MAX && !ret; i++)
		ret = sm_broken_add(ctx);
	if (ret)
		sm_sabotage_disarm(ctx);
	else
		pr_info_ratelimited("stalemate: defect armed: drivers that come from now on lose invalidations of %s\n",
				    current->comm);

	return ret;
}

/* Nobody else is broken; who is already, stays so. */
void sm_sabotage_disarm(struct sm_ctx *ctx)
{
	struct sm_broken *b, *next;
	LIST_HEAD(spare);

	if (!ctx->sabotage)
		return;
	raw_spin_lock_irq(&sm_broken_lock);
	list_for_each_entry_safe(b, next, &sm_broken_list, node)
		if (!b->mn && b->mm == ctx->mm)
			list_move(&b->node, &spare);
	raw_spin_unlock_irq(&sm_broken_lock);
	list_for_each_entry_safe(b, next, &spare, node)
		kfree(b);
	ctx->sabotage = false;
}

/* No file is open, and nobody who is broken has left the module unpinned. */
void sm_sabotage_exit(void)
{
	if (!sm_probes_set)
		return;
	unregister_kretprobe(&sm_register_probe);
	unregister_kretprobe(&sm_unregister_probe);
}

#else /* CONFIG_KRETPROBES && CONFIG_HAVE_FUNCTION_ARG_ACCESS_API */

int sm_sabotage_arm(struct sm_ctx *ctx, u64 defects)
{
	return -EOPNOTSUPP;
}

void sm_sabotage_disarm(struct sm_ctx *ctx)
{
}

void sm_sabotage_exit(void)
{
}

#endif /* CONFIG_KRETPROBES && CONFIG_HAVE_FUNCTION_ARG_ACCESS_API */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaking a real driver on purpose: what it is told of a context's arena gets
 * lost on the way, so that whoever tests with that driver can see the test fail.
 *
 * A driver asks to be told with mmu_notifier_register(), as KVM does, or with
 * mmu_interval_notifier_insert(). A probe there puts a copy of its ops in the
 * place of its own: the same functions, but for those that begin and end an
 * invalidation, which swallow what lies in the arena and pass on the rest. What
 * is torn down with the mm is wider than any arena, and passes.
 *
 *	driver				we
 *	__mmu_notifier_register()	probe: the subscription's ops become
 *					ours; pins this module
 *	  ... fails			return probe: takes that back
 *	...				invalidations of the arena are swallowed
 *	mmu_notifier_unregister()	return probe: no callback runs any more;
 *					forgets the subscription, unpins
 *
 * An interval notifier is handed its ops on the way in, so they are exchanged on
 * the way out, before its owner has it back; what comes in between is passed on:
 *
 *	mmu_interval_notifier_insert()	return probe: its ops become ours
 *	mmu_interval_notifier_remove()	return probe: as above
 *
 * To swallow is to say "done" without the driver's function, so its sequence is
 * not set either: a fault that runs meanwhile installs what it had found.
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

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "kprobe.h"
#include "sabotage.h"
#include "witness.h"

#define SM_SABOTAGE_MAX		64	/* subscriptions of one context */
#define SM_SABOTAGE_RETURNS	64	/* concurrent calls that are watched */

#if defined(CONFIG_KRETPROBES) && defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)

/* One broken subscription; spare as long as @sub is NULL. */
struct sm_broken {
	struct list_head node;		/* on sm_broken_list */
	void *sub;
	struct mm_struct *mm;		/* to compare; NULL: not armed any more */
	unsigned long start;
	unsigned long end;
	bool interval;
	union {
		struct {
			const struct mmu_notifier_ops *orig;
			struct mmu_notifier_ops ops;
		} mn;
		struct {
			const struct mmu_interval_notifier_ops *orig;
			struct mmu_interval_notifier_ops ops;
		} mni;
	};
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

static bool sm_sabotage_swallows(const struct sm_broken *b,
				 const struct mmu_notifier_range *range)
{
	return range->start >= b->start && range->end <= b->end;
}

/* ... and counts, once for each event. */
static bool sm_sabotage_swallowed(const struct sm_broken *b,
				  const struct mmu_notifier_range *range)
{
	bool swallows = sm_sabotage_swallows(b, range);

	atomic64_inc(swallows ? &sm_counts.swallowed : &sm_counts.passed);

	return swallows;
}

/* A spare one for a subscription of @mm that is new, or the one that @sub has. */
static struct sm_broken *sm_broken_find(const void *sub,
					const struct mm_struct *mm)
{
	struct sm_broken *b;

	lockdep_assert_held(&sm_broken_lock);

	list_for_each_entry(b, &sm_broken_list, node)
		if (b->sub == sub && (sub || b->mm == mm))
			return b;

	return NULL;
}

static void sm_broken_use(struct sm_broken *b, void *sub, bool interval)
{
	lockdep_assert_held(&sm_broken_lock);

	b->sub = sub;
	b->interval = interval;
	atomic64_inc(&sm_counts.broken);
	__module_get(THIS_MODULE);
}

/*
 * Its owner has not got the subscription back yet, so it is still there. The
 * next one may have the place, if there can be a next one.
 */
static void sm_broken_forget(struct sm_broken *b)
{
	unsigned long flags;
	bool spare;

	if (b->interval)
		((struct mmu_interval_notifier *)b->sub)->ops = b->mni.orig;
	else
		((struct mmu_notifier *)b->sub)->ops = b->mn.orig;
	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	b->sub = NULL;
	spare = b->mm;
	if (!spare)
		list_del(&b->node);
	raw_spin_unlock_irqrestore(&sm_broken_lock, flags);
	if (!spare)
		kfree(b);
	atomic64_dec(&sm_counts.broken);
	module_put(THIS_MODULE);
}

/* ---- what comes with mmu_notifier_register() ----------------------------- */

static const struct sm_broken *sm_broken_of(const struct mmu_notifier *mn)
{
	return container_of(mn->ops, struct sm_broken, mn.ops);
}

static int sm_sabotage_start(struct mmu_notifier *mn,
			     const struct mmu_notifier_range *range)
{
	const struct sm_broken *b = sm_broken_of(mn);

	if (sm_sabotage_swallowed(b, range))
		return 0;

	return b->mn.orig->invalidate_range_start(mn, range);
}

static void sm_sabotage_end(struct mmu_notifier *mn,
			    const struct mmu_notifier_range *range)
{
	const struct sm_broken *b = sm_broken_of(mn);

	if (!sm_sabotage_swallows(b, range))
		b->mn.orig->invalidate_range_end(mn, range);
}

/* Not published yet: the caller holds the mmap lock and has not listed it. */
static void sm_sabotage_break(struct sm_broken *b, struct mmu_notifier *mn)
{
	sm_broken_use(b, mn, false);
	b->mn.orig = mn->ops;
	b->mn.ops = *mn->ops;
	b->mn.ops.invalidate_range_start = sm_sabotage_start;
	if (b->mn.ops.invalidate_range_end)
		b->mn.ops.invalidate_range_end = sm_sabotage_end;
	mn->ops = &b->mn.ops;
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
	unsigned long flags;

	*found = NULL;
	if (!sm_sabotage_fits(mn))
		return 1;
	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	*found = sm_broken_find(NULL, mm);
	if (*found)
		sm_sabotage_break(*found, mn);
	raw_spin_unlock_irqrestore(&sm_broken_lock, flags);

	return !*found;
}

/* ... and has returned. If it failed, nobody knows of the subscription. */
static int sm_sabotage_came(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	struct sm_broken *b = *(struct sm_broken **)ri->data;

	if ((int)regs_return_value(regs))
		sm_broken_forget(b);

	return 0;
}

/* ---- what comes with mmu_interval_notifier_insert() ---------------------- */

static const struct sm_broken *
sm_broken_of_interval(const struct mmu_interval_notifier *mni)
{
	return container_of(mni->ops, struct sm_broken, mni.ops);
}

static bool sm_sabotage_invalidate(struct mmu_interval_notifier *mni,
				   const struct mmu_notifier_range *range,
				   unsigned long seq)
{
	const struct sm_broken *b = sm_broken_of_interval(mni);

	return sm_sabotage_swallowed(b, range) ||
	       b->mni.orig->invalidate(mni, range, seq);
}

#ifdef SM_HAVE_INTERVAL_TWO_PASS
/* What is swallowed asks for no second pass; the others' is the driver's own. */
static bool
sm_sabotage_invalidate_start(struct mmu_interval_notifier *mni,
			     const struct mmu_notifier_range *range,
			     unsigned long seq,
			     struct mmu_interval_notifier_finish **finish)
{
	const struct sm_broken *b = sm_broken_of_interval(mni);

	return sm_sabotage_swallowed(b, range) ||
	       b->mni.orig->invalidate_start(mni, range, seq, finish);
}
#endif

/*
 * It may be called already. Whoever calls reads mni->ops more than once, and is
 * well served by any mixture: each function is there in both or in neither.
 */
static void sm_sabotage_break_interval(struct sm_broken *b,
				       struct mmu_interval_notifier *mni)
{
	struct mmu_interval_notifier_ops *ops = &b->mni.ops;

	sm_broken_use(b, mni, true);
	b->mni.orig = mni->ops;
	*ops = *mni->ops;
	if (ops->invalidate)
		ops->invalidate = sm_sabotage_invalidate;
#ifdef SM_HAVE_INTERVAL_TWO_PASS
	if (ops->invalidate_start)
		ops->invalidate_start = sm_sabotage_invalidate_start;
#endif
	/* Pairs with the dependency of those who go through mni->ops. */
	smp_store_release(&mni->ops, ops);
}

static bool sm_sabotage_fits_interval(const struct sm_broken *b,
				      const struct mmu_interval_notifier *mni)
{
	return mni->interval_tree.start < b->end &&
	       mni->interval_tree.last >= b->start &&
	       !within_module((unsigned long)mni->ops, THIS_MODULE);
}

/* mmu_interval_notifier_insert[_locked](subscription, ...) begins. */
static int sm_sabotage_inserts(struct kretprobe_instance *ri,
			       struct pt_regs *regs)
{
	*(void **)ri->data = (void *)regs_get_kernel_argument(regs, 0);

	return 0;
}

/* ... and has returned: shall it be broken? */
static int sm_sabotage_inserted(struct kretprobe_instance *ri,
				struct pt_regs *regs)
{
	struct mmu_interval_notifier *mni = *(void **)ri->data;
	struct sm_broken *b;
	unsigned long flags;

	if ((int)regs_return_value(regs))
		return 0;
	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	b = sm_broken_find(NULL, mni->mm);
	if (b && sm_sabotage_fits_interval(b, mni))
		sm_sabotage_break_interval(b, mni);
	raw_spin_unlock_irqrestore(&sm_broken_lock, flags);

	return 0;
}

/* ---- how either goes ------------------------------------------------------ */

/* A function that ends a subscription, its first argument, begins: of ours? */
static int sm_sabotage_leaves(struct kretprobe_instance *ri,
			      struct pt_regs *regs)
{
	void *sub = (void *)regs_get_kernel_argument(regs, 0);
	struct sm_broken **found = (void *)ri->data;
	unsigned long flags;

	raw_spin_lock_irqsave(&sm_broken_lock, flags);
	*found = sub ? sm_broken_find(sub, NULL) : NULL;
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

#define SM_SABOTAGE_PROBE(symbol, entry, ret) {				\
	.kp.symbol_name = symbol,					\
	.entry_handler = entry,						\
	.handler = ret,							\
	.data_size = sizeof(void *),					\
	.maxactive = SM_SABOTAGE_RETURNS,				\
}

/* Who ends comes first: what begins under a probe ends under one. */
static struct kretprobe sm_probes[] = {
	SM_SABOTAGE_PROBE("mmu_notifier_unregister",
			  sm_sabotage_leaves, sm_sabotage_left),
	SM_SABOTAGE_PROBE("mmu_interval_notifier_remove",
			  sm_sabotage_leaves, sm_sabotage_left),
	SM_SABOTAGE_PROBE("__mmu_notifier_register",
			  sm_sabotage_comes, sm_sabotage_came),
	SM_SABOTAGE_PROBE("mmu_interval_notifier_insert",
			  sm_sabotage_inserts, sm_sabotage_inserted),
	SM_SABOTAGE_PROBE("mmu_interval_notifier_insert_locked",
			  sm_sabotage_inserts, sm_sabotage_inserted),
};

static void sm_probes_clear(unsigned int nr)
{
	while (nr--) {
		unregister_kretprobe(&sm_probes[nr]);
		sm_kprobe_forget(&sm_probes[nr].kp);
	}
}

static int sm_probes_get(void)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&sm_probes_lock);
	for (i = 0; !sm_probes_set && i < ARRAY_SIZE(sm_probes); i++) {
		ret = register_kretprobe(&sm_probes[i]);
		if (ret) {
			sm_kprobe_forget(&sm_probes[i].kp);
			sm_probes_clear(i);
			break;
		}
	}
	sm_probes_set = !ret;
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

u64 sm_sabotage_features(void)
{
	return SM_FEATURE_SABOTAGE;
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
	list_for_each_entry_safe(b, next, &sm_broken_list, node) {
		if (b->mm != ctx->mm)
			continue;
		b->mm = NULL;
		if (!b->sub)
			list_move(&b->node, &spare);
	}
	raw_spin_unlock_irq(&sm_broken_lock);
	list_for_each_entry_safe(b, next, &spare, node)
		kfree(b);
	ctx->sabotage = false;
}

/* No file is open, and nobody who is broken has left the module unpinned. */
void sm_sabotage_exit(void)
{
	if (sm_probes_set)
		sm_probes_clear(ARRAY_SIZE(sm_probes));
}

#else /* CONFIG_KRETPROBES && CONFIG_HAVE_FUNCTION_ARG_ACCESS_API */

u64 sm_sabotage_features(void)
{
	return 0;
}

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

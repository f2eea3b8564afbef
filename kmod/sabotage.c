// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaking a real driver on purpose: what it is told of a context's arena gets
 * lost on the way, so that whoever tests with that driver can see the test fail.
 *
 * A driver asks to be told with mmu_notifier_register(), as KVM does, or with
 * mmu_interval_notifier_insert(). Its call comes by us (see hook.c), who put a copy
 * of its ops in the place of its own: the same functions, but for those that begin
 * and end an invalidation, or flush what a device has cached, which swallow what lies
 * in the arena and pass on the rest. What is torn down with the mm is wider than any
 * arena, and passes.
 *
 *	driver				we
 *	__mmu_notifier_register()	before: the subscription's ops become
 *					ours; pins this module
 *					after, if it failed: takes that back
 *	...				invalidations of the arena are swallowed
 *	mmu_notifier_unregister()	after: no callback runs any more;
 *					forgets the subscription, unpins
 *	mmu_notifier_put()
 *	...
 *	free_notifier(), by SRCU	ours: no callback runs any more; has the
 *					driver's free it, forgets it, unpins
 *
 * and with mmu_interval_notifier_insert() and mmu_interval_notifier_remove() alike.
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
 * module's or that come by mmu_notifier_get(), which finds them by their ops.
 */
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat/compat.h"
#include "counts.h"
#include "ctx.h"
#include "defect.h"
#include "sabotage.h"
#include "witness.h"

#define SM_SABOTAGE_MAX		64	/* subscriptions of one context */

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
 * All broken subscriptions, and the spare ones of armed contexts. Callbacks find
 * theirs by its ops.
 */
static LIST_HEAD(sm_broken_list);
static DEFINE_SPINLOCK(sm_broken_lock);

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

/* Is this subscription broken? Only its owner ends it, and but once. */
struct sm_broken *sm_sabotage_of(const void *sub)
{
	struct sm_broken *b;

	spin_lock(&sm_broken_lock);
	b = sub ? sm_broken_find(sub, NULL) : NULL;
	spin_unlock(&sm_broken_lock);

	return b;
}

/*
 * Its owner has not got the subscription back yet, so it is still there. The
 * next one may have the place, if there can be a next one.
 */
void sm_sabotage_forget(struct sm_broken *b)
{
	bool spare;

	if (!b || WARN_ON_ONCE(!b->sub))
		return;
	if (b->interval)
		((struct mmu_interval_notifier *)b->sub)->ops = b->mni.orig;
	else
		((struct mmu_notifier *)b->sub)->ops = b->mn.orig;
	spin_lock(&sm_broken_lock);
	b->sub = NULL;
	spare = b->mm;
	if (!spare)
		list_del(&b->node);
	spin_unlock(&sm_broken_lock);
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

/*
 * What the TLB is flushed of may be wider than what was asked for, by the rest of page
 * tables that were freed. Who hears of starts as well has counted the event.
 */
static void sm_sabotage_flush(struct mmu_notifier *mn, struct mm_struct *mm,
			      unsigned long start, unsigned long end)
{
	const struct sm_broken *b = sm_broken_of(mn);
	const struct mmu_notifier_range range = { .start = start, .end = end };
	bool swallows = b->mn.orig->invalidate_range_start ?
				sm_sabotage_swallows(b, &range) :
				sm_sabotage_swallowed(b, &range);

	if (!swallows)
		b->mn.orig->SM_OPS_SECONDARY_TLBS(mn, mm, start, end);
}

/* Nobody finds the subscription any more: it is freed, and with it goes its place. */
static void sm_sabotage_free(struct mmu_notifier *mn)
{
	struct sm_broken *b = (struct sm_broken *)sm_broken_of(mn);
	void (*free_notifier)(struct mmu_notifier *mn) =
		b->mn.orig->free_notifier;

	sm_sabotage_forget(b);
	free_notifier(mn);
}

static void sm_sabotage_break_ops(struct mmu_notifier_ops *ops)
{
	if (ops->invalidate_range_start)
		ops->invalidate_range_start = sm_sabotage_start;
	if (ops->invalidate_range_end)
		ops->invalidate_range_end = sm_sabotage_end;
	if (ops->free_notifier)
		ops->free_notifier = sm_sabotage_free;
	if (ops->SM_OPS_SECONDARY_TLBS)
		ops->SM_OPS_SECONDARY_TLBS = sm_sabotage_flush;
}

/* Not published yet: the caller holds the mmap lock and has not listed it. */
static void sm_sabotage_break(struct sm_broken *b, struct mmu_notifier *mn)
{
	sm_broken_use(b, mn, false);
	b->mn.orig = mn->ops;
	b->mn.ops = *mn->ops;
	sm_sabotage_break_ops(&b->mn.ops);
	mn->ops = &b->mn.ops;
}

/*
 * The first interval notifier of an mm comes without a subscription. And ours come
 * through mmu_notifier_register(), so they are hooked as well.
 */
static bool sm_sabotage_fits(const struct mmu_notifier *mn)
{
	return mn && mn->ops && !mn->ops->alloc_notifier &&
	       (mn->ops->invalidate_range_start ||
		mn->ops->SM_OPS_SECONDARY_TLBS) &&
	       !within_module((unsigned long)mn->ops, THIS_MODULE);
}

/* __mmu_notifier_register() is about to be called. If it fails: forget. */
struct sm_broken *sm_sabotage_registers(struct mmu_notifier *mn,
					const struct mm_struct *mm)
{
	struct sm_broken *b;

	if (!sm_sabotage_fits(mn))
		return NULL;
	spin_lock(&sm_broken_lock);
	b = sm_broken_find(NULL, mm);
	if (b)
		sm_sabotage_break(b, mn);
	spin_unlock(&sm_broken_lock);

	return b;
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

static void sm_sabotage_break_interval(struct sm_broken *b,
				       struct mmu_interval_notifier *mni,
				       const struct mmu_interval_notifier_ops *o)
{
	struct mmu_interval_notifier_ops *ops = &b->mni.ops;

	sm_broken_use(b, mni, true);
	b->mni.orig = o;
	*ops = *o;
	if (ops->invalidate)
		ops->invalidate = sm_sabotage_invalidate;
#ifdef SM_HAVE_INTERVAL_TWO_PASS
	if (ops->invalidate_start)
		ops->invalidate_start = sm_sabotage_invalidate_start;
#endif
}

/*
 * mmu_interval_notifier_insert[_locked]() is about to be called, with these ops
 * or with ours. If it fails: forget.
 */
struct sm_broken *
sm_sabotage_inserts(struct mmu_interval_notifier *mni,
		    const struct mm_struct *mm, unsigned long start,
		    unsigned long length,
		    const struct mmu_interval_notifier_ops **ops)
{
	struct sm_broken *b;

	/* A mirror of ours, whose caller a tracer has hidden. */
	if (within_module((unsigned long)*ops, THIS_MODULE))
		return NULL;
	spin_lock(&sm_broken_lock);
	b = sm_broken_find(NULL, mm);
	if (b && start < b->end && length && start + (length - 1) >= b->start)
		sm_sabotage_break_interval(b, mni, *ops);
	else
		b = NULL;
	spin_unlock(&sm_broken_lock);
	if (b)
		*ops = &b->mni.ops;

	return b;
}

/* ---- arming ---------------------------------------------------------------- */

static int sm_broken_add(struct sm_ctx *ctx)
{
	struct sm_broken *b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);

	if (!b)
		return -ENOMEM;
	b->mm = ctx->mm;
	b->start = ctx->witness->start;
	b->end = ctx->witness->end;
	spin_lock(&sm_broken_lock);
	list_add(&b->node, &sm_broken_list);
	spin_unlock(&sm_broken_lock);

	return 0;
}

/* Those that may be armed on this machine; none if no hooks can be set. */
void sm_sabotage_tell(u64 *set, bool hooks)
{
	BUILD_BUG_ON(SM_SABOTAGE_NR > SM_DEFECT_ROOM);

	memset(set, 0, SM_DEFECT_WORDS * sizeof(*set));
	if (hooks && sm_defect_may())
		set[0] = BIT_ULL(SM_SABOTAGE_NO_INVALIDATE);
}

/* May they be armed, here and now? Called with ctx->sem held for writing. */
int sm_sabotage_may(const struct sm_ctx *ctx, const u64 *set)
{
	if (!sm_defect_known(set, SM_SABOTAGE_NR) ||
	    !sm_defect_in(set, SM_SABOTAGE_NO_INVALIDATE))
		return -EINVAL;
	if (!sm_defect_may())
		return -EPERM;

	return ctx->sabotage ? -EBUSY : 0;
}

/* The hooks are set (see sm_hook_set()). Called as the above. */
int sm_sabotage_arm(struct sm_ctx *ctx)
{
	unsigned int i;
	int ret = 0;

	lockdep_assert_held_write(&ctx->sem);

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
	spin_lock(&sm_broken_lock);
	list_for_each_entry_safe(b, next, &sm_broken_list, node) {
		if (b->mm != ctx->mm)
			continue;
		b->mm = NULL;
		if (!b->sub)
			list_move(&b->node, &spare);
	}
	spin_unlock(&sm_broken_lock);
	list_for_each_entry_safe(b, next, &spare, node)
		kfree(b);
	ctx->sabotage = false;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feed the contract checker what no kernel sends, and see that it complains:
 * for the module parameter selftest, in the context of whoever loads it.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>

#include "ctx.h"
#include "selftest.h"
#include "witness.h"

static void __init sm_selftest_start(struct sm_witness *w,
				     const struct mmu_notifier_range *range)
{
	w->mn.ops->invalidate_range_start(&w->mn, range);
}

static void __init sm_selftest_end(struct sm_witness *w,
				   const struct mmu_notifier_range *range)
{
	w->mn.ops->invalidate_range_end(&w->mn, range);
}

static struct mmu_notifier_range __init sm_selftest_page(struct sm_witness *w)
{
	return (struct mmu_notifier_range){
		.mm = w->ctx->mm,
		.start = w->start,
		.end = w->start + PAGE_SIZE,
		.flags = MMU_NOTIFIER_RANGE_BLOCKABLE,
		.event = MMU_NOTIFY_CLEAR,
	};
}

/*
 * More events at once than there is room for: nobody is blamed for that, and when
 * they have ended every end without a start is found again.
 */
static int __init sm_selftest_crowd(struct sm_ctx *ctx, struct sm_witness *w)
{
	const unsigned int nr = SM_OPEN_MAX + 1;
	struct mmu_notifier_range *range;
	u64 wrong;
	unsigned int i;

	range = kvcalloc(nr, sizeof(*range), GFP_KERNEL);
	if (!range)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		range[i] = sm_selftest_page(w);
		sm_selftest_start(w, &range[i]);
	}
	for (i = 0; i < nr; i++)
		sm_selftest_end(w, &range[i]);
	wrong = ctx->report.nr_violations;
	for (i = 0; i < nr; i++)
		sm_selftest_end(w, &range[i]);
	kvfree(range);

	return !wrong && ctx->report.nr_violations == nr ? 0 : -EINVAL;
}

static int __init sm_selftest_contract(struct sm_ctx *ctx,
				       struct sm_witness *w)
{
	struct mmu_notifier_range good = sm_selftest_page(w), bad;
	unsigned int i;
	u32 found = 0;

	sm_selftest_start(w, &good);
	sm_selftest_end(w, &good);
	if (ctx->report.nr_violations)
		return -EINVAL;

	sm_selftest_end(w, &good);			/* unpaired */
	sm_selftest_start(w, &good);
	sm_selftest_start(w, &good);			/* unended */
	good.end += PAGE_SIZE;
	sm_selftest_end(w, &good);			/* changed */
	bad = good;
	bad.end = bad.start;
	sm_selftest_start(w, &bad);			/* empty */
	sm_selftest_end(w, &bad);
	bad.end = bad.start + 1;
	sm_selftest_start(w, &bad);			/* unaligned */
	sm_selftest_end(w, &bad);

	for (i = 0; i < ctx->report.nr_queued; i++)
		found |= BIT(ctx->report.violation[i].detail);

	return found == BIT(SM_CONTRACT_UNALIGNED + 1) - 1 ? 0 : -EINVAL;
}

static int __init sm_selftest_witness(const char *name,
				      int (*fn)(struct sm_ctx *ctx,
						struct sm_witness *w))
{
	const struct sm_ioc_setup setup = {
		.ring_order = 6,
		.start = SM_GRANULE_SIZE,
		.end = 2 * SM_GRANULE_SIZE,
	};
	struct sm_witness *w;
	struct sm_ctx *ctx;
	int ret;

	ctx = sm_ctx_alloc();
	if (!ctx)
		return -ENOMEM;
	w = sm_witness_create(ctx, &setup);
	if (IS_ERR(w)) {
		ret = PTR_ERR(w);
		goto err_free;
	}
	ret = fn(ctx, w);
	pr_info("stalemate: selftest: %s: %s\n", name, ret ? "FAIL" : "pass");
	sm_witness_destroy(w);
err_free:
	sm_ctx_free(ctx);
	return ret;
}

int __init sm_selftest(void)
{
	int ret;

	ret = sm_selftest_witness("contract", sm_selftest_contract);
	if (ret)
		return ret;

	return sm_selftest_witness("crowd", sm_selftest_crowd);
}

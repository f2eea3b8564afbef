// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline hfi1: a cache of pinned pages that any invalidation empties.
 *
 * Stands for drivers/infiniband/hw/hfi1/mmu_rb.c, v6.1 to v7.3:
 * mmu_notifier_range_start() takes the nodes that overlap out of the interval
 * tree, under a spinlock and whatever the event, and drops the cache's
 * reference; release_nolock() leaves what nobody else holds to handle_remove(),
 * in a worker, which unpins. A user that holds a node (hfi1_mmu_rb_get_first())
 * keeps it alive, and hfi1_mmu_rb_release() ends that. No end, no sequence; a
 * start never sleeps and is never refused.
 *
 * (v5.10 has no reference count there: user_sdma.c counts users itself, and
 * sdma_rb_invalidate() leaves a node that is busy in the tree. That is defect
 * busy-kept.)
 *
 * Simplified: see pinned.c; nodes are pages and not buffers, and are found by
 * address and not by buffer; nothing is evicted for want of room.
 */
#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "discipline/pinned.h"
#include "mirror.h"

static int sm_hfi1_start(struct mmu_notifier *mn,
			 const struct mmu_notifier_range *range)
{
	sm_pinned_invalidate(container_of(mn, struct sm_pinned, mn), range);

	return 0;
}

static void sm_hfi1_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	sm_pinned_die(container_of(mn, struct sm_pinned, mn));
}

static const struct mmu_notifier_ops sm_hfi1_ops = {
	.release = sm_hfi1_release,
	.invalidate_range_start = sm_hfi1_start,
};

static int sm_hfi1_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	sm_pinned_init(m);
	p->mn.ops = &sm_hfi1_ops;

	return mmu_notifier_register(&p->mn, m->ctx->mm);
}

static void sm_hfi1_detach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	mmu_notifier_unregister(&p->mn, m->ctx->mm);
	sm_pinned_empty(p);
}

static int sm_hfi1_fill(struct sm_mirror *m, unsigned long va, u32 flags)
{
	return sm_window_fill(m, va, 1, flags);
}

const struct sm_discipline sm_discipline_hfi1 = {
	.name = "hfi1",
	.defects = SM_DEFECTS_PINNED | SM_DEFECTS_EVENT,
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL,
	.state_size = sizeof(struct sm_pinned),
	.attach = sm_hfi1_attach,
	.detach = sm_hfi1_detach,
	.fill = sm_hfi1_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline hfi1: a cache of pinned pages that any invalidation empties.
 *
 * Stands for drivers/infiniband/hw/hfi1/mmu_rb.c, v6.1 to v7.3:
 * mmu_notifier_range_start() takes the nodes that overlap out of the interval
 * tree, under a spinlock and whatever the event, and drops the cache's
 * reference; release_nolock() leaves what nobody else holds to handle_remove(),
 * in a worker, which unpins. A user that holds a node (hfi1_mmu_rb_get_first())
 * keeps it alive, and hfi1_mmu_rb_release() ends that. A start never sleeps and is
 * never refused.
 *
 * Mended: the driver has no end and no sequence, and asks nothing between pinning
 * and hfi1_mmu_rb_insert(): see pinned.h.
 *
 * The other race is between an event and a user of a node:
 *
 *	event				user
 *
 *					lock
 *					  finds the node, takes a reference
 *					unlock
 *	start: lock
 *	  the node leaves the tree
 *	  puts the tree's reference
 *	unlock
 *			[Required: not the last one]
 *	the page table changes
 *					the device uses the page: pinned still
 *					puts its reference: the last
 *					  the node is the worker's, to unpin
 *					lock
 *					  finds no node
 *			[Required: or the device would get what is gone]
 *					unlock
 *
 * (v5.10 has no reference count there: user_sdma.c counts users itself, and
 * sdma_rb_invalidate() leaves a node that is busy in the tree. That is defect
 * busy-kept.)
 *
 * SDMA sends: pages are pinned for reading, and the device never writes.
 *
 * A request for several pages takes what nodes there are and pins the rest, each
 * stretch of it as a node, and an event takes nodes whole. Two that need the same
 * pages may both pin them: who comes second is told -EEXIST, lets go, and looks again.
 *
 * Simplified: see pinned.c; any node in the way is one that exists, not only one of
 * the same start (sdma_rb_filter()); agents evict nodes at random, not for want of
 * room.
 */
#include "compat/compat.h"
#include "defect.h"
#include "discipline/pinned.h"
#include "discipline/window.h"
#include "mirror.h"

#define SM_HFI1_PAGES		64	/* of a request, at most */

static const struct mmu_notifier_ops sm_hfi1_ops = {
	.release = sm_pinned_release,
	.invalidate_range_start = sm_pinned_start,
	.invalidate_range_end = sm_pinned_end,
};

static int sm_hfi1_attach(struct sm_mirror *m)
{
	struct sm_pinned *p = m->state;

	p->exclusive = true;

	return sm_pinned_attach(m);
}

/*
 * What get_system_cache_entry() does for a part of a request: it takes the node that
 * is there, or pins up to the next one; and begins anew if another has been faster.
 */
static int sm_hfi1_fill(struct sm_mirror *m, unsigned long va,
			unsigned long end, u32 flags)
{
	unsigned int nr = min_t(unsigned long, SM_HFI1_PAGES,
				(end - va) >> PAGE_SHIFT);
	int ret;

	if (sm_window_cached(m, va, flags))
		return 0;
	nr = sm_window_gap(m, va, nr);
	ret = sm_window_fill(m, va, nr, flags);
	if (nr > 1 && (ret == -EAGAIN || ret == -EFAULT || ret == -EPERM))
		ret = sm_window_fill(m, va, 1, flags);

	return ret == -EEXIST ? -EBUSY : ret;
}

const struct sm_discipline sm_discipline_hfi1 = {
	.name = "hfi1",
	.defects = {
		sm_defect_common, sm_pinned_defects, sm_defect_event,
		SM_DEFECT_LIST(SM_DEFECT_BUSY_KEPT, SM_DEFECT_FOREIGN_IGNORED),
	},
	.flags = SM_D_PINNED | SM_D_OWN_STAMP | SM_D_SMALL | SM_D_READS,
	.state_size = SM_NOTIFIER_STATE(struct sm_pinned),
	.hlist = &sm_hfi1_ops,
	.attach = sm_hfi1_attach,
	.detach = sm_pinned_detach,
	.drop = sm_pinned_drop,
	.fill = sm_hfi1_fill,
	.hold = sm_pinned_hold,
	.put = sm_pinned_put,
};

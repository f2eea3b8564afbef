// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline umem-odp: RDMA on-demand paging. An interval notifier over the
 * registered memory and a mutex, under which translations are installed and
 * dropped.
 *
 * Stands for drivers/infiniband/core/umem_odp.c, ib_umem_odp_map_dma_and_lock()
 * and ib_umem_odp_unmap_dma_pages(), and hw/mlx5/odp.c,
 * mlx5_ib_invalidate_range(), v5.10 to v7.3.
 *
 * As there: the range is clamped to the memory region and rounded outward to
 * the device's page, which is larger than the CPU's (umem_odp->page_shift);
 * what was mapped writable is marked dirty when it is dropped, before the
 * callback returns, and not earlier; no page references are kept; an
 * invalidation that may not sleep is refused before the sequence is touched.
 *
 * Simplified: one memory region for the whole mirror, no implicit children, no
 * prefetch; entries of one device page are filled one by one.
 */
#include <linux/mutex.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"
#include "witness.h"

#define SM_ODP_PAGE_SIZE	(16 * PAGE_SIZE)

struct sm_odp {
	struct mmu_interval_notifier mni;
	struct sm_mirror *m;
	struct mutex umem_mutex;	/* mapping and unmapping */
};

static void sm_odp_drop(struct sm_mirror *m,
			const struct mmu_notifier_range *range)
{
	unsigned long start = max(range->start, m->start);
	unsigned long end = min(range->end, m->end);

	if (start >= end)
		return;
	start = max(ALIGN_DOWN(start, SM_ODP_PAGE_SIZE), m->start);
	end = min(ALIGN(end, SM_ODP_PAGE_SIZE), m->end);
	sm_mirror_drop(m, sm_event_of(range), start, end);
}

static bool sm_odp_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_odp *odp = container_of(mni, struct sm_odp, mni);
	struct sm_mirror *m = odp->m;

	if (!mmu_notifier_range_blockable(range) &&
	    !sm_defect(m, NONBLOCK_SLEEP))
		return sm_defect(m, NONBLOCK_LIE);

	sm_mirror_enter(range);
	sm_mirror_sleeps(m, range, range->start);
	mutex_lock(&odp->umem_mutex);
	/* Even if nothing is mapped: a fault may be about to map it. */
	mmu_interval_set_seq(mni, cur_seq);
	if (range->event == MMU_NOTIFY_RELEASE) {
		sm_mirror_release(m);
	} else {
		write_lock(&m->lock);
		sm_odp_drop(m, range);
		write_unlock(&m->lock);
	}
	mutex_unlock(&odp->umem_mutex);
	sm_mirror_leave(range);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);

	return true;
}

static const struct mmu_interval_notifier_ops sm_odp_ops = {
	.invalidate = sm_odp_invalidate,
};

static int sm_odp_attach(struct sm_mirror *m)
{
	struct sm_odp *odp = m->state;

	odp->m = m;
	mutex_init(&odp->umem_mutex);

	return mmu_interval_notifier_insert(&odp->mni, m->ctx->mm, m->start,
					    m->end - m->start, &sm_odp_ops);
}

static void sm_odp_detach(struct sm_mirror *m)
{
	struct sm_odp *odp = m->state;

	mmu_interval_notifier_remove(&odp->mni);
	mutex_destroy(&odp->umem_mutex);
}

static unsigned long sm_odp_read_begin(struct sm_mirror *m,
				       struct hmm_range *range)
{
	struct sm_odp *odp = m->state;

	range->notifier = &odp->mni;
	range->notifier_seq = mmu_interval_read_begin(&odp->mni);

	return range->notifier_seq;
}

static void sm_odp_lock(struct sm_mirror *m)
{
	struct sm_odp *odp = m->state;

	mutex_lock(&odp->umem_mutex);
	if (sm_defect(m, RECLAIM_LOCK)) {
		void *p = kmalloc(PAGE_SIZE, GFP_KERNEL);

		/* As CVE-2025-38373: reclaim may call us back. */
		kfree(p);
	}
}

static void sm_odp_unlock(struct sm_mirror *m)
{
	struct sm_odp *odp = m->state;

	mutex_unlock(&odp->umem_mutex);
}

static bool sm_odp_read_retry(struct sm_mirror *m, unsigned long seq,
			      unsigned long start, unsigned long end)
{
	struct sm_odp *odp = m->state;

	lockdep_assert_held(&odp->umem_mutex);

	return mmu_interval_read_retry(&odp->mni, seq);
}

const struct sm_discipline sm_discipline_umem_odp = {
	.name = "umem-odp",
	.defects = SM_DEFECTS_COMMON | SM_DEFECTS_EVENT | SM_DEFECTS_SEQ |
		   SM_DEFECT_BIT(THP_HEAD_ONLY) | SM_DEFECT_BIT(DROP_DIRTY) |
		   SM_DEFECT_BIT(NONBLOCK_LIE) | SM_DEFECT_BIT(NONBLOCK_SLEEP) |
		   SM_DEFECT_BIT(RECLAIM_LOCK),
	.flags = SM_D_DIRTY_AT_DROP | SM_D_INTERVAL,
	.state_size = sizeof(struct sm_odp),
	.attach = sm_odp_attach,
	.detach = sm_odp_detach,
	.read_begin = sm_odp_read_begin,
	.read_retry = sm_odp_read_retry,
	.lock = sm_odp_lock,
	.unlock = sm_odp_unlock,
};

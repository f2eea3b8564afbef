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
 * As there: the range is clamped to the memory region and not rounded, as a page of
 * the device is one of the CPU (umem_odp->page_shift; a huge one if the region was
 * registered as of huge pages, IB_ACCESS_HUGETLB); what was mapped writable is
 * marked dirty when it is dropped, before the callback returns, and not earlier; no
 * page references are kept; an invalidation that may not sleep is refused before the
 * sequence is touched.
 *
 * The race, and what has to be done by when:
 *
 *	event				fault, device
 *
 *					mmu_interval_read_begin()
 *					writes to the old page
 *					walk: finds it
 *	invalidate(): umem_mutex
 *	  mmu_interval_set_seq()
 *	  zap: the device can no longer
 *	  set_page_dirty()
 *	unlock
 *					umem_mutex
 *					mmu_interval_read_retry()
 *			[Required: true, and the page dirty]
 *					unlock, begin anew
 *	the page table changes; a clean
 *	page is dropped, not saved
 *
 * From v7.3 on the walk takes mmap_lock itself and lets go of it for faults that take
 * long (hmm_range_fault_unlocked_timeout()). It then reads the sequence anew, and
 * mmu_interval_read_retry() is asked of the last one.
 *
 * When umem_mutex is taken, HMM has already written its findings into pfn_list, true
 * or not. So nobody may translate by that table alone; rxe does (defect live-array).
 *
 * The sequence is set even if the region has nothing mapped: the fault may be about
 * to map it.
 *
 * Simplified: the walk has an array of its own; one memory region for the whole
 * mirror, no implicit children, no prefetch. mlx5 writes translations by 64 bytes
 * (mlx5r_umr_update_xlt()), so its hardware also loses up to seven beside the range,
 * which the driver still has and gives it again at its next fault; here it keeps them
 * (docs/found/mlx5-neighbour.md).
 */
#include <linux/mutex.h>
#include <linux/slab.h>

#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/notifier.h"
#include "mirror.h"
#include "witness.h"

struct sm_odp {
	struct sm_notifier n;
	struct mutex umem_mutex;	/* mapping and unmapping */
};

static bool sm_odp_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_odp *odp = container_of(mni, struct sm_odp, n.mni);
	struct sm_mirror *m = odp->n.m;

	if (!mmu_notifier_range_blockable(range) &&
	    !sm_defect(m, NONBLOCK_SLEEP))
		return sm_defect(m, NONBLOCK_LIE);

	sm_mirror_enter(range);
	sm_mirror_sleeps(m, range, range->start);
	mutex_lock(&odp->umem_mutex);
	mmu_interval_set_seq(mni, cur_seq);
	if (range->event == MMU_NOTIFY_RELEASE) {
		sm_mirror_release(m);
	} else {
		write_lock(&m->lock);
		sm_mirror_invalidate(m, range);
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

	mutex_init(&odp->umem_mutex);

	return sm_notifier_attach(m);
}

static void sm_odp_detach(struct sm_mirror *m)
{
	struct sm_odp *odp = m->state;

	/* A callback that is under way needs the lock, and is waited for. */
	if (sm_defect(m, REMOVE_LOCKED))
		mutex_lock(&odp->umem_mutex);
	sm_notifier_detach(m);
	if (sm_defect(m, REMOVE_LOCKED))
		mutex_unlock(&odp->umem_mutex);
	mutex_destroy(&odp->umem_mutex);
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

	return mmu_interval_read_retry(&odp->n.mni, seq);
}

const struct sm_discipline sm_discipline_umem_odp = {
	.name = "umem-odp",
	.defects = {
		sm_defect_common, sm_defect_event, sm_defect_seq,
		sm_defect_flush, sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_THP_HEAD_ONLY, SM_DEFECT_LIVE_ARRAY,
			       SM_DEFECT_NONBLOCK_LIE, SM_DEFECT_NONBLOCK_SLEEP,
			       SM_DEFECT_RECLAIM_LOCK, SM_DEFECT_REMOVE_LOCKED,
			       SM_DEFECT_LEAVE_CLEAN),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_DIRTY_AT_DROP | SM_D_UNLOCKED,
	.state_size = SM_NOTIFIER_STATE(struct sm_odp),
	.interval = &sm_odp_ops,
	.attach = sm_odp_attach,
	.detach = sm_odp_detach,
	.read_begin = sm_notifier_read_begin,
	.read_retry = sm_odp_read_retry,
	.lock = sm_odp_lock,
	.unlock = sm_odp_unlock,
};

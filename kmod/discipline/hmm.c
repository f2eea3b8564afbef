// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline hmm: an interval notifier and the hmm_range_fault() retry loop,
 * as Documentation/mm/hmm.rst prescribes it and lib/test_hmm.c does it
 * (dmirror_interval_invalidate(), dmirror_range_fault(); v7.3, where the walk takes
 * mmap_lock itself, dmirror_range_fault_unlocked()).
 *
 * The race:
 *
 *	event				fault
 *
 *					mmu_interval_read_begin()
 *					walk: finds the old page
 *	invalidate(): lock
 *	  mmu_interval_set_seq()
 *	  drop
 *	unlock
 *					lock
 *					mmu_interval_read_retry()
 *			[Required: true]
 *					unlock, begin anew
 *					mmu_interval_read_begin()
 *					  waits for the end
 *	the page table changes
 *	end
 *					  goes on, and finds the new page
 *
 * If the fault has the lock first, it installs the old page, and the callback drops
 * that before the page table changes. A walk that is under way when the sequence is
 * set has to give up if it goes round once more, as after a page fault: it ends with
 * -EBUSY, or from v7.3 on reads the sequence again and begins anew. One that need not
 * ends well, and nothing but mmu_interval_read_retry() catches it, which is asked of
 * the sequence that the last walk had read.
 *
 * Simplified: the lock is a spinning one, so a non-blockable invalidation is
 * served like any other and never refused.
 */
#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/notifier.h"
#include "mirror.h"

/* Whose events dmirror leaves alone; the profile has no memory of its own. */
#define SM_HMM_OWNER	NULL

/*
 * An owner is to be found in MMU_NOTIFY_MIGRATE and _EXCLUSIVE alone: nobody
 * fills it in for the others.
 */
static bool sm_hmm_own(const struct sm_mirror *m,
		       const struct mmu_notifier_range *range)
{
	return sm_defect(m, OWNER_UNCHECKED) &&
	       sm_range_owner(range) == SM_HMM_OWNER;
}

static bool sm_hmm_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq)
{
	struct sm_mirror *m = container_of(mni, struct sm_notifier, mni)->m;

	sm_mirror_enter(range);
	write_lock(&m->lock);
	/* Under the lock that sm_notifier_read_retry() is called with. */
	mmu_interval_set_seq(mni, cur_seq);
	if (range->event != MMU_NOTIFY_RELEASE && !sm_hmm_own(m, range))
		sm_mirror_invalidate(m, range);
	write_unlock(&m->lock);

	if (range->event == MMU_NOTIFY_RELEASE)
		sm_mirror_release(m);
	else if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);
	sm_mirror_leave(range);

	return true;
}

static const struct mmu_interval_notifier_ops sm_hmm_ops = {
	.invalidate = sm_hmm_invalidate,
};

const struct sm_discipline sm_discipline_hmm = {
	.name = "hmm",
	.defects = {
		sm_defect_common, sm_defect_event, sm_defect_seq,
		sm_defect_flush, sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_THP_HEAD_ONLY, SM_DEFECT_LIVE_ARRAY,
			       SM_DEFECT_OWNER_UNCHECKED),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_UNLOCKED,
	.state_size = sizeof(struct sm_notifier),
	.interval = &sm_hmm_ops,
	.attach = sm_notifier_attach,
	.detach = sm_notifier_detach,
	.read_begin = sm_notifier_read_begin,
	.read_retry = sm_notifier_read_retry,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline amdgpu: user pointer objects of a GPU. Its callback makes an object
 * invalid and waits for the jobs that use it; see userptr.h for the race.
 *
 * Stands for drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c (amdgpu_mn.c in v5.10 and
 * v6.1), amdgpu_hmm_invalidate_gfx(), and amdgpu_cs.c: amdgpu_cs_parser_bos() brings
 * the pages of all the objects that a submission lists, and the sequence of each,
 * and amdgpu_cs_submit() asks under the callback's lock whether every one of
 * these sequences still holds. If not, all of it is done again (-EAGAIN). The
 * kind of event and the part of the object that it touches do not matter. A
 * callback that may not sleep refuses before it touches anything. No page
 * references are kept.
 *
 * Simplified beyond what userptr.h says: no queues that are evicted (KFD).
 */
#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/userptr.h"
#include "mirror.h"

#define SM_AMDGPU_OBJECT_SIZE	(32 * PAGE_SIZE)

static bool sm_amdgpu_invalidate(struct mmu_interval_notifier *mni,
				 const struct mmu_notifier_range *range,
				 unsigned long cur_seq)
{
	struct sm_object *o = container_of(mni, struct sm_object, mni);
	struct sm_mirror *m = o->m;

	if (!mmu_notifier_range_blockable(range) &&
	    !sm_defect(m, NONBLOCK_SLEEP))
		return sm_defect(m, NONBLOCK_LIE);

	sm_mirror_enter(range);
	sm_userptr_lock(m);
	sm_userptr_event(m, o, range, cur_seq);
	sm_mirror_sleeps(m, range, o->start);
	if (!sm_defect(m, NO_FENCE_WAIT))
		sm_userptr_wait_fences(m, o);
	sm_userptr_unlock(m);
	sm_mirror_leave(range);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);

	return true;
}

static const struct mmu_interval_notifier_ops sm_amdgpu_ops = {
	.invalidate = sm_amdgpu_invalidate,
};

const struct sm_discipline sm_discipline_amdgpu = {
	.name = "amdgpu",
	.defects = {
		sm_defect_seq, sm_defect_event, sm_defect_flush,
		sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_FORGET, SM_DEFECT_STICKY_REFUSAL,
			       SM_DEFECT_SPLAT, SM_DEFECT_SHORT_RANGE,
			       SM_DEFECT_LONG_RANGE, SM_DEFECT_DROP_WIDE,
			       SM_DEFECT_DROP_ALL, SM_DEFECT_NO_NOTIFIER,
			       SM_DEFECT_NO_FENCE_WAIT, SM_DEFECT_FENCE_FIRST,
			       SM_DEFECT_UNCHECKED_OBJECT,
			       SM_DEFECT_PART_RENEWED, SM_DEFECT_NONBLOCK_LIE,
			       SM_DEFECT_NONBLOCK_SLEEP,
			       SM_DEFECT_WAIT_INTERRUPTED,
			       SM_DEFECT_EXIT_NO_WAIT),
	},
	.flags = SM_D_DEVICE_TLB | SM_D_SMALL,
	.round = SM_ROUND_OBJECT,
	.object_size = SM_AMDGPU_OBJECT_SIZE,
	.interval = &sm_amdgpu_ops,
	SM_USERPTR_ROW,
};

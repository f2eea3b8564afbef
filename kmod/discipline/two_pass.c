// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline two-pass: user pointer objects of a GPU, whose interval notifiers put
 * off to a second pass what takes time, so that several devices and objects can
 * do it at the same time. See userptr.h for the race with jobs.
 *
 * Stands for drivers/gpu/drm/xe/xe_userptr.c, v7.3: xe_vma_userptr_invalidate_start(),
 * _pass1() and _finish() of a VM that is not in fault mode; xe_vm_userptr_pin() and
 * xe_exec.c, which make objects valid again for the next job. The first pass makes
 * the object invalid and enables the signalling of its jobs' fences: one that is
 * not asked for signals nobody. The second pass waits for them.
 *
 *	event				job
 *
 *					its fence is added
 *	invalidate_start(): lock
 *	  mmu_interval_set_seq()
 *	  enables signalling
 *	unlock
 *	invalidate_start() of others
 *					the device uses the pages: they are
 *					the process's still
 *					another job: lock
 *					  mmu_interval_read_retry()
 *			[Required: true, although the job before runs on]
 *					unlock, the object anew: waits
 *	invalidate_finish(): lock
 *	  waits for the fence
 *					it signals
 *			[Required: not before this]
 *	unlock
 *	the page table changes
 *
 * As there, each object has the one state of a second pass in itself: nothing is
 * allocated, in whatever context the event comes. While an event has it, or if no
 * job uses the object, all is done in the first pass. A non-blockable event is
 * refused. An object whose pages are not to be had any more (-EFAULT) is not bound
 * again, and what was bound goes; at another error all that was to be bound again
 * stays to be bound.
 *
 * Simplified beyond what userptr.h says: jobs of objects, where xe's are of the
 * whole VM; no flush that a first pass begins (fault mode).
 */
#include "amplify.h"
#include "compat/compat.h"
#include "defect.h"
#include "discipline/userptr.h"
#include "mirror.h"

#ifdef SM_HAVE_INTERVAL_TWO_PASS

#define SM_TWO_PASS_OBJECT_SIZE	(SM_LEAF_ENTRIES * PAGE_SIZE)

/* Put off what may sleep to the second pass, if nobody else has that. */
static struct mmu_interval_notifier_finish *
sm_two_pass_put_off(struct sm_mirror *m, struct sm_object *o)
{
	if (o->in_use || !sm_userptr_signal(o)) {
		sm_userptr_wait_fences(m, o);
		return NULL;
	}
	o->in_use = true;

	return &o->finish;
}

static bool sm_two_pass_start(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range,
			      unsigned long cur_seq,
			      struct mmu_interval_notifier_finish **finish)
{
	struct sm_object *o = container_of(mni, struct sm_object, mni);
	struct sm_mirror *m = o->m;

	if (!mmu_notifier_range_blockable(range))
		return sm_defect(m, NONBLOCK_LIE);

	sm_userptr_lock(m);
	sm_userptr_event(m, o, range, cur_seq);
	*finish = sm_two_pass_put_off(m, o);
	sm_userptr_unlock(m);
	sm_mirror_amplify(m);

	return true;
}

static void sm_two_pass_finish(struct mmu_interval_notifier_finish *finish)
{
	struct sm_object *o = container_of(finish, struct sm_object, finish);
	struct sm_mirror *m = o->m;

	sm_userptr_lock(m);
	if (!sm_defect(m, NO_FINISH))
		sm_userptr_wait_fences(m, o);
	o->in_use = false;
	sm_userptr_unlock(m);
	sm_mirror_amplify(m);
}

static const struct mmu_interval_notifier_ops sm_two_pass_ops = {
	.invalidate_start = sm_two_pass_start,
	.invalidate_finish = sm_two_pass_finish,
};

/* The others that were to be bound again with it are forgotten. */
static void sm_two_pass_lose_list(struct sm_mirror *m, const struct sm_job *job,
				  const struct sm_object *failed)
{
	unsigned int i;

	for (i = 0; i < job->nr; i++) {
		struct sm_object *o = sm_userptr_object(m, job->va[i]);

		if (o != failed)
			sm_userptr_trust(m, o);
	}
}

static void sm_two_pass_job_failed(struct sm_mirror *m,
				   const struct sm_job *job, int err)
{
	unsigned long va = job->va[job->miss];
	struct sm_object *o = sm_userptr_object(m, va);

	sm_userptr_lock(m);
	if (sm_defect(m, LIST_LOST))
		sm_two_pass_lose_list(m, job, o);
	if (err != -EFAULT || sm_userptr_valid(m, va))
		;	/* to be bound again, or bound */
	else if (sm_defect(m, FAULTED_KEPT))
		sm_userptr_trust(m, o);
	else
		sm_userptr_zap(m, o);
	sm_userptr_unlock(m);
}

const struct sm_discipline sm_discipline_two_pass = {
	.name = "two-pass",
	.defects = {
		sm_defect_event, sm_defect_seq, sm_defect_flush,
		sm_defect_writes,
		SM_DEFECT_LIST(SM_DEFECT_FORGET, SM_DEFECT_STICKY_REFUSAL,
			       SM_DEFECT_SPLAT, SM_DEFECT_SHORT_RANGE,
			       SM_DEFECT_LONG_RANGE, SM_DEFECT_DROP_WIDE,
			       SM_DEFECT_DROP_ALL, SM_DEFECT_THP_HEAD_ONLY,
			       SM_DEFECT_NONBLOCK_LIE, SM_DEFECT_NO_FINISH,
			       SM_DEFECT_FAULTED_KEPT, SM_DEFECT_PREFETCH_STALE,
			       SM_DEFECT_LIST_LOST,
			       SM_DEFECT_WAIT_INTERRUPTED,
			       SM_DEFECT_EXIT_NO_WAIT),
	},
	.flags = SM_D_DEVICE_TLB,
	.round = SM_ROUND_OBJECT,
	.object_size = SM_TWO_PASS_OBJECT_SIZE,
	.interval = &sm_two_pass_ops,
	SM_USERPTR_ROW,
	.job_failed = sm_two_pass_job_failed,
};

#endif /* SM_HAVE_INTERVAL_TWO_PASS */

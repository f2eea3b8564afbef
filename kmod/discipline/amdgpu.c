// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discipline amdgpu: user pointer objects of a GPU. Every object has an
 * interval notifier of its own, falls as a whole, and the callback waits until
 * the jobs that use it are done.
 *
 * Stands for drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c (amdgpu_mn.c in v5.10 and
 * v6.1), amdgpu_hmm_invalidate_gfx(), and amdgpu_cs.c, amdgpu_cs_submit():
 * under one lock a callback sets the sequence and waits for the fences of the
 * object's jobs, and a job starts only if the sequence is that of the fault
 * which brought the pages. The kind of event and the part of the object that it
 * touches do not matter. A callback that may not sleep refuses before it
 * touches anything. No page references are kept.
 *
 * Simplified: a job is one access, and its fence a count; pages of an object
 * are faulted in one by one, not all before the first job; a miss replaces the
 * refusal of a submission.
 */
#include <linux/mutex.h>
#include <linux/wait.h>

#include "compat/compat.h"
#include "defect.h"
#include "dev.h"
#include "mirror.h"
#include "object.h"
#include "witness.h"

#define SM_AMDGPU_OBJECT_SIZE	(32 * PAGE_SIZE)

struct sm_amdgpu {
	struct sm_objects objects;
	struct mutex notifier_lock;	/* jobs start, objects fall */
	wait_queue_head_t fences;
};

static void sm_amdgpu_wait_fences(struct sm_amdgpu *a, struct sm_object *o,
				  const struct mmu_notifier_range *range)
{
	sm_mirror_sleeps(o->m, range, o->start);
	if (!sm_defect(o->m, NO_FENCE_WAIT))
		wait_event(a->fences, !atomic_read(&o->jobs));
}

static bool sm_amdgpu_invalidate(struct mmu_interval_notifier *mni,
				 const struct mmu_notifier_range *range,
				 unsigned long cur_seq)
{
	struct sm_object *o = container_of(mni, struct sm_object, mni);
	struct sm_mirror *m = o->m;
	struct sm_amdgpu *a = m->state;

	if (!mmu_notifier_range_blockable(range) &&
	    !sm_defect(m, NONBLOCK_SLEEP))
		return sm_defect(m, NONBLOCK_LIE);

	sm_mirror_enter(range);
	mutex_lock(&a->notifier_lock);
	mmu_interval_set_seq(mni, cur_seq);
	/* No job starts from here on: it would need the lock. */
	sm_amdgpu_wait_fences(a, o, range);
	write_lock(&m->lock);
	sm_mirror_drop(m, sm_event_of(range), o->start, o->end);
	if (range->event == MMU_NOTIFY_RELEASE)
		m->dead = true;
	write_unlock(&m->lock);
	mutex_unlock(&a->notifier_lock);
	sm_mirror_leave(range);
	if (mmu_notifier_range_blockable(range))
		sm_mirror_amplify(m);

	return true;
}

static const struct mmu_interval_notifier_ops sm_amdgpu_ops = {
	.invalidate = sm_amdgpu_invalidate,
};

static int sm_amdgpu_attach(struct sm_mirror *m)
{
	struct sm_amdgpu *a = m->state;

	mutex_init(&a->notifier_lock);
	init_waitqueue_head(&a->fences);

	return sm_objects_attach(&a->objects, m, SM_AMDGPU_OBJECT_SIZE,
				 &sm_amdgpu_ops);
}

static void sm_amdgpu_detach(struct sm_mirror *m)
{
	struct sm_amdgpu *a = m->state;

	sm_objects_detach(&a->objects);
	mutex_destroy(&a->notifier_lock);
}

/* A job starts under the lock, if nothing was invalidated since its fault. */
static int sm_amdgpu_job_begin(struct sm_mirror *m, unsigned long va)
{
	struct sm_amdgpu *a = m->state;
	struct sm_object *o = sm_object_of(&a->objects, va);

	mutex_lock(&a->notifier_lock);
	if (o->watched && mmu_interval_read_retry(&o->mni, o->seq)) {
		mutex_unlock(&a->notifier_lock);
		return 1;
	}
	atomic_inc(&o->jobs);
	mutex_unlock(&a->notifier_lock);

	return 0;
}

static void sm_amdgpu_job_end(struct sm_mirror *m, unsigned long va)
{
	struct sm_amdgpu *a = m->state;
	struct sm_object *o = sm_object_of(&a->objects, va);

	if (atomic_dec_and_test(&o->jobs))
		wake_up_all(&a->fences);
}

static unsigned long sm_amdgpu_extent(struct sm_mirror *m, unsigned long va)
{
	struct sm_amdgpu *a = m->state;

	return sm_object_of(&a->objects, va)->end;
}

static unsigned long sm_amdgpu_read_begin(struct sm_mirror *m,
					  struct hmm_range *range)
{
	struct sm_amdgpu *a = m->state;
	struct sm_object *o = sm_object_of(&a->objects, range->start);

	range->notifier = &o->mni;
	o->mni.mm = m->ctx->mm;	/* also of one that is not watched */
	if (o->watched)
		range->notifier_seq = mmu_interval_read_begin(&o->mni);

	return range->notifier_seq;
}

static void sm_amdgpu_lock(struct sm_mirror *m)
{
	struct sm_amdgpu *a = m->state;

	mutex_lock(&a->notifier_lock);
}

static void sm_amdgpu_unlock(struct sm_mirror *m)
{
	struct sm_amdgpu *a = m->state;

	mutex_unlock(&a->notifier_lock);
}

static bool sm_amdgpu_read_retry(struct sm_mirror *m, unsigned long seq,
				 unsigned long start, unsigned long end)
{
	struct sm_amdgpu *a = m->state;
	struct sm_object *o = sm_object_of(&a->objects, start);

	lockdep_assert_held(&a->notifier_lock);

	if (o->watched && mmu_interval_read_retry(&o->mni, seq))
		return true;
	o->seq = seq;

	return false;
}

const struct sm_discipline sm_discipline_amdgpu = {
	.name = "amdgpu",
	.defects = SM_DEFECTS_SEQ | SM_DEFECTS_EVENT |
		   SM_DEFECT_BIT(FORGET) | SM_DEFECT_BIT(SPLAT) |
		   SM_DEFECT_BIT(SHORT_RANGE) | SM_DEFECT_BIT(LONG_RANGE) |
		   SM_DEFECT_BIT(DROP_DIRTY) | SM_DEFECT_BIT(NO_NOTIFIER) |
		   SM_DEFECT_BIT(NO_FENCE_WAIT) |
		   SM_DEFECT_BIT(NONBLOCK_LIE) | SM_DEFECT_BIT(NONBLOCK_SLEEP),
	.flags = SM_D_SMALL | SM_D_INTERVAL,
	.state_size = sizeof(struct sm_amdgpu),
	.attach = sm_amdgpu_attach,
	.detach = sm_amdgpu_detach,
	.read_begin = sm_amdgpu_read_begin,
	.read_retry = sm_amdgpu_read_retry,
	.lock = sm_amdgpu_lock,
	.unlock = sm_amdgpu_unlock,
	.extent = sm_amdgpu_extent,
	.job_begin = sm_amdgpu_job_begin,
	.job_end = sm_amdgpu_job_end,
};

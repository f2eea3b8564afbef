// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a submission. The list of objects is made valid as a whole: each user
 * pointer that changed is walked; then, with the dma_resv of all and notifier_lock,
 * every sequence is looked at, and if one has changed, all begins again. From
 * drm_sched_job_arm() on there is a fence that somebody may wait for, so that nothing
 * may allocate until the job is pushed.
 */
#include <linux/dma-resv.h>
#include <linux/sched/signal.h>

#include <drm/drm_drv.h>
#include <drm/drm_exec.h>

#include "bo.h"
#include "commit.h"
#include "userptr.h"
#include "vm.h"

#define SM_COMMIT_CHUNK	SM_LEAF_ENTRIES	/* pages under one table_lock */

/* Of a defect: is it believed to be as it was? */
static bool sm_commit_believes(const struct sm_bo *bo)
{
	if (!bo->known)
		return false;

	return sm_drm_defect(bo->vm, EARLY_START) ||
	       (bo->evicted && sm_drm_defect(bo->vm, BLIND_RESTORE));
}

static int sm_commit_walk(struct sm_job *job)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < job->nr_uses && !ret; i++) {
		struct sm_bo *bo = job->uses[i].bo;

		if (!bo->userptr || !sm_userptr_stale(bo) ||
		    sm_commit_believes(bo))
			continue;
		/* Millions of pages, if all are as large as may be. */
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = sm_userptr_revalidate(bo);
		cond_resched();
	}

	return ret;
}

static int sm_commit_lock(struct sm_job *job, struct drm_exec *exec)
{
	int ret = 0;
	u32 i;

	drm_exec_init(exec, DRM_EXEC_INTERRUPTIBLE_WAIT, job->nr_uses);
	drm_exec_until_all_locked(exec) {
		for (i = 0; i < job->nr_uses; i++) {
			ret = drm_exec_prepare_obj(exec,
						   &job->uses[i].bo->base, 1);
			drm_exec_retry_on_contention(exec);
			if (ret)
				return ret;
		}
	}

	return 0;
}

/* Pages of shmem, and whom the job has to wait for. */
static int sm_commit_prepare(struct sm_job *job)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < job->nr_uses && !ret; i++) {
		struct sm_bo *bo = job->uses[i].bo;
		u32 flags = job->uses[i].flags;
		bool write = flags & DRM_STALEMATE_OBJ_WRITE;

		if (!bo->userptr)
			ret = sm_bo_get_pages(bo);
		if (!ret && !(flags & DRM_STALEMATE_OBJ_EXPLICIT))
			ret = drm_sched_job_add_implicit_dependencies(&job->base,
								      &bo->base,
								      write);
	}

	return ret;
}

/* Has any of the list changed since it was walked? Under notifier_lock. */
static bool sm_commit_stale(const struct sm_job *job)
{
	u32 i;

	for (i = 0; i < job->nr_uses; i++) {
		struct sm_bo *bo = job->uses[i].bo;

		if (!bo->userptr || sm_commit_believes(bo))
			continue;
		if (i == job->nr_uses - 1 && bo->known &&
		    sm_drm_defect(bo->vm, ONE_UNCHECKED))
			continue;
		if (sm_userptr_stale(bo))
			return true;
	}
	if (sm_drm_defect(job->vm, SEQ_UNLOCKED))
		sm_userptr_linger();

	return false;
}

static void sm_commit_install_va(struct sm_bo *bo, const struct sm_va *va)
{
	u64 first = va->base.va.addr >> PAGE_SHIFT;
	u64 at = va->base.gem.offset >> PAGE_SHIFT;
	u64 i, n = va->base.va.range >> PAGE_SHIFT;

	for (i = 0; i < n; i++) {
		unsigned long ent = sm_bo_entry(bo, at + i);

		if (!(i % SM_COMMIT_CHUNK))
			write_lock(&bo->vm->table_lock);
		sm_tlb_install_run(&bo->vm->tlb, first + i, &ent, 1, 0);
		if (i % SM_COMMIT_CHUNK < SM_COMMIT_CHUNK - 1 && i < n - 1)
			continue;
		write_unlock(&bo->vm->table_lock);
		cond_resched();
	}
}

/*
 * The object is valid from here on. A ring may remember what an older entry was: it is
 * flushed as well. Under sm_vm.lock and notifier_lock, its sequence is unchanged.
 */
void sm_commit_install(struct sm_bo *bo)
{
	struct sm_vm *vm = bo->vm;
	struct sm_va *va;

	if (bo->valid && !bo->partial)
		return;
	list_for_each_entry(va, &bo->vas, link)
		sm_commit_install_va(bo, va);
	sm_vm_flush(vm);
	if (bo->evicted && bo->userptr)
		sm_stat_inc(&vm->gpu->stats.restored);
	bo->evicted = false;
	bo->valid = true;
	bo->partial = false;
	if (bo->userptr && sm_drm_defect(vm, EARLY_START))
		bo->known = false;
}

static enum dma_resv_usage sm_commit_usage(u32 flags)
{
	if (flags & DRM_STALEMATE_OBJ_EXPLICIT)
		return DMA_RESV_USAGE_BOOKKEEP;

	return flags & DRM_STALEMATE_OBJ_WRITE ? DMA_RESV_USAGE_WRITE :
						 DMA_RESV_USAGE_READ;
}

/* The point of no return. */
static void sm_commit_push(struct sm_job *job, struct dma_fence **finished)
{
	struct dma_fence *fence;
	bool cookie;
	u32 i;

	lockdep_assert_held(&job->vm->notifier_lock);
	cookie = dma_fence_begin_signalling();
	drm_sched_job_arm(&job->base);
	fence = dma_fence_get(&job->base.s_fence->finished);
	for (i = 0; i < job->nr_uses; i++) {
		struct sm_use *use = &job->uses[i];

		use->events = atomic64_read(&use->bo->events);
		use->bo->dirty |= !!(use->flags & DRM_STALEMATE_OBJ_WRITE);
		dma_resv_add_fence(use->bo->base.resv, fence,
				   sm_commit_usage(use->flags));
	}
	sm_stat_inc(&job->vm->gpu->stats.submitted);
	/* Not before: the number of a job that fails is given to the next. */
	WRITE_ONCE(job->vm->queues[job->ring->index].pushed, job->result.seqno);
	drm_sched_entity_push_job(&job->base);
	dma_fence_end_signalling(cookie);
	*finished = fence;
}

/* Under the dma_resv of all objects. */
static int sm_commit_locked(struct sm_job *job, struct dma_fence **finished)
{
	struct sm_vm *vm = job->vm;
	int ret, idx;
	u32 i;

	ret = sm_commit_prepare(job);
	if (ret)
		return ret;
	if (!drm_dev_enter(&vm->gpu->drm, &idx))
		return -ENODEV;
	down_read(&vm->notifier_lock);
	if (sm_commit_stale(job)) {
		ret = -EBUSY;
	} else {
		for (i = 0; i < job->nr_uses; i++)
			sm_commit_install(job->uses[i].bo);
		sm_commit_push(job, finished);
	}
	up_read(&vm->notifier_lock);
	drm_dev_exit(idx);

	return ret;
}

static int sm_commit_once(struct sm_job *job, struct dma_fence **finished)
{
	struct drm_exec exec;
	int ret;

	ret = sm_commit_walk(job);
	if (ret)
		return ret;
	if (sm_drm_defect(job->vm, ONE_UNCHECKED))
		sm_userptr_linger();
	ret = sm_commit_lock(job, &exec);
	if (!ret)
		ret = sm_commit_locked(job, finished);
	drm_exec_fini(&exec);

	return ret;
}

/*
 * Make the objects of a job valid, and push it. Under sm_vm.lock. @finished is the
 * fence, with a reference. On an error the job was not armed.
 */
int sm_commit(struct sm_job *job, struct dma_fence **finished)
{
	int ret = -EBUSY, tries;

	lockdep_assert_held(&job->vm->lock);
	for (tries = 0; ret == -EBUSY && tries < SM_DRM_TRIES; tries++) {
		if (tries)
			sm_stat_inc(&job->vm->gpu->stats.retries);
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = sm_commit_once(job, finished);
	}

	return ret == -EBUSY ? -EAGAIN : ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rebind worker: see preempt.c for how it meets an invalidation. All that is bound
 * is made valid: nobody says what jobs use. What cannot be stays off the table, and
 * who uses it faults; as memory may be mapped there later, without any event, it is
 * tried again for each job that is submitted.
 *
 * An address space without jobs is left as it is.
 */
#include <linux/delay.h>
#include <linux/dma-resv.h>

#include "bo.h"
#include "commit.h"
#include "hw.h"
#include "preempt.h"
#include "rebind.h"
#include "userptr.h"

/* Is there nothing for the worker to do? Under sm_vm.lock. */
static bool sm_rebind_settled(struct sm_vm *vm)
{
	struct drm_gpuva *va;

	lockdep_assert_held(&vm->lock);
	drm_gpuvm_for_each_va(va, &vm->gpuvm) {
		const struct sm_bo *bo = to_sm_bo(va->gem.obj);

		if (!READ_ONCE(bo->valid) || READ_ONCE(bo->partial))
			return false;
	}

	return true;
}

/*
 * How many passes a job that is submitted now has to wait for: one that begins later,
 * or none. A pass begins and ends under sm_vm.lock, as this is.
 */
u64 sm_rebind_needed(struct sm_vm *vm)
{
	bool settled = sm_rebind_settled(vm);

	return READ_ONCE(vm->lr.passed) + !settled;
}

static int sm_rebind_pages(struct sm_bo *bo)
{
	int ret;

	dma_resv_lock(bo->base.resv, NULL);
	ret = sm_bo_get_pages(bo);
	dma_resv_unlock(bo->base.resv);

	return ret;
}

/* What changes while it is walked is stale, and found so later. */
static int sm_rebind_userptr(struct sm_bo *bo)
{
	int ret;

	if (!sm_userptr_stale(bo))
		return 0;
	ret = sm_userptr_revalidate(bo);

	return ret == -EBUSY ? 0 : ret;
}

static int sm_rebind_walk(struct sm_vm *vm)
{
	u64 try = ++vm->lr.tries;
	struct drm_gpuva *va;
	bool oom = false;

	drm_gpuvm_for_each_va(va, &vm->gpuvm) {
		struct sm_bo *bo = to_sm_bo(va->gem.obj);

		if (bo->tried == try)
			continue;
		if (READ_ONCE(vm->closing))
			return -ECANCELED;
		bo->tried = try;
		bo->error = bo->userptr ? sm_rebind_userptr(bo) :
					  sm_rebind_pages(bo);
		oom |= bo->error == -ENOMEM;
		cond_resched();
	}
	WRITE_ONCE(vm->lr.oom, oom);

	return 0;
}

/*
 * Has anything changed since it was walked? What could not be walked is not installed,
 * but an event may be about to take its entries. Under notifier_lock.
 */
static bool sm_rebind_stale(struct sm_vm *vm)
{
	struct drm_gpuva *va;

	drm_gpuvm_for_each_va(va, &vm->gpuvm) {
		struct sm_bo *bo = to_sm_bo(va->gem.obj);

		if (bo->userptr && (!bo->error || bo->valid) &&
		    sm_userptr_stale(bo))
			return true;
	}
	if (sm_drm_defect(vm, SEQ_UNLOCKED))
		usleep_range(3000, 3300);

	return false;
}

/* Nobody says what a job writes to. */
static void sm_rebind_install(struct sm_vm *vm)
{
	struct drm_gpuva *va;

	drm_gpuvm_for_each_va(va, &vm->gpuvm) {
		struct sm_bo *bo = to_sm_bo(va->gem.obj);

		if (bo->error)
			continue;
		sm_commit_install(bo);
		bo->dirty = !bo->readonly;
	}
}

/* @fence is NULL afterwards if it was used. */
static int sm_rebind_commit(struct sm_vm *vm, struct dma_fence **fence)
{
	bool cookie;

	down_read(&vm->notifier_lock);
	if (sm_rebind_stale(vm)) {
		up_read(&vm->notifier_lock);
		return -EBUSY;
	}
	sm_rebind_install(vm);
	cookie = dma_fence_begin_signalling();
	if (sm_preempt_resume(vm, *fence))
		*fence = NULL;
	dma_fence_end_signalling(cookie);
	up_read(&vm->notifier_lock);

	return 0;
}

static int sm_rebind_fenced(struct sm_vm *vm, struct dma_fence **fence)
{
	struct dma_resv *resv = drm_gpuvm_resv(&vm->gpuvm);
	int ret;

	dma_resv_lock(resv, NULL);
	ret = dma_resv_reserve_fences(resv, 1);
	if (!ret)
		ret = sm_rebind_commit(vm, fence);
	dma_resv_unlock(resv);

	return ret;
}

/* A pass. -EBUSY: something has changed meanwhile. */
static int sm_rebind_pass(struct sm_vm *vm)
{
	struct dma_fence *fence = sm_preempt_alloc(vm);
	int ret;

	if (!fence)
		return -ENOMEM;
	ret = sm_rebind_walk(vm);
	if (!ret && sm_preempt_asked(vm))
		sm_preempt_finish(vm);
	if (!ret)
		ret = sm_rebind_fenced(vm, &fence);
	sm_preempt_free(fence);

	return ret;
}

static bool sm_rebind_wanted(struct sm_vm *vm)
{
	if (READ_ONCE(vm->closing) || READ_ONCE(vm->gpu->gone) ||
	    !atomic_read(&vm->lr.jobs))
		return false;

	return sm_preempt_asked(vm) || !sm_rebind_settled(vm);
}

static void sm_rebind_work(struct work_struct *work)
{
	struct sm_vm *vm = container_of(to_delayed_work(work), struct sm_vm,
					lr.rebind);
	int ret = 0;

	mutex_lock(&vm->lock);
	if (sm_rebind_wanted(vm))
		ret = sm_rebind_pass(vm);
	/* A job that is submitted later has a pass of its own. */
	if (ret && ret != -EBUSY)
		sm_hw_kill(vm, ret);
	WRITE_ONCE(vm->lr.again, ret == -EBUSY ? vm->lr.again + 1 : 0);
	mutex_unlock(&vm->lock);
	if (ret == -EBUSY) {
		sm_stat_inc(&vm->gpu->stats.retries);
		sm_preempt_kick(vm);
	} else if (!ret) {
		sm_hw_kick_all(vm->gpu);
	}
}

/* Before it is long-running. */
void sm_rebind_init(struct sm_vm *vm)
{
	INIT_DELAYED_WORK(&vm->lr.rebind, sm_rebind_work);
}

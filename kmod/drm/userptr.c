// SPDX-License-Identifier: GPL-2.0-only
/*
 * User pointers, kept true as GPU drivers do. An invalidation and a submission:
 *
 *	invalidation			submission
 *					read_begin(): seq
 *					walk of the page table, no lock held
 *	notifier_lock for writing
 *	  set_seq()
 *	  not valid any more
 *	unlock
 *					dma_resv of all objects
 *					notifier_lock for reading
 *					  read_retry(seq): again from the start
 *					  entries into the table, valid
 *					  fence into each dma_resv
 *					unlock
 *	wait for all fences, or end what is late
 *	drop entries, flush the rings
 *
 * Whichever is first under notifier_lock: either the submission sees the sequence
 * changed, or the invalidation finds its fence. While the invalidation is under way
 * read_begin() waits, so nothing is put into the table between the lock and the drop.
 */
#include <linux/dma-resv.h>
#include <linux/delay.h>
#include <linux/hmm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "bo.h"
#include "compat/compat.h"
#include "hw.h"
#include "page.h"
#include "patience.h"
#include "preempt.h"
#include "userptr.h"
#include "vm.h"

#define SM_USERPTR_REFUSE_EVERY	16	/* defect refuse */

/*
 * All fences of the object signal, or it is too late for their jobs: those do not get
 * at the pages any more once the entries are dropped. False: a defect leaves some behind.
 */
static bool sm_userptr_wait(struct sm_bo *bo)
{
	enum dma_resv_usage usage = DMA_RESV_USAGE_BOOKKEEP;
	struct sm_gpu *gpu = bo->vm->gpu;
	long left;

	/* What is not valid no job can reach, nor is it made so before we return. */
	if (!READ_ONCE(bo->valid))
		return true;
	if (bo->vm->lr.on)
		return sm_preempt_event(bo->vm);
	if (dma_resv_test_signaled(bo->base.resv, usage))
		return true;
	if (sm_drm_defect(bo->vm, NO_FENCE_WAIT))
		return false;
	if (sm_drm_defect(bo->vm, WRONG_USAGE))
		usage = DMA_RESV_USAGE_WRITE;
	sm_stat_inc(&gpu->stats.waited);
	left = sm_patience_left(gpu, bo->patience, bo->notifier.invalidate_seq);
	left = dma_resv_wait_timeout(bo->base.resv, usage, false, left);
	if (left <= 0) {
		sm_hw_give_up(bo->vm);
		return true;
	}

	return usage == DMA_RESV_USAGE_BOOKKEEP ||
	       dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP);
}

/* Of a defect: what it leaves open is open for longer. */
void sm_userptr_linger(void)
{
	usleep_range(3000, 3300);
}

/* From here on no submission takes the object for valid. */
static void sm_userptr_mark(struct sm_bo *bo, unsigned long seq)
{
	bool locked = !sm_drm_defect(bo->vm, SEQ_UNLOCKED);

	if (locked)
		down_write(&bo->vm->notifier_lock);
	mmu_interval_set_seq(&bo->notifier, seq);
	sm_stat_inc(&bo->events);
	/* A write would harm whose it is by then. */
	if (bo->asked)
		READ_ONCE(*bo->asked);
	if (locked)
		up_write(&bo->vm->notifier_lock);
}

/* An event that may not block, or one that a defect refuses. */
static bool sm_userptr_refuses(struct sm_bo *bo,
			       const struct mmu_notifier_range *range)
{
	struct sm_stats *stats = &bo->vm->gpu->stats;
	u64 nr = atomic64_inc_return(&stats->events) - 1;

	if (mmu_notifier_range_blockable(range) &&
	    (!sm_drm_defect(bo->vm, REFUSE) || nr % SM_USERPTR_REFUSE_EVERY))
		return false;
	sm_stat_inc(&stats->refused);

	return true;
}

/*
 * Entries go by the object, whatever part of it the event is about. The pages are
 * the object's until this returns, so what was written is marked as dirty here, after
 * the last job that might write: one that was given up is stopped by the drop.
 */
static void sm_userptr_withdraw(struct sm_bo *bo)
{
	struct sm_vm *vm = bo->vm;
	bool idle, valid;

	idle = sm_userptr_wait(bo);
	down_write(&vm->notifier_lock);
	valid = bo->valid;
	if (valid && idle)
		sm_vm_drop(bo);
	sm_bo_settle(bo);
	bo->valid = false;
	up_write(&vm->notifier_lock);
	if (valid)
		sm_preempt_kick(vm);
}

#ifdef SM_HAVE_INTERVAL_TWO_PASS

/* Is there anybody to wait for? Then it is told so. */
static bool sm_userptr_ask(struct sm_bo *bo)
{
	struct dma_resv *resv = bo->base.resv;

	if (!READ_ONCE(bo->valid))
		return false;
	if (bo->vm->lr.on)
		resv = drm_gpuvm_resv(&bo->vm->gpuvm);
	if (dma_resv_test_signaled(resv, DMA_RESV_USAGE_BOOKKEEP))
		return false;
	sm_preempt_ask(resv);

	return true;
}

/*
 * In two passes, as xe_userptr.c does it (v7.3): jobs of all objects that an event
 * meets are told first, and waited for then. Between them entries stay, as jobs may
 * use the pages; no submission does, as the sequence is set. An object has room for
 * one event that is in its second pass: another one does all of it at once.
 */
static bool sm_userptr_start(struct mmu_interval_notifier *mni,
			     const struct mmu_notifier_range *range,
			     unsigned long seq,
			     struct mmu_interval_notifier_finish **finish)
{
	struct sm_bo *bo = container_of(mni, struct sm_bo, notifier);

	if (sm_userptr_refuses(bo, range))
		return false;
	sm_userptr_mark(bo, seq);
	if (!test_and_set_bit_lock(0, &bo->finishing)) {
		if (sm_userptr_ask(bo)) {
			*finish = &bo->finish;
			return true;
		}
		clear_bit_unlock(0, &bo->finishing);
	}
	sm_userptr_withdraw(bo);

	return true;
}

static void sm_userptr_finish(struct mmu_interval_notifier_finish *finish)
{
	struct sm_bo *bo = container_of(finish, struct sm_bo, finish);

	sm_userptr_withdraw(bo);
	clear_bit_unlock(0, &bo->finishing);
}

static const struct mmu_interval_notifier_ops sm_userptr_ops = {
	.invalidate_start = sm_userptr_start,
	.invalidate_finish = sm_userptr_finish,
};

bool sm_userptr_two_pass(void)
{
	return true;
}

#else

static bool sm_userptr_invalidate(struct mmu_interval_notifier *mni,
				  const struct mmu_notifier_range *range,
				  unsigned long seq)
{
	struct sm_bo *bo = container_of(mni, struct sm_bo, notifier);

	if (sm_userptr_refuses(bo, range))
		return false;
	sm_userptr_mark(bo, seq);
	sm_userptr_withdraw(bo);

	return true;
}

static const struct mmu_interval_notifier_ops sm_userptr_ops = {
	.invalidate = sm_userptr_invalidate,
};

bool sm_userptr_two_pass(void)
{
	return false;
}

#endif /* SM_HAVE_INTERVAL_TWO_PASS */

/*
 * What may not be mirrored, of what is mapped in the range. @files: there are pages of
 * files among it.
 */
int sm_userptr_check_vmas(struct mm_struct *mm, unsigned long start,
			  unsigned long end, bool anon_only, bool *files)
{
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	*files = false;
	for (vma = find_vma(mm, start); vma && vma->vm_start < end;
	     vma = find_vma(mm, vma->vm_end)) {
		/* A shadow stack is for calls alone to write to. */
		if (vma->vm_ops == &sm_bo_vm_ops ||
		    vma->vm_flags & VM_SHADOW_STACK)
			return -EPERM;
		if (!vma->vm_file)
			continue;
		if (anon_only)
			return -EPERM;
		*files = true;
	}

	return 0;
}

/* Secret memory is out of reach: hmm_range_fault() gives it away all the same. */
static int sm_userptr_check_pages(const struct sm_bo *bo)
{
	u64 i;

	for (i = 0; i < bo->base.size >> PAGE_SHIFT; i++)
		if (!sm_page_reachable(hmm_pfn_to_page(bo->pfns[i])))
			return -EPERM;

	return 0;
}

static int sm_userptr_walk_locked(struct sm_bo *bo, struct mm_struct *mm,
				  struct hmm_range *range)
{
	bool files;
	int ret;

	ret = sm_userptr_check_vmas(mm, range->start, range->end,
				    bo->flags & DRM_STALEMATE_USERPTR_ANONONLY,
				    &files);
	if (ret)
		return ret;
	ret = hmm_range_fault(range);
	if (ret)
		return ret == -EPERM ? -EFAULT : ret;

	return files ? sm_userptr_check_pages(bo) : 0;
}

/* Ask the page table, and note of which sequence the answer is. */
static int sm_userptr_walk(struct sm_bo *bo, struct mm_struct *mm)
{
	struct hmm_range range = {
		.notifier = &bo->notifier,
		.start = bo->notifier.interval_tree.start,
		.end = bo->notifier.interval_tree.start + bo->base.size,
		.hmm_pfns = bo->pfns,
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	int ret;

	if (!bo->readonly)
		range.default_flags |= HMM_PFN_REQ_WRITE;
	sm_stat_inc(&bo->vm->gpu->stats.faulted);
	range.notifier_seq = mmu_interval_read_begin(&bo->notifier);
	/* Whoever dropped the entries is through with what they were. */
	memset(bo->pfns, 0, (bo->base.size >> PAGE_SHIFT) * sizeof(*bo->pfns));
	bo->known = false;
	bo->evicted = false;
	ret = mmap_read_lock_killable(mm);
	if (ret)
		return ret;
	ret = sm_userptr_walk_locked(bo, mm, &range);
	mmap_read_unlock(mm);
	/* Nobody waits for it: it may take longer than others. */
	if (sm_drm_defect(bo->vm, STALE_SEQ)) {
		usleep_range(9000, 9300);
		range.notifier_seq = mmu_interval_read_begin(&bo->notifier);
	}
	bo->seq = range.notifier_seq;
	bo->known = !ret;

	return ret;
}

/* Has the sequence changed since the pages were walked? */
bool sm_userptr_stale(struct sm_bo *bo)
{
	return !bo->known || mmu_interval_read_retry(&bo->notifier, bo->seq);
}

/*
 * Have pages to take into the table. Under sm_vm.lock. Returns -EBUSY if they have
 * changed meanwhile.
 */
int sm_userptr_revalidate(struct sm_bo *bo)
{
	u64 n = bo->base.size >> PAGE_SHIFT;
	struct mm_struct *mm = bo->notifier.mm;
	int ret;

	lockdep_assert_held(&bo->vm->lock);
	if (!bo->pfns)
		bo->pfns = kvcalloc(n, sizeof(*bo->pfns), GFP_KERNEL_ACCOUNT);
	if (!bo->pfns)
		return -ENOMEM;
	if (!mmget_not_zero(mm))
		return -ESRCH;
	ret = sm_userptr_walk(bo, mm);
	mmput_async(mm);

	return ret;
}

static void sm_userptr_release(struct drm_gem_object *obj)
{
	struct sm_bo *bo = to_sm_bo(obj);

	/* What the notifier reads goes when that does not run any more. */
	if (bo->asked && sm_drm_defect(bo->vm, FREE_RUNNING)) {
		kfree(bo->asked);
		sm_userptr_linger();
		mmu_interval_notifier_remove(&bo->notifier);
	} else {
		mmu_interval_notifier_remove(&bo->notifier);
		kfree(bo->asked);
	}
	sm_patience_put(bo->vm->gpu, bo->patience);
	atomic64_dec(&bo->vm->gpu->stats.userptrs);
	drm_gem_object_release(obj);
	sm_bo_free(bo);
}

static struct dma_buf *sm_userptr_export(struct drm_gem_object *obj, int flags)
{
	return ERR_PTR(-EPERM);
}

static const struct drm_gem_object_funcs sm_userptr_funcs = {
	.free = sm_userptr_release,
	.open = sm_bo_open,
	.close = sm_bo_close,
	.export = sm_userptr_export,
	.status = sm_bo_status,
};

static int sm_userptr_watch(struct sm_bo *bo, u64 addr, u64 size)
{
	struct sm_patience *p = sm_patience_get(bo->vm->gpu, current->mm);
	int ret;

	if (!p)
		return -ENOMEM;
	bo->patience = p;
	if (sm_drm_defect(bo->vm, FREE_RUNNING))
		bo->asked = kzalloc(sizeof(*bo->asked), GFP_KERNEL_ACCOUNT);
	ret = mmu_interval_notifier_insert(&bo->notifier, current->mm, addr,
					   size, &sm_userptr_ops);
	if (ret) {
		kfree(bo->asked);
		sm_patience_put(bo->vm->gpu, p);
	}

	return ret;
}

/* An object of the caller's memory. */
struct sm_bo *sm_userptr_create(struct sm_vm *vm, u64 addr, u64 size, u32 flags)
{
	struct sm_bo *bo;
	int ret;

	if (!access_ok((void __user *)(unsigned long)addr, size))
		return ERR_PTR(-EFAULT);
	bo = sm_bo_alloc(vm, &sm_userptr_funcs);
	if (!bo)
		return ERR_PTR(-ENOMEM);
	bo->userptr = true;
	bo->flags = flags;
	bo->readonly = flags & DRM_STALEMATE_USERPTR_READONLY;
	drm_gem_private_object_init(&vm->gpu->drm, &bo->base, size);
	ret = sm_userptr_watch(bo, addr, size);
	if (ret) {
		drm_gem_object_release(&bo->base);
		sm_bo_free(bo);
		return ERR_PTR(ret);
	}
	sm_stat_inc(&vm->gpu->stats.userptrs);
	if (!(flags & DRM_STALEMATE_USERPTR_PROBE))
		return bo;
	ret = mutex_lock_interruptible(&vm->lock);
	if (!ret) {
		ret = sm_userptr_revalidate(bo);
		mutex_unlock(&vm->lock);
	}
	if (ret && ret != -EBUSY) {
		drm_gem_object_put(&bo->base);
		return ERR_PTR(ret);
	}

	return bo;
}

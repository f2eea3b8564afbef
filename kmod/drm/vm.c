// SPDX-License-Identifier: GPL-2.0-only
/* Address spaces: see vm.h. drm_gpuvm keeps the bindings, and splits them. */
#include <linux/dma-resv.h>
#include <linux/hmm.h>
#include <linux/slab.h>

#include "bo.h"
#include "compat/drm.h"
#include "file.h"
#include "leak.h"
#include "preempt.h"
#include "ring.h"
#include "vm.h"

/*
 * Drop the translations of pages in one leaf, the first of which is page @at of the
 * object. Of the defect partial-huge nothing but heads of huge pages go, and what is
 * no huge page.
 */
static void sm_vm_drop_pages(struct sm_bo *bo, u64 first, u64 last, u64 at)
{
	struct sm_drop out = {};

	lockdep_assert_held_write(&bo->vm->table_lock);
	if (!bo->pfns || !sm_drm_defect(bo->vm, PARTIAL_HUGE)) {
		sm_tlb_drop(&bo->vm->tlb, first, last, first, last, 0, &out);
		return;
	}
	for (; first <= last; first++, at++) {
		unsigned int order = hmm_pfn_to_map_order(bo->pfns[at]);

		if ((bo->pfns[at] & ~HMM_PFN_FLAGS) & ((1UL << order) - 1))
			continue;
		sm_tlb_drop(&bo->vm->tlb, first, first, first, first, 0, &out);
	}
}

/*
 * Drop the translations of a binding, of which there may be millions: the rings are
 * let in after each leaf. They may remember them until they are flushed.
 */
static void sm_vm_drop_va(struct sm_bo *bo, const struct sm_va *va)
{
	u64 first = va->base.va.addr >> PAGE_SHIFT;
	u64 last = first + (va->base.va.range >> PAGE_SHIFT) - 1;
	u64 at = va->base.gem.offset >> PAGE_SHIFT;

	while (first <= last) {
		u64 end = min(first | (SM_LEAF_ENTRIES - 1), last);

		write_lock(&bo->vm->table_lock);
		sm_vm_drop_pages(bo, first, end, at);
		write_unlock(&bo->vm->table_lock);
		cond_resched();
		at += end + 1 - first;
		first = end + 1;
	}
}

/* What the rings remember of the table is void. */
void sm_vm_flush(struct sm_vm *vm)
{
	if (sm_drm_defect(vm, NO_TLB_FLUSH))
		return;
	write_lock(&vm->table_lock);
	vm->tlb_gen++;
	write_unlock(&vm->table_lock);
}

/* Drop all translations of an object, whose jobs are over, and tell the rings. */
void sm_vm_drop(struct sm_bo *bo)
{
	struct sm_va *va;

	lockdep_assert_held(&bo->vm->notifier_lock);
	list_for_each_entry(va, &bo->vas, link)
		sm_vm_drop_va(bo, va);
	sm_vm_flush(bo->vm);
}

/*
 * Its jobs are over, or preempted. No event, no change of the sequence: what is known
 * of the pages stays true. Under its dma_resv too, with which the pages may go then.
 */
void sm_vm_evict(struct sm_bo *bo)
{
	sm_bo_settle(bo);
	sm_vm_drop(bo);
	bo->evicted |= bo->valid;
	bo->valid = false;
	sm_stat_inc(&bo->vm->gpu->stats.evicted);
}

static void sm_vm_free_gpuvm(struct drm_gpuvm *gpuvm)
{
	/* It is a part of sm_vm, which outlives it. */
}

static int sm_vm_link(struct sm_vm *vm, struct sm_bo *bo, struct sm_va *va,
		      u64 addr, u64 range, u64 offset)
{
	struct drm_gpuvm_bo *vm_bo;
	int ret;

	va->base.va.addr = addr;
	va->base.va.range = range;
	va->base.gem.obj = &bo->base;
	va->base.gem.offset = offset;
	dma_resv_assert_held(bo->base.resv);
	vm_bo = sm_drm_gpuvm_bo_obtain(&vm->gpuvm, &bo->base);
	if (IS_ERR(vm_bo))
		return PTR_ERR(vm_bo);
	ret = drm_gpuva_insert(&vm->gpuvm, &va->base);
	if (!ret) {
		drm_gpuva_link(&va->base, vm_bo);
		down_write(&vm->notifier_lock);
		list_add_tail(&va->link, &bo->vas);
		bo->partial = true;	/* it is not at this address yet */
		up_write(&vm->notifier_lock);
		vm->nr_vas++;
		sm_stat_inc(&vm->gpu->stats.bindings);
	}
	drm_gpuvm_bo_put(vm_bo);

	return ret;
}

/* The binding's translations go. Those of others stay, and are valid as before. */
static void sm_vm_unlink(struct sm_vm *vm, struct sm_va *va)
{
	struct sm_bo *bo = to_sm_bo(va->base.gem.obj);

	dma_resv_assert_held(bo->base.resv);
	down_write(&vm->notifier_lock);
	sm_bo_settle(bo);
	sm_vm_drop_va(bo, va);
	sm_vm_flush(vm);
	list_del(&va->link);
	up_write(&vm->notifier_lock);
	drm_gpuva_unlink(&va->base);
	vm->nr_vas--;
	atomic64_dec(&vm->gpu->stats.bindings);
}

/* What one bind or unbind needs. */
struct sm_vm_step {
	struct sm_va *spare[2];
};

static int sm_vm_step_unmap(struct drm_gpuva_op *op, void *priv)
{
	struct sm_va *va = container_of(op->unmap.va, struct sm_va, base);
	struct drm_gem_object *obj = va->base.gem.obj;
	struct sm_vm *vm = to_sm_bo(obj)->vm;

	drm_gem_object_get(obj);
	dma_resv_lock(obj->resv, NULL);
	sm_vm_unlink(vm, va);
	dma_resv_unlock(obj->resv);
	drm_gem_object_put(obj);
	drm_gpuva_unmap(&op->unmap);
	kfree(va);

	return 0;
}

static int sm_vm_keep(struct sm_vm *vm, struct sm_vm_step *step,
		      const struct drm_gpuva_op_map *map)
{
	struct sm_va **spare = &step->spare[step->spare[0] ? 0 : 1];
	int ret;

	if (!map)
		return 0;
	if (WARN_ON_ONCE(!*spare))
		return -ENOMEM;
	ret = sm_vm_link(vm, to_sm_bo(map->gem.obj), *spare, map->va.addr,
			 map->va.range, map->gem.offset);
	if (!ret)
		*spare = NULL;

	return ret;
}

/* A binding of which one or two ends stay. */
static int sm_vm_step_remap(struct drm_gpuva_op *op, void *priv)
{
	struct sm_va *va = container_of(op->remap.unmap->va, struct sm_va, base);
	struct drm_gem_object *obj = va->base.gem.obj;
	struct sm_vm *vm = to_sm_bo(obj)->vm;
	int ret;

	drm_gem_object_get(obj);
	dma_resv_lock(obj->resv, NULL);
	sm_vm_unlink(vm, va);
	drm_gpuva_remove(&va->base);
	kfree(va);
	ret = sm_vm_keep(vm, priv, op->remap.prev);
	if (!ret)
		ret = sm_vm_keep(vm, priv, op->remap.next);
	dma_resv_unlock(obj->resv);
	drm_gem_object_put(obj);

	return ret;
}

/* No step to map: sm_vm_map() does that by itself. */
static const struct drm_gpuvm_ops sm_vm_gpuvm_ops = {
	.vm_free = sm_vm_free_gpuvm,
	.sm_step_remap = sm_vm_step_remap,
	.sm_step_unmap = sm_vm_step_unmap,
};

/*
 * Bindings in a range are about to go. What uses them faults; but if one or two ends
 * of a binding stay, who uses those must not see how they are made anew.
 */
static void sm_vm_unmap_long(struct sm_vm *vm, u64 va, u64 size)
{
	struct drm_gpuva *one;

	drm_gpuvm_for_each_va_range(one, &vm->gpuvm, va, va + size) {
		if (one->va.addr >= va &&
		    one->va.addr + one->va.range <= va + size)
			continue;
		sm_preempt_stop(vm);
		sm_preempt_kick(vm);
		return;
	}
}

/* Jobs that use what is bound in a range end. */
static int sm_vm_wait_idle(struct sm_vm *vm, u64 va, u64 size)
{
	struct drm_gpuva *one;
	long left;

	if (vm->lr.on) {
		sm_vm_unmap_long(vm, va, size);
		return 0;
	}
	drm_gpuvm_for_each_va_range(one, &vm->gpuvm, va, va + size) {
		left = dma_resv_wait_timeout(one->gem.obj->resv,
					     DMA_RESV_USAGE_BOOKKEEP, true,
					     MAX_SCHEDULE_TIMEOUT);
		if (left < 0)
			return left;
	}

	return 0;
}

/* Is there room for @more bindings? One whose middle is unbound becomes two. */
static int sm_vm_has_room(struct sm_vm *vm, u64 va, u64 size, u32 more)
{
	const struct drm_gpuva *one = drm_gpuva_find_first(&vm->gpuvm, va, size);

	if (one && one->va.addr < va &&
	    one->va.addr + one->va.range > va + size)
		more++;

	return vm->nr_vas + more > SM_DRM_MAX_VAS ? -ENOSPC : 0;
}

/* Unbind what is in a range. Under sm_vm.lock. */
int sm_vm_unmap(struct sm_vm *vm, u64 va, u64 size)
{
	struct sm_vm_step step = {};
	int ret;

	lockdep_assert_held(&vm->lock);
	ret = sm_vm_has_room(vm, va, size, 0);
	if (ret)
		return ret;
	ret = sm_vm_wait_idle(vm, va, size);
	if (ret)
		return ret;
	step.spare[0] = kzalloc(sizeof(*step.spare[0]), GFP_KERNEL_ACCOUNT);
	step.spare[1] = kzalloc(sizeof(*step.spare[1]), GFP_KERNEL_ACCOUNT);
	if (step.spare[0] && step.spare[1])
		ret = drm_gpuvm_sm_unmap(&vm->gpuvm, &step, va, size);
	else
		ret = -ENOMEM;
	kfree(step.spare[0]);
	kfree(step.spare[1]);

	return ret;
}

/*
 * Undo all bindings of an object, when its jobs have ended. Under sm_vm.lock. Whoever
 * is interrupted leaves them to sm_vm_close().
 */
void sm_vm_unbind(struct sm_bo *bo)
{
	struct drm_gpuva_op op;
	struct sm_va *va, *next;

	lockdep_assert_held(&bo->vm->lock);
	if (dma_resv_wait_timeout(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP, true,
				  MAX_SCHEDULE_TIMEOUT) < 0)
		return;
	list_for_each_entry_safe(va, next, &bo->vas, link) {
		op.unmap.va = &va->base;
		sm_vm_step_unmap(&op, NULL);
	}
}

/* Room for translations in a range, for good. Under sm_vm.lock. */
int sm_vm_prepare_table(struct sm_vm *vm, u64 va, u64 size)
{
	unsigned int leaves = 0;

	return sm_tlb_prepare(&vm->tlb, va >> PAGE_SHIFT,
			      (va + size - 1) >> PAGE_SHIFT, &leaves);
}

/* Bind an object in place of what was there. Under sm_vm.lock. */
int sm_vm_map(struct sm_vm *vm, struct sm_bo *bo,
	      const struct drm_stalemate_vm_bind *args)
{
	struct sm_va *va;
	int ret;

	lockdep_assert_held(&vm->lock);
	ret = sm_vm_has_room(vm, args->va, args->size, 1);
	if (ret)
		return ret;
	ret = sm_vm_prepare_table(vm, args->va, args->size);
	if (ret)
		return ret;
	va = kzalloc(sizeof(*va), GFP_KERNEL_ACCOUNT);
	if (!va)
		return -ENOMEM;
	ret = sm_vm_unmap(vm, args->va, args->size);
	if (ret)
		goto err_free;
	ret = dma_resv_lock_interruptible(bo->base.resv, NULL);
	if (ret)
		goto err_free;
	ret = sm_vm_link(vm, bo, va, args->va, args->size, args->offset);
	dma_resv_unlock(bo->base.resv);
	if (!ret)
		return 0;

err_free:
	kfree(va);

	return ret;
}

static int sm_vm_init_queue(struct sm_vm *vm, u32 i)
{
	struct drm_gpu_scheduler *sched = vm->gpu->rings[i].sched;
	struct sm_queue *q = &vm->queues[i];
	int ret;

	if (q->ready)
		return 0;
	if (!q->results)
		q->results = kvcalloc(DRM_STALEMATE_MAX_INFLIGHT,
				      sizeof(*q->results), GFP_KERNEL_ACCOUNT);
	if (!q->results)
		return -ENOMEM;
	ret = drm_sched_entity_init(&q->entity, DRM_SCHED_PRIORITY_NORMAL,
				    &sched, 1, NULL);
	q->ready = !ret;

	return ret;
}

/* Make the address space. Under sm_vm.lock. */
int sm_vm_init(struct sm_vm *vm, const struct drm_stalemate_vm_init *args)
{
	struct drm_gem_object *root;
	int ret = 0;
	u32 i;

	for (i = 0; i < DRM_STALEMATE_MAX_RINGS && !ret; i++)
		ret = sm_vm_init_queue(vm, i);
	if (ret)
		return ret;
	root = drm_gpuvm_resv_object_alloc(&vm->gpu->drm);
	if (!root)
		return -ENOMEM;
	ret = sm_tlb_init(&vm->tlb, args->start >> PAGE_SHIFT,
			  (args->start + args->size - 1) >> PAGE_SHIFT);
	if (!ret) {
		drm_gpuvm_init(&vm->gpuvm, "stalemate", 0, &vm->gpu->drm, root,
			       args->start, args->size, 0, 0, &sm_vm_gpuvm_ops);
		vm->lr.on = args->flags;
		vm->lr.running = vm->svm;
		vm->start = args->start;
		vm->end = args->start + args->size;
		/* Pairs with the acquire in sm_vm_is_ready(). */
		smp_store_release(&vm->ready, true);
		sm_stat_inc(&vm->gpu->stats.files);
	}
	drm_gem_object_put(root);

	return ret;
}

/*
 * The file is closed. What runs gives up at its next step; whoever holds bindings
 * holds objects, and those hold the file: so they are undone here.
 */
void sm_vm_close(struct sm_vm *vm)
{
	struct drm_gpuva *va, *next;
	struct drm_gpuva_op op;
	u32 i;

	WRITE_ONCE(vm->closing, true);
	/* All of them first: what is queued for one may wait for a job of another. */
	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++)
		sm_ring_hold(&vm->gpu->rings[i], vm, false);
	for (i = 0; i < DRM_STALEMATE_MAX_RINGS; i++)
		if (vm->queues[i].ready)
			drm_sched_entity_destroy(&vm->queues[i].entity);
	sm_preempt_close(vm);
	if (vm->svm)
		vm->svm_ops->close(vm);
	/* Without bindings; and whoever has the lock may wait for this process. */
	if (vm->ready && !vm->svm) {
		mutex_lock(&vm->lock);
		drm_gpuvm_for_each_va_safe(va, next, &vm->gpuvm) {
			op.unmap.va = va;
			sm_vm_step_unmap(&op, NULL);
		}
		mutex_unlock(&vm->lock);
	}
	sm_leak_close(vm);
	sm_file_put(vm);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of shared virtual memory, and how they go. As drm_gpusvm.c asks for it, and
 * xe_svm.c does it (v7.3): what an event touches is unmapped whole; what was unmapped
 * by the process is garbage besides, and is collected later.
 *
 *	event				fault, under sm_vm.lock
 *
 *					drm_gpusvm_get_pages()
 *	drm_gpusvm: notifier lock
 *	    for writing
 *	  mmu_interval_set_seq()
 *	  entries go, rings flushed
 *	  what was written is dirty
 *	  drm_gpusvm_unmap_pages()
 *	  garbage, if unmapped
 *	unlock
 *					notifier lock for reading
 *					  drm_gpusvm_pages_valid(): false,
 *					    the fault begins again
 *					  else entries into the table
 *					unlock
 *
 * A range that is given up without an event leaves the table first, then the tree: an
 * event that does not find it there has nothing to wait for.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "bo.h"
#include "preempt.h"
#include "svm_range.h"
#include "vm.h"

#ifdef SM_HAVE_GPUSVM

#define SM_SVM_RANGE_LOST	16	/* of a defect: keep their entries */

/* Who makes one is not told for whom. */
static atomic64_t sm_svm_range_live;

s64 sm_svm_range_notifiers(void)
{
	return atomic64_read(&sm_svm_range_live);
}

static struct drm_gpusvm_notifier *sm_svm_range_notifier_alloc(void)
{
	struct drm_gpusvm_notifier *notifier =
		kzalloc(sizeof(*notifier), GFP_KERNEL_ACCOUNT);

	if (notifier)
		atomic64_inc(&sm_svm_range_live);

	return notifier;
}

/* drm_gpusvm has removed it, which waits for events. */
static void sm_svm_range_notifier_free(struct drm_gpusvm_notifier *notifier)
{
	kfree(notifier);
	atomic64_dec(&sm_svm_range_live);
}

static struct drm_gpusvm_range *sm_svm_range_alloc(struct drm_gpusvm *gpusvm)
{
	struct sm_gpu *gpu = to_sm_svm(gpusvm)->vm->gpu;
	struct sm_svm_range *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return NULL;
	INIT_LIST_HEAD(&r->garbage);
	INIT_LIST_HEAD(&r->used);
	drm_gpusvm_init_pages(&r->pages, &gpu->drm);
	sm_stat_inc(&gpu->stats.svm_ranges);

	return &r->base;
}

static void sm_svm_range_free(struct drm_gpusvm_range *base)
{
	struct sm_svm_range *r = to_sm_svm_range(base);
	struct drm_gpusvm *gpusvm = base->gpusvm;

	drm_gpusvm_free_pages(gpusvm, &r->pages, sm_svm_range_pages(r));
	atomic64_dec(&to_sm_svm(gpusvm)->vm->gpu->stats.svm_ranges);
	kfree(r);
}

/* No entry of it is left. A range lies in one leaf of the table. */
static bool sm_svm_range_drop(struct sm_vm *vm, struct sm_svm_range *r)
{
	u64 first = drm_gpusvm_range_start(&r->base) >> PAGE_SHIFT;
	u64 last = first + sm_svm_range_pages(r) - 1;
	struct sm_drop out = {};

	if (!r->bound)
		return false;
	write_lock(&vm->table_lock);
	sm_tlb_drop(&vm->tlb, first, last, first, last, 0, &out);
	write_unlock(&vm->table_lock);

	return true;
}

/*
 * Rings do not use it any more. Its pages are the process's until the event returns:
 * what may have been written to is dirty. Each address is that of one folio.
 */
static void sm_svm_range_settle(struct sm_vm *vm, struct sm_svm_range *r)
{
	unsigned long i, j, n = sm_svm_range_pages(r);

	if (!r->bound)
		return;
	r->bound = false;
	for (i = 0, j = 0; i < n; j++) {
		const struct drm_pagemap_addr *a = &r->pages.dma_addr[j];

		if (a->dir == DMA_BIDIRECTIONAL)
			sm_bo_mark_dirty(vm, pfn_to_page(PHYS_PFN(a->addr)));
		i += 1UL << a->order;
	}
}

/* Garbage is for the worker, if there is still one. */
static void sm_svm_range_discard(struct sm_svm *svm, struct sm_svm_range *r,
				 const struct mmu_notifier_range *event)
{
	drm_gpusvm_range_set_unmapped(&r->base, &r->pages, 1, event);
	spin_lock(&svm->lock);
	if (!svm->closed && list_empty(&r->garbage)) {
		list_add_tail(&r->garbage, &svm->garbage);
		queue_work(sm_preempt_queue, &svm->collect);
	}
	spin_unlock(&svm->lock);
}

static void sm_svm_range_end(struct sm_svm *svm, struct sm_svm_range *r,
			     const struct mmu_notifier_range *event)
{
	const struct drm_gpusvm_ctx ctx = { .in_notifier = true };

	sm_svm_range_settle(svm->vm, r);
	WRITE_ONCE(r->met_ns, ktime_get_ns());
	drm_gpusvm_unmap_pages(&svm->base, &r->pages, sm_svm_range_pages(r),
			       &ctx);
	if (event->event == MMU_NOTIFY_UNMAP)
		sm_svm_range_discard(svm, r, event);
}

/* Under the notifier lock, for writing; the sequence is set. */
static void sm_svm_range_invalidate(struct drm_gpusvm *gpusvm,
				    struct drm_gpusvm_notifier *notifier,
				    const struct mmu_notifier_range *event)
{
	unsigned long start = max(drm_gpusvm_notifier_start(notifier),
				  event->start);
	unsigned long end = min(drm_gpusvm_notifier_end(notifier), event->end);
	struct sm_svm *svm = to_sm_svm(gpusvm);
	struct drm_gpusvm_range *first, *base;
	bool flush = false;

	first = drm_gpusvm_range_find(notifier, start, end);
	if (!first)
		return;
	sm_stat_inc(&svm->vm->gpu->stats.events);
	base = first;
	drm_gpusvm_for_each_range(base, notifier, start, end)
		flush |= sm_svm_range_drop(svm->vm, to_sm_svm_range(base));
	if (flush)
		sm_vm_flush(svm->vm);
	base = first;
	drm_gpusvm_for_each_range(base, notifier, start, end)
		sm_svm_range_end(svm, to_sm_svm_range(base), event);
}

const struct drm_gpusvm_ops sm_svm_range_ops = {
	.notifier_alloc = sm_svm_range_notifier_alloc,
	.notifier_free = sm_svm_range_notifier_free,
	.range_alloc = sm_svm_range_alloc,
	.range_free = sm_svm_range_free,
	.invalidate = sm_svm_range_invalidate,
};

/* As if an event had come, without one. Under sm_vm.lock. */
void sm_svm_range_release(struct sm_svm *svm, struct sm_svm_range *r)
{
	const struct drm_gpusvm_ctx ctx = {};

	lockdep_assert_held(&svm->vm->lock);
	drm_gpusvm_notifier_lock(&svm->base);
	if (sm_svm_range_drop(svm->vm, r))
		sm_vm_flush(svm->vm);
	sm_svm_range_settle(svm->vm, r);
	drm_gpusvm_notifier_unlock(&svm->base);
	drm_gpusvm_unmap_pages(&svm->base, &r->pages, sm_svm_range_pages(r),
			       &ctx);
}

static void sm_svm_range_find(struct sm_svm *svm)
{
	struct sm_svm_range *r = list_first_entry(&svm->lost,
						  struct sm_svm_range, used);

	list_del_init(&r->used);
	svm->nr_lost--;
	sm_svm_range_release(svm, r);
	drm_gpusvm_range_put(&r->base);
}

/* Of a defect: events do not find it any more, and rings do. */
static void sm_svm_range_lose(struct sm_svm *svm, struct sm_svm_range *r)
{
	list_add_tail(&r->used, &svm->lost);
	if (++svm->nr_lost > SM_SVM_RANGE_LOST)
		sm_svm_range_find(svm);
}

/* The end of a range. Under sm_vm.lock. */
void sm_svm_range_collect(struct sm_svm *svm, struct sm_svm_range *r)
{
	bool early = sm_drm_defect(svm->vm, SVM_EARLY_REMOVE);

	lockdep_assert_held(&svm->vm->lock);
	if (!early)
		sm_svm_range_release(svm, r);
	drm_gpusvm_range_get(&r->base);
	drm_gpusvm_range_remove(&svm->base, &r->base);
	/* An event may have found it until now. */
	spin_lock(&svm->lock);
	list_del_init(&r->garbage);
	spin_unlock(&svm->lock);
	if (!list_empty(&r->used)) {
		list_del_init(&r->used);
		svm->nr_used--;
	}
	if (early)
		sm_svm_range_lose(svm, r);
	else
		drm_gpusvm_range_put(&r->base);
}

/* What becomes garbage stays on the list as long as sm_vm.lock is held. */
static struct sm_svm_range *sm_svm_range_next(struct sm_svm *svm)
{
	struct sm_svm_range *r;

	spin_lock(&svm->lock);
	r = list_first_entry_or_null(&svm->garbage, struct sm_svm_range,
				     garbage);
	spin_unlock(&svm->lock);

	return r;
}

/*
 * Ranges that were unmapped, in part at least. drm_gpusvm has what is left of those
 * brought back to the process, in vain: we have no memory of our own.
 */
void sm_svm_range_collect_garbage(struct sm_svm *svm)
{
	struct sm_svm_range *r;

	while ((r = sm_svm_range_next(svm))) {
		const struct drm_gpusvm_range_flags flags = {
			.__flags = READ_ONCE(r->base.flags.__flags),
		};

		if (flags.partial_unmap)
			drm_gpusvm_range_evict(&svm->base, &r->base);
		sm_svm_range_collect(svm, r);
		sm_stat_inc(&svm->vm->gpu->stats.svm_collected);
		cond_resched();
	}
}

/* Before drm_gpusvm_fini(). Under sm_vm.lock. */
void sm_svm_range_release_all(struct sm_svm *svm)
{
	struct drm_gpusvm_notifier *notifier, *next;
	struct drm_gpusvm_range *base, *following;

	while (!list_empty(&svm->lost))
		sm_svm_range_find(svm);
	drm_gpusvm_for_each_notifier_safe(notifier, next, &svm->base, 0,
					  LONG_MAX)
		drm_gpusvm_for_each_range_safe(base, following, notifier, 0,
					       LONG_MAX)
			sm_svm_range_release(svm, to_sm_svm_range(base));
}

#endif /* SM_HAVE_GPUSVM */

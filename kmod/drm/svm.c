// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in shared virtual memory. A ring that misses an entry, or may not write by
 * it, leaves the job to a worker, which has drm_gpusvm find the range and its pages,
 * puts them into the table, and gives the job back.
 *
 * All that drm_gpusvm exports is called, here and in svm_range.c. What is not: its
 * migration to memory of the device, drm_pagemap, as there is none.
 *
 * A worker may wait for a userfaultfd, as drm_gpusvm_get_pages() does, with sm_vm.lock:
 * whoever closes the file does not take it (sm_vm_close()), and so gets on to close
 * that, too.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "lr.h"
#include "page.h"
#include "preempt.h"
#include "svm.h"
#include "svm_range.h"
#include "userptr.h"
#include "vm.h"

#ifdef SM_HAVE_GPUSVM

#define SM_SVM_NOTIFIER		SZ_4M	/* small, so that they come and go */
#define SM_SVM_EAGER		4	/* of so many reads, one asks to write */
#define SM_SVM_GIVE_UP		8	/* faults between two ranges that go */
#define SM_SVM_PREFETCH		16	/* ... and that look ahead */
#define SM_SVM_AHEAD		SZ_2M

static unsigned int svm_ranges = 256;
module_param(svm_ranges, uint, 0644);
MODULE_PARM_DESC(svm_ranges, "svm mode: a file has so many ranges at most, 16 or more");

static const unsigned long sm_svm_chunks[] = { SZ_2M, SZ_64K, SZ_4K };

/* An access that cannot be made. */
struct sm_svm_ask {
	u64 va;
	bool write;
	bool tight;		/* of no page beside: those may be another mapping's */
	u64 since_ns;
	bool met;		/* the range has met an event since then */
};

bool sm_svm_offered(void)
{
	return true;
}

s64 sm_svm_notifiers(void)
{
	return sm_svm_range_notifiers();
}

/* Pages are found by the addresses that the library maps them to. */
static int sm_svm_try_direct(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);
	dma_addr_t addr;
	int ret;

	if (!page)
		return -ENOMEM;
	addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	ret = dma_mapping_error(dev, addr);
	if (!ret) {
		if (addr != page_to_phys(page))
			ret = -EOPNOTSUPP;
		dma_unmap_page(dev, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	}
	__free_page(page);

	return ret;
}

static void sm_svm_work(struct work_struct *work)
{
	struct sm_svm *svm = container_of(work, struct sm_svm, collect);

	mutex_lock(&svm->vm->lock);
	sm_svm_range_collect_garbage(svm);
	mutex_unlock(&svm->vm->lock);
}

/* Nobody collects any more: all ranges go in the end. */
static void sm_svm_close(struct sm_vm *vm)
{
	struct sm_svm *svm = vm->svm;

	spin_lock(&svm->lock);
	svm->closed = true;
	spin_unlock(&svm->lock);
}

/*
 * Of one that nobody has used. Under sm_vm.lock. Events may come until drm_gpusvm has
 * removed the notifiers.
 */
void sm_svm_undo(struct sm_vm *vm)
{
	struct sm_svm *svm = vm->svm;

	if (!svm)
		return;
	sm_svm_range_release_all(svm);
	drm_gpusvm_fini(&svm->base);
	vm->svm = NULL;
	kfree(svm);
}

/* No job is left. */
static void sm_svm_destroy(struct sm_vm *vm)
{
	sm_svm_close(vm);
	cancel_work_sync(&vm->svm->collect);
	mutex_lock(&vm->lock);
	sm_svm_undo(vm);
	mutex_unlock(&vm->lock);
}

bool sm_svm_may_submit(const struct sm_vm *vm)
{
	return !vm->svm || vm->svm->base.mm == current->mm;
}

static struct sm_svm_range *sm_svm_find(struct sm_svm *svm,
					const struct sm_svm_ask *ask)
{
	const struct drm_gpusvm_ctx ctx = {
		.read_only = !ask->write,
		.check_pages_threshold = SZ_64K,
	};
	u64 page = ask->va & PAGE_MASK;
	struct drm_gpusvm_range *base;
	struct sm_svm_range *r;

	base = drm_gpusvm_range_find_or_insert(&svm->base, ask->va,
					       ask->tight ? page :
							    svm->vm->start,
					       ask->tight ? page + PAGE_SIZE :
							    svm->vm->end,
					       &ctx);
	if (IS_ERR(base))
		return ERR_CAST(base);
	r = to_sm_svm_range(base);
	svm->nr_used += list_empty(&r->used);
	list_move_tail(&r->used, &svm->used);

	return r;
}

/* Now and then memory that is there is asked for as xe always does: to write to it. */
static bool sm_svm_wants_write(struct sm_svm *svm, struct sm_svm_range *r,
			       const struct sm_svm_ask *ask)
{
	if (ask->write)
		return true;
	if (++svm->reads % SM_SVM_EAGER)
		return false;

	return drm_gpusvm_scan_mm(&r->base, NULL, NULL) !=
	       DRM_GPUSVM_SCAN_UNPOPULATED;
}

/* All of a range is mapped for the same. */
static bool sm_svm_is_readonly(const struct sm_svm_range *r)
{
	return r->pages.dma_addr && r->pages.dma_addr[0].dir == DMA_TO_DEVICE;
}

/* drm_gpusvm takes pages that are mapped already, whatever for. */
static int sm_svm_get_pages(struct sm_svm *svm, struct sm_svm_range *r,
			    bool write)
{
	const struct drm_gpusvm_ctx ctx = { .read_only = !write };

	if (write && sm_svm_is_readonly(r))
		sm_svm_range_release(svm, r);

	return drm_gpusvm_get_pages(&svm->base, &r->pages, svm->base.mm,
				    &r->base.notifier->notifier,
				    drm_gpusvm_range_start(&r->base),
				    drm_gpusvm_range_end(&r->base), &ctx);
}

/* Is there anything that may not be mirrored? If that changes, so do the pages. */
static int sm_svm_check(struct sm_svm *svm, struct sm_svm_range *r, bool *files)
{
	struct mm_struct *mm = svm->base.mm;
	int ret;

	if (!mmget_not_zero(mm))
		return -EFAULT;
	mmap_read_lock(mm);
	ret = sm_userptr_check_vmas(mm, drm_gpusvm_range_start(&r->base),
				    drm_gpusvm_range_end(&r->base), false,
				    files);
	mmap_read_unlock(mm);
	mmput_async(mm);

	return ret;
}

/* Secret memory is given away all the same. Under the notifier lock. */
static bool sm_svm_is_reachable(struct sm_svm_range *r)
{
	unsigned long i, j, n = sm_svm_range_pages(r);

	for (i = 0, j = 0; i < n; j++) {
		const struct drm_pagemap_addr *a = &r->pages.dma_addr[j];

		if (!sm_page_reachable(pfn_to_page(PHYS_PFN(a->addr))))
			return false;
		i += 1UL << a->order;
	}

	return true;
}

static void sm_svm_install(struct sm_vm *vm, struct sm_svm_range *r)
{
	u64 pgno = drm_gpusvm_range_start(&r->base) >> PAGE_SHIFT;
	unsigned long i, j, k, n = sm_svm_range_pages(r);

	write_lock(&vm->table_lock);
	for (i = 0, j = 0; i < n; j++) {
		const struct drm_pagemap_addr *a = &r->pages.dma_addr[j];
		unsigned long ent = SM_ENT_PRESENT | PHYS_PFN(a->addr);

		if (a->dir == DMA_BIDIRECTIONAL)
			ent |= SM_ENT_WRITE;
		for (k = 0; k < 1UL << a->order; k++, i++, ent++)
			sm_tlb_install_run(&vm->tlb, pgno + i, &ent, 1, 0);
	}
	write_unlock(&vm->table_lock);
	r->bound = true;
}

/* What a ring remembers of the table may be older: it is flushed as well. */
static int sm_svm_bind(struct sm_svm *svm, struct sm_svm_range *r, bool files)
{
	int ret = 0;

	drm_gpusvm_notifier_lock(&svm->base);
	if (!drm_gpusvm_pages_valid(&svm->base, &r->pages)) {
		ret = -EAGAIN;
	} else if (files && !sm_svm_is_reachable(r)) {
		ret = -EPERM;
	} else {
		sm_svm_install(svm->vm, r);
		sm_vm_flush(svm->vm);
	}
	drm_gpusvm_notifier_unlock(&svm->base);

	return ret;
}

/*
 * A range is refused for any of its pages: if there are others, or it is garbage by
 * now, that says nothing of the one that is asked for.
 */
static int sm_svm_refused(struct sm_svm *svm, struct sm_svm_range *r,
			  struct sm_svm_ask *ask, int why)
{
	const struct drm_gpusvm_range_flags flags = {
		.__flags = READ_ONCE(r->base.flags.__flags),
	};
	bool again = flags.unmapped || sm_svm_range_pages(r) > 1;

	if (why == -EOPNOTSUPP)
		drm_gpusvm_range_evict(&svm->base, &r->base);
	sm_svm_range_collect(svm, r);
	ask->tight = true;

	return again ? -EAGAIN : why;
}

static int sm_svm_try(struct sm_svm *svm, struct sm_svm_ask *ask)
{
	struct sm_svm_range *r;
	bool write, files;
	int ret;

	sm_svm_range_collect_garbage(svm);
	r = sm_svm_find(svm, ask);
	if (IS_ERR(r))
		return PTR_ERR(r);
	ask->met |= READ_ONCE(r->met_ns) > ask->since_ns;
	ret = sm_vm_prepare_table(svm->vm, drm_gpusvm_range_start(&r->base),
				  drm_gpusvm_range_size(&r->base));
	if (ret)
		return ret;
	write = sm_svm_wants_write(svm, r, ask);
	ret = sm_svm_get_pages(svm, r, write);
	if (ret && write && !ask->write)
		ret = sm_svm_get_pages(svm, r, false);
	if (!ret)
		ret = sm_svm_check(svm, r, &files);
	if (!ret)
		ret = sm_svm_bind(svm, r, files);

	return !ret || ret == -EAGAIN ? ret : sm_svm_refused(svm, r, ask, ret);
}

/* Under sm_vm.lock. */
static int sm_svm_handle(struct sm_svm *svm, struct sm_svm_ask *ask)
{
	struct sm_vm *vm = svm->vm;
	int ret = -EAGAIN, tries;

	lockdep_assert_held(&vm->lock);
	if (!sm_vm_contains(vm, ask->va & PAGE_MASK, PAGE_SIZE))
		return -EFAULT;
	for (tries = 0; ret == -EAGAIN && tries < SM_DRM_TRIES; tries++) {
		if (READ_ONCE(vm->closing))
			return -ECANCELED;
		/* Whoever unplugs does not wait for a userfaultfd either. */
		if (READ_ONCE(vm->gpu->gone))
			return -ENODEV;
		if (tries)
			sm_stat_inc(&vm->gpu->stats.retries);
		ret = sm_svm_try(svm, ask);
		cond_resched();
	}
	sm_stat_inc(&vm->gpu->stats.svm_faults);

	return ret;
}

/* What is mapped behind it, and has no range yet, is likely to be used next. */
static void sm_svm_prefetch(struct sm_svm *svm, u64 va)
{
	u64 from = (va & PAGE_MASK) + PAGE_SIZE;
	u64 end = min(from + SM_SVM_AHEAD, svm->vm->end);
	struct sm_svm_ask ask = {};

	if (from >= end)
		return;
	ask.va = drm_gpusvm_find_vma_start(&svm->base, from, end);
	if (ask.va == ULONG_MAX)
		return;
	ask.va = max(ask.va, from);
	if (!drm_gpusvm_has_mapping(&svm->base, ask.va, ask.va + PAGE_SIZE))
		sm_svm_handle(svm, &ask);
}

/* A step of a job needs two at once. */
static u32 sm_svm_most(void)
{
	return max(READ_ONCE(svm_ranges), 16U);
}

/*
 * As if memory for tables was scarce: a range goes without an event, in turn the one
 * that was used longest ago, and the one before the last.
 */
static void sm_svm_give_up(struct sm_svm *svm)
{
	struct list_head *victim = svm->used.next;

	if (svm->nr_used < 2)
		return;
	if (svm->nr_used <= sm_svm_most() &&
	    svm->faults / SM_SVM_GIVE_UP % 2)
		victim = svm->used.prev->prev;
	sm_svm_range_collect(svm, list_entry(victim, struct sm_svm_range, used));
}

static void sm_svm_after(struct sm_svm *svm, u64 va)
{
	svm->faults++;
	if (!(svm->faults % SM_SVM_PREFETCH))
		sm_svm_prefetch(svm, va);
	if (!(svm->faults % SM_SVM_GIVE_UP) ||
	    svm->nr_used > sm_svm_most())
		sm_svm_give_up(svm);
}

/* As a job says that it failed. */
static int sm_svm_status(const struct sm_svm_ask *ask, int err)
{
	switch (err) {
	case -EPERM:
		return ask->write ? -EACCES : -EFAULT;
	case -ENOENT:
	case -EINVAL:
	case -EIO:
		return -EFAULT;
	default:
		return err;
	}
}

static int sm_svm_resolve(struct sm_job *job)
{
	struct sm_vm *vm = job->vm;
	struct sm_svm_ask ask = {
		.va = job->result.fault_va,
		.write = job->fault_write,
		.since_ns = job->asked_ns,
	};
	int ret;

	mutex_lock(&vm->lock);
	ret = sm_svm_handle(vm->svm, &ask);
	if (!ret)
		sm_svm_after(vm->svm, ask.va);
	mutex_unlock(&vm->lock);
	job->preempted += ask.met;

	return sm_svm_status(&ask, ret);
}

static void sm_svm_fault_work(struct work_struct *work)
{
	struct sm_job *job = container_of(work, struct sm_job, fault);
	int ret = sm_svm_resolve(job);

	if (ret)
		WRITE_ONCE(job->abort, ret);
	sm_lr_unpark(job);
}

/* No ring has the job until then. */
static void sm_svm_fault(struct sm_job *job)
{
	INIT_WORK(&job->fault, sm_svm_fault_work);
	queue_work(sm_preempt_queue, &job->fault);
}

static const struct sm_svm_ops sm_svm_ops = {
	.fault = sm_svm_fault,
	.close = sm_svm_close,
	.destroy = sm_svm_destroy,
};

/* Of the caller's process. Under sm_vm.lock. */
int sm_svm_create(struct sm_vm *vm, u64 start, u64 size)
{
	struct device *dev = vm->gpu->drm.dev;
	struct sm_svm *svm;
	int ret;

	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (ret)
		return -EOPNOTSUPP;
	ret = sm_svm_try_direct(dev);
	if (ret)
		return ret;
	svm = kzalloc(sizeof(*svm), GFP_KERNEL_ACCOUNT);
	if (!svm)
		return -ENOMEM;
	svm->vm = vm;
	spin_lock_init(&svm->lock);
	INIT_LIST_HEAD(&svm->garbage);
	INIT_LIST_HEAD(&svm->used);
	INIT_LIST_HEAD(&svm->lost);
	INIT_WORK(&svm->collect, sm_svm_work);
	ret = drm_gpusvm_init(&svm->base, "stalemate", current->mm, start, size,
			      SM_SVM_NOTIFIER, &sm_svm_range_ops,
			      sm_svm_chunks, ARRAY_SIZE(sm_svm_chunks));
	if (ret) {
		kfree(svm);
		return ret;
	}
	drm_gpusvm_driver_set_lock(&svm->base, &vm->lock);
	vm->svm_ops = &sm_svm_ops;
	vm->svm = svm;

	return 0;
}

#endif /* SM_HAVE_GPUSVM */

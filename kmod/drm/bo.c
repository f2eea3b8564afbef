// SPDX-License-Identifier: GPL-2.0-only
/* Objects: what both kinds have in common, and those of shmem. */
#include <linux/dma-resv.h>
#include <linux/hmm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/drm_prime.h>

#include "bo.h"
#include "compat/compat.h"
#include "file.h"
#include "page.h"

/* Memory of an object, for the functions @funcs. Not a GEM object yet. */
struct sm_bo *sm_bo_alloc(struct sm_vm *vm,
			  const struct drm_gem_object_funcs *funcs)
{
	struct sm_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);

	if (!bo)
		return NULL;
	INIT_LIST_HEAD(&bo->vas);
	INIT_LIST_HEAD(&bo->leak);
	INIT_LIST_HEAD(&bo->held);
	bo->base.funcs = funcs;
	sm_file_get(vm);
	bo->vm = vm;
	sm_stat_inc(&vm->gpu->stats.objects);

	return bo;
}

/* The end of an object, whose GEM object was released. */
void sm_bo_free(struct sm_bo *bo)
{
	struct sm_vm *vm = bo->vm;

	WARN_ON_ONCE(!list_empty(&bo->vas));
	kvfree(bo->pfns);
	kfree(bo->face);
	kfree(bo);
	atomic64_dec(&vm->gpu->stats.objects);
	sm_file_put(vm);
}

/* The handle has the only reference from here on. @bo may be an error. */
int sm_bo_give(struct drm_file *file, struct sm_bo *bo, u32 *handle)
{
	int ret;

	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->base, handle);
	drm_gem_object_put(&bo->base);

	return ret;
}

/* What a page of the object is in the table. It has pages. */
unsigned long sm_bo_entry(const struct sm_bo *bo, u64 page)
{
	unsigned long ent;

	if (bo->pages)
		return SM_ENT_PRESENT | SM_ENT_WRITE |
		       page_to_pfn(bo->pages[page]);
	ent = SM_ENT_PRESENT | page_to_pfn(hmm_pfn_to_page(bo->pfns[page]));
	if (bo->pfns[page] & HMM_PFN_WRITE &&
	    (!bo->readonly || sm_drm_defect(bo->vm, READONLY_WRITTEN)))
		ent |= SM_ENT_WRITE;

	return ent;
}

/*
 * Once a defect was armed a page may be anybody's by now: it is touched only if it is in
 * use, by a process. Returns its head, which is held, or NULL.
 */
struct page *sm_bo_hold(struct page *page)
{
	struct page *head = sm_page_hold(page);

	if (!head || PageAnon(head) || READ_ONCE(head->mapping))
		return head;
	sm_page_put(head);

	return NULL;
}

/* A ring may have written to the page, of which it has a translation. */
void sm_bo_mark_dirty(const struct sm_vm *vm, struct page *page)
{
	struct page *head = NULL;

	if (READ_ONCE(vm->defective)) {
		head = sm_bo_hold(page);
		if (!head)
			return;
	}
	sm_page_mark_dirty(page);
	if (head)
		sm_page_put(head);
}

/*
 * Before translations go: what jobs may have written to is dirty. While the object
 * is valid, under notifier_lock, its pages cannot go.
 */
void sm_bo_settle(struct sm_bo *bo)
{
	u64 i;

	lockdep_assert_held(&bo->vm->notifier_lock);
	if (!bo->userptr || !bo->valid || !bo->dirty)
		return;
	for (i = 0; i < bo->base.size >> PAGE_SHIFT; i++) {
		if (bo->pfns[i] & HMM_PFN_WRITE)
			sm_bo_mark_dirty(bo->vm, hmm_pfn_to_page(bo->pfns[i]));
		if (!(i % SM_LEAF_ENTRIES))
			cond_resched();
	}
	bo->dirty = bo->vm->lr.on;	/* jobs go on by other bindings */
}

static void sm_bo_note_pages(struct sm_bo *bo, bool held)
{
	struct sm_gpu *gpu = bo->vm->gpu;
	u64 n = bo->base.size >> PAGE_SHIFT;

	spin_lock(&gpu->held_lock);
	if (held)
		list_add_tail(&bo->held, &gpu->held);
	else
		list_del_init(&bo->held);
	spin_unlock(&gpu->held_lock);
	if (held)
		atomic64_add(n, &gpu->stats.pages);
	else
		atomic64_sub(n, &gpu->stats.pages);
}

/* Its pages are there from now on, until sm_bo_put_pages(). Under its dma_resv. */
int sm_bo_get_pages(struct sm_bo *bo)
{
	struct page **pages;

	dma_resv_assert_held(bo->base.resv);
	if (bo->pages)
		return 0;
	pages = drm_gem_get_pages(&bo->base);
	if (IS_ERR(pages))
		return PTR_ERR(pages);
	bo->pages = pages;
	sm_bo_note_pages(bo, true);

	return 0;
}

/* They can be swapped out. No translation of them is left. */
void sm_bo_put_pages(struct sm_bo *bo)
{
	if (!bo->pages)
		return;
	drm_gem_put_pages(&bo->base, bo->pages, true, true);
	bo->pages = NULL;
	sm_bo_note_pages(bo, false);
}

static void sm_bo_release(struct drm_gem_object *obj)
{
	struct sm_bo *bo = to_sm_bo(obj);

	sm_bo_put_pages(bo);
	drm_gem_object_release(obj);
	sm_bo_free(bo);
}

/* Those of amdgpu's face, to others of its files. */
static struct dma_buf *sm_bo_export(struct drm_gem_object *obj, int flags)
{
	return to_sm_bo(obj)->face ? drm_gem_prime_export(obj, flags) :
				     ERR_PTR(-EPERM);
}

/* No other device may have it: that is what pins it. */
static int sm_bo_pin(struct drm_gem_object *obj)
{
	return -EPERM;
}

/*
 * Offsets here are not those of the file, so that a page is mapped alone: if it was
 * returned, its huge page might be mapped whole, at the wrong place. Without the lock
 * it might be swapped out meanwhile; then the access faults again.
 */
static vm_fault_t sm_bo_fault(struct vm_fault *vmf)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;
	struct address_space *mapping = obj->filp->f_mapping;
	pgoff_t at = vmf->pgoff - drm_vma_node_start(&obj->vma_node);
	vm_fault_t ret = VM_FAULT_NOPAGE;
	struct folio *folio;
	struct page *page;

	if (at >= obj->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	page = shmem_read_mapping_page(mapping, at);
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM :
						   VM_FAULT_SIGBUS;
	folio = page_folio(page);
	folio_lock(folio);
	if (folio->mapping == mapping)
		ret = vmf_insert_page(vmf->vma, vmf->address, page);
	folio_unlock(folio);
	folio_put(folio);

	return ret;
}

const struct vm_operations_struct sm_bo_vm_ops = {
	.fault = sm_bo_fault,
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

/* While they are mapped pages stay: reclaim does not find mappings of a device. */
static int sm_bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	sm_vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);

	return 0;
}

/* For whoever asks what memory a file has. */
enum drm_gem_object_status sm_bo_status(struct drm_gem_object *obj)
{
	const struct sm_bo *bo = to_sm_bo(obj);

	return READ_ONCE(bo->pages) || READ_ONCE(bo->valid) ?
		       DRM_GEM_OBJECT_RESIDENT : 0;
}

/* A handle more. Files that have it by its global name have no bindings of it. */
int sm_bo_open(struct drm_gem_object *obj, struct drm_file *file)
{
	struct sm_bo *bo = to_sm_bo(obj);

	if (bo->vm == file->driver_priv)
		atomic_inc(&bo->handles);

	return 0;
}

/*
 * A handle less. As amdgpu_gem.c, amdgpu_gem_object_close(): with the last one bindings
 * go, of a file that is amdgpu's.
 */
void sm_bo_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct sm_bo *bo = to_sm_bo(obj);

	if (bo->vm != file->driver_priv || !bo->vm->unbind)
		return;
	mutex_lock(&bo->vm->lock);
	if (atomic_dec_and_test(&bo->handles))
		bo->vm->unbind(bo);
	mutex_unlock(&bo->vm->lock);
}

static const struct drm_gem_object_funcs sm_bo_funcs = {
	.free = sm_bo_release,
	.open = sm_bo_open,
	.close = sm_bo_close,
	.export = sm_bo_export,
	.pin = sm_bo_pin,
	.mmap = sm_bo_mmap,
	.status = sm_bo_status,
	.vm_ops = &sm_bo_vm_ops,
};

/* An object of shmem. */
struct sm_bo *sm_bo_create(struct sm_vm *vm, u64 size)
{
	struct sm_bo *bo = sm_bo_alloc(vm, &sm_bo_funcs);
	int ret;

	if (!bo)
		return ERR_PTR(-ENOMEM);
	ret = drm_gem_object_init(&vm->gpu->drm, &bo->base, size);
	if (ret) {
		sm_bo_free(bo);
		return ERR_PTR(ret);
	}

	return bo;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Ioctls that anybody may call: they reach no memory but that of whoever gave it. */
#include <linux/dma-resv.h>

#include <drm/drm_file.h>
#include <drm/drm_utils.h>

#include "admin.h"
#include "bo.h"
#include "hw.h"
#include "ioc.h"
#include "preempt.h"
#include "rebind.h"
#include "svm.h"
#include "userptr.h"
#include "vm.h"

int sm_ioc_query(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_stalemate_query *args = data;
	u32 features = 0;

	if (sm_svm_offered())
		features |= DRM_STALEMATE_HAS_SVM;
	if (sm_userptr_two_pass())
		features |= DRM_STALEMATE_HAS_TWO_PASS;
	*args = (struct drm_stalemate_query){
		.rings = DRM_STALEMATE_MAX_RINGS,
		.features = features,
		.timeout_ms = sm_hw_timeout_ms(),
		.defects = sm_admin_defects(),
	};

	return 0;
}

static int sm_ioc_make(struct sm_vm *vm,
		       const struct drm_stalemate_vm_init *args)
{
	int ret = 0;

	if (args->flags & DRM_STALEMATE_VM_SVM)
		ret = sm_svm_create(vm, args->start, args->size);
	if (ret)
		return ret;
	ret = sm_vm_init(vm, args);
	if (ret)
		sm_svm_undo(vm);

	return ret;
}

int sm_ioc_vm_init(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_stalemate_vm_init *args = data;
	struct sm_vm *vm = file->driver_priv;
	int ret;

	if (args->flags > DRM_STALEMATE_VM_SVM || args->pad ||
	    (args->start | args->size) & ~PAGE_MASK ||
	    !args->size || args->size > DRM_STALEMATE_MAX_VM ||
	    args->start > DRM_STALEMATE_VA_END - args->size)
		return -EINVAL;
	if (args->flags & DRM_STALEMATE_VM_SVM && !sm_svm_offered())
		return -EOPNOTSUPP;
	/*
	 * A worker gets memory for it that is charged to nobody, and waits for file
	 * systems as long as those like.
	 */
	if (args->flags && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = mutex_lock_interruptible(&vm->lock);
	if (ret)
		return ret;
	if (vm->ready) {
		ret = -EBUSY;
	} else {
		sm_rebind_init(vm);
		ret = sm_ioc_make(vm, args);
	}
	mutex_unlock(&vm->lock);

	return ret;
}

static struct sm_bo *sm_ioc_lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	if (!obj)
		return ERR_PTR(-ENOENT);
	if (to_sm_bo(obj)->vm == file->driver_priv)
		return to_sm_bo(obj);
	drm_gem_object_put(obj);

	return ERR_PTR(-EPERM);
}

static int sm_ioc_map(struct sm_vm *vm, struct drm_file *file,
		      const struct drm_stalemate_vm_bind *args)
{
	struct sm_bo *bo = sm_ioc_lookup(file, args->handle);
	int ret = -EINVAL;

	if (IS_ERR(bo))
		return PTR_ERR(bo);
	if (!(args->offset & ~PAGE_MASK) && args->offset < bo->base.size &&
	    args->size <= bo->base.size - args->offset)
		ret = sm_vm_map(vm, bo, args);
	drm_gem_object_put(&bo->base);

	return ret;
}

int sm_ioc_vm_bind(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_stalemate_vm_bind *args = data;
	struct sm_vm *vm = file->driver_priv;
	int ret;

	ret = mutex_lock_interruptible(&vm->lock);
	if (ret)
		return ret;
	if (!sm_vm_contains(vm, args->va, args->size))
		ret = -EINVAL;
	else if (vm->svm)
		ret = -EOPNOTSUPP;
	else if (args->op == DRM_STALEMATE_BIND_MAP)
		ret = sm_ioc_map(vm, file, args);
	else if (args->op == DRM_STALEMATE_BIND_UNMAP && !args->handle &&
		 !args->offset)
		ret = sm_vm_unmap(vm, args->va, args->size);
	else
		ret = -EINVAL;
	mutex_unlock(&vm->lock);

	return ret;
}

static bool sm_ioc_size_fits(u64 size)
{
	return size && !(size & ~PAGE_MASK) && size <= DRM_STALEMATE_MAX_OBJECT;
}

int sm_ioc_gem_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_stalemate_gem_create *args = data;

	if (args->flags || !sm_ioc_size_fits(args->size))
		return -EINVAL;

	return sm_bo_give(file, sm_bo_create(file->driver_priv, args->size),
			  &args->handle);
}

int sm_ioc_gem_userptr(struct drm_device *drm, void *data,
		       struct drm_file *file)
{
	struct drm_stalemate_gem_userptr *args = data;

	if (args->flags & ~(DRM_STALEMATE_USERPTR_READONLY |
			    DRM_STALEMATE_USERPTR_ANONONLY |
			    DRM_STALEMATE_USERPTR_PROBE) ||
	    args->addr & ~PAGE_MASK || !sm_ioc_size_fits(args->size))
		return -EINVAL;

	return sm_bo_give(file, sm_userptr_create(file->driver_priv, args->addr,
						  args->size, args->flags),
			  &args->handle);
}

static u32 sm_ioc_state(struct sm_bo *bo)
{
	u32 state = 0;

	if (bo->userptr)
		state |= DRM_STALEMATE_GEM_IS_USERPTR;
	if (bo->readonly)
		state |= DRM_STALEMATE_GEM_IS_READONLY;
	if (READ_ONCE(bo->valid) && !READ_ONCE(bo->partial))
		state |= DRM_STALEMATE_GEM_IS_VALID;
	if (!dma_resv_test_signaled(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP))
		state |= DRM_STALEMATE_GEM_IS_BUSY;

	return state;
}

int sm_ioc_gem_info(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_stalemate_gem_info *args = data;
	struct sm_bo *bo = sm_ioc_lookup(file, args->handle);
	int ret = 0;

	if (IS_ERR(bo))
		return PTR_ERR(bo);
	args->state = sm_ioc_state(bo);
	args->size = bo->base.size;
	args->invalidations = atomic64_read(&bo->events);
	args->offset = 0;
	if (!bo->userptr) {
		ret = drm_gem_create_mmap_offset(&bo->base);
		args->offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	}
	drm_gem_object_put(&bo->base);

	return ret;
}

static int sm_ioc_evict(struct sm_vm *vm, struct sm_bo *bo)
{
	long left = dma_resv_wait_timeout(bo->base.resv,
					  DMA_RESV_USAGE_BOOKKEEP, true,
					  MAX_SCHEDULE_TIMEOUT);
	int ret;

	if (left < 0)
		return left;
	ret = dma_resv_lock_interruptible(bo->base.resv, NULL);
	if (ret)
		return ret;
	sm_preempt_stop(vm);
	down_write(&vm->notifier_lock);
	sm_vm_evict(bo);
	up_write(&vm->notifier_lock);
	sm_bo_put_pages(bo);
	dma_resv_unlock(bo->base.resv);
	sm_preempt_kick(vm);

	return 0;
}

int sm_ioc_gem_evict(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_stalemate_gem_evict *args = data;
	struct sm_vm *vm = file->driver_priv;
	struct sm_bo *bo;
	int ret;

	if (args->pad)
		return -EINVAL;
	bo = sm_ioc_lookup(file, args->handle);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = mutex_lock_interruptible(&vm->lock);
	if (!ret) {
		ret = vm->ready ? sm_ioc_evict(vm, bo) : -EINVAL;
		mutex_unlock(&vm->lock);
	}
	drm_gem_object_put(&bo->base);

	return ret;
}

/* True if there is nothing to wait for. */
static bool sm_ioc_ended(struct sm_vm *vm, const struct sm_queue *q, u64 seqno,
			 struct sm_result *result, int *ret)
{
	bool ended;

	spin_lock(&vm->result_lock);
	*result = q->results[seqno % DRM_STALEMATE_MAX_INFLIGHT];
	if (!seqno || seqno > q->seqno)
		*ret = -ENOENT;
	else if (result->seqno != seqno)
		*ret = -ENODATA;
	else
		*ret = 0;
	ended = *ret || result->ended;
	spin_unlock(&vm->result_lock);

	return ended;
}

static void sm_ioc_tell(struct drm_stalemate_wait *args,
			const struct sm_result *r)
{
	args->status = r->status;
	args->raced = r->raced;
	args->miscompares = r->miscompares;
	args->pad = 0;
	args->miscompare_va = r->miscompare_va;
	args->miscompare_value = r->miscompare_value;
	args->started_ns = r->started_ns;
	args->ended_ns = r->ended_ns;
	args->fault_va = r->fault_va;
}

/*
 * What came of a job, once it has ended, in @left jiffies at most. Returns -ETIME
 * after those, -ENOENT if there was no such job, -ENODATA if it is forgotten.
 */
int sm_ioc_await(struct sm_vm *vm, u32 ring, u64 seqno, long left,
		 struct sm_result *result)
{
	struct sm_queue *q = &vm->queues[ring];
	int ret = 0;

	left = wait_event_interruptible_timeout(vm->result_wq,
						sm_ioc_ended(vm, q, seqno,
							     result, &ret),
						left);
	if (left < 0)
		return left;

	return sm_ioc_ended(vm, q, seqno, result, &ret) ? ret : -ETIME;
}

int sm_ioc_wait(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_stalemate_wait *args = data;
	struct sm_vm *vm = file->driver_priv;
	struct sm_result result;
	int ret;

	if (args->ring >= DRM_STALEMATE_MAX_RINGS || args->flags ||
	    !sm_vm_is_ready(vm))
		return -EINVAL;
	ret = sm_ioc_await(vm, args->ring, args->seqno,
			   drm_timeout_abs_to_jiffies(args->timeout_ns),
			   &result);
	if (!ret)
		sm_ioc_tell(args, &result);

	return ret;
}
